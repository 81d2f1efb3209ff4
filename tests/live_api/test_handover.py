"""A person takes a conversation over from the bot, answers on the same channel, and gives it back."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from services.live_api.channel import Outgoing
from services.live_api.routes import Reached
from shared.contracts import Flow
from tests.live_api.pier import Platform, deliver, floor, on, open_channel, said, settled
from tests.live_api.theatre import BOT, Live, Trained, code, publish, quay, release, say

URL, SECRET = "https://desk.example/events", "the-secret-of-the-ferry-desk"
ASK = "when is the next ferry"


@dataclass
class Desk(Platform):
    """The platform, and beside it the desk of the people who answer."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[bool] = field(default_factory=list)
    away: int = 0

    async def ask(self, outgoing: Outgoing) -> Reached:
        if outgoing.url != URL:
            return await super().ask(outgoing)
        if self.away:
            self.away -= 1
            return Reached(503, {}, b"")
        expected = hmac.new(SECRET.encode(), outgoing.body, hashlib.sha256).hexdigest()
        self.proofs.append(outgoing.headers["x-greenroom-signature"] == f"sha256={expected}")
        self.heard.append(orjson.loads(outgoing.body))
        return Reached(200, {}, b"")


def manned() -> dict[str, Flow]:
    """Who lost an umbrella talks to a person."""
    umbrella = {
        "id": "umbrella",
        "kind": "action",
        "intent": "int_umbrella",
        "actions": [{"do": "hand_over", "note": "An umbrella again."}],
    }
    before = quay()["quay"]
    return {"quay": before.model_copy(update={"blocks": (*before.blocks, umbrella)})}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(live: Live, desk: Desk, trained: Trained) -> Iterator[TestClient]:
    with on(live, desk, pause_seconds=0.02).open() as opened:
        publish(opened, trained, release(trained, flows=manned()))
        put = opened.put(f"/v1/bots/{BOT}/handover-webhook", json={"url": URL, "secret": SECRET})
        assert put.json() == {"url": URL}
        yield opened


@pytest.fixture
def pier(client: TestClient) -> str:
    return open_channel(client)


def at(conversation: str, *rest: str) -> str:
    return "/".join((f"/v1/bots/{BOT}/conversations/{conversation}", *rest))


def test_who_asks_for_a_person_gets_one_on_the_same_channel_and_then_the_bot_again(
    client: TestClient, pier: str, desk: Desk
) -> None:
    chat = f"{pier}:1"
    deliver(client, pier, said(1, ASK), said(2, "i lost my umbrella"), said(3, ASK), said(4, "hello?"))
    settled(client)
    assert desk.texts() == ["Every hour."]
    requested, *rest = desk.heard
    assert (requested["event"], requested["note"], requested["by"]) == (
        "handover_requested",
        "An umbrella again.",
        "bot",
    )
    assert [line["text"] for line in requested["transcript"]] == [ASK, "i lost my umbrella"]
    assert [(told["event"], told["text"]) for told in rest] == [("user_message", ASK), ("user_message", "hello?")]
    assert desk.proofs == [True] * 3

    made = client.post(at(chat, "agent-messages"), json={"text": "Black or blue?", "quick_replies": ["black"]})
    assert (made.status_code, made.json()["author"]) == (201, "admin")
    settled(client)
    assert client.delete(at(chat, "handover")).status_code == 204
    deliver(client, pier, said(5, ASK))
    settled(client)
    assert desk.texts() == ["Every hour.", "Black or blue?", "Every hour."]
    assert desk.heard[-1]["event"] == "handover_ended"
    history = client.get(at(chat, "messages")).json()["items"]
    assert [(item["text"], len(item["replies"]), item["reason"]) for item in reversed(history)][1:4] == [
        ("i lost my umbrella", 0, None),
        (ASK, 0, "handed_over"),
        ("hello?", 0, "handed_over"),
    ]


def test_the_desk_hears_of_everything_in_order_also_when_it_was_away(client: TestClient, pier: str, desk: Desk) -> None:
    desk.away = 3
    deliver(client, pier, said(1, "i lost my umbrella"), *(said(n, f"it is number {n}") for n in range(2, 6)))
    settled(client)
    assert [told["event"] for told in desk.heard] == ["handover_requested"] + ["user_message"] * 4
    assert [told["text"] for told in desk.heard[1:]] == [f"it is number {n}" for n in range(2, 6)]
    assert len({told["delivery_id"] for told in desk.heard}) == 5


def test_a_conversation_is_taken_over_once_and_by_hand(client: TestClient, desk: Desk) -> None:
    say(client, ASK)
    assert client.get(at("maud", "handover")).json() == {"conversation": "maud", "paused_since": None}
    taken = [client.put(at("maud", "handover"), json={"note": "VIP"}).json() for _ in range(2)]
    assert taken[0] == taken[1]
    assert taken[0]["paused_since"] is not None
    silent = say(client, ASK).json()
    assert (silent["replies"], silent["reason"]) == ([], "handed_over")
    settled(client)
    assert [told["event"] for told in desk.heard] == ["handover_requested", "user_message"]
    assert client.delete(at("maud", "handover")).status_code == 204
    assert client.delete(at("maud", "handover")).status_code == 204
    assert say(client, ASK).json()["replies"][0]["text"] == "Every hour."


def test_what_a_person_says_is_kept_once_and_only_in_a_conversation_of_theirs(client: TestClient) -> None:
    say(client, ASK)
    place, body = at("maud", "agent-messages"), {"text": "Maud here."}
    assert code(client.post(place, json=body)) == (409, "not_handed_over")
    assert code(client.post(at("nobody", "agent-messages"), json=body)) == (404, "not_found")
    assert code(client.put(at("nobody", "handover"), json={})) == (404, "not_found")
    client.put(at("maud", "handover"), json={})
    key = {"Idempotency-Key": "1"}
    first, second = (client.post(place, json=body, headers=key).json() for _ in range(2))
    assert first == second
    assert code(client.post(place, json={"text": "Ben here."}, headers=key)) == (422, "idempotency_key_reused")
    client.post(place, json={"text": "Still there?"})
    whole = client.get(place).json()["items"]
    assert [item["reply"]["text"] for item in whole] == ["Still there?", "Maud here."]
    page = client.get(place, params={"limit": 1}).json()
    assert client.get(place, params={"limit": 1, "cursor": page["next"]}).json()["items"] == whole[1:]


def test_the_webhook_is_checked_shown_without_its_secret_and_taken_away(client: TestClient, desk: Desk) -> None:
    place = f"/v1/bots/{BOT}/handover-webhook"
    assert code(client.put(place, json={"url": "http://127.0.0.1/x", "secret": SECRET})) == (422, "url_forbidden")
    assert code(client.put(place, json={"url": URL, "secret": "short"})) == (422, "invalid_request")
    assert client.get(place).json() == {"url": URL}
    assert client.delete(place).status_code == 204
    assert code(client.get(place)) == (404, "not_found")
    say(client, "i lost my umbrella")
    settled(client)
    assert desk.heard == []
    assert client.get(at("maud", "handover")).json()["paused_since"] is not None


def test_a_secret_is_kept_sealed(client: TestClient) -> None:
    path = floor(client).db.url.removeprefix("sqlite:///")
    if floor(client).db.is_sqlite:
        for suffix in ("", "-wal"):
            with open(path + suffix, "rb") as file:
                assert SECRET.encode() not in file.read()
