"""Amounts of money: "€ 12,50", "twenty dollars", "5 euro 50"."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from shared.entities.asked import Asked, Found
from shared.entities.dates.phrases import BEGINS, ENDS, either
from shared.entities.digits import Number, Numeral
from shared.entities.numerals import numerals
from shared.entities.reading import Reading
from shared.entities.speech import language_of
from shared.entities.words import Language

# Signs of more than one currency: the first is meant, unless the entity names another one of them.
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",), "eur": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",), "₽": ("RUB",), "₺": ("TRY",),
    "₩": ("KRW",), "zl": ("PLN",), "zł": ("PLN",), "kc": ("CZK",), "r$": ("BRL",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"),
    "us$": ("USD",), "c$": ("CAD",), "ca$": ("CAD",), "a$": ("AUD",),
}  # fmt: skip
_CODES = (
    "aed ars aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf idr ils inr isk jpy krw mad mxn myr nok nzd "
    "pen php pln ron rub sar sek sgd thb try twd uah usd vnd zar"
).split()
# A minus before a sign, "-$5"; not that between two amounts.
_MINUS = re.compile(r"(?:^|(?<!\d )(?<=[\s(=:]))-$")
# "50p" may be pages.
_SHORT_PENCE, _PENCE = "p", frozenset({"p", "pence"})
# After a sign, letters are a scale: £5m is neither minutes nor metres.
_LETTERS: Mapping[str, int] = {"m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_LETTERED = re.compile(rf"{either(_LETTERS)}{ENDS}")


def find(reading: Reading, asked: Asked) -> Iterator[Found]:
    """The value is `{"amount": 12.5, "currency": "EUR"}`."""
    language = language_of(asked.language)
    before, after, cents = _patterns(language.code)
    counts = numerals(reading, asked.language)
    small = {numeral.start: numeral for numeral in counts}
    for numeral in counts:
        sign = _meant(before.search(reading.folded, max(0, numeral.start - 8), numeral.start), reading, language, asked)
        unit = _meant(after.match(reading.folded, numeral.end), reading, language, asked)
        if unit is not None:
            fraction, end = _cents(reading.folded, unit.end(), cents, small)
            yield _amount(numeral.value, fraction, _currency(unit[1], language, asked), numeral.start, end)
        elif sign is not None:
            times, end = _scale(reading.folded, numeral.end)
            value, start = _signed(reading.folded, numeral.value * times, sign.start(1))
            yield _amount(value, 0, _currency(sign[1], language, asked), start, end)
        elif (coins := cents.match(reading.folded, numeral.end)) and (currency := _of_cents(coins, language, asked)):
            yield _amount(0, numeral.value, currency, numeral.start, coins.end())


def _meant(found: re.Match[str] | None, reading: Reading, language: Language, asked: Asked) -> re.Match[str] | None:
    """A code that is a word as well, such as TRY, is one in capitals, or where the entity has that currency."""
    if found is None or found[1] not in language.also_codes or found[1].upper() == asked.currency:
        return found
    return found if reading.original(*found.span(1)).isupper() else None


def _signed(folded: str, value: Number, start: int) -> tuple[Number, int]:
    negative = value > 0 and _MINUS.search(folded, max(0, start - 3), start) is not None
    return (-value, start - 1) if negative else (value, start)


@lru_cache(maxsize=16)
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A sign that ends here; a sign or word that begins here; cents that begin here."""
    language = language_of(code)
    signs = either({*_SIGNS, *_CODES})
    return (
        re.compile(rf"{BEGINS}({signs}) ?$"),
        re.compile(rf"[ \-]{{0,2}}(?:d'|de )?({either({*_SIGNS, *_CODES, *language.money})}){ENDS}"),
        re.compile(rf"[ \-]{{0,2}}(?P<word>{either(language.cents)})?{ENDS}"),
    )


def _scale(folded: str, end: int) -> tuple[int, int]:
    letters = _LETTERED.match(folded, end)
    return (_LETTERS[letters[0]], letters.end()) if letters else (1, end)


def _cents(folded: str, end: int, cents: re.Pattern[str], small: Mapping[int, Numeral]) -> tuple[Number, int]:
    """Five euro fifty; 5 euro 50; five dollars and twenty cents."""
    join = re.compile(r" (?:(?:and|en|et|und|y|con) )?").match(folded, end)
    numeral = small.get(join.end()) if join else None
    if join is None or numeral is None or not isinstance(numeral.value, int) or not 0 < numeral.value < 100:
        return 0, end
    word = cents.match(folded, numeral.end)
    if word is not None and word["word"]:
        return numeral.value, word.end()
    return (numeral.value, numeral.end) if join[0] == " " and _are_cents(folded, numeral) else (0, end)


def _are_cents(folded: str, numeral: Numeral) -> bool:
    """In words or two digits, with nothing that is counted by it: "5 euro 50", but not "5 euro 10 minutes"."""
    two_digits = numeral.end - numeral.start == 2 or not folded[numeral.start].isdigit()
    alone = re.compile(r"\s*(?:[.,;!?]|$)").match(folded, numeral.end)
    return numeral.sure and two_digits and alone is not None


def _amount(whole: Number, cents: Number, currency: str, start: int, end: int) -> Found:
    amount = round(whole + (-cents if whole < 0 else cents) / 100, 4)
    return Found({"amount": int(amount) if amount == int(amount) else amount, "currency": currency}, start, end)


def _currency(written: str, language: Language, asked: Asked) -> str:
    sign = language.money.get(written, written)
    meant = _SIGNS.get(sign, (sign.upper(),))
    return asked.currency if asked.currency in meant else meant[0]


def _of_cents(coins: re.Match[str], language: Language, asked: Asked) -> str | None:
    if coins["word"] is None:
        return None
    if coins["word"] in _PENCE:
        british = asked.currency == "GBP" or asked.region == "GB"
        return "GBP" if british or coins["word"] != _SHORT_PENCE else None
    return asked.currency or ("USD" if language.country in {"US", None} else "EUR")
