"""So much later or earlier: "in half an hour", "an hour and a half ago"."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from shared.entities.dates.phrases import GAP, MAYBE, either, fragment, number, value_of
from shared.entities.speech import language_of
from shared.entities.words import Language

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAY = 86_400
_DAYS_OF_A_MONTH = 30


@lru_cache(maxsize=16)
def amounts(code: str) -> str:
    language = language_of(code)
    known, half = language.numerals, fragment(language.numerals.and_a_half)
    count = rf"(?P<count>{number(code)}|{either(known.halves)})(?P<half>{GAP}{half})?{MAYBE}"
    units = rf"(?P<unit>{either(language.calendar.units)})(?P<more>{GAP}{half})?"
    fixed = f"(?P<fixed>{either(language.spans.fixed)})"
    return f"{fixed}|(?:(?P<halved>{fragment(known.half_a)}){GAP}|{count}){units}"


def away(found: re.Match[str], now: datetime, language: Language, sign: int) -> date | datetime:
    """By what `amounts` found: a day, or a moment for what is counted in hours or parts of days."""
    if found["fixed"]:
        return _shifted(now, sign * language.spans.fixed[re.sub(GAP, " ", found["fixed"])])
    unit, count = language.calendar.units[found["unit"]], sign * _count(found, language)
    if unit in _SECONDS:
        return _shifted(now, round(count * _SECONDS[unit]))
    if unit in {"month", "year"}:
        months = count * (12 if unit == "year" else 1)
        return months_on(now.date(), int(months)) + timedelta(days=round((months - int(months)) * _DAYS_OF_A_MONTH))
    if unit == "day" and count % 1:
        return _shifted(now, round(count * _DAY))
    return now.date() + timedelta(days=int(count * (7 if unit == "week" else 1)))


def _count(found: re.Match[str], language: Language) -> float:
    if found["halved"]:
        return 0.5
    halves = language.numerals.halves
    count = halves[found["count"]] if found["count"] in halves else value_of(found["count"], language)
    return count + (0.5 if found["half"] else 0) + (0.5 if found["more"] else 0)


def _shifted(now: datetime, seconds: int) -> datetime:
    """In elapsed time, over a change to summer time as well."""
    moved = datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)
    return moved.replace(microsecond=0)


def months_on(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 0, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            if last < 29:
                raise
    raise ValueError(day)
