"""The sample bot and what it is measured with: held-out sentences, and one side of a conversation."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.outcome import CommandError
from cli.sources import SOURCES

RAILWAY = SOURCES / "samples" / "railway"


@dataclass(frozen=True)
class HeldOut:
    """A sentence that was not trained on. `intent` is a name, or empty for what no intent is meant by."""

    text: str
    intent: str


@dataclass(frozen=True)
class Marks:
    """How many of the sentences with an intent got it, and how many of the others were left alone."""

    right: int
    meant: int
    left_alone: int
    strange: int

    @property
    def accuracy(self) -> float:
        return self.right / self.meant if self.meant else 0.0


def held_out(folder: Path = RAILWAY) -> list[HeldOut]:
    with _opened(folder / "heldout.csv") as file:
        return [HeldOut(row["text"], row["intent"]) for row in csv.DictReader(file)]


def passenger_lines(folder: Path = RAILWAY) -> list[str]:
    """What the person says, in order."""
    with _opened(folder / "talk.txt") as file:
        return [line.strip() for line in file if line.strip()]


def mark(sentences: Sequence[HeldOut], results: Sequence[Mapping[str, Any]]) -> Marks:
    """`results` are the classifications of `sentences`, in their order."""
    pairs = [(sentence, result["intent"]) for sentence, result in zip(sentences, results, strict=True)]
    meant = [(sentence.intent, intent) for sentence, intent in pairs if sentence.intent]
    strange = [intent for sentence, intent in pairs if not sentence.intent]
    return Marks(
        right=sum(intent is not None and intent["name"] == name for name, intent in meant),
        meant=len(meant),
        left_alone=strange.count(None),
        strange=len(strange),
    )


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"The sample cannot be read: {path}: {error.strerror}.") from None
