"""Days and times, from "2026-11-27" to "volgende vrijdag om half acht"."""

from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.dates.days import Anchor
from shared.entities.dates.moments import moments
from shared.entities.reading import Reading
from shared.entities.speech import language_of


def find(reading: Reading, asked: Asked) -> Iterator[Found]:
    """The value is `2026-11-27`, or with a time `2026-11-27T19:30:00+01:00` (RFC 3339)."""
    language = language_of(asked.language)
    month_first = language.calendar.month_first and asked.region in {None, "US"}
    for moment in moments(reading.folded, Anchor(asked.now, asked.prefer, language, month_first)):
        yield Found(moment.value, moment.start, moment.end)
