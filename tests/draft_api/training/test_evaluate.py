"""An evaluation worked out by hand."""

import numpy as np
import pytest

from services.draft_api.training.evaluate import calibration_error, evaluation

INTENTS = [{"id": "int_dog", "name": "dog"}, {"id": "int_fare", "name": "fare"}, {"id": "int_lost", "name": "lost"}]


def test_four_sentences_of_which_one_is_taken_for_another() -> None:
    """Sure of each by 0.9: dog right, fare right, fare taken for dog, lost right. Three of four are right."""
    guesses = [0, 1, 0, 2]
    odds = np.full((4, 3), 0.05)
    odds[np.arange(4), guesses] = 0.9
    found = evaluation(odds, odds, np.array([0, 1, 1, 2]), INTENTS)
    assert found["expressions"] == 4
    assert found["accuracy"] == 0.75
    assert found["ece"] == found["ece_before"] == pytest.approx(0.15)
    assert found["intents"] == [
        {"id": "int_dog", "name": "dog", "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        {"id": "int_fare", "name": "fare", "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
        {"id": "int_lost", "name": "lost", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1},
    ]
    assert found["confusions"] == [{"intent": INTENTS[1], "taken_for": INTENTS[0], "count": 1}]
    assert [thin["expressions"] for thin in found["thin_intents"]] == [1, 2, 1]


def test_an_intent_that_is_never_guessed_has_no_precision_and_no_recall() -> None:
    odds = np.array([[0.8, 0.2], [0.7, 0.3]])
    scores = evaluation(odds, odds, np.array([0, 1]), INTENTS[:2])["intents"][1]
    assert (scores["precision"], scores["recall"], scores["f1"]) == (0.0, 0.0, 0.0)


def test_calibration_is_weighed_by_how_many_are_in_each_bin() -> None:
    """Half says 0.95 and is always right (gap 0.05); half says 0.55 and is never right (gap 0.55)."""
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, False, False])
    assert calibration_error(confidence, right) == pytest.approx(0.3)


@pytest.mark.parametrize(("confidence", "gap"), [(1.0, 0.0), (0.0, 1.0)])
def test_the_edges_of_the_scale_have_a_bin(confidence: float, gap: float) -> None:
    assert calibration_error(np.array([confidence]), np.array([True])) == pytest.approx(gap)
