"""What a training changed, and what to do next."""

from dataclasses import replace

import pytest

from services.draft_api.evaluation.advice import advise_builder
from services.draft_api.evaluation.change import change_between
from services.draft_api.evaluation.thresholds import Advised, Choice, ThresholdAdvice, TradeOff
from tests.draft_api.evaluation.answers import RAILWAY, answers, evaluated


def test_what_got_worse_is_named_with_the_confusions_that_are_new() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    before, after = evaluated(labels, labels), evaluated(labels, [0] * 20 + [0] * 15 + [1] * 5 + [2] * 20)
    change = change_between(before, after)
    assert (change.accuracy_before, change.accuracy_after) == (1.0, pytest.approx(0.75))
    assert not change.within_chance
    assert [(moved.name, moved.before) for moved in change.worse] == [("fare", 1.0), ("dog", 1.0)]
    assert change.better == ()
    assert [(c.intent.name, c.taken_for.name, c.count) for c in change.new_confusions] == [("fare", "dog", 15)]
    back = change_between(after, before)
    assert [moved.name for moved in back.better] == ["fare", "dog"]
    assert back.new_confusions == ()


def test_one_sentence_more_or_less_is_within_chance() -> None:
    labels = [0] * 10 + [1] * 10
    assert change_between(evaluated(labels, [1, *labels[1:]]), evaluated(labels, [1, 1, *labels[2:]])).within_chance


def test_a_confusion_in_both_directions_is_one_matter() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    guesses = [1] * 3 + [0] * 17 + [0] * 4 + [1] * 16 + [2] * 20
    found = advise_builder(evaluated(labels, guesses, 0.45), None, RAILWAY)
    assert [(advice.kind, advice.weight) for advice in found] == [("tell_apart", 7)]
    assert found[0].message.startswith("'fare' and 'dog' are taken for each other 7 times.")


def test_what_looks_misplaced_comes_before_what_is_thin() -> None:
    found = advise_builder(evaluated([0, 0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1], 0.95), None, RAILWAY)
    assert [advice.kind for advice in found] == ["move", "tell_apart", "write_more"]
    assert "'dog sentence 0', in 'dog', which looks like 'fare' (95% sure)" in found[0].message
    assert "the thinnest is 'lost' with 0" in found[2].message


def test_a_bot_without_a_fault_is_left_in_peace() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    assert advise_builder(evaluated(labels, labels, 0.98), None, RAILWAY) == ()
    assert len(answers(labels, labels)) == 60


def test_a_language_that_the_encoder_does_not_know_comes_first() -> None:
    german = replace(RAILWAY, language="de", foreign=True)
    evaluation = evaluated([0, 0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1])
    first = advise_builder(evaluation, None, german)[0]
    assert (first.kind, first.weight) == ("profile", 2)
    assert first.message.startswith("The bot speaks 'de', and the encoder of its profile 'default' does not: set ")
    elsewhere = advise_builder(evaluation, None, replace(german, installed=False))[0]
    assert "does not: run `greenroom encoder build --profile multilingual`, set the profile" in elsewhere.message


def test_who_is_asked_and_who_is_not_understood_are_told_apart_and_so_are_strangers() -> None:
    (advice,) = advise_builder(evaluated([0] * 20, [0] * 20), suggested("margin", asked=0.039), RAILWAY)[:1]
    assert advice.message == (
        "Setting margin to 0.5 (now 0) would bring wrong answers from 15.0% to 5.0% of messages, right ones from "
        "80.0% to 78.0%; 3.9% would be asked which intent was meant, 13.1% would not be understood, and strangers "
        "answered go from 46.5% to 72.8%."
    )
    (silent,) = advise_builder(evaluated([0] * 20, [0] * 20), suggested("intent_threshold", asked=0.0), RAILWAY)[:1]
    assert "asked" not in silent.message
    assert "; 17.0% would not be understood, and strangers" in silent.message


def test_a_bot_that_cannot_ask_is_told_what_a_margin_needs() -> None:
    speechless = replace(RAILWAY, asks=False)
    told = {
        name: advise_builder(evaluated([0] * 20, [0] * 20), suggested(name, asked), speechless)[0].message
        for name, asked in (("margin", 0.039), ("intent_threshold", 0.0))
    }
    assert told["margin"].endswith("did_you_mean block to ask with: write one, or the likeliest is answered unasked.")
    assert "did_you_mean" not in told["intent_threshold"]


def suggested(name: str, asked: float) -> ThresholdAdvice:
    """One of the three at 0.5 instead of 0; the others stay."""
    now = TradeOff(right=0.8, wrong=0.15, asked=0.0, not_understood=0.05, strangers_answered=0.465)
    then = TradeOff(right=0.78, wrong=0.05, asked=asked, not_understood=0.17 - asked, strangers_answered=0.728)
    kept = Advised(now=0.0, suggested=0.0, gain=0.0, choices=())
    better = Advised(now=0.0, suggested=0.5, gain=0.08, choices=(Choice(value=0.5, **then.model_dump()),))
    found = {"intent_threshold": kept, "scope_threshold": kept, "margin": kept, name: better}
    return ThresholdAdvice(now=now, fitted_scope=0.0, **found)
