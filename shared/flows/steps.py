"""What a block is given to run, and what it answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.flows.text import Text, in_language, render

Choices = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Moment:
    """One turn as a block sees it. `seed` makes what looks random the same again for the same message."""

    language: str
    fallback: str
    values: Mapping[str, Any]
    seed: str

    def speak(self, text: Text) -> str:
        return render(in_language(text, self.language, self.fallback), self.values)

    def pick(self, options: Sequence[Text], salt: int) -> Text:
        chosen = hashlib.sha256(f"{self.seed}:{salt}".encode()).digest()
        return options[int.from_bytes(chosen[:4], "big") % len(options)]


@dataclass(frozen=True)
class Say:
    text: str
    buttons: Choices = ()
    quick_replies: Choices = ()


@dataclass(frozen=True)
class Step:
    """What a block did. `next` is the block to go on with at once; None waits for the user."""

    says: tuple[Say, ...] = ()
    next: str | None = None
