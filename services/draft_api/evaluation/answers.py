"""Out-of-fold answers as a few numbers an expression, whatever the number of intents. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]

OutcomeRows = NDArray[np.void]

# What is kept of each answer beside the model, so that thresholds can be tried without another training.
OUTCOME = np.dtype(
    [
        ("place", "<u4"),
        ("confidence", "<f4"),
        ("runner_up", "<f4"),
        ("scope", "<f4"),
        ("stranger_confidence", "<f4"),
        ("stranger_runner_up", "<f4"),
        ("stranger_scope", "<f4"),
    ]
)


@dataclass(frozen=True)
class Verdicts:
    """The best two of some answers: `guess` with its `confidence`, then `runner_up`, a confidence; and `scope`."""

    guess: Labels
    confidence: Floats
    runner_up: Floats
    scope: Floats


@dataclass(frozen=True)
class Answers:
    """One entry an expression, by heads that have not seen it.

    `own` is the confidence in the intent that the expression belongs to, `place` how many were thought better;
    `stranger` is what would be said if the bot did not have that intent (None where it has no other); `plain` and
    `plain_right` are the confidence of the first view alone, in guesses of its own, and whether these were right.
    """

    labels: Labels
    said: Verdicts
    own: Floats
    place: Labels
    plain: Floats
    plain_right: Flags
    stranger: Verdicts | None

    @property
    def right(self) -> Flags:
        right: Flags = self.said.guess == self.labels
        return right

    def outcomes(self) -> OutcomeRows:
        """Records of `OUTCOME`. Without strangers their fields are not a number."""
        found = np.zeros(len(self), OUTCOME)
        found["place"] = self.place
        for name in ("confidence", "runner_up", "scope"):
            found[name] = getattr(self.said, name)
            found[f"stranger_{name}"] = np.nan if self.stranger is None else getattr(self.stranger, name)
        return found

    def __len__(self) -> int:
        return len(self.labels)


def verdicts(odds: Floats, scope: Floats) -> Verdicts:
    """`odds` [expressions, K]. With a single intent nobody runs up."""
    guess = odds.argmax(axis=1)
    rows = np.arange(len(odds))
    best = odds[rows, guess]
    # A copy, or the column would keep all of the partition in memory.
    runner_up = np.partition(odds, -2, axis=1)[:, -2].copy() if odds.shape[1] > 1 else np.zeros(len(odds))
    return Verdicts(guess, best, runner_up, scope)


def joined(parts: list[Answers]) -> Answers:
    """The answers of several slices as one."""
    strangers = [part.stranger for part in parts if part.stranger is not None]
    return Answers(
        labels=_all(parts, lambda part: part.labels),
        said=_verdicts([part.said for part in parts]),
        own=_all(parts, lambda part: part.own),
        place=_all(parts, lambda part: part.place),
        plain=_all(parts, lambda part: part.plain),
        plain_right=_all(parts, lambda part: part.plain_right),
        stranger=_verdicts(strangers) if strangers else None,
    )


def _verdicts(parts: list[Verdicts]) -> Verdicts:
    return Verdicts(
        np.concatenate([part.guess for part in parts]),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.runner_up for part in parts]),
        np.concatenate([part.scope for part in parts]),
    )


def _all(parts: list[Answers], field: Callable[[Answers], NDArray]) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate([field(part) for part in parts])
