"""A front end made for Rasa talks to a bot of ours, and shows who it is."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from services.live_api.rasa import messages
from shared.contracts import Flow
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply
from tests.live_api.theatre import BOT, Live, Trained, code, publish, release

TOKEN, SITE = "token-of-the-front-end", "https://ferry.example"
FLOW: tuple[dict[str, Any], ...] = (
    {"id": "hello", "kind": "message", "system": "introduction", "messages": [
        {"text": "Ahoy!", "buttons": [{"title": "Prices", "next": "price"}]}]},
    {"id": "price", "kind": "message", "intent": "int_price", "messages": [{"text": "Four crowns."}]},
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("live")
    with Live.at(folder, f"sqlite:///{folder / 'live.db'}").open() as opened:
        publish(opened, trained, release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=FLOW)}))
        yield opened


@pytest.fixture(scope="module")
def server(client: TestClient) -> str:
    config = {"allowed_origins": [SITE]}
    body = {"kind": "rest", "name": "Web site", "config": config, "secrets": {"token": TOKEN}}
    made = client.post(f"/v1/bots/{BOT}/channels", json=body)
    assert made.status_code == 201, made.text
    return f"/v1/channels/{made.json()['id']}/rasa"


def say(client: TestClient, server: str, message: str, sender: str = "maud", **params: Any) -> Any:
    answer = client.post(
        f"{server}/webhooks/rest/webhook",
        json={"sender": sender, "message": message},
        params={"token": TOKEN, **params},
        headers={"Authorization": ""},
    )
    assert answer.status_code == 200, answer.text
    return answer


def test_a_front_end_talks_and_taps(client: TestClient, server: str) -> None:
    assert client.get(f"{server}/webhooks/rest/", headers={"Authorization": ""}).json() == {"status": "ok"}
    (ahoy,) = say(client, server, "/session_start").json()
    assert (ahoy["recipient_id"], ahoy["text"]) == ("maud", "Ahoy!")
    (button,) = ahoy["buttons"]
    assert button["title"] == "Prices"
    assert say(client, server, button["payload"]).json() == [{"recipient_id": "maud", "text": "Four crowns."}]
    streamed = say(client, server, "how much is a ticket", "otto", stream="true").text.splitlines()
    assert [orjson.loads(line) for line in streamed] == [{"recipient_id": "otto", "text": "Four crowns."}]


def test_a_message_that_is_sent_again_is_the_same_message(client: TestClient, server: str) -> None:
    path, body = f"{server}/webhooks/rest/webhook", {"sender": "wiebke", "message": "how much is a ticket"}
    first, again = (client.post(path, json=body, headers={"Idempotency-Key": "m-1"}) for _ in range(2))
    assert first.json() == again.json() == [{"recipient_id": "wiebke", "text": "Four crowns."}]
    conversations = client.get(f"/v1/bots/{BOT}/conversations").json()["items"]
    assert [one["messages"] for one in conversations if one["user"] == "wiebke"] == [1]
    other = client.post(path, json={**body, "message": "?"}, headers={"Idempotency-Key": "m-1"})
    assert code(other) == (422, "idempotency_key_reused")


def test_a_text_is_parsed(client: TestClient, server: str) -> None:
    found = client.post(f"{server}/model/parse", json={"text": "how much is a ticket", "message_id": "m1"}).json()
    assert found["intent"] == {"name": "ticket_price", "confidence": 1.0}
    assert (found["text"], found["message_id"], found["entities"]) == ("how much is a ticket", "m1", [])
    assert found["intent_ranking"][0]["name"] == "ticket_price"
    unknown = client.post(f"{server}/model/parse", json={"text": "?!"}).json()
    assert unknown["intent"] == {"name": None, "confidence": 0.0}


@pytest.mark.parametrize(
    ("headers", "params", "refusal"),
    [
        ({"Authorization": ""}, {}, (401, "unauthenticated")),
        ({"Authorization": "Bearer wrong"}, {}, (401, "unauthenticated")),
        ({"Authorization": ""}, {"token": "wrong"}, (401, "unauthenticated")),
        ({"Authorization": ""}, {"token": "vérong"}, (401, "unauthenticated")),
        ({"Authorization": b"Bearer \xff"}, {}, (401, "unauthenticated")),
    ],
)
def test_nobody_talks_without_saying_who_they_are(
    client: TestClient, server: str, headers: dict[str, Any], params: dict[str, str], refusal: tuple[int, str]
) -> None:
    answer = client.post(f"{server}/webhooks/rest/webhook", content=b"not read", headers=headers, params=params)
    assert code(answer) == refusal


def test_a_channel_without_a_token_wants_a_key_of_its_bot(client: TestClient) -> None:
    made = client.post(f"/v1/bots/{BOT}/channels", json={"kind": "rest", "name": "Desk"}).json()
    path = f"/v1/channels/{made['id']}/rasa/webhooks/rest/webhook"
    body = {"sender": "maud", "message": "how much is a ticket"}
    assert client.post(path, json=body).status_code == 200
    assert code(client.post(path, json=body, headers={"Authorization": "Bearer "})) == (401, "unauthenticated")
    for scopes, bot, expected in (
        (["live:read"], None, (403, "forbidden")),
        (["live:classify"], "bot_tram", (404, "not_found")),
    ):
        key = client.post("/v1/keys", json={"name": "k", "scopes": scopes, "bot": bot}).json()["key"]
        assert code(client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})) == expected
    client.patch(f"/v1/bots/{BOT}/channels/{made['id']}", json={"enabled": False})
    assert code(client.post(path, json=body)) == (403, "channel_disabled")


def test_what_is_no_message_is_refused_and_other_channels_are_not_there(client: TestClient, server: str) -> None:
    path = f"{server}/webhooks/rest/webhook"
    assert code(client.post(path, content=b"{")) == (400, "malformed_json")
    assert code(client.post(path, json={"sender": "maud"})) == (422, "invalid_request")
    assert code(client.post(path, json={"message": "x", "sender": ""})) == (422, "invalid_request")
    other = client.post(f"/v1/bots/{BOT}/channels", json={"kind": "slack", "name": "Crew"}).json()["id"]
    for channel in (other, "ch_absent"):
        assert code(client.post(f"/v1/channels/{channel}/rasa/webhooks/rest/webhook", json={})) == (404, "not_found")


def test_every_component_has_a_shape_of_rasas() -> None:
    link = ChoiceReply(title="Map", url="https://ferry.example/map")
    isle = CardReply(title="Isle", buttons=(ChoiceReply(title="Book", payload="b"),))
    replies = (
        Reply(text="", media=MediaReply(type="image", url="https://ferry.example/pier.jpg")),
        Reply(text="", media=MediaReply(type="video", url="https://ferry.example/pier.mp4")),
        Reply(text="Where?", buttons=(link,), quick_replies=(ChoiceReply(title="Quay"),)),
        Reply(text="", carousel=(isle,)),
    )
    shown = messages("maud", [reply.model_dump(mode="json", exclude_none=True) for reply in replies])
    assert {one.pop("recipient_id") for one in shown} == {"maud"}
    elements = [{"title": "Isle", "buttons": [{"type": "postback", "title": "Book", "payload": "b"}]}]
    assert shown == [
        {"image": "https://ferry.example/pier.jpg"},
        {"attachment": {"type": "video", "payload": {"src": "https://ferry.example/pier.mp4"}}},
        {
            "text": "Where?",
            "buttons": [
                {"title": "Map", "type": "web_url", "url": "https://ferry.example/map"},
                {"title": "Quay", "payload": "Quay"},
            ],
        },
        {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": elements}}},
    ]


def test_a_page_of_an_allowed_site_may_call_from_its_browser(client: TestClient, server: str) -> None:
    path, asked = f"{server}/webhooks/rest/webhook", {"Access-Control-Request-Method": "POST", "Authorization": ""}
    preflight = client.options(path, headers={"Origin": SITE, **asked})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, SITE)
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    refused = client.post(path, json={"message": "x"}, headers={"Origin": SITE, "Authorization": ""})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SITE)
    assert say(client, server, "hello").headers.get("access-control-allow-origin") is None


@pytest.mark.parametrize("origin", ["https://evil.example", "https://ferry.example.evil.example", "null", "\xff"])
def test_a_page_of_another_site_may_not(client: TestClient, server: str, origin: str) -> None:
    for path in (f"{server}/webhooks/rest/webhook", "/v1/channels/ch_absent/webhook", "/v1/bots"):
        answer = client.options(path, headers=[(b"origin", origin.encode("latin-1"))])
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status_code in (404, 405)
