"""A flow calls out, from draft's emulator and from live: with the secret of its environment, and only where it may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.secrets import new_key
from tests.cli.fake_greenroom import FakeGreenroom, fake_greenroom
from tests.house import House, house

SEATS = "POST /seats"


@pytest.fixture(scope="module")
def desk() -> Iterator[FakeGreenroom]:
    """The ticket desk's own server, on this machine."""
    with fake_greenroom() as opened:
        opened.on(SEATS, {"free": 3})
        yield opened


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory, desk: FakeGreenroom) -> Iterator[House]:
    allowed = desk.url.removeprefix("http://")
    folder: Path = tmp_path_factory.mktemp("calls")
    with house(folder, GREENROOM_SECRETS_KEY=new_key(), GREENROOM_EGRESS_ALLOW=allowed) as opened:
        yield opened


def blocks(url: str) -> list[dict[str, Any]]:
    call = {
        "do": "http",
        "method": "POST",
        "url": url,
        "headers": {"Authorization": {"secret": "DESK_TOKEN", "prefix": "Bearer "}},
        "body": {"lane": 2},
        "save": {"free": "body.free"},
        "failed": "closed",
    }
    told = {"kind": "message"}
    return [
        {"id": "ask", "kind": "action", "system": "introduction", "actions": [call], "next": "told"},
        {"id": "told", **told, "messages": [{"text": "{{ free }} seats."}]},
        {"id": "closed", **told, "messages": [{"text": "The desk is closed."}]},
        {"id": "pardon", **told, "system": "not_understood", "messages": [{"text": "Pardon?"}]},
    ]


@pytest.fixture(scope="module")
def bot(at_home: House, desk: FakeGreenroom) -> str:
    made = at_home.draft.post("/v1/bots", json={"name": "Ferry", "settings": {"profile": "fast"}}).json()["id"]
    put = at_home.draft.put(f"/v1/bots/{made}/flows/quay", json={"name": "Quay", "blocks": blocks(f"{desk.url}/seats")})
    assert put.status_code == 200, put.text
    return str(made)


def keep(service: Any, bot: str, value: str) -> None:
    put = service.put(f"/v1/bots/{bot}/secrets/DESK_TOKEN", json={"value": value})
    assert put.status_code in {200, 201}, put.text


def test_the_secret_of_its_own_environment_goes_along_and_nowhere_else(
    at_home: House, bot: str, desk: FakeGreenroom
) -> None:
    assert at_home.refused(bot) == ["environment_value_missing"]
    keep(at_home.draft, bot, "sk-of-the-rehearsal")
    keep(at_home.live, bot, "sk-of-the-real-desk")
    rehearsed = at_home.draft.post(f"/v1/bots/{bot}/emulator", json={"text": "hello"}).json()
    assert [reply["text"] for reply in rehearsed["replies"]] == ["3 seats."]
    assert at_home.publish(bot)["status"] == "live"
    said = at_home.live.post(f"/v1/bots/{bot}/conversations/maud/messages", json={"text": "hello"})
    assert [reply["text"] for reply in said.json()["replies"]] == ["3 seats."]
    shown = [asked.headers["authorization"] for asked in _lower(desk)]
    assert shown == ["Bearer sk-of-the-rehearsal", "Bearer sk-of-the-real-desk"]
    assert all(asked.json == {"lane": 2} for asked in desk.requests("POST", "/seats"))
    assert "sk-of-the" not in str(rehearsed) + said.text


def test_without_the_secret_nothing_is_called_and_the_flow_goes_on(
    at_home: House, bot: str, desk: FakeGreenroom
) -> None:
    before = len(desk.asked)
    keep(at_home.draft, bot, "sk-of-the-rehearsal")
    assert at_home.draft.delete(f"/v1/bots/{bot}/secrets/DESK_TOKEN").status_code == 204
    told = at_home.draft.post(f"/v1/bots/{bot}/emulator", json={"text": "hello"}).json()
    assert [reply["text"] for reply in told["replies"]] == ["The desk is closed."]
    assert len(desk.asked) == before


def test_a_url_that_leads_inside_is_refused_when_it_is_saved(at_home: House, bot: str) -> None:
    for url in ("http://169.254.169.254/latest", "http://127.0.0.1:1/", "http://localhost/", "gopher://pier.example/"):
        put = at_home.draft.put(f"/v1/bots/{bot}/flows/quay", json={"name": "Quay", "blocks": blocks(url)})
        assert put.status_code == 422, url
        assert put.json()["code"] in {"url_forbidden", "invalid_block"}, put.text


def _lower(desk: FakeGreenroom) -> list[Any]:
    """Header names as they are compared."""
    for asked in desk.asked:
        lower = {name.lower(): value for name, value in asked.headers.items()}
        asked.headers.update(lower)
    return desk.requests("POST", "/seats")
