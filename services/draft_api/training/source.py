"""What a training reads: the expressions of one language, by intent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from services.draft_api.wording import MOST_INTENTS
from shared.errors import InvalidError

# Before a capital that follows a small letter, and whatever stands between the words of an identifier.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")

Labels = NDArray[np.int64]
Rows = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Source:
    """`intents` are those that have expressions, sorted by id, `silent` the others; rows are sorted by intent and

    text.
    """

    language: str
    profile: str
    fingerprint: str
    intents: list[dict[str, str]]
    texts: list[str]
    labels: Labels
    silent: Sequence[dict[str, str]] = ()

    @property
    def texts_and_names(self) -> list[str]:
        """The expressions, then what each intent is called."""
        return [*self.texts, *self.names]

    @property
    def names(self) -> list[str]:
        return [spoken(intent["name"]) for intent in self.intents]

    def texts_of(self, rows: Rows) -> list[str]:
        return list(compress(self.texts, rows))


def spoken(name: str) -> str:
    """`card_arrival`, `card-arrival` and `CardArrival` as people would write them: "card arrival" (in its case)."""
    return " ".join(_SEAM.sub(" ", name).split())


def read_source(path: Path) -> Source:
    """Raises InvalidError `no_expressions`, `too_many_intents`."""
    document = orjson.loads(path.read_bytes())
    every = sorted(document["intents"], key=lambda intent: intent["id"])
    found = [intent for intent in every if intent["expressions"]]
    if not found:
        raise InvalidError("no_expressions", f"There are no expressions in {document['language']!r} to learn from.")
    if len(found) > MOST_INTENTS:
        detail = f"A language learns up to {MOST_INTENTS} intents, and this bot has {len(found)}."
        raise InvalidError("too_many_intents", f"{detail} Join those that lead to the same answer.")
    rows = [(label, text) for label, intent in enumerate(found) for text in sorted(intent["expressions"])]
    return Source(
        language=document["language"],
        profile=document["profile"],
        fingerprint=document["fingerprint"],
        intents=[_named(intent) for intent in found],
        texts=[text for _, text in rows],
        labels=np.array([label for label, _ in rows], np.int64),
        silent=[_named(intent) for intent in every if not intent["expressions"]],
    )


def _named(intent: Mapping[str, Any]) -> dict[str, str]:
    return {"id": intent["id"], "name": intent["name"]}
