"""Phone numbers, by the numbering plans of all countries."""

import re
from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.dates.phrases import BEGINS, DATE_IN_DIGITS, ENDS
from shared.entities.reading import Reading
from shared.entities.speech import language_of

_MOST = 10
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15
_CANDIDATE = re.compile(rf"{BEGINS}(?<![+.,/:\-])(?:\+|\()?\d(?:[ \-./()]{{0,2}}\d){{5,19}}{ENDS}(?!:\d)")
_MOMENT = re.compile(rf"{DATE_IN_DIGITS}|\d\d?\.\d\d ?- ?\d\d?\.\d\d")
_OTHERWISE = 0.75
"""How sure a number is that could be one of a country that nobody named."""


def find(reading: Reading, asked: Asked) -> Iterator[Found]:
    """The value is in E.164, as `+32470123456`; in digits as written for a country that nobody named."""
    region = asked.region or language_of(asked.language).country
    for count, written in enumerate(_CANDIDATE.finditer(reading.folded)):
        if count == _MOST:
            return
        digits = re.sub(r"\D", "", written[0])
        if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or _MOMENT.fullmatch(written[0]):
            continue
        number = _international(written[0], region)
        if number is not None:
            yield Found(number, *written.span())
        elif asked.country is None and digits[0] == "0" and 9 <= len(digits) <= 11:
            yield Found(digits, *written.span(), _OTHERWISE)


def _international(written: str, region: str | None) -> str | None:
    # The plans of all countries take a tenth of a second to load: whoever asks for a phone number pays for it.
    import phonenumbers

    written = f"+{written[2:]}" if written.startswith("00") else written
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
