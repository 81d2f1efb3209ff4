"""Parts of the day that stand before the hour: "'s avonds om 8", "in the evening at 8"."""

import re
from dataclasses import replace
from functools import lru_cache

from shared.entities.dates.phrases import BEGINS, GAP, fragment
from shared.entities.dates.times import Time, is_late
from shared.entities.speech import language_of
from shared.entities.words import Language

_LONGEST = 40
# Who says good evening does not say when.
_NO_GREETING = "".join(rf"(?<!\b{word} )" for word in ("good", "guten", "goede", "goeden"))


def with_part_before(folded: str, told: Time, language: Language) -> Time:
    """The time, from the part of the day on that stands before it, if nothing was said of that after it."""
    if told.late is not None or (told.until and told.until.late is not None):
        return told
    found = _before(language.code).search(folded, max(0, told.start - _LONGEST), told.start)
    if found is None:
        return told
    late, part = is_late(found, told.hour, language.clock), found.span("part")
    # From ten to two is into the night, and from nine to twelve until noon.
    later = late and told.until and told.until.hour > told.hour
    until = told.until and replace(told.until, late=True if later else None)
    return replace(told, start=part[0], late=late, until=until, part=part, bare=told)


@lru_cache(maxsize=16)
def _before(code: str) -> re.Pattern[str]:
    language = language_of(code)
    part = f"(?P<early>{fragment(language.clock.early)})|(?P<late>{fragment(language.clock.late)})"
    joins = f"(?:{fragment(language.calendar.joins)}{GAP})?"
    apart = "[ ,]{0,3}" if language.spaceless else "[ ,]{1,3}"
    return re.compile(rf"{BEGINS}(?<![.,/:\-]){_NO_GREETING}(?P<part>{part}){apart}{joins}$")
