"""What heads that had not seen the expressions say of them: the numbers that an evaluation is made of."""

import numpy as np
from numpy.typing import NDArray

from services.draft_api.evaluation.answers import Answers, Labels, Verdicts, joined, verdicts
from services.draft_api.evaluation.suspects import Pair, pairs_above
from services.draft_api.training.examples import Features
from services.draft_api.training.stack import OutOfFold, probabilities, scope_scores

_ROWS_AT_ONCE = 256
_HIDDEN = np.float32(-1e4)
_EVEN = 0.5
# Above these, two expressions say almost the same; looked at on BANKING77 and HWU64.
_ALIKE_EMBEDDED, _ALIKE_IN_LETTERS = 0.9, 0.8
# So many comparisons take about three seconds of one core; sparse ones cost more.
_COMPARISONS_EMBEDDED, _COMPARISONS_IN_LETTERS = 150_000_000, 30_000_000

Mix = NDArray[np.float64]
Odds = NDArray[np.float64]
Views = list[NDArray[np.float32]]


def held_out_answers(found: OutOfFold, mix: Mix) -> Answers:
    """A slice at a time: all odds of 5,000 intents at once would fill the memory."""
    starts = range(0, len(found.labels), _ROWS_AT_ONCE)
    slices = [slice(start, start + _ROWS_AT_ONCE) for start in starts]
    return joined([_answers([view[part] for view in found.views], found.labels[part], mix) for part in slices])


def _answers(views: Views, labels: Labels, mix: Mix) -> Answers:
    odds = probabilities(views, mix)
    plain = probabilities(views[:1], np.ones(1))
    own = odds[np.arange(len(labels)), labels]
    hidden = _without(views, labels)
    return Answers(
        labels=labels,
        said=_verdicts(odds, views, mix),
        own=own,
        place=(odds > own[:, None]).sum(axis=1),
        plain=plain.max(axis=1),
        plain_right=plain.argmax(axis=1) == labels,
        stranger=_verdicts(probabilities(hidden, mix), hidden, mix) if odds.shape[1] > 1 else None,
    )


def _verdicts(odds: Odds, views: Views, mix: Mix) -> Verdicts:
    return verdicts(odds, scope_scores(odds, views, mix))


def _without(views: Views, labels: Labels) -> Views:
    """As if the bot did not have the intent that the expression belongs to: what a stranger's message looks like."""
    hidden = [view.copy() for view in views]
    for view in hidden:
        view[np.arange(len(labels)), labels] = _HIDDEN
    return hidden


def alike(features: Features, labels: Labels, asked: NDArray[np.bool_], own: NDArray[np.float64]) -> list[Pair]:
    """Pairs of expressions that say almost the same under different intents.

    `asked` are the rows of the answers and `own` their confidence in the right intent. Only what is understood by
    less than an even chance is compared with all: "lights on" and "lights off" are close, but told apart. In a very
    large bot only the worst of these are.
    """
    dense = features.embeddings is not None
    bound = _ALIKE_EMBEDDED if dense else _ALIKE_IN_LETTERS
    most = (_COMPARISONS_EMBEDDED if dense else _COMPARISONS_IN_LETTERS) // len(labels)
    doubtful = np.argsort(own, kind="stable")[: min(most, int((own < _EVEN).sum()))]
    rows = np.flatnonzero(asked)[doubtful]
    found: list[Pair] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = rows[start : start + _ROWS_AT_ONCE]
        found += pairs_above(_similar(features, block), block, labels, bound)
    return found


def _similar(features: Features, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Cosines [rows, all], by the embeddings where there are some and by the n-grams elsewhere."""
    if features.embeddings is not None:
        dense: NDArray[np.float32] = features.embeddings[rows] @ features.embeddings.T
        return dense
    sparse: NDArray[np.float32] = (features.ngrams[rows] @ features.ngrams.T).toarray()
    return sparse
