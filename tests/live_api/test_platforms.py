"""From a platform's webhook to the answer at its API and back again by a tap, on every kind of channel."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shared.contracts import Flow
from tests.live_api.channels.asking import CONFIGS, SECRETS, form, signed
from tests.live_api.channels.fake_platform import FakePlatform, fake_platform
from tests.live_api.theatre import BOT, Live, Trained, publish, release, wait_for

FLOW: tuple[dict[str, Any], ...] = (
    {"id": "hello", "kind": "message", "system": "introduction", "messages": [
        {"text": "Ahoy!", "buttons": [{"title": "Prices", "next": "price"}]}]},
    {"id": "price", "kind": "message", "intent": "int_price", "messages": [{"text": "Four crowns."}]},
)  # fmt: skip
Json = dict[str, Any]
NUMBERS = iter(range(1, 1000))


@dataclass(frozen=True)
class Speech:
    """How a platform says a text, how it says that the button of a request to it was tapped, and where both the text
    and the payload of the button lie in such a request.
    """

    say: Callable[[str, int], bytes]
    tap: Callable[[str, int], bytes]
    text: Callable[[Json], str]
    payload: Callable[[Json], str]


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def page(event: Json, number: int) -> bytes:
    item = {
        "sender": {"id": "6557"},
        "recipient": {"id": CONFIGS["messenger"]["page_id"]},
        "timestamp": number,
        **event,
    }
    return dumped({"object": "page", "entry": [{"id": "1", "time": 1, "messaging": [item]}]})


def number(event: Json, count: int) -> bytes:
    message = {"from": "16505551234", "id": f"wamid.{count}", "timestamp": "1", **event}
    value = {"messaging_product": "whatsapp", "metadata": CONFIGS["whatsapp"], "messages": [message]}
    return dumped({"object": "w", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})


def slack(text: str, count: int) -> bytes:
    event = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "text": text, "ts": f"1.{count}"}
    return dumped({"type": "event_callback", "event_id": f"Ev{count}", "event": event})


def slack_tap(payload: str, count: int) -> bytes:
    action = {"action_id": "choice_0", "value": payload, "action_ts": f"2.{count}", "text": {"text": "Prices"}}
    told = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "D1"}, "actions": [action]}
    return form(dumped(told))


def chat(event: Json, count: int) -> bytes:
    return dumped({"update_id": count, **event})


MAUD = {"from": {"id": 7, "is_bot": False}, "chat": {"id": 7, "type": "private"}}
SPEECHES = {
    "messenger": Speech(
        say=lambda text, n: page({"message": {"mid": f"m{n}", "text": text}}, n),
        tap=lambda payload, n: page({"postback": {"mid": f"m{n}", "title": "Prices", "payload": payload}}, n),
        text=lambda sent: sent["message"].get("text") or sent["message"]["attachment"]["payload"]["text"],
        payload=lambda sent: sent["message"]["attachment"]["payload"]["buttons"][0]["payload"],
    ),
    "slack": Speech(
        say=slack,
        tap=slack_tap,
        text=lambda sent: sent["text"],
        payload=lambda sent: sent["blocks"][-1]["elements"][0]["value"],
    ),
    "telegram": Speech(
        say=lambda text, n: chat({"message": {**MAUD, "text": text}}, n),
        tap=lambda payload, n: chat(
            {"callback_query": {"id": "q", "from": {"id": 7}, "message": MAUD, "data": payload}}, n
        ),
        text=lambda sent: sent["text"],
        payload=lambda sent: sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"],
    ),
    "webhook": Speech(
        say=lambda text, n: dumped({"text": text, "sender": {"id": "maud"}, **TOKEN}),
        tap=lambda payload, n: dumped({"text": payload, "sender": {"id": "maud"}, **TOKEN}),
        text=lambda sent: sent["message"].get("text") or sent["message"]["attachment"]["payload"]["text"],
        payload=lambda sent: sent["message"]["attachment"]["payload"]["buttons"][0]["payload"],
    ),
    "whatsapp": Speech(
        say=lambda text, n: number({"type": "text", "text": {"body": text}}, n),
        tap=lambda payload, n: number(
            {"type": "interactive", "interactive": {"button_reply": {"id": payload, "title": "Prices"}}}, n
        ),
        text=lambda sent: sent["text"]["body"] if sent["type"] == "text" else sent["interactive"]["body"]["text"],
        payload=lambda sent: sent["interactive"]["action"]["buttons"][0]["reply"]["id"],
    ),
}
TOKEN = {"verifyToken": SECRETS["webhook"]["verify_token"]}
FORM = (b"content-type", b"application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def platform() -> Iterator[FakePlatform]:
    with fake_platform() as opened:
        yield opened


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("live")
    live = Live.at(folder, f"sqlite:///{folder / 'live.db'}", GREENROOM_EGRESS_ALLOW="127.0.0.1")
    with replace(live, ask=None).open() as opened:
        publish(opened, trained, release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=FLOW)}))
        yield opened


@pytest.mark.parametrize("kind", sorted(SPEECHES))
def test_who_writes_is_answered_and_who_taps_goes_on(client: TestClient, platform: FakePlatform, kind: str) -> None:
    speech, config = SPEECHES[kind], {**CONFIGS[kind], "api_base": platform.url}
    made = client.post(
        f"/v1/bots/{BOT}/channels", json={"kind": kind, "name": kind, "config": config, "secrets": SECRETS[kind]}
    ).json()

    def hear(body: bytes, *headers: tuple[bytes, bytes]) -> Json:
        known = len(platform.sent)
        shown = [*signed(kind, body, int(time.time())), *headers, (b"authorization", b"")]
        answer = client.post(f"/v1/channels/{made['id']}/webhook", content=body, headers=shown)
        assert answer.status_code == 200, answer.text
        wait_for(lambda: len(platform.sent) > known, "the platform gets an answer")
        (sent,) = platform.sent[known:]
        return sent.values

    ahoy = hear(speech.say("hello there", next(NUMBERS)))
    assert speech.text(ahoy) == "Ahoy!"
    tapped = hear(speech.tap(speech.payload(ahoy), next(NUMBERS)), *([FORM] if kind == "slack" else []))
    assert speech.text(tapped) == "Four crowns."
    asked = hear(speech.say("how much is a ticket", next(NUMBERS)))
    assert speech.text(asked) == "Four crowns."
    history = client.get(f"/v1/bots/{BOT}/conversations").json()["items"]
    assert [one["messages"] for one in history if one["id"].startswith(f"{made['id']}:")] == [3]


def test_nobody_is_answered_twice_nor_is_an_echo(client: TestClient, platform: FakePlatform) -> None:
    config = {**CONFIGS["messenger"], "api_base": platform.url}
    body = {"kind": "messenger", "name": "echo", "config": config, "secrets": SECRETS["messenger"]}
    made = client.post(f"/v1/bots/{BOT}/channels", json=body).json()
    echo = {"message": {"mid": "m-echo", "is_echo": True, "text": "Ahoy!"}}
    said = {"message": {"mid": "m-said", "text": "how much is a ticket"}}
    known = len(platform.sent)
    for event in (echo, said, echo, said, said):
        sent = page(event, 1)
        headers = [*signed("messenger", sent), (b"authorization", b"")]
        assert client.post(f"/v1/channels/{made['id']}/webhook", content=sent, headers=headers).status_code == 200
    wait_for(lambda: len(platform.sent) > known, "the one answer")
    time.sleep(0.3)
    assert [one.values["message"] for one in platform.sent[known:]] == [{"text": "Four crowns."}]
