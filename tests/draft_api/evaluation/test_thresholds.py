"""Thresholds tried on held-out answers decide as serving does, and say what they cost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.draft_api.evaluation.answers import OUTCOME
from services.draft_api.evaluation.thresholds import Thresholds, advise, trade_off, unpack
from shared.contracts import BotSettings
from shared.nlp.decision import decide
from shared.nlp.model import Scores
from tests.draft_api.evaluation.answers import answers

OPEN = Thresholds(intent_threshold=0.0, scope_threshold=-99.0, margin=0.0)


def outcomes(*rows: tuple[int, float, float, float]) -> Any:
    """Of (place, confidence, runner-up, scope); strangers are a quarter as sure, one step further away."""
    return np.array([(*row, row[1] / 4, row[2] / 4, row[3] - 1) for row in rows], OUTCOME)


def without_strangers(*rows: tuple[int, float, float, float]) -> Any:
    found = outcomes(*rows)
    for name in ("stranger_confidence", "stranger_runner_up", "stranger_scope"):
        found[name] = np.nan
    return found


EIGHTHS = st.integers(0, 8).map(lambda eighth: eighth / 8)


@settings(max_examples=300, deadline=None)
@given(sure=EIGHTHS, next_=EIGHTHS, scope=EIGHTHS, intent=EIGHTHS, scope_threshold=EIGHTHS, margin=EIGHTHS)
def test_the_decision_is_that_of_serving_on_the_edge_too(
    sure: float, next_: float, scope: float, intent: float, scope_threshold: float, margin: float
) -> None:
    """Eighths are exact in any float, so that equal means equal."""
    best, second = max(sure, next_), min(sure, next_)
    bot = BotSettings(intent_threshold=intent, scope_threshold=scope_threshold, margin=margin)
    scores = Scores(ranking=(("int_dog", best), ("int_fare", second)), scope=scope, exact=None)
    served = decide("may he come along", "en", scores, bot, 0.0, {}, None)
    tried = trade_off(
        outcomes((0, best, second, scope)),
        Thresholds(intent_threshold=intent, scope_threshold=scope_threshold, margin=margin),
    )
    assert served.understood == (tried.right == 1.0)
    assert (served.reason == "ambiguous") == (tried.asked == 1.0)
    assert tried.right + tried.wrong + tried.asked + tried.not_understood == 1.0


def test_what_a_threshold_refuses_is_counted_and_so_are_the_wrong_answers_that_remain() -> None:
    four = outcomes((0, 0.9, 0.1, 2.0), (0, 0.6, 0.3, 2.0), (1, 0.8, 0.1, 2.0), (1, 0.4, 0.3, 2.0))
    found = trade_off(four, OPEN.model_copy(update={"intent_threshold": 0.5}))
    assert (found.right, found.wrong, found.not_understood, found.asked) == (0.5, 0.25, 0.25, 0.0)
    assert found.strangers_answered == 0.0
    assert trade_off(four, OPEN).strangers_answered == 1.0


def test_a_threshold_is_suggested_where_the_unsure_are_wrong() -> None:
    """Ninety are right by 0.9, ten are wrong by 0.3: a threshold of just that spares all ten."""
    rows = [(0, 0.9, 0.05, 1.0)] * 90 + [(1, 0.3, 0.25, 1.0)] * 10
    found = advise(outcomes(*rows), BotSettings(), fitted_scope=-10.0)
    assert found.now.wrong == pytest.approx(0.1)
    assert found.intent_threshold.suggested == pytest.approx(0.3)
    chosen = next(c for c in found.intent_threshold.choices if c.value == found.intent_threshold.suggested)
    assert (chosen.right, chosen.wrong, chosen.not_understood) == (0.9, 0.0, 0.1)
    assert found.margin.suggested > 0.05


def test_nothing_is_suggested_on_what_chance_explains() -> None:
    """Two wrong of forty would be spared, which is worth five points, and might as well have been none of forty."""
    few = [(0, 0.9, 0.05, 1.0)] * 38 + [(1, 0.3, 0.25, 1.0)] * 2
    found = advise(without_strangers(*few), BotSettings(), fitted_scope=-10.0).intent_threshold
    assert (found.suggested, found.gain) == (0.0, 0.0)
    many = advise(without_strangers(*few * 5), BotSettings(), fitted_scope=-10.0).intent_threshold
    assert (many.suggested, many.gain) == (pytest.approx(0.3), pytest.approx(0.05))
    assert advise(without_strangers(few[-1]), BotSettings(), fitted_scope=-10.0).intent_threshold.suggested == 0.0


def test_of_values_that_are_as_good_the_nearest_to_what_is_in_force_is_suggested() -> None:
    """All above 0.3 are right: from 0.95 down, 0.85 lets them pass already."""
    rows = [(0, 0.9, 0.05, 1.0)] * 90 + [(1, 0.3, 0.25, 1.0)] * 10
    found = advise(outcomes(*rows), BotSettings(intent_threshold=0.95), fitted_scope=-10.0).intent_threshold
    assert found.suggested == pytest.approx(0.85)


def test_what_works_is_left_alone() -> None:
    found = advise(outcomes(*[(0, 0.9, 0.05, 1.0)] * 50), BotSettings(intent_threshold=0.3), fitted_scope=-10.0)
    assert found.intent_threshold.now == found.intent_threshold.suggested == 0.3
    assert found.intent_threshold.gain == 0.0
    assert found.margin.suggested == 0.0


def test_a_bots_own_scope_threshold_is_what_is_in_force() -> None:
    near = outcomes((0, 0.9, 0.05, 1.0), (0, 0.9, 0.05, 3.0))
    assert advise(near, BotSettings(scope_threshold=2.0), fitted_scope=0.0).now.not_understood == 0.5
    assert advise(near, BotSettings(), fitted_scope=0.0).now.not_understood == 0.0


def test_outcomes_are_kept_as_bytes_and_read_again() -> None:
    made = answers([0, 1], [0, 2], [0.75, 0.5])
    read = unpack(made.outcomes().tobytes())
    assert read["confidence"].tolist() == [0.75, 0.5]
    assert read["place"].tolist() == [0, 1]
    assert read["stranger_confidence"].tolist() == [0.375, 0.25]


def test_a_bot_with_one_intent_knows_no_strangers() -> None:
    alone = answers([0, 0], [0, 0])
    object.__setattr__(alone, "stranger", None)
    found = advise(unpack(alone.outcomes().tobytes()), BotSettings(), fitted_scope=-10.0)
    assert found.now.strangers_answered is None
    assert found.now.right == 1.0
