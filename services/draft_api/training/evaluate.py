"""How good a training is, from out-of-fold answers. Pure: numbers in, a document out."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Odds = NDArray[np.float64]
Labels = NDArray[np.int64]

THIN = 10
_MOST_CONFUSIONS = 50
_BINS = 15


def evaluation(odds: Odds, uncalibrated: Odds, labels: Labels, intents: list[dict[str, str]]) -> dict[str, Any]:
    """`odds` [expressions, K] out of fold; `intents` names each label. Shares are 0..1."""
    guesses = odds.argmax(axis=1)
    right = guesses == labels
    return {
        "expressions": len(labels),
        "accuracy": float(right.mean()),
        "ece": calibration_error(odds.max(axis=1), right),
        "ece_before": calibration_error(uncalibrated.max(axis=1), uncalibrated.argmax(axis=1) == labels),
        "intents": [_scores(label, intent, labels, guesses) for label, intent in enumerate(intents)],
        "confusions": _confusions(labels, guesses, intents),
        "thin_intents": [
            {**intent, "expressions": int((labels == label).sum())}
            for label, intent in enumerate(intents)
            if (labels == label).sum() < THIN
        ],
    }


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over 15 equal bins (Naeini et al., 2015)."""
    bins = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    gaps = [
        (bins == b).mean() * abs(right[bins == b].mean() - confidence[bins == b].mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def _scores(label: int, intent: dict[str, str], labels: Labels, guesses: Labels) -> dict[str, Any]:
    hit = int(((guesses == label) & (labels == label)).sum())
    support, guessed = int((labels == label).sum()), int((guesses == label).sum())
    precision = hit / guessed if guessed else 0.0
    recall = hit / support if support else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {**intent, "precision": precision, "recall": recall, "f1": f1, "support": support}


def _confusions(labels: Labels, guesses: Labels, intents: list[dict[str, str]]) -> list[dict[str, Any]]:
    wrong = labels != guesses
    pairs = Counter(zip(labels[wrong].tolist(), guesses[wrong].tolist(), strict=True))
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:_MOST_CONFUSIONS]
    return [{"intent": intents[true], "taken_for": intents[guess], "count": count} for (true, guess), count in ordered]
