"""What a training changed, and what to do next."""

from dataclasses import replace

import pytest

from services.draft_api.evaluation.advice import Advice, Circumstances, advise_builder
from services.draft_api.evaluation.change import change_between
from services.draft_api.evaluation.document import Named
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


def test_one_expression_that_is_missed_makes_no_intent_worse() -> None:
    """Of eight one, then two; of eighty ten, then thirty, which chance does not do."""
    few, many = [0] * 8 + [1] * 8, [0] * 80 + [1] * 80
    once = change_between(evaluated(few, [1, *few[1:]]), evaluated(few, [1, 1, *few[2:]]))
    assert (once.worse, once.better) == ((), ())
    often = change_between(evaluated(many, [1] * 10 + many[10:]), evaluated(many, [1] * 30 + many[30:]))
    assert [moved.name for moved in often.worse] == ["dog", "fare"]


def test_a_pair_that_may_have_been_too_rare_to_be_listed_is_not_new() -> None:
    """Fifty pairs were listed, the rarest of them confused three times: a fifty-first might have been, as often."""
    labels = [0] * 20 + [1] * 20 + [2] * 20
    after = evaluated(labels, [1] * 6 + labels[6:20] + [2] * 4 + labels[24:])
    first = after.confusions[0]
    listed = [first.model_copy(update={"intent": Named(id=f"int_{n}", name=f"{n}"), "count": 3}) for n in range(50)]
    before = evaluated(labels, labels)
    assert [c.count for c in change_between(before, after).new_confusions] == [6, 4]
    crowded = before.model_copy(update={"confusions": tuple(listed)})
    assert [c.count for c in change_between(crowded, after).new_confusions] == [6]


def test_a_bot_of_one_intent_is_told_that_its_figures_say_nothing() -> None:
    evaluation = evaluated([0] * 12, [0] * 12)
    alone = evaluation.model_copy(update={"intents": evaluation.intents[:1], "thin_intents": (), "thin_count": 0})
    (advice,) = advise_builder(alone, None, RAILWAY)
    assert (advice.kind, advice.weight) == ("one_intent", 12)
    assert advice.message.startswith("All expressions are of 'dog': there is no other intent")


def test_a_threshold_weighs_what_it_keeps_and_says_so() -> None:
    """Eight points of a hundred are promised on 200 expressions: 16 of them, of which `fast` keeps 8, an encoder 4."""
    promised = suggested("intent_threshold", asked=0.0)
    embedded = about_thresholds(promised, RAILWAY)
    in_letters = about_thresholds(promised, replace(RAILWAY, profile="fast"))
    assert (embedded.weight, in_letters.weight) == (4, 8)
    assert embedded.message.endswith("than the one that serves: expect a quarter of it.")
    assert in_letters.message.endswith("expect half of it.")


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
    evaluation = evaluated([0, 0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1], 0.95)
    first = advise_builder(evaluation, None, german)[0]
    assert (first.kind, first.weight) == ("profile", 2)
    assert first.message.startswith("The bot speaks 'de', and the encoder of its profile 'default' does not: set ")
    muddled = evaluation.model_copy(update={"suspect_count": 400})
    assert [advice.kind for advice in advise_builder(muddled, None, german)][:2] == ["profile", "move"]
    elsewhere = advise_builder(evaluation, None, replace(german, installed=False))[0]
    assert "does not: run `greenroom encoder build --profile multilingual`, set the profile" in elsewhere.message


def test_who_is_asked_and_who_is_not_understood_are_told_apart_and_so_are_strangers() -> None:
    advice = about_thresholds(suggested("margin", asked=0.039), RAILWAY)
    assert advice.message == (
        "Setting margin to 0.5 (now 0) would bring wrong answers from 15.0% to 5.0% of messages, right ones from "
        "80.0% to 78.0%; 3.9% would be asked which intent was meant, 13.1% would not be understood, and strangers "
        "answered go from 46.5% to 72.8%. That is of models which had learnt less than the one that serves: expect a "
        "quarter of it."
    )
    silent = about_thresholds(suggested("intent_threshold", asked=0.0), RAILWAY)
    assert "asked" not in silent.message
    assert "; 17.0% would not be understood, and strangers" in silent.message


def test_a_bot_that_cannot_ask_is_told_what_a_margin_needs() -> None:
    speechless = replace(RAILWAY, asks=False)
    told = {
        name: about_thresholds(suggested(name, asked), speechless).message
        for name, asked in (("margin", 0.039), ("intent_threshold", 0.0))
    }
    assert told["margin"].endswith("did_you_mean block to ask with: write one, or the likeliest is answered unasked.")
    assert "did_you_mean" not in told["intent_threshold"]


def about_thresholds(found: ThresholdAdvice, bot: Circumstances) -> Advice:
    """Of a bot of 200 expressions, every one of which is understood."""
    (advice,) = (a for a in advise_builder(evaluated([0] * 200, [0] * 200), found, bot) if a.kind == "threshold")
    return advice


def suggested(name: str, asked: float) -> ThresholdAdvice:
    """One of the three at 0.5 instead of 0; the others stay."""
    now = TradeOff(right=0.8, wrong=0.15, asked=0.0, not_understood=0.05, strangers_answered=0.465)
    then = TradeOff(right=0.78, wrong=0.05, asked=asked, not_understood=0.17 - asked, strangers_answered=0.728)
    kept = Advised(now=0.0, suggested=0.0, gain=0.0, choices=())
    better = Advised(now=0.0, suggested=0.5, gain=0.08, choices=(Choice(value=0.5, **then.model_dump()),))
    found = {"intent_threshold": kept, "scope_threshold": kept, "margin": kept, name: better}
    return ThresholdAdvice(now=now, fitted_scope=0.0, **found)
