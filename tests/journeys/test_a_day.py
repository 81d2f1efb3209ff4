"""A day in the life of a bot: what it did not understand in the morning, it understands at night."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from shared.secrets import new_key
from tests.house import House, house
from tests.live_api.channels.asking import CONFIGS, SECRETS, signed
from tests.live_api.channels.fake_platform import FakePlatform, fake_platform
from tests.live_api.theatre import wait_for

OPENINGS = ("please tell me", "hello,", "excuse me,", "i would like to know", "quick question:")
KNOWN = {
    "times": ("when does the next ferry leave", "what time is the last boat", "how often do you sail", "the timetable"),
    "price": ("how much is a ticket", "what does a return cost", "the price for two adults", "is there a cheap fare"),
    "lost": ("i left my umbrella on board", "i lost my umbrella", "where is lost property", "have you found my bag"),
}
DOGS = (
    "may my dog come along", "are dogs allowed", "does my puppy need a muzzle", "can i bring two dogs",
    "do you have biscuits for dogs", "my dog is small, may he come",
)  # fmt: skip
MESSAGES = 500


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def telegram(person: int, number: int, text: str) -> bytes:
    who = {"from": {"id": person, "is_bot": False}, "chat": {"id": person, "type": "private"}}
    return dumped({"update_id": number, "message": {**who, "text": text}})


def slack(person: int, number: int, text: str) -> bytes:
    event = {"type": "message", "channel": f"D{person}", "channel_type": "im", "user": f"U{person}", "text": text}
    return dumped({"type": "event_callback", "event_id": f"Ev{number}", "event": {**event, "ts": f"1.{number}"}})


def messenger(person: int, number: int, text: str) -> bytes:
    page = CONFIGS["messenger"]["page_id"]
    said = {"sender": {"id": f"{person}"}, "recipient": {"id": page}, "timestamp": number}
    item = {**said, "message": {"mid": f"m{number}", "text": text}}
    return dumped({"object": "page", "entry": [{"id": page, "time": 1, "messaging": [item]}]})


SPEAK: dict[str, Callable[[int, int, str], bytes]] = {"telegram": telegram, "slack": slack, "messenger": messenger}


@pytest.fixture(scope="module")
def platform() -> Iterator[FakePlatform]:
    with fake_platform() as opened:
        yield opened


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory, platform: FakePlatform) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("day")
    allowed = platform.url.removeprefix("http://")
    with house(folder, GREENROOM_SECRETS_KEY=new_key(), GREENROOM_EGRESS_ALLOW=allowed) as opened:
        yield opened


def built(house: House) -> str:
    """A bot that knows three things, trained and published."""
    made: str = house.draft.post("/v1/bots", json={"name": "Ferry", "settings": {"profile": "fast"}}).json()["id"]
    for intent, questions in KNOWN.items():
        said = [f"{opening} {question}" for opening, question in product(OPENINGS[:3], questions)]
        answer = house.draft.post(f"/v1/bots/{made}/intents", json={"name": intent, "expressions": said})
        assert answer.status_code == 201, answer.text
    answered = [
        {"id": intent, "kind": "message", "intent": intent, "messages": [{"text": f"About {intent}."}]}
        for intent in KNOWN
    ]
    sorry = {"id": "pardon", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]}
    put = house.draft.put(f"/v1/bots/{made}/flows/quay", json={"name": "Quay", "blocks": [*answered, sorry]})
    assert put.status_code == 200, put.text
    house.train(made)
    assert house.publish(made, notes="In the morning")["status"] == "live"
    return made


def opened(house: House, bot: str, kind: str, url: str) -> str:
    body = {"kind": kind, "name": kind, "config": {**CONFIGS[kind], "api_base": url}, "secrets": SECRETS[kind]}
    made = house.live.post(f"/v1/bots/{bot}/channels", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def said_today() -> Iterator[str]:
    """One message in ten is about dogs, of which the bot knows nothing."""
    known = [f"{opening} {question}" for opening in OPENINGS for group in KNOWN.values() for question in group]
    dogs = [f"{opening} {question}" for opening, question in product(OPENINGS, DOGS)]
    for number in range(MESSAGES):
        yield dogs[number // 10 % len(dogs)] if number % 10 == 0 else known[number % len(known)]


def talk(house: House, channels: dict[str, str]) -> None:
    """Two dozen people on each channel, each message delivered as its platform does."""
    for number, text in enumerate(said_today(), start=1):
        kind = list(SPEAK)[number % len(SPEAK)]
        body = SPEAK[kind](1 + number % 24, number, text)
        headers = [*signed(kind, body, int(time.time())), (b"authorization", b"")]
        answer = house.live.post(f"/v1/channels/{channels[kind]}/webhook", content=body, headers=headers)
        assert answer.status_code == 200, answer.text


def about_dogs(house: House, bot: str) -> list[dict[str, Any]]:
    """What draft's inbox holds of them, each once however often it was said."""
    synced = house.publisher.post(f"/v1/bots/{bot}/inbox-syncs", json={})
    assert synced.status_code in {200, 202}, synced.text
    deadline = time.monotonic() + 60
    wanted = {text for text in said_today() if text.endswith(DOGS)}
    while True:
        rows = house.draft.get(f"/v1/bots/{bot}/inbox", params={"limit": 500}).json()["items"]
        found = [row for row in rows if row["text"] in wanted]
        if len(found) == len(wanted) or time.monotonic() > deadline:
            assert {row["text"] for row in found} == wanted
            return found
        time.sleep(0.05)


def understood(house: House, bot: str, texts: list[str]) -> list[str | None]:
    results = house.live.post(f"/v1/bots/{bot}/classify", json={"texts": texts}).json()["results"]
    return [found["intent"]["name"] if found["understood"] else None for found in results]


def test_what_was_not_understood_in_the_morning_is_understood_at_night(at_home: House, platform: FakePlatform) -> None:
    bot = built(at_home)
    channels = {kind: opened(at_home, bot, kind, platform.url) for kind in SPEAK}
    talk(at_home, channels)
    wait_for(lambda: len(platform.sent) >= MESSAGES, "everybody is answered", seconds=120)
    assert len(platform.sent) == MESSAGES

    rows = about_dogs(at_home, bot)
    strangers = [row["text"] for row in rows if not row["then"]["understood"]]
    assert len(strangers) > len(rows) / 2
    made = at_home.draft.post(f"/v1/bots/{bot}/intents", json={"name": "dogs"})
    assert made.status_code == 201, made.text
    taught = [{"id": row["id"], "intent": "dogs"} for row in rows]
    assert at_home.draft.post(f"/v1/bots/{bot}/inbox/accept", json={"items": taught}).status_code == 200

    at_home.train(bot)
    plan = at_home.plan(bot, "nlp")
    assert plan["publishable"], plan["findings"]
    assert [intent["name"] for intent in plan["changes"]["intents"]["added"]] == ["dogs"]
    assert at_home.publish(bot, "nlp", plan=plan["id"])["status"] == "live"
    assert set(understood(at_home, bot, strangers)) == {"dogs"}
    assert understood(at_home, bot, [f"{OPENINGS[4]} {KNOWN['price'][0]}"]) == ["price"]
