"""Times of day, on the clock or in words."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from shared.entities.dates.phrases import GAP, MAYBE, either, fragment, number, value_of, whole
from shared.entities.speech import language_of
from shared.entities.words import Clock, Language

Match = re.Match[str]


@dataclass(frozen=True)
class Time:
    """`late` is None when nothing was said of the part of the day: an hour is then one of 24.

    Of a range this is the beginning, in the place of all of it: what says so ends at `dash`, `until` is the end.
    `part` is where the part of the day was said, and `bare` what remains without it.
    """

    start: int
    end: int
    hour: int
    minute: int
    late: bool | None = None
    dash: int = 0
    until: "Time | None" = None
    part: tuple[int, int] = (0, 0)
    bare: "Time | None" = None

    def of_day(self, late: bool | None) -> tuple[int, int]:
        """Hour and minute, where the part of the day may have been said with the day."""
        told = self.late if self.late is not None else late
        if told and self.hour < 12:
            return self.hour + 12, self.minute
        return (0, self.minute) if told is False and self.hour == 12 else (self.hour, self.minute)


Reckon = Callable[[Match, Language], tuple[int, int] | None]


def times_in(folded: str, language: Language) -> Iterator[Time]:
    """Every reading of every place; some lie within others."""
    for pattern, reckon in _grammar(language.code):
        for found in pattern.finditer(folded):
            told = _time(found, reckon, language)
            without = pattern.match(folded, found.start(), told.part[0]) if told and told.part[0] else None
            if told is not None:
                yield replace(told, bare=_time(without, reckon, language) if without else None)


def _time(found: Match, reckon: Reckon, language: Language) -> Time | None:
    told = reckon(found, language)
    if told is None or told[0] > 24 or told[1] >= 60:
        return None
    late = is_late(found, told[0], language.clock)
    return Time(*found.span(), told[0] % 24, told[1], late, part=_part(found))


def _part(found: Match) -> tuple[int, int]:
    """Noon and midnight are parts of the day themselves."""
    parts = found.groupdict()
    if "late" not in parts:
        return found.span()
    said = next((name for name in ("early", "late") if parts[name]), None)
    return found.span(said) if said else (0, 0)


def is_late(found: Match, hour: int, clock: Clock, mark: str = "") -> bool | None:
    """Whether twelve is added to the hour: not to two at night. None when nothing was said of the part of the day."""
    parts = found.groupdict()
    if late := parts.get(f"late{mark}"):
        return 6 <= hour != 12 or re.fullmatch(fragment(clock.night), late) is None
    return False if parts.get(f"early{mark}") else None


@lru_cache(maxsize=16)
def _grammar(code: str) -> tuple[tuple[re.Pattern[str], Reckon], ...]:
    language = language_of(code)
    clock = language.clock
    at = f"(?P<at>{fragment(clock.at)}{GAP})?"
    number_ = number(code)
    hour = f"(?P<hour>{number_})"
    word = f"(?P<word>{MAYBE}{fragment(clock.hour)})?"
    part = f"(?:{MAYBE}(?:(?P<early>{fragment(clock.early)})|(?P<late>{fragment(clock.late)})))"
    minutes = f"(?P<minutes>{number_})(?:{GAP}{_minutes(language)})?"
    some = f"(?:(?P<quarter>{fragment(clock.quarter)})|(?P<half>{fragment(clock.half)})|{minutes})"
    side = f"(?:(?P<past>{fragment(clock.past)})|(?P<to>{fragment(clock.to)}))"
    base = f"(?:(?P<base>{fragment(clock.half)}){GAP})?" if clock.half_before else ""
    return (
        (whole(f"(?:{at})?{fragment(clock.noon)}"), lambda *_: (12, 0)),
        (whole(f"(?:{at})?{fragment(clock.midnight)}"), lambda *_: (0, 0)),
        (whole(rf"{at}(?P<hour>\d{{1,2}})(?P<by>[:hu.])(?P<minutes>\d{{2}}){word}{part}?"), _on_the_clock),
        (whole(f"{at}{hour}{word}{part}?"), _by_the_hour),
        (whole(f"{at}{some}{GAP}{side}{GAP}{base}{hour}{word}{part}?"), _around_the_hour)
        if not clock.minutes_last
        else (whole(f"{at}{hour}{word}{GAP}{side}{GAP}{some}{part}?"), _after_the_hour),
        (whole(f"{at}(?P<half>{fragment(clock.half)}){GAP}{hour}{word}{part}?"), _half)
        if clock.half_before
        else (whole(rf"{at}{hour}{word}{GAP}(?P<minutes>{number_}){part}?"), _hour_and_minutes),
    )


def _minutes(language: Language) -> str:
    return either(word for word, unit in language.calendar.units.items() if unit == "minute")


def _on_the_clock(found: Match, _: Language) -> tuple[int, int] | None:
    """19:30, 19h30; 19.30 only where something says that it is a time."""
    if found["by"] == "." and not (found["at"] or found["word"] or found["early"] or found["late"]):
        return None
    return int(found["hour"]), int(found["minutes"])


def _by_the_hour(found: Match, language: Language) -> tuple[int, int] | None:
    """A number alone is no time: something before or after it says so."""
    bare = re.fullmatch(fragment(language.clock.bare), (found["at"] or "").strip(" -"))
    if not (bare or found["word"] or found["early"] or found["late"]):
        return None
    return _hour(found, language), 0


def _around_the_hour(found: Match, language: Language) -> tuple[int, int] | None:
    """Quarter past seven; five to half eight, for those who say so."""
    minutes = _some(found, language)
    hour = _hour(found, language)
    from_hour = -30 if found.groupdict().get("base") else 0
    if minutes is None or hour > 24 or (found["half"] and language.clock.half_before) or _ranges(found, language):
        return None
    return _shifted(hour, from_hour + (minutes if found["past"] else -minutes))


def _ranges(found: Match, language: Language) -> bool:
    """From 5 to 7."""
    digits = (found["minutes"] or "").isdigit() and found["hour"].isdigit()
    return language.clock.to_is_a_range and digits and bool(found["to"]) and not found["at"]


def _after_the_hour(found: Match, language: Language) -> tuple[int, int] | None:
    """Sept heures et quart; las ocho menos diez."""
    minutes = _some(found, language)
    if minutes is None or not (found["at"] or found["word"]):
        return None
    return _shifted(_hour(found, language), minutes if found["past"] else -minutes)


def _half(found: Match, language: Language) -> tuple[int, int] | None:
    """Half acht is 7:30."""
    hour = _hour(found, language)
    return _shifted(hour, -30) if 1 <= hour <= 12 else None


def _hour_and_minutes(found: Match, language: Language) -> tuple[int, int] | None:
    """Dix-neuf heures trente; seven thirty, after "at". Digits with a hyphen between them are a range."""
    minutes = value_of(found["minutes"], language)
    if not (found["word"] or found["at"]) or minutes < 5 or f"{found['hour']}-{minutes}" in found[0]:
        return None
    return _hour(found, language), minutes


def _some(found: Match, language: Language) -> int | None:
    if found["quarter"] or found["half"]:
        return 15 if found["quarter"] else 30
    minutes = value_of(found["minutes"], language)
    return minutes if 0 < minutes < 60 else None


def _hour(found: Match, language: Language) -> int:
    return value_of(found["hour"], language)


def _shifted(hour: int, minutes: int) -> tuple[int, int]:
    """Before one o'clock is half past twelve, not half past midnight."""
    total = hour * 60 + minutes
    if hour <= 12 and total < 60:
        total += 12 * 60
    return divmod(total, 60)
