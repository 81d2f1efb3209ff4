"""Numbers in digits and words: 1,5 or 1.5 by the language, "twenty-one". Ordinals in digits ("3rd") count as well."""

from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.numerals import numerals
from shared.entities.reading import Reading


def find(reading: Reading, asked: Asked) -> Iterator[Found]:
    """The value is a whole number, or one with a fraction."""
    for numeral in numerals(reading, asked.language):
        if numeral.sure:
            yield Found(numeral.value, numeral.start, numeral.end)
