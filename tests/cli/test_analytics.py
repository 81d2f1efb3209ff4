"""What a bot has heard, as a person reads it and as a spreadsheet does."""

COUNTS = {"messages": 4, "users": 3, "conversations": 3, "understood": 3, "understood_rate": 0.75}
FOUND = {
    "bot": "bot_1",
    "first": "2026-11-01",
    "last": "2026-11-30",
    "totals": COUNTS,
    "days": [{"day": "2026-11-02", **COUNTS}],
    "channels": [{"channel": "rest", "kind": None, "name": None, **COUNTS}],
    "intents": [{"intent": "int_1", "name": "bread", "messages": 3}],
    "blocks": [{"block": "sell", "messages": 3}],
    "not_understood": [{"text": "do you sell [umbrellas]", "language": "en", "reason": None, "messages": 1}],
}


def test_a_person_reads_tables(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/analytics", FOUND)
    ended = greenroom("analytics", "bakery", "--first", "2026-11-01")
    assert greenroom_api.asked[0].query == "first=2026-11-01"
    assert "4 messages of 3 users in 3 conversations, 75 % understood." in ended.out
    assert "do you sell [umbrellas]" in ended.out


def test_where_nothing_was_said_that_is_what_is_told(greenroom, greenroom_api):
    nothing = {"messages": 0, "users": 0, "conversations": 0, "understood": 0, "understood_rate": None}
    greenroom_api.on("GET /v1/bots/bakery/analytics", {**FOUND, "totals": nothing})
    assert "0 messages of 0 users in 0 conversations." in greenroom("analytics", "bakery").out


def test_a_table_comes_as_it_is(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/analytics", "day,messages")
    ended = greenroom("analytics", "bakery", "--csv", "days")
    assert greenroom_api.asked[0].query == "format=csv&table=days"
    assert "day,messages" in ended.out
