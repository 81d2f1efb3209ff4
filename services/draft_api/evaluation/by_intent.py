"""Which intents are understood, which are taken for which, and which have too little to learn from. Pure."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from services.draft_api.evaluation.answers import Answers, Labels
from services.draft_api.evaluation.document import Confusion, IntentScore, Matrix, Mistake, Named, ThinIntent

THIN = 10
MOST_THIN = 200
MOST_CONFUSIONS = 50
MOST_MISTAKES = 5
MOST_IN_MATRIX = 16


def scores(answers: Answers, intents: Sequence[Named]) -> tuple[IntentScore, ...]:
    """Of every intent, in their order. What is never guessed has a precision of 0."""
    size = len(intents)
    support = np.bincount(answers.labels, minlength=size)
    guessed = np.bincount(answers.said.guess, minlength=size)
    hits = np.bincount(answers.labels[answers.right], minlength=size)
    precision = hits / np.maximum(guessed, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(guessed + support, 1)
    return tuple(
        IntentScore(
            id=intent.id,
            name=intent.name,
            precision=float(precision[label]),
            recall=float(recall[label]),
            f1=float(f1[label]),
            support=int(support[label]),
        )
        for label, intent in enumerate(intents)
    )


def confusions(answers: Answers, texts: Sequence[str], intents: Sequence[Named]) -> tuple[Confusion, ...]:
    """The most frequent pairs first, each with the expressions that cause it. `texts` are those of the answers."""
    rows: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(~answers.right).tolist():
        rows.setdefault((int(answers.labels[row]), int(answers.said.guess[row])), []).append(row)
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_CONFUSIONS]
    return tuple(
        Confusion(
            intent=intents[true],
            taken_for=intents[guess],
            count=len(found),
            expressions=_surest(answers, found, texts),
        )
        for (true, guess), found in ordered
    )


def matrix(answers: Answers, intents: Sequence[Named]) -> Matrix:
    """Of the intents that are taken for each other most, so that the worst confusions are in it; by label."""
    wrong = ~answers.right
    meant, taken = answers.labels[wrong].tolist(), answers.said.guess[wrong].tolist()
    pairs = Counter((min(pair), max(pair)) for pair in zip(meant, taken, strict=True))
    ordered = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    worst = sorted(list(dict.fromkeys(label for pair in ordered for label in pair))[:MOST_IN_MATRIX])
    place = np.full(len(intents), -1)
    place[worst] = np.arange(len(worst))
    row, column = place[answers.labels], place[answers.said.guess]
    inside = (row >= 0) & (column >= 0)
    counts = np.zeros((len(worst), len(worst)), np.int64)
    np.add.at(counts, (row[inside], column[inside]), 1)
    return Matrix(intents=tuple(intents[label] for label in worst), counts=tuple(map(tuple, counts.tolist())))


def thin(labels: Labels, intents: Sequence[Named]) -> tuple[tuple[ThinIntent, ...], int]:
    """The thinnest first, and how many there are. `labels` are of all expressions, not of a sample."""
    counts = np.bincount(labels, minlength=len(intents))
    found = sorted(np.flatnonzero(counts < THIN).tolist(), key=lambda label: (counts[label], intents[label].name))
    shown = (
        ThinIntent(id=intents[label].id, name=intents[label].name, expressions=int(counts[label]))
        for label in found[:MOST_THIN]
    )
    return tuple(shown), len(found)


def _surest(answers: Answers, rows: list[int], texts: Sequence[str]) -> tuple[Mistake, ...]:
    ordered = sorted(rows, key=lambda row: (-answers.said.confidence[row], texts[row]))[:MOST_MISTAKES]
    return tuple(Mistake(text=texts[row], confidence=float(answers.said.confidence[row])) for row in ordered)
