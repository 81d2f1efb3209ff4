"""What may be swept, and what may not (P19). Pure."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Bounds:
    """The last so many activations are kept and those of the last so many days, whichever is more; and whatever
    came within the last so many hours, since somebody may be about to use it.
    """

    activations: int = 50
    days: int = 90
    hours: int = 24

    def recent(self, now: datetime) -> datetime:
        return now - timedelta(hours=self.hours)


@dataclass(frozen=True)
class Dated:
    """A digest with the moment when it was activated, staged or written."""

    digest: str
    at: datetime


def releases_to_sweep(
    staged: Iterable[Dated], log: Sequence[Dated], spared: Set[str], now: datetime, bounds: Bounds
) -> set[str]:
    """`log` has the activations, newest first; `spared` is what is active, conversed with or asked for."""
    oldest = now - timedelta(days=bounds.days)
    remembered = {entry.digest for place, entry in enumerate(log) if place < bounds.activations or entry.at >= oldest}
    return _old(staged, bounds.recent(now)) - remembered - spared


def artifacts_to_sweep(stored: Iterable[Dated], needed: Set[str], now: datetime, bounds: Bounds) -> list[str]:
    """`needed` is what the documents that are kept refer to."""
    return sorted(_old(stored, bounds.recent(now)) - needed)


def _old(found: Iterable[Dated], recent: datetime) -> set[str]:
    return {one.digest for one in found if one.at < recent}
