"""Mixing the views: scalars fitted on out-of-fold scores, which mixes and calibrates at once."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.draft_api.training.examples import Examples, Features, Labels, Matrix, Rows
from services.draft_api.training.heads import (
    Linear,
    Prototypes,
    are_few,
    centroids,
    logistic,
    margins,
    nearness,
    prototypes,
)
from services.draft_api.training.separate import products_of
from shared.nlp.model import SCOPE_WEIGHT

FOLDS = 4
NEARNESS_SCALE = 10.0
SCOPE_QUANTILE = 0.04
"""How much of what belongs is turned away at the default threshold; see docs/accuracy-log.md."""
_NEXT_TO_NOTHING = 0.1
"""So much more than a text that shares no n-gram gets one that shares a letter, or whose n-grams collide."""
STRENGTH_WEIGHT = 0.05
"""How much the best mixed score counts beside nearness: probabilities alone forget how strong all the scores were."""
_LEAST_MIX, _MOST_MIX = 0.05, 20.0
_MOST_OF_CENTRES = 0.2
"""What centres of n-grams count at most: with more, the log loss falls a little and so does accuracy."""

Tell = Callable[[str, float], None]


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


def fit_heads(examples: Examples, parts: Sequence[Rows], classes: int, threads: Executor) -> Iterator[Heads]:
    """Heads of each part of the examples, in their order; the last part is the largest."""
    embeddings, ngrams, labels = examples.features.embeddings, examples.features.ngrams, examples.labels
    products = products_of(ngrams) if are_few(labels) else None

    def margin(kept: Rows) -> Linear:
        known = products[np.ix_(kept, kept)] if products is not None else None
        return margins(ngrams if kept.all() else ngrams[kept], labels[kept], classes, known)

    def logits(kept: Rows, vectors: Matrix) -> Linear:
        return logistic(vectors if kept.all() else vectors[kept], labels[kept], classes)

    # What takes longest comes first, then what can go on beside it: of many expressions, margins are fitted in turns.
    longest = threads.submit(margin, parts[-1])
    lines = deque(threads.submit(logits, kept, embeddings) for kept in parts) if embeddings is not None else None
    several = deque([*(threads.submit(margin, kept) for kept in parts[:-1]), longest])
    for kept in parts:
        line = lines.popleft().result() if lines is not None else None
        yield _heads(examples.rows(kept), several.popleft().result(), line, classes)


def _heads(examples: Examples, margin: Linear, line: Linear | None, classes: int) -> Heads:
    """What was said and what it is called teach alike, but names are no prototypes: the head stays as small."""
    embeddings, said = examples.features.embeddings, slice(examples.said)
    if embeddings is None:
        return Heads(None, margin, None, centroids(examples.features.ngrams, examples.labels, classes))
    return Heads(line, margin, prototypes(embeddings[said], examples.labels[said]), None)


@dataclass(frozen=True)
class OutOfFold:
    """Views of expressions by heads that have not seen them."""

    views: list[Matrix]
    labels: Labels


def cross_fit(
    examples: Examples, fold: Labels, sample: Rows, classes: int, threads: Executor, tell: Tell
) -> tuple[Heads, OutOfFold]:
    """The heads of all examples, and what others say of the sample's expressions without having seen them.

    `fold` numbers the expressions as `folds` does. Names are never held out: they are known whatever is said.
    """
    names = np.ones(len(examples.labels) - examples.said, bool)
    held = [
        out for out in (sample & (fold == number) for number in range(FOLDS)) if out.any() and (sample & ~out).any()
    ]
    parts = [np.append(sample & ~out, names) for out in held]
    fitted = fit_heads(examples, [*parts, np.ones(len(examples.labels), bool)], classes, threads)
    views: list[Matrix] = []
    for done, out in enumerate(held, start=1):
        found = next(fitted).views(examples.features.rows(np.flatnonzero(out)), classes)
        views = views or [np.zeros((int(sample.sum()), classes), np.float32) for _ in found]
        for view, part in zip(views, found, strict=True):
            view[out[sample]] = part
        tell("cross-validating", 35 + 40 * done / len(held))
    tell("fitting", 80)
    heads = next(fitted)
    if not views:
        # A single expression: there is nothing to hold out, so it is scored by what it made, but half as near:
        # else only its own words would be in scope.
        *views, near = heads.views(examples.features.rows(np.flatnonzero(sample)), classes)
        views = [*views, near / np.float32(2)]
    return heads, OutOfFold(views, examples.labels[: examples.said][sample])


def folds(texts: Sequence[str], labels: Labels) -> Labels:
    """Each label spread over the folds by what its texts say, so that equal expressions are held out together

    whatever ids their intents have.
    """
    marks = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    fold = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        where = sorted(np.flatnonzero(labels == label).tolist(), key=marks.__getitem__)
        fold[where] = (np.arange(len(where)) + marks[where[0]][0]) % FOLDS
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

    # Two views are those of n-grams alone: margins, and the cosine to centres.
    bounds = [(_LEAST_MIX, _MOST_MIX)] * (count - 1) + [(_LEAST_MIX, _MOST_OF_CENTRES if count == 2 else _MOST_MIX)]
    fitted: NDArray[np.float64] = minimize(loss, np.ones(count), jac=True, bounds=bounds).x
    return fitted


def mixed(views: list[Matrix], mix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores [texts, K] before they are made probabilities."""
    total = np.zeros(views[0].shape)
    for weight, view in zip(mix, views, strict=True):
        total += weight * view.astype(np.float64)
    return total


def probabilities(views: list[Matrix], mix: NDArray[np.float64]) -> NDArray[np.float64]:
    total = mixed(views, mix)
    total -= total.max(axis=1, keepdims=True)
    odds = np.exp(total)
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def fit_scope(heads: Heads, mix: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    """The default threshold, from the scores of expressions by heads that have not seen them.

    Above what a text gets that shares no n-gram with any expression: where expressions are few, heads that have not
    seen one know so little of it that they turn nothing away.
    """
    belongs = float(np.quantile(said, SCOPE_QUANTILE))
    if heads.centres is None:
        return belongs
    nothing = [heads.margins.bias[None], np.zeros_like(heads.margins.bias)[None]]
    return max(belongs, float(scope_scores(probabilities(nothing, mix), nothing, mix)[0]) + _NEXT_TO_NOTHING)


def scope_scores(odds: NDArray[np.float64], views: list[Matrix], mix: NDArray[np.float64]) -> NDArray[np.float64]:
    """As a served model computes them: the log of the best probability, and how near a text is (`head_graph`)."""
    sure: NDArray[np.float64] = np.log(np.maximum(odds.max(axis=1), 1e-9))
    nearest = views[-1].max(axis=1).astype(np.float64) / NEARNESS_SCALE
    scores: NDArray[np.float64] = sure + SCOPE_WEIGHT * (nearest + STRENGTH_WEIGHT * mixed(views, mix).max(axis=1))
    return scores
