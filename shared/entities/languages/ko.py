"""Korean, of which little more is known than its scales, its money and the parts of its day."""

from shared.entities.words import Clock, Language, Numerals

LANGUAGE = Language(
    code="ko",
    country="KR",
    numerals=Numerals(short={"k": 1_000, "천": 1_000, "만": 10**4, "백만": 10**6, "천만": 10**7, "억": 10**8}),
    clock=Clock(early="오전|아침", late="오후|저녁"),
    money={"원": "KRW", "달러": "$", "유로": "EUR", "엔": "JPY", "위안": "CNY"},
    spaceless=True,
)
