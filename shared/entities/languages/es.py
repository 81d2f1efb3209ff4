"""Spanish."""

from shared.entities.words import Calendar, Clock, Language, Numerals, Spans

_SMALL = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"


def _under_thousand() -> dict[str, int]:
    found = {word: value for value, word in enumerate(_SMALL)}
    found |= {"un": 1, "una": 1, "veintiun": 21, "veintiuna": 21}
    for tens, word in enumerate(_TENS, 3):
        found[word] = 10 * tens
        found |= {f"{word} y {_SMALL[unit]}": 10 * tens + unit for unit in range(1, 10)}
        found |= {f"{word} y un": 10 * tens + 1, f"{word} y una": 10 * tens + 1}
    rest = {word: value for word, value in found.items() if value}
    for hundreds, word in enumerate(_HUNDREDS.split(), 1):
        for name in (word, f"{word[:-2]}as" if hundreds > 1 else "cien"):
            found[name] = 100 * hundreds
            found |= {f"{name} {w}": 100 * hundreds + v for w, v in rest.items()}
    return found


_UNITS = {
    "segundo": "second", "segundos": "second", "seg": "second", "minuto": "minute", "minutos": "minute",
    "min": "minute", "hora": "hour", "horas": "hour", "dia": "day", "dias": "day", "semana": "week",
    "semanas": "week", "mes": "month", "meses": "month", "ano": "year", "anos": "year",
}  # fmt: skip

LANGUAGE = Language(
    code="es",
    country="ES",
    numerals=Numerals(
        under_thousand=_under_thousand(),
        scales={"mil": 1_000, "millon": 10**6, "millones": 10**6},
        articles=frozenset({"un", "una"}),
        ordinal="o|a|er",
        decimal=",",
        point=r"coma|(?<!\bun )punto",
        # "Al menos" is at least, "todos menos" all but.
        minus=r"(?:^|(?<=[.:;!?(=] )|(?<=\ba )|(?<=\bes )|(?<=\bhace ))menos",
        # "Medio día" is as often noon.
        half_a="(?:una? )?medi[oa](?! dia)",
        and_a_half="y medi[oa]",
    ),
    calendar=Calendar(
        months={
            "enero": 1, "ene": 1, "febrero": 2, "feb": 2, "marzo": 3, "abril": 4, "abr": 4, "mayo": 5, "junio": 6,
            "jun": 6, "julio": 7, "jul": 7, "agosto": 8, "ago": 8, "septiembre": 9, "setiembre": 9, "sept": 9,
            "sep": 9, "octubre": 10, "oct": 10, "noviembre": 11, "nov": 11, "diciembre": 12, "dic": 12,
        },
        weekdays={
            "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
            "fin de semana": 5,
        },
        days={
            "hoy": 0, "esta manana": 0, "esta tarde": 0, "esta noche": 0, "manana": 1, "pasado manana": 2, "ayer": -1,
            "anoche": -1, "anteayer": -2, "antes de ayer": -2,
        },
        late_days=frozenset({"esta tarde", "esta noche", "anoche"}),
        now="ahora(?: mismo)?",
        units=_UNITS,
        ordinal="o",
        of="de|del",
        before_day="el|del|el dia",
        before_month="en",
        this="este|esta",
        coming="proxim[oa]|que viene",
        last="pasad[oa]|ultim[oa]",
        ahead_before="en|dentro de",
        ahead_after="mas tarde",
        ago_before="hace",
        joins="a|a la|a las|de|el|sobre las|hacia las|por la|desde las",
    ),
    clock=Clock(
        at="a las?|sobre las?|hacia las?|desde las?|las",
        hour="horas?|h\\b",
        early="de la manana|por la manana|de la madrugada|a\\.?m\\b\\.?",
        late="de la tarde|por la tarde|de la noche|por la noche|esta tarde|esta noche|p\\.?m\\b\\.?",
        night="(?:de|por) la noche|esta noche",
        noon="mediodia|(?:12|doce) (?:de|por) la manana",
        midnight="medianoche",
        quarter="cuarto",
        half="media",
        past="y",
        to="menos",
        minutes_last=True,
        bare="(?:a|sobre|hacia|desde) las?",
    ),
    spans=Spans(
        units=_UNITS,
        fixed={"cuarto de hora": 900, "un cuarto de hora": 900, "tres cuartos de hora": 2700},
        joins="y",
    ),
    money={"euro": "EUR", "euros": "EUR", "dolar": "$", "dolares": "$", "libras": "£", "pesos": "MXN"},
    cents=frozenset({"centimo", "centimos", "centavo", "centavos"}),
    also_codes=frozenset({"ron"}),
)  # fmt: skip
