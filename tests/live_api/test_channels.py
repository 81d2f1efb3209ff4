"""Channels of an environment: made, shown, changed, removed; their secrets go in and never come out (E4, E5, D1)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.live_api.tables import channels
from shared.db import Database
from tests.conftest import NewDatabase
from tests.live_api.channels.asking import CONFIGS, SECRETS
from tests.live_api.theatre import ADMIN, BOT, Live, code

PATH = f"/v1/bots/{BOT}/channels"
TELEGRAM = {"kind": "telegram", "name": "Ferry on Telegram", "secrets": SECRETS["telegram"]}


@pytest.fixture(scope="module")
def live(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Live:
    return Live.at(tmp_path_factory.mktemp("live"), new_database())


@pytest.fixture(scope="module")
def opened(live: Live) -> Iterator[TestClient]:
    with live.open() as opened:
        yield opened


@pytest.fixture
def client(opened: TestClient) -> Iterator[TestClient]:
    yield opened
    opened.headers["Authorization"] = f"Bearer {ADMIN}"
    for channel in opened.get(PATH).json()["items"]:
        assert opened.delete(f"{PATH}/{channel['id']}").status_code == 204


def make(client: TestClient, **body: Any) -> dict[str, Any]:
    made = client.post(PATH, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_a_channel_of_every_kind_is_made_before_the_first_publication(client: TestClient, kind: str) -> None:
    made = make(client, kind=kind, name="Quay", config=CONFIGS[kind], secrets=SECRETS[kind])
    assert made["bot"] == BOT
    assert made["enabled"] is True
    assert made["secrets"] == sorted(SECRETS[kind])
    assert made["config"].items() >= CONFIGS[kind].items()
    assert made["webhook_url"] == f"http://testserver/v1/channels/{made['id']}/webhook"
    assert client.get(f"{PATH}/{made['id']}").json() == made
    assert client.get(PATH).json()["items"] == [made]


def test_secrets_may_stand_among_the_config(client: TestClient) -> None:
    both = {**CONFIGS["messenger"], **SECRETS["messenger"]}
    made = make(client, kind="messenger", name="Page", config=both)
    assert made["secrets"] == sorted(SECRETS["messenger"])
    assert made["config"]["page_id"] == CONFIGS["messenger"]["page_id"]
    assert not made["config"].keys() & SECRETS["messenger"].keys()


def test_secrets_are_nowhere_to_be_read(client: TestClient, live: Live) -> None:
    made = make(client, **TELEGRAM)
    changed = client.patch(f"{PATH}/{made['id']}", json={"secrets": {"bot_token": "654321:ferry-too"}})
    told = [changed.text, client.get(PATH).text, client.get("/v1/audit").text]
    values = [*SECRETS["telegram"].values(), "654321:ferry-too"]
    db = Database(live.settings.database_url)
    with db.reading() as connection:
        told.append(repr(connection.execute(select(channels)).all()))
    db.dispose()
    if db.is_sqlite:
        told += [
            path.read_bytes().decode("latin-1") for path in Path(db.url.removeprefix("sqlite:///")).parent.iterdir()
        ]
    assert not [value for value in values for text in told if value in text]


def test_the_secret_of_a_web_chat_is_made(client: TestClient) -> None:
    made = make(client, kind="webchat", name="Site", config=CONFIGS["webchat"])
    assert (made["enabled"], made["secrets"]) == (True, ["session_secret"])
    for wrong in ({"allowed_origins": ["https://ferry.example/"]}, {"colour": "red"}, {"allowed_origins": ["*"]}):
        refused = client.post(PATH, json={"kind": "webchat", "name": "Site", "config": wrong})
        assert code(refused) == (422, "invalid_channel")


def test_without_its_secrets_a_channel_is_there_but_not_enabled(client: TestClient) -> None:
    made = make(client, kind="slack", name="Crew", secrets={"bot_token": "xoxb-1"})
    assert (made["enabled"], made["missing_secrets"]) == (False, ["signing_secret"])
    there = f"{PATH}/{made['id']}"
    refused = client.patch(there, json={"enabled": True})
    assert code(refused) == (422, "channel_secrets_missing")
    assert refused.json()["missing"] == ["signing_secret"]
    assert code(client.post(PATH, json={"kind": "slack", "name": "x", "enabled": True})) == (
        422,
        "channel_secrets_missing",
    )
    enabled = client.patch(there, json={"enabled": True, "secrets": {"signing_secret": "s"}}).json()
    assert (enabled["enabled"], enabled["missing_secrets"]) == (True, [])
    assert code(client.patch(there, json={"secrets": {"signing_secret": None}})) == (422, "channel_secrets_missing")
    off = client.patch(there, json={"enabled": False, "secrets": {"signing_secret": None}}).json()
    assert (off["enabled"], off["secrets"]) == (False, ["bot_token"])


def test_two_channels_of_a_kind_stand_side_by_side(client: TestClient) -> None:
    first, second = make(client, **TELEGRAM), make(client, **{**TELEGRAM, "name": "Ferry, staging"})
    assert first["id"] != second["id"]
    assert client.delete(f"{PATH}/{first['id']}").status_code == 204
    assert code(client.get(f"{PATH}/{first['id']}")) == (404, "not_found")
    assert [item["id"] for item in client.get(PATH).json()["items"]] == [second["id"]]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"kind": "carrier_pigeon", "name": "x"}, "unknown_channel_kind"),
        ({"kind": "telegram", "name": ""}, "invalid_request"),
        ({"kind": "telegram", "name": "x", "colour": "red"}, "unknown_field"),
        ({"kind": "telegram", "name": "x", "config": {"colour": "red"}}, "unknown_field"),
        ({"kind": "telegram", "name": "x", "secrets": {"colour": "red"}}, "unknown_field"),
        ({"kind": "telegram", "name": "x", "config": {"api_base": "file:///etc"}}, "invalid_channel"),
        ({"kind": "telegram", "name": "x", "secrets": {"secret_token": "not allowed!"}}, "invalid_channel"),
        ({"kind": "telegram", "name": "x", "secrets": {"bot_token": ""}}, "invalid_channel"),
        ({"kind": "telegram", "name": "x", "config": {"bot_token": 7}}, "invalid_channel"),
        ({"kind": "messenger", "name": "x"}, "invalid_channel"),
        ({"kind": "messenger", "name": "x", "config": {"page_id": "1", "graph_version": "../me"}}, "invalid_channel"),
        ({"kind": "webhook", "name": "x", "config": {"url": "desk"}}, "invalid_channel"),
        ({"kind": "webhook", "name": "x", "config": {"url": "http://127.0.0.1/in"}}, "url_forbidden"),
        ({"kind": "slack", "name": "x", "config": {"api_base": "http://169.254.169.254"}}, "url_forbidden"),
    ],
)
def test_what_is_no_channel_is_refused_by_name(client: TestClient, body: dict[str, Any], refusal: str) -> None:
    answer = client.post(PATH, json=body)
    assert code(answer) == (422, refusal), answer.text
    assert "not allowed!" not in answer.text
    assert client.get(PATH).json()["items"] == []


def test_what_is_not_named_stays_and_null_takes_a_value_away(client: TestClient) -> None:
    made = make(client, **{**TELEGRAM, "config": {"bot_username": "ferry_bot"}})
    there = f"{PATH}/{made['id']}"
    named = client.patch(there, json={"name": "Ferry"}).json()
    assert named == {**made, "name": "Ferry"}
    moved = client.patch(there, json={"config": {"bot_username": None, "api_base": "https://proxy.example"}}).json()
    assert moved["config"] == {"bot_username": None, "api_base": "https://proxy.example"}
    inward = {"config": {"api_base": "http://localhost:8002"}}
    assert code(client.patch(there, json=inward)) == (422, "url_forbidden")
    assert code(client.patch(there, json={"kind": "slack"})) == (422, "unknown_field")


def test_every_change_leaves_a_row_that_names_it(client: TestClient) -> None:
    made = make(client, **TELEGRAM)
    there = f"{PATH}/{made['id']}"
    client.patch(there, json={"name": "Ferry", "secrets": {"secret_token": "another-one"}})
    client.delete(there)
    trail = client.get("/v1/audit").json()["items"]
    rows = [row for row in trail if row["detail"].get("channel") == made["id"]]
    assert [row["action"] for row in rows] == ["channel_removed", "channel_changed", "channel_made"]
    assert rows[1]["detail"]["changed"] == ["name", "secret_token"]
    assert rows[1]["before"] == rows[2]["after"]


def test_a_key_for_another_bot_sees_and_sets_nothing(client: TestClient) -> None:
    made = make(client, **TELEGRAM)
    body = {"name": "tram", "scopes": ["live:read", "live:edit"], "bot": "bot_tram"}
    client.headers["Authorization"] = f"Bearer {client.post('/v1/keys', json=body).json()['key']}"
    for answer in (
        client.get(PATH),
        client.post(PATH, json=TELEGRAM),
        client.get(f"{PATH}/{made['id']}"),
        client.patch(f"{PATH}/{made['id']}", json={"enabled": False}),
        client.delete(f"{PATH}/{made['id']}"),
    ):
        assert code(answer) == (404, "never_published")
    foreign, absent = (client.get(f"/v1/bots/bot_tram/channels/{channel}") for channel in (made["id"], "ch_absent"))
    assert code(foreign) == code(absent) == (404, "not_found")
    assert client.post("/v1/bots/bot_tram/channels", json=TELEGRAM).status_code == 201


def test_reading_is_not_enough_to_change(client: TestClient) -> None:
    body = {"name": "reader", "scopes": ["live:read"]}
    client.headers["Authorization"] = f"Bearer {client.post('/v1/keys', json=body).json()['key']}"
    assert client.get(PATH).status_code == 200
    assert code(client.post(PATH, json=TELEGRAM)) == (403, "forbidden")
