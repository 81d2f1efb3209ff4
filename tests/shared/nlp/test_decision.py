"""When a message is understood: T2, T3, T5 and T11."""

from typing import Any

import pytest

from shared.contracts import BotSettings, Classification
from shared.nlp.decision import decide
from shared.nlp.model import Scores

NAMES = {"int_fare": "fare", "int_lost": "lost property"}
FITTED = 1.5


def judged(
    *confidences: float, scope: float = 2.0, exact: str | None = None, text: str = "how much", **settings: Any
) -> Classification:
    intents = ("int_fare", "int_lost", "int_dog", "int_bike", "int_toilet", "int_wifi")
    scores = Scores(tuple(zip(intents, confidences, strict=False)), scope, exact)
    return decide(text, "en", scores, BotSettings(**settings), FITTED, NAMES, "sha256:model")


@pytest.mark.parametrize(
    ("confidence", "scope", "settings", "reason"),
    [
        (0.8, 2.0, {}, None),
        (0.8, FITTED, {}, "out_of_scope"),
        (0.8, FITTED + 1e-9, {}, None),
        (0.8, 2.0, {"scope_threshold": 2.0}, "out_of_scope"),
        (0.8, 2.0, {"scope_threshold": 1.999}, None),
        (0.8, -9.0, {"scope_threshold": -10.0}, None),
        (0.8, 2.0, {"intent_threshold": 0.8}, "low_confidence"),
        (0.8, 2.0, {"intent_threshold": 0.799}, None),
        (0.8, 0.0, {"intent_threshold": 0.8}, "low_confidence"),
        (0.0, 2.0, {}, "low_confidence"),
    ],
)
def test_both_scores_must_be_above_their_thresholds_not_at_them(
    confidence: float, scope: float, settings: dict[str, Any], reason: str | None
) -> None:
    found = judged(confidence, 0.1, scope=scope, **settings)
    assert (found.reason, found.understood) == (reason, reason is None)
    assert (found.intent is not None) == found.understood
    assert found.ranking[0].confidence == confidence


def test_an_equal_expression_is_understood_whatever_the_scores_and_thresholds() -> None:
    found = judged(0.6, 0.3, scope=-9, exact="int_lost", intent_threshold=1.0, margin=1.0)
    assert (found.understood, found.exact_match, found.reason) == (True, True, None)
    assert found.intent is not None
    assert (found.intent.id, found.intent.name, found.intent.confidence) == ("int_lost", "lost property", 1.0)
    assert [scored.id for scored in found.ranking] == ["int_lost", "int_fare"]


@pytest.mark.parametrize(
    ("first", "second", "margin", "reason"),
    [(0.5, 0.25, 0.25, None), (0.5, 0.375, 0.25, "ambiguous"), (0.5, 0.5, 0.0, None), (0.5, 0.5, 0.01, "ambiguous")],
)
def test_two_intents_closer_than_the_margin_are_ambiguous(
    first: float, second: float, margin: float, reason: str | None
) -> None:
    assert judged(first, second, margin=margin).reason == reason


def test_a_single_intent_is_never_ambiguous() -> None:
    assert judged(1.0, margin=1.0).understood


def test_a_message_that_is_too_long_is_not_read_even_if_it_equals_an_expression() -> None:
    at, over = (judged(0.9, exact="int_fare", text="a" * n, max_message_length=10) for n in (10, 11))
    assert at.understood
    assert (over.understood, over.reason, over.ranking, over.scope) == (False, "message_too_long", (), None)


def test_without_a_model_nothing_is_understood() -> None:
    found = decide("hello", "nl", None, BotSettings(), FITTED, NAMES, None)
    assert (found.understood, found.reason, found.language) == (False, "no_model", "nl")


def test_the_five_best_are_told_by_name_and_a_nameless_one_by_its_id() -> None:
    found = judged(0.5, 0.2, 0.1, 0.1, 0.06, 0.04)
    assert [scored.name for scored in found.ranking] == ["fare", "lost property", "int_dog", "int_bike", "int_toilet"]
