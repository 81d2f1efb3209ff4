"""Mixing the views: scalars fitted on out-of-fold scores, which mixes and calibrates at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from services.draft_api.training.heads import (
    Labels,
    Linear,
    Matrix,
    Prototypes,
    centroids,
    logistic,
    margins,
    nearness,
    prototypes,
)
from shared.nlp.model import SCOPE_WEIGHT

FOLDS = 4
NEARNESS_SCALE = 10.0
SCOPE_QUANTILE = 0.05
_LEAST_MIX = 0.05

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Features:
    """`embeddings` is None in the profile without an encoder."""

    embeddings: Matrix | None
    ngrams: sparse.csr_matrix

    def rows(self, which: NDArray[np.bool_]) -> "Features":
        return Features(None if self.embeddings is None else self.embeddings[which], self.ngrams[which])


@dataclass(frozen=True)
class Heads:
    """What is fitted on expressions. Exactly one of `near` (embeddings) and `centres` (n-grams) is there."""

    logistic: Linear | None
    margins: Linear
    near: Prototypes | None
    centres: Matrix | None

    def views(self, features: Features, classes: int) -> list[Matrix]:
        """Scores [texts, K] of each view; the last is NEARNESS_SCALE times a cosine."""
        margin: Matrix = np.asarray(features.ngrams @ self.margins.weights) + self.margins.bias
        if features.embeddings is None or self.logistic is None or self.near is None:
            near: Matrix = np.asarray(features.ngrams @ self.centres) * np.float32(NEARNESS_SCALE)
            return [margin, near]
        logits: Matrix = features.embeddings @ self.logistic.weights + self.logistic.bias
        return [logits, margin, np.float32(NEARNESS_SCALE) * nearness(features.embeddings, self.near, classes)]


def fit_heads(features: Features, labels: Labels, classes: int) -> Heads:
    margin = margins(features.ngrams, labels, classes)
    if features.embeddings is None:
        return Heads(None, margin, None, centroids(features.ngrams, labels, classes))
    return Heads(logistic(features.embeddings, labels, classes), margin, prototypes(features.embeddings, labels), None)


@dataclass(frozen=True)
class OutOfFold:
    """Views of every expression by heads that have not seen it."""

    views: list[Matrix]
    labels: Labels

    @property
    def nearest(self) -> Matrix:
        found: Matrix = self.views[-1].max(axis=1) / np.float32(NEARNESS_SCALE)
        return found


def out_of_fold(features: Features, labels: Labels, classes: int, tell: Tell) -> OutOfFold:
    fold = _folds(labels)
    views: list[Matrix] = []
    for held in range(FOLDS):
        out, rest = fold == held, fold != held
        if not out.any() or not rest.any():
            continue
        found = fit_heads(features.rows(rest), labels[rest], classes).views(features.rows(out), classes)
        views = views or [np.zeros((len(labels), classes), np.float32) for _ in found]
        for view, part in zip(views, found, strict=True):
            view[out] = part
        tell((held + 1) / FOLDS)
    if not views:
        # A single expression: there is nothing to hold out, so it is scored by what it made, but half as near:
        # else only its own words would be in scope.
        *views, near = fit_heads(features, labels, classes).views(features, classes)
        views = [*views, near / np.float32(2)]
    return OutOfFold(views, labels)


def _folds(labels: Labels) -> NDArray[np.int64]:
    """Each label spread over the folds, from a start that depends on the label."""
    fold = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        where = np.flatnonzero(labels == label)
        order = np.random.RandomState(int(label)).permutation(len(where))
        fold[where[order]] = (np.arange(len(where)) + int(label)) % FOLDS
    return fold


def fit_mix(found: OutOfFold) -> NDArray[np.float64]:
    """One scalar a view by log loss with a little weight decay; never nothing, so that something decides.

    The only expression of a label says nothing: heads that have not seen it do not know its label.
    """
    telling = np.bincount(found.labels)[found.labels] > 1
    views, labels = [view[telling] for view in found.views], found.labels[telling]
    count = len(views)
    if not len(labels):
        return np.ones(count)

    def loss(mix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = probabilities(views, mix)
        rows = np.arange(len(labels))
        value = -np.log(odds[rows, labels] + 1e-12).mean() + 1e-4 * float(mix @ mix)
        slope = odds.copy()
        slope[rows, labels] -= 1
        gradient = [float((slope * view).sum()) / len(rows) for view in views]
        return float(value), np.array(gradient) + 2e-4 * mix

    fitted: NDArray[np.float64] = minimize(loss, np.ones(count), jac=True, bounds=[(_LEAST_MIX, 20)] * count).x
    return fitted


def probabilities(views: list[Matrix], mix: NDArray[np.float64]) -> NDArray[np.float64]:
    total = sum(weight * view.astype(np.float64) for weight, view in zip(mix, views, strict=True))
    total = total - total.max(axis=1, keepdims=True)
    odds = np.exp(total)
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def scope_scores(odds: NDArray[np.float64], nearest: Matrix) -> NDArray[np.float64]:
    sure: NDArray[np.float64] = np.log(np.maximum(odds.max(axis=1), 1e-9))
    return sure + SCOPE_WEIGHT * nearest.astype(np.float64)
