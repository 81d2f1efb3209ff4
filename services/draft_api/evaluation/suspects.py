"""Expressions that stand under the wrong intent, or twice in other words under two. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.draft_api.evaluation.answers import Answers, Labels
from services.draft_api.evaluation.document import Named, NearDuplicate, Suspect

MOST_SUSPECTS = 100
MOST_NEAR_DUPLICATES = 100
_LEAST_SURE, _TIMES_LIKELIER, _NO_CHANCE = 0.5, 20, 1e-9

Pair = tuple[int, int, float]


def suspects(answers: Answers, texts: Sequence[str], intents: Sequence[Named]) -> tuple[tuple[Suspect, ...], int]:
    """The most telling first, and how many there are: what that was chosen from is in docs/accuracy-log.md.

    What counts is how much likelier the other intent is than its own: being sure of another is usual where intents
    are alike, giving its own next to no chance is not. The only expression of an intent says nothing: heads that
    have not seen it do not know its intent.
    """
    sure, times = answers.said.confidence, answers.said.confidence / np.maximum(answers.own, _NO_CHANCE)
    known = np.bincount(answers.labels, minlength=len(intents))[answers.labels] > 1
    found = np.flatnonzero(known & ~answers.right & (sure >= _LEAST_SURE) & (times >= _TIMES_LIKELIER)).tolist()
    telling = sure * np.log(times)
    ordered = sorted(found, key=lambda row: (-telling[row], texts[row]))[:MOST_SUSPECTS]
    shown = (
        Suspect(
            text=texts[row],
            intent=intents[int(answers.labels[row])],
            likely=intents[int(answers.said.guess[row])],
            confidence=float(answers.said.confidence[row]),
            own_confidence=float(answers.own[row]),
        )
        for row in ordered
    )
    return tuple(shown), len(found)


def pairs_above(similar: NDArray[np.float32], first: Labels, labels: Labels, bound: float) -> list[Pair]:
    """Of a block of similarities [len(first), all]: (row, other, similarity) across intents, each pair once.

    `first` numbers the rows of the block among all.
    """
    near, others = np.nonzero(similar > bound)
    rows = first[near]
    told = labels[rows] != labels[others]
    return [
        (min(row, other), max(row, other), float(value))
        for row, other, value in zip(
            rows[told].tolist(), others[told].tolist(), similar[near[told], others[told]].tolist(), strict=True
        )
    ]


def near_duplicates(
    pairs: Sequence[Pair], texts: Sequence[str], labels: Labels, intents: Sequence[Named]
) -> tuple[tuple[NearDuplicate, ...], int]:
    """The most alike first, and how many there are. `texts` and `labels` are of all expressions."""
    closest: dict[tuple[int, int], float] = {}
    for one, other, value in pairs:
        closest[one, other] = max(value, closest.get((one, other), 0.0))
    ordered = sorted(closest.items(), key=lambda item: (-item[1], item[0]))[:MOST_NEAR_DUPLICATES]
    shown = (
        NearDuplicate(
            text=texts[one],
            intent=intents[int(labels[one])],
            other_text=texts[other],
            other_intent=intents[int(labels[other])],
            similarity=min(1.0, value),
        )
        for (one, other), value in ordered
    )
    return tuple(shown), len(closest)
