"""Two times with a hyphen between them: "09:00-17:00", "3-5pm"."""

import re
from collections.abc import Iterator
from functools import lru_cache

from shared.entities.dates.phrases import MAYBE, fragment, whole
from shared.entities.dates.times import Match, Time, is_late
from shared.entities.speech import language_of
from shared.entities.words import Clock, Language

_THEN = re.compile(r"- ?\d")
_MERIDIEM = re.compile(r"[ap]\.?m\.?")


def ranges_in(folded: str, language: Language) -> Iterator[Time]:
    if _THEN.search(folded) is None:
        return
    for found in _range(language.code).finditer(folded):
        first, until = _side(found, "", language.clock), _side(found, "_", language.clock)
        if _is_a_time(found, language) and first is not None and until is not None:
            late = first.late if found["part"] else _shared(first, until)
            yield Time(*found.span(), first.hour, first.minute, late, found.end("first"), until)


@lru_cache(maxsize=16)
def _range(code: str) -> re.Pattern[str]:
    clock = language_of(code).clock

    def side(mark: str) -> str:
        part = f"(?P<early{mark}>{fragment(clock.early)})|(?P<late{mark}>{fragment(clock.late)})"
        return (
            rf"(?P<hour{mark}>\d{{1,2}})(?:(?P<by{mark}>[:hu.])(?P<minute{mark}>\d\d))?"
            rf"(?P<word{mark}>{MAYBE}{fragment(clock.hour)})?(?P<part{mark}>{MAYBE}(?:{part}))?"
        )

    return whole(f"(?P<first>(?:{fragment(clock.at)} )?{side('')}) ?- ?(?P<until>{side('_')})")


def _is_a_time(found: Match, language: Language) -> bool:
    """The end has to say so: 3-5 are numbers, and 2-3 uur may be how long something takes."""
    word, part = (found["word_"] or "").strip(" -"), (found["part_"] or "").strip(" -")
    by_word = word and (part or found["word"] or found["by_"] or word not in language.spans.units)
    return bool(by_word or _MERIDIEM.fullmatch(part) or (found["by_"] or ".") != ".")


def _side(found: Match, mark: str, clock: Clock) -> Time | None:
    hour, minute = int(found[f"hour{mark}"]), int(found[f"minute{mark}"] or 0)
    late = is_late(found, hour, clock, mark)
    return Time(*found.span("until"), hour % 24, minute, late) if hour <= 24 and minute < 60 else None


def _shared(first: Time, until: Time) -> bool | None:
    """From 3 to 5 pm is all afternoon; from 11 to 1 pm begins before noon."""
    if until.late is None or not 1 <= first.hour <= 12:
        return first.late
    return until.late if first.of_day(until.late) < until.of_day(None) else not until.late
