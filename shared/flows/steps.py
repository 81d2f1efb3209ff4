"""What a block is given to run, and what it answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.flows.template import render
from shared.flows.text import Text, in_language


@dataclass(frozen=True)
class Moment:
    """One turn as a block sees it. `seed` makes what looks random the same again for the same message."""

    language: str
    fallback: str
    values: Mapping[str, Any]
    seed: str

    def speak(self, text: Text) -> str:
        return render(in_language(text, self.language, self.fallback), self.values)

    def pick(self, options: Sequence[Text], place: str) -> Text:
        """One of `options`; `place` keeps the picks of one turn independent of one another."""
        if len(options) == 1:
            return options[0]
        drawn = hashlib.sha256(f"{self.seed}\n{place}".encode()).digest()
        return options[int.from_bytes(drawn[:8], "big") % len(options)]


@dataclass(frozen=True)
class Option:
    """A choice as it is shown. Picked, it leads to the block `next`, or to what answers `intent`."""

    title: str
    next: str | None = None
    intent: str | None = None
    url: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """One bubble."""

    text: str
    buttons: tuple[Option, ...] = ()
    quick_replies: tuple[Option, ...] = ()

    @property
    def blank(self) -> bool:
        return not (self.text.strip() or self.buttons or self.quick_replies)


@dataclass(frozen=True)
class Step:
    """What a block did. `next` is the block to go on with at once; None waits for the user."""

    says: tuple[Say, ...] = ()
    next: str | None = None
