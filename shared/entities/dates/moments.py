"""A day and a time that stand together are one moment."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, islice
from typing import TypeVar

from shared.entities.dates.days import Anchor, Day, days_in
from shared.entities.dates.parts import with_part_before
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
    language = anchor.language
    found = _longest(chain(ranges_in(folded, language), times_in(folded, language)))
    times = [with_part_before(folded, told, language) for told in found]
    days = [day for day in _longest(days_in(folded, anchor)) if not any(_is_a_part(day, told) for told in times)]
    joins = _joins(language.code)
    left = list(_outside(times, days))
    for day in days:
        near = next((time for time in left if day.moment is None and _adjoin(folded, day, time, joins)), None)
        if near is None:
            yield Moment(_told(day.moment) if day.moment else day.day.isoformat(), day.start, day.end)
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
        yield Moment(_told(when), start, end)
        return
    # "In the morning" makes no midnight of the twelve that it lasts until.
    late = (day and day.late) or None
    until = datetime.combine(when.date(), time(*told.until.of_day(late)), when.tzinfo)
    if until <= when and when.date() < date.max:
        until += timedelta(days=1)
    yield Moment(_told(when), start, told.dash)
    yield Moment(_told(until), told.until.start, end)


def _told(when: datetime) -> str:
    """A time that the clock leaves out when summer begins is as much later."""
    left_out = (when.replace(fold=1).utcoffset() or timedelta()) - (when.utcoffset() or timedelta())
    return (when + left_out if left_out > timedelta() else when).isoformat()


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


def _is_a_part(day: Day, told: Time) -> bool:
    """The "mañana" of "de la mañana" is no tomorrow; "tonight" alone is a day, and says of its hour what it has to."""
    start, end = told.part
    return start <= day.start and day.end <= end and end - start > day.end - day.start


def _outside(times: Sequence[Time], days: Sequence[Day]) -> Iterator[Time]:
    """Where a day has the words for the part of the day, the time is what remains."""
    for told in times:
        readings = (told, told.bare) if told.bare else (told,)
        apart = (here for here in readings if all(here.end <= day.start or day.end <= here.start for day in days))
        yield from islice(apart, 1)


def _adjoin(folded: str, day: Day, time: Time, joins: re.Pattern[str]) -> bool:
    first, second = (day, time) if day.start < time.start else (time, day)
    return joins.fullmatch(folded, first.end, second.start) is not None


@lru_cache(maxsize=16)
def _joins(code: str) -> re.Pattern[str]:
    return re.compile(rf"[ ,]{{1,3}}(?:{fragment(language_of(code).calendar.joins)}{GAP})?")
