"""French, with the numbers of Belgium and Switzerland."""

from shared.entities.words import Calendar, Clock, Language, Numerals, Spans

_SMALL = (
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix_sept dix_huit "
    "dix_neuf"
).replace("_", "-").split()  # fmt: skip
_TENS = {
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
    "octante": 80, "nonante": 90,
}  # fmt: skip


def _under_thousand() -> dict[str, int]:
    small = [word.replace("-", " ") for word in _SMALL]
    found = {word: value for value, word in enumerate(small)} | {"une": 1}
    for word, value in _TENS.items():
        found[word] = value
        found |= {f"{word} et un": value + 1, f"{word} et une": value + 1}
        found |= {f"{word} {small[unit]}": value + unit for unit in range(1, 10)}
    found |= {f"soixante {small[n]}": 60 + n for n in range(10, 20)} | {"soixante et onze": 71}
    found |= {"quatre vingts": 80, "quatre vingt": 80}
    found |= {f"quatre vingt {small[n]}": 80 + n for n in range(1, 20)}
    rest = {word: value for word, value in found.items() if value}
    for hundreds, word in enumerate(["", *small[2:10]], 1):
        found |= {f"{word} cent".strip(): 100 * hundreds, f"{word} cents".strip(): 100 * hundreds}
        found |= {f"{word} cent {w}".strip(): 100 * hundreds + v for w, v in rest.items()}
    return found


_UNITS = {
    "seconde": "second", "secondes": "second", "sec": "second", "minute": "minute", "minutes": "minute",
    "min": "minute", "heure": "hour", "heures": "hour", "jour": "day", "jours": "day", "journee": "day",
    "semaine": "week", "semaines": "week", "mois": "month", "an": "year", "ans": "year", "annee": "year",
    "annees": "year",
}  # fmt: skip

LANGUAGE = Language(
    code="fr",
    country="FR",
    numerals=Numerals(
        under_thousand=_under_thousand(),
        scales={"mille": 1_000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
        articles=frozenset({"un", "une"}),
        ordinal="ers?|eres?|emes?|e",
        decimal=",",
        point="virgule",
        # "Au moins" is at least.
        minus=r"(?:^|(?<=[.:;!?(=] )|(?<=\ba )|(?<=\best )|(?<=\bfait ))moins",
        half_a="(?:une? )?demi",
        and_a_half="et demie?",
    ),
    calendar=Calendar(
        months={
            "janvier": 1, "janv": 1, "fevrier": 2, "fevr": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6,
            "juillet": 7, "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "octobre": 10, "oct": 10, "novembre": 11,
            "nov": 11, "decembre": 12, "dec": 12,
        },
        weekdays={
            "lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6,
            "week end": 5, "weekend": 5,
        },
        days={
            "aujourd'hui": 0, "ce matin": 0, "cet apres midi": 0, "ce soir": 0, "cette nuit": 0, "demain": 1,
            "apres demain": 2, "hier": -1, "avant hier": -2,
        },
        late_days=frozenset({"cet apres midi", "ce soir"}),
        now="maintenant",
        units=_UNITS,
        ordinal="er",
        of="(?!)",
        before_day="le|du|au",
        before_month="en|au mois de",
        this="cet?t?e?",
        coming="prochaine?",
        last="derniere?|passee?",
        ahead_before="dans|d'ici",
        ahead_after="plus tard",
        ago_before="il y a",
        joins="a|de|vers|le|a partir de|au|dans la",
    ),
    clock=Clock(
        at="a|vers|des",
        hour="heures?|h\\b",
        early="du matin|au matin|matin",
        late="de l'apres midi|du soir|au soir|apres midi|soir|cet apres midi|ce soir",
        noon="midi",
        midnight="minuit",
        quarter="(?:le )?quart",
        half="demie?",
        past="et",
        to="moins",
        minutes_last=True,
    ),
    spans=Spans(
        units=_UNITS,
        fixed={
            "quart d'heure": 900, "un quart d'heure": 900,
            "trois quarts d'heure": 2700, "quinzaine de jours": 1_296_000,
        },
        joins="et",
    ),
    money={"euro": "EUR", "euros": "EUR", "dollar": "$", "dollars": "$", "livres": "£", "francs": "CHF"},
    cents=frozenset({"centime", "centimes", "cent", "cents"}),
    also_codes=frozenset({"ils"}),
)  # fmt: skip
