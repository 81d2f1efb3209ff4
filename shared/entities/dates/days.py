"""Days: by date, by name, or counted from today."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from shared.entities.dates.away import amounts, away, months_on
from shared.entities.dates.phrases import DATE_IN_CHARACTERS, GAP, MAYBE, either, fragment, whole
from shared.entities.speech import language_of
from shared.entities.words import Calendar, Language

Prefer = Literal["past", "future"]
Match = re.Match[str]

_WEEK = 7
_YEARS_AHEAD = 20


@dataclass(frozen=True)
class Anchor:
    """What a phrase is understood from. `now` knows its zone."""

    now: datetime
    prefer: Prefer
    language: Language
    month_first: bool

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class Day:
    """`moment` instead of a whole day for what is counted in hours; `late` for the afternoon or evening of it."""

    start: int
    end: int
    day: date
    moment: datetime | None = None
    late: bool | None = None


Reckon = Callable[[Match, Anchor], date | datetime | None]


def days_in(folded: str, anchor: Anchor) -> Iterator[Day]:
    """Every reading of every place; some lie within others."""
    for pattern, reckon in _grammar(anchor.language.code):
        for found in pattern.finditer(folded):
            when = _tried(reckon, found, anchor)
            if isinstance(when, datetime):
                yield Day(*found.span(), when.date(), moment=when)
            elif when is not None:
                yield Day(*found.span(), when, late=_late(found, anchor.language.calendar))


def _tried(reckon: Reckon, found: Match, anchor: Anchor) -> date | datetime | None:
    """None for 31 February and for the year 20000."""
    try:
        return reckon(found, anchor)
    except (ValueError, OverflowError):
        return None


def _late(found: Match, calendar: Calendar) -> bool | None:
    parts = found.groupdict()
    if parts.get("late") or re.sub(GAP, " ", parts.get("days") or "") in calendar.late_days:
        return True
    return False if parts.get("early") else None


@lru_cache(maxsize=16)
def _grammar(code: str) -> tuple[tuple[re.Pattern[str], Reckon], ...]:
    language = language_of(code)
    known, clock = language.calendar, language.clock
    weekday, month = f"(?P<weekday>{either(known.weekdays)})", rf"(?P<month>{either(known.months)})\.?"
    day = rf"(?P<day>\d{{1,2}})(?:{known.ordinal or '(?!)'})?"
    lead = f"(?:{weekday}[, ]{{1,3}})?(?:{fragment(known.before_day)}{GAP})?"
    year = rf"(?:,?{GAP}(?:{fragment(known.of)}{GAP})?(?P<year>\d{{4}}))?"
    # 5 May 27, but not 5 May 27 people.
    ends = rf"(?= *(?:$|[.,;!?)])|{GAP}{fragment(known.joins)}(?!\w))"
    short = rf"(?:,?{GAP}(?:{fragment(known.of)}{GAP})?(?P<year>\d{{4}}|(?<!,.)\d\d{ends}))?"
    month_then = rf"{lead}(?<!\d )(?<!\d(?:st|nd|rd|th) ){month}"
    part = f"(?:{MAYBE}(?:(?P<early>{fragment(clock.early)})|(?P<late>{fragment(clock.late)})))?"
    units = f"(?P<unit>{either(known.units)})"
    amount = f"(?:{amounts(code)})"
    before = "|".join(
        f"(?P<{name}>{fragment(getattr(known, name))})" for name in ("this", "following", "coming", "last")
    )
    after = "|".join(f"(?P<{name}_>{fragment(getattr(known, name))})" for name in ("following", "coming", "last"))
    ahead, ago = fragment(known.ahead_before), fragment(known.ago_before)
    return (
        (whole(r"(?P<year>\d{4})(?P<by>[/\-])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})"), _written),
        (whole(DATE_IN_CHARACTERS), _in_characters),
        (whole(r"\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:z|[+\-]\d\d:\d\d)?"), _standard),
        (whole(r"(?P<first>\d{1,2})(?P<by>[/.\-])(?P<second>\d{1,2})(?:(?P=by)(?P<year>\d{4}|\d{2}))?\.?"), _in_digits),
        (whole(f"{lead}{day}(?:{GAP}{fragment(known.of)})?{GAP}{month}{short}"), _named),
        (whole(f"{month_then}{GAP}{day}{year}") if known.month_first else whole("(?!)"), _named),
        (
            whole(
                rf"(?:{fragment(known.before_month)}{GAP})?{month}(?:{GAP}{fragment(known.of)})?{GAP}(?P<year>\d{{4}})"
            ),
            _month,
        ),
        (whole(f"{fragment(known.before_month)}{GAP}{month}"), _month),
        (whole(f"(?P<days>{either(known.days)}){part}"), _counted),
        (
            whole(f"(?:{fragment(known.before_day)}{GAP})?(?:(?:{before}){GAP})?{weekday}(?:{GAP}(?:{after}))?{part}"),
            _weekday,
        ),
        (whole(f"(?:(?:{before}){GAP}{units}|(?P<unit_>{either(known.units)}){GAP}(?:{after}))"), _period),
        (whole(f"{ahead}{GAP}{amount}"), _ahead),
        (whole(f"{amount}{GAP}{fragment(known.ahead_after)}"), _ahead),
        (whole(f"{ago}{GAP}{amount}"), _ago),
        (whole(f"{amount}{GAP}{fragment(known.ago_after)}"), _ago),
        (whole(fragment(known.now)), lambda _, anchor: anchor.now.replace(microsecond=0)),
    )


def _written(found: Match, _: Anchor) -> date:
    return date(int(found["year"]), int(found["month"]), int(found["day"]))


def _in_characters(found: Match, anchor: Anchor) -> date:
    """2026年12月1日, or in Korean."""
    return _in_year(found["year"], int(found["month"]), int(found["day"]), anchor)


def _standard(found: Match, anchor: Anchor) -> datetime:
    """RFC 3339; without a zone, in that of the bot."""
    when = datetime.fromisoformat(found[0].upper())
    return when if when.tzinfo else when.replace(tzinfo=anchor.now.tzinfo)


def _in_digits(found: Match, anchor: Anchor) -> date | None:
    """5/6 is in May where the month comes first; where that cannot be, it is the other way round."""
    dotted = found["by"] == "." and anchor.language.calendar.ordinal == r"\."
    if found["year"] is None and found["by"] != "/" and not dotted:
        return None
    first, second = int(found["first"]), int(found["second"])
    month_first = anchor.month_first if max(first, second) <= 12 else second > 12
    month, day = (first, second) if month_first else (second, first)
    return _in_year(found["year"], month, day, anchor)


def _named(found: Match, anchor: Anchor) -> date:
    return _in_year(found["year"], anchor.language.calendar.months[found["month"]], int(found["day"]), anchor)


def _month(found: Match, anchor: Anchor) -> date:
    month = anchor.language.calendar.months[found["month"]]
    return _in_year(found.groupdict().get("year"), month, 1, anchor)


def _in_year(year: str | None, month: int, day: int, anchor: Anchor) -> date:
    """Without a year: the nearest on the preferred side, today included."""
    if year is not None:
        return date(_full(int(year), anchor.today) if len(year) == 2 else int(year), month, day)
    step = 1 if anchor.prefer == "future" else -1
    years = (anchor.today.year + step * ahead for ahead in range(9))
    days = (date(year, month, day) for year in years if (month, day) != (2, 29) or _leap(year))
    return next(found for found in days if (found - anchor.today).days * step >= 0)


def _leap(year: int) -> bool:
    return (year % 4 == 0 and year % 100 != 0) or year % 400 == 0


def _full(year: int, today: date) -> int:
    """Two digits: of this century, unless that is far ahead."""
    century = today.year - today.year % 100
    return century + year if century + year <= today.year + _YEARS_AHEAD else century + year - 100


def _counted(found: Match, anchor: Anchor) -> date:
    words = re.sub(GAP, " ", found["days"])
    return anchor.today + timedelta(days=anchor.language.calendar.days[words])


def _weekday(found: Match, anchor: Anchor) -> date:
    wanted = anchor.language.calendar.weekdays[re.sub(GAP, " ", found["weekday"])]
    ahead = (wanted - anchor.today.weekday()) % _WEEK
    if found["this"]:
        return anchor.today + timedelta(days=wanted - anchor.today.weekday())
    if found["following"] or found["following_"]:
        return anchor.today + timedelta(days=_WEEK + wanted - anchor.today.weekday())
    future = anchor.prefer == "future" or found["coming"] or found["coming_"]
    if future and not (found["last"] or found["last_"]):
        return anchor.today + timedelta(days=ahead or _WEEK)
    return anchor.today + timedelta(days=ahead - _WEEK)


def _period(found: Match, anchor: Anchor) -> date | None:
    """The first day of this, the next or the last week, month or year."""
    unit = anchor.language.calendar.units[found["unit"] or found["unit_"]]
    told = found.groupdict()
    step = 1 if any(told[name] for name in ("following", "following_", "coming", "coming_")) else 0
    step = -1 if told["last"] or told["last_"] else step
    if unit == "week":
        return anchor.today + timedelta(days=_WEEK * step - anchor.today.weekday())
    if unit == "month":
        return months_on(anchor.today.replace(day=1), step)
    return date(anchor.today.year + step, 1, 1) if unit == "year" else None


def _ahead(found: Match, anchor: Anchor) -> date | datetime:
    return away(found, anchor.now, anchor.language, 1)


def _ago(found: Match, anchor: Anchor) -> date | datetime:
    return away(found, anchor.now, anchor.language, -1)
