"""What a recogniser is asked, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Asked:
    """`language` is a tag such as `nl-BE`; `now` knows its zone. The rest is what an entity says of itself."""

    language: str
    now: datetime
    prefer: Literal["past", "future"] = "future"
    country: str | None = None
    currency: str | None = None

    @property
    def region(self) -> str | None:
        """The country that is given, else the one in the language's tag."""
        subtags = self.language.split("-")[1:]
        return self.country or next((tag.upper() for tag in subtags if len(tag) == 2 and tag.isalpha()), None)


@dataclass(frozen=True)
class Found:
    """Places are in the folded text. `value` is plain JSON."""

    value: Any
    start: int
    end: int
    confidence: float = 1.0
