"""An evaluation worked out by hand."""

import numpy as np
import pytest

from services.draft_api.evaluation.by_intent import matrix
from services.draft_api.evaluation.calibration import calibration_error, error_by_chance, interval, reliability
from services.draft_api.evaluation.document import Named
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


def test_an_intent_without_an_expression_is_the_thinnest() -> None:
    parking = Named(id="int_parking", name="parking")
    found = evaluated([0] * 12 + [1, 1], [0] * 12 + [1, 1], silent=[parking])
    assert [(thin.name, thin.expressions) for thin in found.thin_intents] == [("lost", 0), ("parking", 0), ("fare", 2)]
    assert parking.name not in [score.name for score in found.intents]


def test_the_surest_mistakes_are_shown_of_a_pair_and_all_are_counted() -> None:
    found = evaluated([1] * 8, [0] * 8, [0.5, 0.9, 0.6, 0.7, 0.8, 0.55, 0.65, 0.75]).confusions[0]
    assert found.count == 8
    assert [mistake.confidence for mistake in found.expressions] == [0.9, 0.8, 0.75, 0.7, 0.65]


def test_the_matrix_shows_the_most_frequent_confusion_whatever_else_is_confused_with_many() -> None:
    """Each of sixteen intents is taken for both its neighbours; one more is taken for one other, three times."""
    ring = list(range(16))
    labels, guesses = ring * 2 + [16] * 3, ring[1:] + ring[:1] + ring[-1:] + ring[:-1] + [17] * 3
    many = [Named(id=f"int_{number}", name=f"intent {number}") for number in range(18)]
    made = answers([0] * len(labels), [1] * len(labels))
    object.__setattr__(made, "labels", np.array(labels))
    object.__setattr__(made.said, "guess", np.array(guesses))
    found = matrix(made, many)
    assert len(found.intents) == 16
    assert [intent.name for intent in found.intents[-2:]] == ["intent 16", "intent 17"]
    assert found.counts[-2][-1] == 3


def test_an_expression_is_suspected_when_another_intent_is_twenty_times_as_likely_as_its_own() -> None:
    """Whatever is left of 1 is shared by the two others: 0.9 against 0.05 is not enough, 0.92 against 0.04 is."""
    found = evaluated([0, 0, 0, 1, 1], [1, 1, 0, 1, 1], [0.92, 0.9, 0.9, 0.99, 0.99])
    assert found.suspect_count == 1
    (suspect,) = found.suspects
    assert (suspect.text, suspect.intent, suspect.likely) == ("dog sentence 0", DOG, FARE)
    assert suspect.own_confidence == pytest.approx(0.04)


def test_what_its_own_intent_knows_least_about_is_suspected_first() -> None:
    """The first is taken for a fare more surely, but its own intent knows something of it."""
    made = answers([0, 0, 1], [1, 1, 1], [0.8, 0.7, 0.7])
    made.own[:] = [0.03, 0.001, 0.7]
    found = evaluate(made, texts([0, 0, 1]), Written(texts([0, 0, 1]), np.array([0, 0, 1]), INTENTS), [])
    assert [suspect.text for suspect in found.suspects] == ["dog sentence 1", "dog sentence 0"]


def test_the_only_expression_of_an_intent_is_never_misplaced() -> None:
    """Whoever had not seen it could only place it elsewhere."""
    assert evaluated([0, 1, 1], [1, 1, 1], 0.99).suspect_count == 0
    assert evaluated([0, 0, 1, 1], [1, 0, 1, 1], 0.99).suspect_count == 1


def test_nothing_is_suspected_on_less_than_an_even_chance() -> None:
    made = answers([0, 0, 1], [1, 1, 1], [0.49, 0.51, 0.9])
    made.own[:2] = 0.001
    found = evaluate(made, texts([0, 0, 1]), Written(texts([0, 0, 1]), np.array([0, 0, 1]), INTENTS), [])
    assert [suspect.text for suspect in found.suspects] == ["dog sentence 1"]


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
    found = reliability(np.repeat([0.95, 0.55], 20), np.repeat([True, False], 20))
    assert [(b.low, b.high, b.count, b.accuracy) for b in found] == [(0.0, 0.55, 20, 0.0), (0.55, 0.95, 20, 1.0)]
    assert calibration_error(found) == pytest.approx(0.3)


def test_the_error_is_that_of_the_dots_that_are_drawn() -> None:
    sure = np.linspace(0.2, 1.0, 90)
    found = evaluated([0] * 90, [0] * 60 + [1] * 30, sure.tolist())
    assert [b.count for b in found.reliability.after] == [23, 22, 23, 22]
    gaps = [b.count * abs(b.accuracy - b.confidence) for b in found.reliability.after]
    assert found.ece == pytest.approx(sum(gaps) / 90)


def test_few_answers_are_few_bins_because_each_needs_enough_to_tell() -> None:
    """Confident by 0.75 and right three times of four, in no order: nothing is wrong with that."""
    sure = np.linspace(0.7, 0.8, 30)
    right = np.arange(30) % 4 > 0
    assert [b.count for b in reliability(sure, right)] == [30]
    assert calibration_error(reliability(sure, right)) < 0.02
    assert len(reliability(np.linspace(0.2, 1.0, 5000), np.ones(5000, bool))) == 10


def test_equal_confidences_are_in_one_bin_whatever_the_order_of_their_answers() -> None:
    (only,) = reliability(np.full(100, 0.5), np.arange(100) < 50)
    assert (only.count, only.accuracy, only.confidence) == (100, 0.5, 0.5)


def test_what_chance_makes_of_a_perfectly_honest_model_is_told_beside_the_error() -> None:
    """Drawn by the confidence itself, again and again: the error is what chance says that it is."""
    generator = np.random.RandomState(7)
    sure = generator.beta(3, 1, 60)
    drawn = [reliability(sure, generator.random_sample(60) < sure) for _ in range(400)]
    assert np.mean([calibration_error(found) for found in drawn]) == pytest.approx(error_by_chance(drawn[0]), abs=0.01)


@pytest.mark.parametrize(("confidence", "gap"), [(1.0, 0.0), (0.0, 1.0)])
def test_the_edges_of_the_scale_have_a_bin(confidence: float, gap: float) -> None:
    assert calibration_error(reliability(np.array([confidence]), np.array([True]))) == pytest.approx(gap)


@pytest.mark.parametrize(("right", "count", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 15, 0.7961, 1.0)])
def test_the_interval_of_a_share_is_wilsons(right: int, count: int, low: float, high: float) -> None:
    """The two worked examples of Newcombe (1998), table I."""
    found = interval(right, count)
    assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_bot_of_five_thousand_intents_has_an_evaluation_of_bounded_size() -> None:
    generator = np.random.RandomState(7)
    labels, guesses = generator.randint(0, 5000, (2, 12_000))
    many = [Named(id=f"int_{number}", name=f"intent {number}") for number in range(5000)]
    said = ["a sentence of some forty letters, or more"] * 12_000
    made = answers(labels % 3, guesses % 3, 0.95)
    object.__setattr__(made, "labels", labels)
    object.__setattr__(made.said, "guess", guesses)
    found = evaluate(made, said, Written(said, labels, many), [(0, row, 0.95) for row in range(1, 12_000)])
    assert found.near_duplicate_count == 11_999
    assert len(found.near_duplicates) == len(found.suspects) == 100
    assert len(found.model_dump_json()) < 1_000_000
