"""Chinese, Japanese, Korean and Thai have no space around a number, an address or a time: a letter is a boundary."""

from typing import Any

import pytest

from tests.shared.entities.harbour import EVERYTHING, told

ROWS: dict[str, list[tuple[str, str, list[tuple[str, Any]]]]] = {
    "number": [
        ("zh", "我要20张", [("20", 20)]),
        ("zh", "20张给3个人", [("20", 20), ("3", 3)]),
        ("ja", "参加者は20人です", [("20", 20)]),
        ("ko", "서울에서20명", [("20", 20)]),
        ("th", "โต๊ะ12ที่", [("12", 12)]),
        ("ja", "入場者は1万5千人、3億ではない", [("1万5千", 15000), ("3億", 300000000)]),
        ("zh", "版本1.2.3在2026-12-01和12月1日", []),
        ("ja", "型番12ab34", []),
        ("en", "café5 and 12ab34", []),
    ],
    "money": [
        ("ja", "合計5000円です", [("5000円", (5000, "JPY"))]),
        ("ja", "合計¥5,000です", [("¥5,000", (5000, "JPY"))]),
        ("ja", "家賃は5万円", [("5万円", (50000, "JPY"))]),
        ("zh", "共计¥5,000元", [("5,000元", (5000, "CNY"))]),
        ("ko", "합계5만원입니다", [("5만원", (50000, "KRW"))]),
    ],
    "email": [
        ("zh", "我的邮箱是ada@example.com谢谢", [("ada@example.com", "ada@example.com")]),
        ("ja", "メールはAda@Example.co.jpです", [("Ada@Example.co.jp", "Ada@example.co.jp")]),
        ("ko", "이메일은 ada@example.com입니다", [("ada@example.com", "ada@example.com")]),
        ("zh", "张伟@例子.中国", [("张伟@例子.中国", "张伟@例子.中国")]),
    ],
    "phone": [
        ("zh", "电话13812345678", [("13812345678", "+8613812345678")]),
        ("ja", "2026-12-01 14:00", []),
        ("ja", "電話は090-1234-5678です", [("090-1234-5678", "+819012345678")]),
    ],
    "url": [
        ("zh", "网址是https://a.com/x", [("https://a.com/x", "https://a.com/x")]),
        ("ja", "サイトはhttps://a.com/menuです", [("https://a.com/menu", "https://a.com/menu")]),
        ("zh", "请看www.example.com。谢谢", [("www.example.com", "https://www.example.com")]),
        ("ja", "https://ja.wikipedia.org/wiki/第3回大会", [("https://ja.wikipedia.org/wiki/第3回大会",) * 2]),
        ("zh", "看https://a.com/x，谢谢", [("https://a.com/x", "https://a.com/x")]),
        ("ja", "https://東京tower.jp/", [("https://東京tower.jp/",) * 2]),
        ("ja", "サイトはexample.comです", [("example.com", "https://example.com")]),
        ("ja", "東京.jp", [("東京.jp", "https://東京.jp")]),
        ("en", "http://db.node1:8080/x_y?q=1#z!", [("http://db.node1:8080/x_y?q=1#z",) * 2]),
    ],
    "date": [
        ("zh", "会议在2026-12-01举行", [("2026-12-01", "2026-12-01")]),
        ("ja", "12月1日に行きます", [("12月1日", "2026-12-01")]),
        ("zh", "2027年2月30日", []),
        ("zh", "2027年2月3日见", [("2027年2月3日", "2027-02-03")]),
        ("ko", "12월 1일에", [("12월 1일", "2026-12-01")]),
        ("zh", "下午4:30见", [("下午4:30", "2026-11-25T16:30:00+00:00")]),
    ],
    "duration": [("zh", "2h后", [("2h", "PT2H")])],
}


@pytest.mark.parametrize(
    ("kind", "language", "text", "expected"), [(kind, *row) for kind, rows in ROWS.items() for row in rows]
)
def test_a_letter_is_a_boundary(kind: str, language: str, text: str, expected: list[tuple[str, Any]]) -> None:
    found = told({kind: EVERYTHING[kind]}, text, language)
    told_so = [(place, (v["amount"], v["currency"]) if kind == "money" else v) for place, v in found]
    assert told_so == expected
