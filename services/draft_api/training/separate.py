"""One linear SVM per label against the rest, all of them at once.

For each label the least of |w|^2 / 2 + C * sum(max(0, 1 - s * (x @ w))^2), s being 1 for its own expressions and -1 for
others, by Newton steps that conjugate gradients solve (Keerthi and DeCoste, 2005, "A modified finite Newton method for
fast solution of large scale linear SVMs"). Weights are kept as what each expression adds to them, w = X' a, so that
all that is ever computed from the expressions is a product with X X': of few expressions, that is a small matrix.
Labels are columns and do not know of each other; nothing is drawn by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float32]
Columns = NDArray[np.float64]
Product = Callable[[Matrix], Matrix]

# How small the gradient must become beside the first, as a share of the label's share of all (as liblinear has it).
_EXACT = 0.01
_SOLVED = 0.1
_STEPS, _DIRECTIONS, _HALVINGS = 40, 30, 10
# Up to so many expressions all their products are kept.
_FEW = 2_500
# So many numbers in each array: labels beyond them take their turn.
_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Point:
    """What each expression adds to the weights, and its products with all: scores. [expressions, labels] both."""

    added: Matrix
    scores: Matrix

    def along(self, other: "Point") -> Columns:
        """The products of the weights that two points mean, a label each."""
        return _sums(self.added, other.scores)

    def plus(self, share: Matrix, other: "Point") -> "Point":
        return Point(self.added + share * other.added, self.scores + share * other.scores)

    def only(self, labels: NDArray[np.bool_]) -> "Point":
        return Point(self.added[:, labels], self.scores[:, labels])


def separate(features: sparse.csr_matrix, signs: Matrix, strength: float) -> tuple[Matrix, Matrix]:
    """Weights [features, labels] and biases [labels] for `signs` [expressions, labels] of 1 and -1; C = `strength`."""
    product = _products(features)
    width = max(1, _AT_ONCE // len(signs))
    blocks = [signs[:, start : start + width] for start in range(0, signs.shape[1], width)]
    added = np.concatenate([_solve(block, strength, product) for block in blocks], axis=1)
    return np.asarray(features.T @ added), added.sum(axis=0)


def _products(features: sparse.csr_matrix) -> Product:
    """Products with X X', X having a last column of ones for the bias."""
    if features.shape[0] <= _FEW:
        every: Matrix = (features @ features.T).toarray() + np.float32(1)
        return every.__matmul__
    turned = features.T.tocsr()
    return lambda added: np.asarray(features @ (turned @ added)) + added.sum(axis=0)


def _solve(signs: Matrix, strength: float, product: Product) -> Matrix:
    """What each expression adds to the weights of each label."""
    added = np.zeros_like(signs)
    open_labels = np.arange(signs.shape[1])
    here = Point(np.zeros_like(signs), np.zeros_like(signs))
    goal: Columns | None = None
    for _ in range(_STEPS):
        gap = np.maximum(1 - signs * here.scores, 0)
        down = _point(np.float32(2 * strength) * signs * gap - here.added, product)
        steep = down.along(down)
        if goal is None:
            goal = steep * (_EXACT * (signs > 0).mean(axis=0)) ** 2
        unsolved = steep > goal
        if not unsolved.all():
            added[:, open_labels[~unsolved]] = here.added[:, ~unsolved]
            open_labels, goal, signs, gap = open_labels[unsolved], goal[unsolved], signs[:, unsolved], gap[:, unsolved]
            here, down = here.only(unsolved), down.only(unsolved)
            if not len(open_labels):
                return added
        bend = np.float32(2 * strength) * (gap > 0)
        here = _stepped(here, _direction(down, bend, product), signs, strength)
    added[:, open_labels] = here.added
    return added


def _direction(down: Point, bend: Matrix, product: Product) -> Point:
    """The Newton step, nearly: conjugate gradients, until a tenth of the gradient is left. `bend` is the curvature

    that each expression adds."""
    step = Point(np.zeros_like(bend), np.zeros_like(bend))
    left, ahead = down, down
    length = down.along(down)
    goal = length * _SOLVED**2
    for _ in range(_DIRECTIONS):
        bent = ahead.added + bend * ahead.scores
        open_labels = length > goal
        share = _share(length, _sums(bent, ahead.scores), open_labels)
        step = step.plus(share, ahead)
        left = _point(left.added - share * bent, product)
        before, length = length, np.where(open_labels, left.along(left), length)
        if (length <= goal).all():
            break
        ahead = left.plus(_share(length, before, open_labels), ahead)
    return step


def _stepped(here: Point, step: Point, signs: Matrix, strength: float) -> Point:
    """As far as it goes down: the whole step, or half of it, or half of that."""
    least = _loss(here, signs, strength)
    share = np.ones(signs.shape[1], np.float32)
    for _ in range(_HALVINGS):
        there = here.plus(share, step)
        worse = _loss(there, signs, strength) > least
        if not worse.any():
            return there
        share = np.where(worse, share / 2, share).astype(np.float32)
    return here.plus(np.where(worse, 0, share).astype(np.float32), step)


def _loss(at: Point, signs: Matrix, strength: float) -> Columns:
    gap = np.maximum(1 - signs * at.scores, 0)
    return at.along(at) / 2 + strength * _sums(gap, gap)


def _point(added: Matrix, product: Product) -> Point:
    return Point(added, product(added))


def _share(part: Columns, whole: Columns, open_labels: NDArray[np.bool_]) -> Matrix:
    """Nothing for labels that are solved."""
    return np.where(open_labels, part / np.maximum(whole, 1e-30), 0).astype(np.float32)


def _sums(one: Matrix, other: Matrix) -> Columns:
    sums: Columns = np.einsum("nk,nk->k", one, other, dtype=np.float64)
    return sums
