"""Bots that ask and act in live: answers checked, other services called, what is sensitive hidden."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.live_api.webchat.transcript import Cursor, said_after
from shared.contracts import Flow
from tests.live_api.pier import Platform, deliver, floor, on, open_channel, said, settled
from tests.live_api.theatre import BOT, Live, Trained, code, publish, release, say, wait_for
from tests.oven import Oven, oven

TICKET: tuple[dict[str, Any], ...] = (
    {
        "id": "how_many", "kind": "input", "intent": "int_price", "variable": "people", "expects": "number",
        "messages": [{"text": "For how many?", "quick_replies": [{"title": "Just me", "variables": {"people": 1}}]}],
        "next": "big",
    },
    {
        "id": "big", "kind": "goto",
        "branches": [{"when": {"variable": "people", "operator": "greater_than", "value": 20}, "next": "charter"}],
        "next": "phone",
    },
    {"id": "charter", "kind": "message", "messages": [{"text": "That is a ferry of your own."}]},
    {
        "id": "phone", "kind": "input", "variable": "phone", "expects": "phone", "messages": [{"text": "Your number?"}],
        "next": "order",
    },
    {
        "id": "order", "kind": "action", "next": "ordered",
        "actions": [
            {
                "do": "http", "method": "POST", "url": "{{ env.office }}/orders",
                "headers": {"Authorization": {"secret": "OFFICE_KEY", "prefix": "Bearer "}},
                "body": {"people": "{{ people }}", "phone": "{{ phone }}"},
                "save": {"price": "body.price.total"}, "failed": "closed",
            }
        ],
    },
    {"id": "ordered", "kind": "message", "messages": [{"text": "{{ price }} crowns. We call {{ phone }}."}]},
    {"id": "closed", "kind": "message", "messages": [{"text": "The office is closed."}]},
    {"id": "times", "kind": "message", "intent": "int_times", "messages": [{"text": "Every hour."}]},
)  # fmt: skip


@pytest.fixture
def office() -> Iterator[Oven]:
    with oven() as found:
        yield found


@pytest.fixture
def quay(tmp_path: Path, database_url: str, trained: Trained, office: Oven) -> Iterator[TestClient]:
    with Live.at(tmp_path, database_url, GREENROOM_EGRESS_ALLOW="127.0.0.1").open() as client:
        client.put(f"/v1/bots/{BOT}/secrets/OFFICE_KEY", json={"value": "octopus-garden"})
        flows = {"quay": Flow(id="quay", name="Quay", blocks=TICKET)}
        publish(client, trained, release(trained, flows=flows, variables={"phone": {"sensitive": True}}))
        client.patch(f"/v1/bots/{BOT}", json={"env": {"office": office.url}})
        yield client


def texts(answer: Any) -> list[str]:
    return [reply["text"] for reply in answer.json()["replies"]]


def test_a_bot_asks_checks_calls_and_tells_and_history_hides_what_is_sensitive(quay: TestClient, office: Oven) -> None:
    office.answers["/orders"] = 201, {"price": {"total": 12.5}}
    assert texts(say(quay, "price of a return")) == ["For how many?"]
    assert texts(say(quay, "when is the next ferry")) == ["Every hour.", "For how many?"]
    assert texts(say(quay, "a few")) == ["For how many?"]
    assert texts(say(quay, "three")) == ["Your number?"]
    once = {"Idempotency-Key": "maud-phone"}
    answer = say(quay, "+44 20 7946 0018", **once)
    assert texts(answer) == ["12.5 crowns. We call +442079460018."]
    method, _, headers, body = office.asked[0]
    assert (method, body) == ("POST", {"people": 3, "phone": "+442079460018"})
    assert headers["authorization"] == "Bearer octopus-garden"
    assert len(headers["idempotency-key"]) >= 32
    kept = quay.get(f"/v1/bots/{BOT}/conversations/maud/messages")
    assert kept.json()["items"][0]["text"] == "•••"
    assert kept.json()["items"][0]["replies"] == [{"text": "12.5 crowns. We call •••."}]
    assert "7946" not in kept.text
    with floor(quay).db.reading() as connection:
        told = said_after(connection, BOT, "maud", Cursor())
    assert told[-1].replies == answer.json()["replies"]
    assert [(m["understood"], m["reason"]) for m in kept.json()["items"][:3]] == [(False, "answer")] * 3
    home = quay.get(f"/v1/bots/{BOT}/messages").json()["items"]
    assert [message["text"] for message in home] == ["price of a return", "when is the next ferry"]
    assert say(quay, "+44 20 7946 0018", **once).content == answer.content
    assert len(office.asked) == 1


def test_a_call_that_fails_takes_its_own_branch(quay: TestClient, office: Oven) -> None:
    say(quay, "price of a return")
    say(quay, "2")
    assert texts(say(quay, "+44 20 7946 0018")) == ["The office is closed."]
    assert len(office.asked) == 1


CALLING: tuple[dict[str, Any], ...] = (
    {
        "id": "ask", "kind": "action", "intent": "int_price",
        "actions": [{"do": "http", "method": "GET", "url": "{{ env.office }}/price", "failed": "closed"}],
    },
    {"id": "closed", "kind": "message", "messages": [{"text": "The office is closed."}]},
    {"id": "times", "kind": "message", "intent": "int_times", "messages": [{"text": "Every hour."}]},
)  # fmt: skip


def test_calls_that_hang_keep_no_other_conversation_waiting(
    tmp_path: Path, database_url: str, trained: Trained
) -> None:
    platform, waiting = Platform(), [said(number, "price of a return", chat=number) for number in range(1, 41)]
    live = on(Live.at(tmp_path, database_url, GREENROOM_EGRESS_ALLOW="127.0.0.1"), platform)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as office, live.open() as client:
        publish(client, trained, release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=CALLING)}))
        client.patch(f"/v1/bots/{BOT}", json={"env": {"office": f"http://127.0.0.1:{office.getsockname()[1]}"}})
        quay = open_channel(client)
        deliver(client, quay, *waiting)
        for number in range(100, 105):
            deliver(client, quay, said(number, "when is the next ferry", chat=number))
        wait_for(lambda: len(platform.sent) == 5, "the others are answered")
        assert {text for _, text in platform.sent} == {"Every hour."}
        office.close()
        settled(client)
        assert [platform.texts(number) for number in range(1, 41)] == [["The office is closed."]] * 40


def test_a_branch_is_taken_by_what_was_answered(quay: TestClient) -> None:
    say(quay, "price of a return")
    assert texts(say(quay, "for 50 people")) == ["That is a ferry of your own."]


def test_a_choice_is_known_by_its_payload_whatever_its_title_says(quay: TestClient) -> None:
    shown = say(quay, "price of a return").json()["replies"][0]["quick_replies"][0]
    body = {"text": "when is the next ferry", "payload": shown["payload"]}
    pressed = quay.post(f"/v1/bots/{BOT}/conversations/maud/messages", json=body)
    assert texts(pressed) == ["Your number?"]
    wrong = quay.post(f"/v1/bots/{BOT}/conversations/maud/messages", json={"text": "x", "payload": "y" * 201})
    assert code(wrong) == (422, "invalid_request")


def test_a_live_edit_may_neither_call_inside_nor_need_what_is_not_there(quay: TestClient) -> None:
    confirmed = {"Live-Edit": "confirmed"}

    def edited(**call: Any) -> tuple[int, str]:
        blocks = [{"id": "ping", "kind": "action", "system": "error", "actions": [{"do": "http", **call}]}]
        written = quay.put(f"/v1/bots/{BOT}/flows/ping", json={"name": "Ping", "blocks": blocks}, headers=confirmed)
        return written.status_code, written.json().get("code", "")

    assert edited(url="http://169.254.169.254/{{ phone }}") == (422, "url_forbidden")
    assert edited(url="{{ env.gone }}/x") == (422, "environment_value_missing")
    secret = {"X-Key": {"secret": "GONE"}}
    assert edited(url="https://office.example/", headers=secret) == (422, "environment_value_missing")
    assert edited(url="https://office.example/") == (200, "")
