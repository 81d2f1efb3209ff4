"""One linear SVM per label against the rest, all of them at once: for bots of few expressions.

For each label the least of |w|^2 / 2 + C * sum(max(0, 1 - s * (x @ w))^2), s being 1 for its own expressions and -1 for
others, by Newton steps that conjugate gradients solve (Keerthi and DeCoste, 2005, "A modified finite Newton method for
fast solution of large scale linear SVMs"). Weights are kept as what each expression adds to them, w = X' a, so that
all that is ever computed from the expressions is a product with X X', which is small where they are few. Labels are
columns and do not know of each other; nothing is drawn by chance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float32]
Columns = NDArray[np.float64]

# How small the gradient must become beside the first, as a share of the label's share of all (as liblinear has it).
_EXACT = 0.01
_SOLVED = 0.1
_STEPS, _DIRECTIONS, _HALVINGS = 40, 30, 10


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


def products_of(features: sparse.csr_matrix) -> Matrix:
    """Of all expressions with each other [expressions, expressions]; those of some are rows and columns of it.

    As if the features had a last column of ones, whose weight is the bias.
    """
    products: Matrix = (features @ features.T).toarray() + np.float32(1)
    return products


def separate(features: sparse.csr_matrix, signs: Matrix, strength: float, products: Matrix) -> tuple[Matrix, Matrix]:
    """Weights [features, labels] and biases [labels] for `signs` [expressions, labels] of 1 and -1; C = `strength`."""
    added = _solve(signs, strength, products)
    return np.asarray(features.T @ added), added.sum(axis=0)


def _solve(signs: Matrix, strength: float, products: Matrix) -> Matrix:
    """What each expression adds to the weights of each label."""
    added = np.zeros_like(signs)
    left = np.arange(signs.shape[1])
    here = Point(np.zeros_like(signs), np.zeros_like(signs))
    down = _down(here, signs, strength, products)
    goal = down.along(down) * (_EXACT * (signs > 0).mean(axis=0)) ** 2
    for _ in range(_STEPS):
        unsolved = down.along(down) > goal
        added[:, left[~unsolved]] = here.added[:, ~unsolved]
        left, goal, signs = left[unsolved], goal[unsolved], signs[:, unsolved]
        here, down = here.only(unsolved), down.only(unsolved)
        if not len(left):
            return added
        here = _stepped(here, _direction(down, _bend(here, signs, strength), products), signs, strength)
        down = _down(here, signs, strength, products)
    added[:, left] = here.added
    return added


def _down(here: Point, signs: Matrix, strength: float, products: Matrix) -> Point:
    """Minus the gradient."""
    return _point(np.float32(2 * strength) * signs * _gap(here, signs) - here.added, products)


def _bend(here: Point, signs: Matrix, strength: float) -> Matrix:
    """The curvature that each expression adds."""
    bend: Matrix = np.float32(2 * strength) * (_gap(here, signs) > 0)
    return bend


def _direction(down: Point, bend: Matrix, products: Matrix) -> Point:
    """The Newton step, nearly: conjugate gradients, until a tenth of the gradient is left."""
    step = Point(np.zeros_like(bend), np.zeros_like(bend))
    rest, ahead = down, down
    length = down.along(down)
    goal = length * _SOLVED**2
    for _ in range(_DIRECTIONS):
        bent = ahead.added + bend * ahead.scores
        unsolved = length > goal
        share = _share(length, _sums(bent, ahead.scores), unsolved)
        step = step.plus(share, ahead)
        rest = _point(rest.added - share * bent, products)
        before, length = length, np.where(unsolved, rest.along(rest), length)
        if (length <= goal).all():
            break
        ahead = rest.plus(_share(length, before, unsolved), ahead)
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
    gap = _gap(at, signs)
    return at.along(at) / 2 + strength * _sums(gap, gap)


def _gap(at: Point, signs: Matrix) -> Matrix:
    """How far each score is from where it should be at least."""
    gap: Matrix = np.maximum(1 - signs * at.scores, 0)
    return gap


def _point(added: Matrix, products: Matrix) -> Point:
    return Point(added, products @ added)


def _share(part: Columns, whole: Columns, unsolved: NDArray[np.bool_]) -> Matrix:
    """Nothing for labels that are solved."""
    return np.where(unsolved, part / np.maximum(whole, 1e-30), 0).astype(np.float32)


def _sums(one: Matrix, other: Matrix) -> Columns:
    sums: Columns = np.einsum("nk,nk->k", one, other, dtype=np.float64)
    return sums
