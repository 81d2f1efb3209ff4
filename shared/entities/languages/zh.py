"""Chinese, of which little more is known than its scales, its money and the parts of its day."""

from shared.entities.words import Clock, Language, Numerals

LANGUAGE = Language(
    code="zh",
    country="CN",
    numerals=Numerals(short={"k": 1_000, "千": 1_000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}),
    clock=Clock(early="早上|上午|凌晨", late="下午|傍晚|晚上"),
    money={"元": "CNY", "块": "CNY", "人民币": "CNY", "美元": "$", "欧元": "EUR", "日元": "JPY", "英镑": "£"},
    spaceless=True,
)
