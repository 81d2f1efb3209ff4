"""Something found in a message, and what becomes of things that are found in one place."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """`start` and `end` are character offsets into the original text."""

    entity: str
    value: Any
    start: int
    end: int
    confidence: float = 1.0


def settled(spans: Iterable[Span]) -> list[Span]:
    """In order of place. What crosses something longer, or lies within it, gives way; of equal places each entity
    keeps its surest value, and a sure entity rules out those that are a guess. The first found wins a tie.
    """
    kept: list[Span] = []
    owners: dict[int, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start - span.end, -span.confidence)):
        # Whatever was kept is at least as long: it holds one end of this one, if it touches it at all.
        rivals = owners.get(span.start, []) + owners.get(span.end - 1, [])
        if all(_may_share(span, rival) for rival in rivals):
            kept.append(span)
            for at in range(span.start, span.end):
                owners.setdefault(at, []).append(span)
    return sorted(kept, key=lambda span: (span.start, span.end))


def _may_share(span: Span, rival: Span) -> bool:
    same_place = (span.start, span.end) == (rival.start, rival.end)
    return same_place and span.entity != rival.entity and (rival.confidence < 1 or span.confidence == 1)
