"""A day and a time that stand together are one moment."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from shared.entities.dates.days import Anchor, Day, days_in
from shared.entities.dates.phrases import GAP, fragment
from shared.entities.dates.ranges import ranges_in
from shared.entities.dates.times import Time, times_in
from shared.entities.speech import language_of

Placed = TypeVar("Placed", Day, Time)


@dataclass(frozen=True)
class Moment:
    """`value` is a day as `2026-11-27`, or a time of it as RFC 3339; places are in the folded text."""

    value: str
    start: int
    end: int


def moments(folded: str, anchor: Anchor) -> Iterator[Moment]:
    days = _longest(days_in(folded, anchor))
    times = _outside(_longest(chain(ranges_in(folded, anchor.language), times_in(folded, anchor.language))), days)
    joins = _joins(anchor.language.code)
    left = list(times)
    for day in days:
        near = next((time for time in left if day.moment is None and _adjoin(folded, day, time, joins)), None)
        if near is None:
            yield Moment(_told(day), day.start, day.end)
            continue
        left.remove(near)
        when = datetime.combine(day.day, time(*near.of_day(day.late)), anchor.now.tzinfo)
        yield from _one_or_two(near, when, day)
    for alone in left:
        yield from _one_or_two(alone, _nearest(alone, anchor))


def _one_or_two(told: Time, when: datetime, day: Day | None = None) -> Iterator[Moment]:
    """The time; of a range its end too, which is on the same day or in the night after it."""
    start, end = (min(day.start, told.start), max(day.end, told.end)) if day else (told.start, told.end)
    if told.until is None:
        yield Moment(when.isoformat(), start, end)
        return
    until = datetime.combine(when.date(), time(*told.until.of_day(day.late if day else None)), when.tzinfo)
    if until <= when and when.date() < date.max:
        until += timedelta(days=1)
    yield Moment(when.isoformat(), start, told.dash)
    yield Moment(until.isoformat(), told.until.start, end)


def _told(day: Day) -> str:
    return day.moment.isoformat() if day.moment else day.day.isoformat()


def _nearest(alone: Time, anchor: Anchor) -> datetime:
    """The next time that the clock shows it, or the last."""
    when = datetime.combine(anchor.today, time(*alone.of_day(None)), anchor.now.tzinfo)
    if anchor.prefer == "future":
        return when if when >= anchor.now else when + timedelta(days=1)
    return when if when <= anchor.now else when - timedelta(days=1)


def _longest(found: Iterable[Placed]) -> list[Placed]:
    """In order of place, none crossing another; the first reading of equal length wins."""
    kept: list[Placed] = []
    for here in sorted(found, key=lambda here: here.start - here.end):
        if all(here.end <= other.start or other.end <= here.start for other in kept):
            kept.append(here)
    return sorted(kept, key=lambda here: here.start)


def _outside(times: Sequence[Time], days: Sequence[Day]) -> Iterator[Time]:
    return (time for time in times if all(time.end <= day.start or day.end <= time.start for day in days))


def _adjoin(folded: str, day: Day, time: Time, joins: re.Pattern[str]) -> bool:
    first, second = (day, time) if day.start < time.start else (time, day)
    return joins.fullmatch(folded, first.end, second.start) is not None


@lru_cache(maxsize=16)
def _joins(code: str) -> re.Pattern[str]:
    return re.compile(rf"[ ,]{{1,3}}(?:{fragment(language_of(code).calendar.joins)}{GAP})?")
