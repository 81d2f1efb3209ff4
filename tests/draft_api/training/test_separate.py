import numpy as np
import pytest
from scipy.optimize import minimize

from services.draft_api.training import heads
from services.draft_api.training.features import ngram_matrix
from services.draft_api.training.separate import Matrix, products_of, separate

SAID = [
    ("where is my card", 0),
    ("my card has not arrived", 0),
    ("the card is late", 0),
    ("i want to buy a ticket", 1),
    ("a ticket to paris please", 1),
    ("two tickets for the late train", 1),
    ("is there a dog on the train", 2),
    ("may my dog come along", 2),
]
TEXTS, LABELS = [text for text, _ in SAID], np.array([label for _, label in SAID])
SIGNS = np.where(LABELS[:, None] == np.arange(3)[None], np.float32(1), np.float32(-1))
NGRAMS = ngram_matrix(TEXTS, 1024)


def test_no_other_line_is_much_better() -> None:
    weights, bias = separate(NGRAMS, SIGNS, 3.0, products_of(NGRAMS))
    for label in range(3):
        best = minimize(loss, np.zeros(1025), (label,), options={"gtol": 1e-4}, method="L-BFGS-B").fun
        assert best <= loss(np.append(weights[:, label], bias[label]), label) < best * 1.005


def test_few_expressions_are_told_apart_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    few = heads.margins(NGRAMS, LABELS, 3)
    monkeypatch.setattr(heads, "_FEW", 0)
    many = heads.margins(NGRAMS, LABELS, 3)
    np.testing.assert_allclose(few.weights, many.weights, atol=0.01)
    np.testing.assert_allclose(few.bias, many.bias, atol=0.01)


def test_an_expression_that_stands_under_two_labels_is_in_neither() -> None:
    ngrams, signs = ngram_matrix(["good morning", "good morning"], 1024), SIGNS[[0, 3]][:, :2]
    weights, bias = separate(ngrams, signs, 3.0, products_of(ngrams))
    assert np.abs(ngrams @ weights + bias).max() < 1e-3


def loss(line: np.ndarray, label: int) -> float:
    weights: Matrix = line[:-1]
    gap = np.maximum(1 - SIGNS[:, label] * (NGRAMS @ weights + line[-1]), 0)
    return float((line * line).sum() / 2 + 3.0 * (gap * gap).sum())
