"""An evaluation worked out by hand."""

import numpy as np
import pytest

from services.draft_api.evaluation.calibration import calibration_error, interval, reliability
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.evaluation.suspects import near_duplicates, pairs_above
from tests.draft_api.evaluation.answers import DOG, FARE, INTENTS, answers, evaluated, texts


def test_four_sentences_of_which_one_is_taken_for_another() -> None:
    """Sure of each by 0.9: dog right, fare right, fare taken for dog, lost right. Three of four are right."""
    found = evaluated([0, 1, 1, 2], [0, 1, 0, 2])
    assert found.expressions == 4
    assert found.accuracy == 0.75
    assert found.ece == found.ece_before == pytest.approx(0.15)
    assert [score.model_dump() for score in found.intents] == [
        {"id": "int_dog", "name": "dog", "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        {"id": "int_fare", "name": "fare", "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
        {"id": "int_lost", "name": "lost", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1},
    ]
    (confusion,) = found.confusions
    assert (confusion.intent, confusion.taken_for, confusion.count) == (FARE, DOG, 1)
    assert [(mistake.text, mistake.confidence) for mistake in confusion.expressions] == [("fare sentence 2", 0.9)]
    assert [thin.expressions for thin in found.thin_intents] == [1, 1, 2]
    assert found.matrix.intents == (DOG, FARE)
    assert found.matrix.counts == ((1, 0), (1, 1))


def test_an_intent_that_is_never_guessed_has_no_precision_and_no_recall() -> None:
    fare = evaluated([0, 1], [0, 0], 0.8).intents[1]
    assert (fare.precision, fare.recall, fare.f1) == (0.0, 0.0, 0.0)


def test_thin_is_an_intent_that_was_written_thinly_whatever_the_sample() -> None:
    asked, written = [0, 1], [0] * 30 + [1] * 3
    found = evaluate(answers(asked, asked), texts(asked), Written(texts(written), np.array(written), INTENTS), [])
    assert found.sampled
    assert [(thin.name, thin.expressions) for thin in found.thin_intents] == [("lost", 0), ("fare", 3)]


def test_the_surest_mistakes_are_shown_of_a_pair_and_all_are_counted() -> None:
    found = evaluated([1] * 8, [0] * 8, [0.5, 0.9, 0.6, 0.7, 0.8, 0.55, 0.65, 0.75]).confusions[0]
    assert found.count == 8
    assert [mistake.confidence for mistake in found.expressions] == [0.9, 0.8, 0.75, 0.7, 0.65]


def test_an_expression_is_suspected_when_another_intent_is_as_sure_of_it_as_of_its_own() -> None:
    """Fares are usually recognised by 0.8: one of dog's is taken for a fare by 0.85, another by 0.7 only."""
    found = evaluated([0, 0, 0, 1, 1], [1, 1, 0, 1, 1], [0.85, 0.7, 0.9, 0.8, 0.8])
    assert found.suspect_count == 1
    (suspect,) = found.suspects
    assert (suspect.text, suspect.intent, suspect.likely) == ("dog sentence 0", DOG, FARE)
    assert suspect.own_confidence == pytest.approx(0.075)


def test_nothing_is_suspected_on_less_than_an_even_chance() -> None:
    assert evaluated([0, 1], [1, 1], [0.49, 0.4]).suspect_count == 0


def test_two_sentences_that_say_the_same_under_one_intent_are_no_double() -> None:
    similar = np.array([[1.0, 0.95, 0.97], [0.95, 1.0, 0.2], [0.97, 0.2, 1.0]], np.float32)
    labels = np.array([0, 0, 1])
    pairs = pairs_above(similar, np.arange(3), labels, 0.9)
    assert {pair[:2] for pair in pairs} == {(0, 2)}
    (pair,), count = near_duplicates(pairs, ["a dog", "one dog", "dogs?"], labels, INTENTS)
    assert count == 1
    assert (pair.text, pair.intent, pair.other_text, pair.other_intent) == ("a dog", DOG, "dogs?", FARE)


def test_calibration_is_weighed_by_how_many_are_in_each_bin() -> None:
    """Half says 0.95 and is always right (gap 0.05); half says 0.55 and is never right (gap 0.55)."""
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, False, False])
    assert calibration_error(confidence, right) == pytest.approx(0.3)
    assert [(b.low, b.count, b.accuracy) for b in reliability(confidence, right)] == [(0.5, 2, 0.0), (0.9, 2, 1.0)]


@pytest.mark.parametrize(("confidence", "gap"), [(1.0, 0.0), (0.0, 1.0)])
def test_the_edges_of_the_scale_have_a_bin(confidence: float, gap: float) -> None:
    assert calibration_error(np.array([confidence]), np.array([True])) == pytest.approx(gap)


@pytest.mark.parametrize(("right", "count", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 15, 0.7961, 1.0)])
def test_the_interval_of_a_share_is_wilsons(right: int, count: int, low: float, high: float) -> None:
    """The two worked examples of Newcombe (1998), table I."""
    found = interval(right, count)
    assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_bot_of_five_thousand_intents_has_an_evaluation_of_bounded_size() -> None:
    from services.draft_api.evaluation.document import Named

    generator = np.random.RandomState(7)
    labels, guesses = generator.randint(0, 5000, (2, 12_000))
    many = [Named(id=f"int_{number}", name=f"intent {number}") for number in range(5000)]
    said = ["a sentence of some forty letters, or more"] * 12_000
    made = answers(labels % 3, guesses % 3)
    object.__setattr__(made, "labels", labels)
    object.__setattr__(made.said, "guess", guesses)
    found = evaluate(made, said, Written(said, labels, many), [(0, row, 0.95) for row in range(1, 12_000)])
    assert found.near_duplicate_count == 11_999
    assert len(found.near_duplicates) == len(found.suspects) == 100
    assert len(found.model_dump_json()) < 1_000_000
