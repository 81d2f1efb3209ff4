"""The three views that are mixed: logistic regression on embeddings, a linear SVM on n-grams, nearness.

All deterministic: sorted rows, fixed seeds, one thread. Shapes: X [expressions, features], y [expressions]
of label numbers 0..K-1, of which a fold may lack some.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from services.draft_api.training.examples import Labels, Matrix
from services.draft_api.training.separate import products_of, separate

# Found on validation splits; see docs/accuracy-log.md.
LOGISTIC_C = 30.0
SVM_C = 3.0
MOST_PROTOTYPES = 20
# Up to so many expressions, all their products with each other are kept; of more, liblinear is the faster.
_FEW = 2_500
# Expressions times labels: so many scores are held at a time, 16 MB of them.
_NUMBERS_AT_ONCE = 4_000_000
# liblinear draws from one generator for the whole process: two fits at once would take each other's numbers.
_LIBLINEAR = threading.Lock()
# What a label that the fold lacks gets, so that it is never the answer.
_ABSENT_LOGIT, _ABSENT_MARGIN = -8.0, -1.5


@dataclass(frozen=True)
class Linear:
    """scores = X @ weights + bias; weights [features, K]."""

    weights: Matrix
    bias: Matrix


def logistic(features: Matrix, labels: Labels, classes: int) -> Linear:
    """Multinomial logistic regression by L-BFGS, L2 with C = 30."""
    present = np.unique(labels)
    if len(present) == 1:
        return _constant(features.shape[1], classes, int(present[0]))
    own = np.searchsorted(present, labels)
    count, width, known = len(labels), features.shape[1], len(present)
    penalty = 1.0 / LOGISTIC_C
    at_once = max(1, _NUMBERS_AT_ONCE // known)
    blocks = [slice(start, start + at_once) for start in range(0, count, at_once)]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat[: width * known].reshape(width, known).astype(np.float32)
        bias = flat[width * known :].astype(np.float32)
        value = 0.5 * penalty * float((weights * weights).sum(dtype=np.float64))
        slope, slant = penalty * weights, np.zeros(known, np.float32)
        for block in blocks:
            excess, lost = _excess(features[block] @ weights + bias, own[block])
            value += lost
            slope += features[block].T @ excess
            slant += excess.sum(axis=0)
        return value / count, np.concatenate([slope.ravel(), slant]).astype(np.float64) / count

    start = np.zeros(width * known + known)
    # Remembering fewer steps takes no more of them, and each of a small bot is as long as what it remembers.
    options = {"maxiter": 200, "maxcor": 5, "ftol": 1e-7, "gtol": 1e-5}
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    weights = np.zeros((width, classes), np.float32)
    bias = np.full(classes, _ABSENT_LOGIT, np.float32)
    weights[:, present] = best[: width * known].reshape(width, known)
    bias[present] = best[width * known :]
    return Linear(weights, bias)


def _excess(logits: Matrix, own: Labels) -> tuple[Matrix, float]:
    """Probabilities less 1 for each one's own label, written over the logits, and the log loss."""
    rows = np.arange(len(own))
    logits -= logits.max(axis=1, keepdims=True)
    right = logits[rows, own]
    odds: Matrix = np.exp(logits, out=logits)
    total = odds.sum(axis=1, keepdims=True)
    odds /= total
    odds[rows, own] -= 1
    return odds, float((np.log(total[:, 0]) - right).sum(dtype=np.float64))


def are_few(labels: Labels) -> bool:
    """So few that the products of all with each other are kept."""
    return len(labels) <= _FEW


def margins(ngrams: sparse.csr_matrix, labels: Labels, classes: int, products: Matrix | None = None) -> Linear:
    """One linear SVM per label against the rest; `products` as `products_of` gives them, where they are known."""
    present = np.unique(labels)
    if len(present) == 1:
        return _constant(ngrams.shape[1], classes, int(present[0]))
    weights = np.zeros((ngrams.shape[1], classes), np.float32)
    bias = np.full(classes, _ABSENT_MARGIN, np.float32)
    if are_few(labels):
        signs = np.where(labels[:, None] == present[None], np.float32(1), np.float32(-1))
        known = products_of(ngrams) if products is None else products
        weights[:, present], bias[present] = separate(ngrams, signs, SVM_C, known)
    else:
        weights[:, present], bias[present] = _many(ngrams, labels, present)
    return Linear(weights, bias)


def _many(ngrams: sparse.csr_matrix, labels: Labels, present: Labels) -> tuple[Matrix, Matrix]:
    # Here, because it takes a second to import, as long as a small bot takes to learn: small bots do without.
    from sklearn.svm import LinearSVC

    with _LIBLINEAR:
        # It computes in double precision, and would copy what it need not: places, which are as large as the values.
        wide = sparse.csr_matrix((ngrams.data.astype(np.float64), ngrams.indices, ngrams.indptr), ngrams.shape)
        fitted = LinearSVC(C=SVM_C, random_state=0).fit(wide, labels)
        del wide
    if len(present) == 2:
        return np.stack([-fitted.coef_[0], fitted.coef_[0]], axis=1), np.concatenate(
            [-fitted.intercept_, fitted.intercept_]
        )
    return fitted.coef_.T, fitted.intercept_


def _constant(width: int, classes: int, label: int) -> Linear:
    """Nothing to tell apart: the one label always wins."""
    bias = np.full(classes, _ABSENT_LOGIT, np.float32)
    bias[label] = 0.0
    return Linear(np.zeros((width, classes), np.float32), bias)


@dataclass(frozen=True)
class Prototypes:
    """Unit vectors [P, features], sorted by label, and the label of each. Every label of the bot has one."""

    vectors: Matrix
    labels: Labels


def prototypes(features: Matrix, labels: Labels, most: int = MOST_PROTOTYPES) -> Prototypes:
    """The expressions themselves, or so many centres of them: the head must stay small."""
    kept, owners = [], []
    for label in np.unique(labels):
        centres = _centres(features[labels == label], most)
        kept.append(centres)
        owners.append(np.full(len(centres), label, np.int64))
    return Prototypes(np.concatenate(kept), np.concatenate(owners))


def _centres(vectors: Matrix, most: int) -> Matrix:
    """Spherical k-means from a farthest-first start (Gonzalez 1985): no randomness."""
    if len(vectors) <= most:
        return vectors
    chosen = [int(np.argmax(vectors @ vectors.mean(axis=0)))]
    nearest = vectors @ vectors[chosen[0]]
    while len(chosen) < most:
        chosen.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
    centres = vectors[chosen]
    for _ in range(8):
        owner = (vectors @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, owner, vectors)
        centres = np.where(np.any(sums, axis=1, keepdims=True), sums, centres)
        centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    return centres.astype(np.float32)


def nearness(features: Matrix, found: Prototypes, classes: int) -> Matrix:
    """Cosine to the nearest prototype of each label, [texts, K]; -0.2 for a label without one."""
    cosines = np.full((len(features), classes), -0.2, np.float32)
    present, starts = np.unique(found.labels, return_index=True)
    cosines[:, present] = np.maximum.reduceat(features @ found.vectors.T, starts, axis=1)
    return cosines


def centroids(features: sparse.csr_matrix | Matrix, labels: Labels, classes: int) -> Matrix:
    """The mean of each label as unit columns [features, K]; of n-grams: nearness for the profile without encoder."""
    sums = np.zeros((features.shape[1], classes), np.float32)
    for label in np.unique(labels):
        sums[:, label] = np.asarray(features[labels == label].sum(axis=0)).ravel()
    length = np.linalg.norm(sums, axis=0, keepdims=True)
    return (sums / np.where(length > 0, length, 1)).astype(np.float32)
