"""Japanese, of which little more is known than its scales, its money and the parts of its day."""

from shared.entities.words import Clock, Language, Numerals

LANGUAGE = Language(
    code="ja",
    country="JP",
    numerals=Numerals(short={"k": 1_000, "千": 1_000, "万": 10**4, "百万": 10**6, "千万": 10**7, "億": 10**8}),
    clock=Clock(early="午前|朝", late="午後|夕方"),
    money={"円": "JPY", "ドル": "$", "ユーロ": "EUR", "ポンド": "£", "人民元": "CNY"},
    spaceless=True,
)
