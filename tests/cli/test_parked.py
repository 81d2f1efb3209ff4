"""What live gave up on, seen and replayed from the command line."""

ITEM = {
    "id": "in_17",
    "what": "event",
    "channel": "ch_1",
    "conversation": "ch_1:7",
    "text": "two rolls, please",
    "reason": "ended_the_process",
    "attempts": 3,
    "at": "2026-05-01T07:00:00Z",
}
PLACE = "/v1/bots/bot_1/parked"


def test_what_was_given_up_on_is_listed_with_the_reason(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery", {"id": "bot_1"})
    greenroom_api.on(f"GET {PLACE}", {"items": [ITEM], "next": None})
    ended = greenroom("parked", "bakery")
    assert ended.code == 0
    assert "ended_the_process" in ended.out
    assert "two rolls, please" in ended.out


def test_one_or_all_are_tried_again(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery", {"id": "bot_1"})
    greenroom_api.on(f"POST {PLACE}/replay", {"replayed": ["in_17"]})
    assert "1 tried again" in greenroom("parked", "bakery", "--replay", "in_17").out
    assert greenroom("parked", "bakery", "--replay-all").code == 0
    bodies = [asked.json for asked in greenroom_api.requests("POST", f"{PLACE}/replay")]
    assert bodies == [{"ids": ["in_17"]}, {"all": True}]
    assert greenroom("parked", "bakery", "--replay", "in_17", "--replay-all").code == 2
