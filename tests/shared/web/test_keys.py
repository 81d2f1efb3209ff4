"""Keys: made once, shown once, kept hashed, narrow, and dead when revoked."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from services.draft_api.app import draft_app
from services.draft_api.tables import keys as keys_table
from shared.db import Database
from shared.settings import ServiceSettings, service_settings
from shared.web.serve import serve
from tests.draft_api.draft_service import ADMIN_KEY, PEER_KEY, assert_problem, bearer, draft_service, make_bot, make_key
from tests.inline_jobs import InlineJobs


def test_a_key_is_shown_once_and_kept_only_as_its_hash(tmp_path: Path) -> None:
    with draft_service(tmp_path) as draft:
        made = draft.post("/v1/keys", json={"name": "website", "scopes": ["draft:read"]}).json()
        assert set(made) == {"id", "name", "scopes", "bot", "key"}
        listed = draft.get("/v1/keys")
        assert {row["name"] for row in listed.json()["items"]} == {"admin", "publisher", "website"}
        assert made["key"] not in listed.text
        for file in tmp_path.glob("draft.db*"):
            for secret in (made["key"], ADMIN_KEY, PEER_KEY):
                assert secret.encode() not in file.read_bytes()
    with Database(f"sqlite:///{tmp_path / 'draft.db'}").reading() as connection:
        kept = connection.execute(select(keys_table.c.sha256).where(keys_table.c.id == made["id"])).scalar_one()
    assert kept == hashlib.sha256(made["key"].encode()).hexdigest()


def test_a_key_opens_only_what_it_is_for(draft: TestClient) -> None:
    reader = make_key(draft, "draft:read")
    assert draft.get("/v1/bots", headers=reader).status_code == 200
    assert_problem(draft.post("/v1/bots", json={"name": "Mine"}, headers=reader), 403, "forbidden")
    assert_problem(draft.get("/v1/keys", headers=reader), 403, "forbidden")
    live = make_key(draft, "live:classify", "live:edit")
    assert_problem(draft.get("/v1/bots", headers=live), 403, "forbidden")


def test_a_revoked_key_dies(draft: TestClient) -> None:
    made = draft.post("/v1/keys", json={"name": "temp", "scopes": ["draft:read"]}).json()
    assert draft.get("/v1/bots", headers=bearer(made["key"])).status_code == 200
    assert draft.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert_problem(draft.get("/v1/bots", headers=bearer(made["key"])), 401, "unauthenticated")
    assert_problem(draft.delete(f"/v1/keys/{made['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "scopes": []}, "invalid_request"),
        ({"name": "x", "scopes": ["root"]}, "invalid_request"),
        ({"name": "", "scopes": ["admin"]}, "invalid_request"),
        ({"name": "x", "scopes": ["admin"], "key": "mine"}, "unknown_field"),
        ({"name": "x", "scopes": ["admin"], "bot": "bot_1"}, "invalid_scopes"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(draft: TestClient, body: dict[str, object], code: str) -> None:
    assert_problem(draft.post("/v1/keys", json=body), 422, code)


PEEKS: dict[str, Callable[[TestClient, str, dict[str, str]], object]] = {
    "bot": lambda draft, bot, key: draft.get(bot, headers=key),
    "change": lambda draft, bot, key: draft.patch(bot, headers=key, json={"name": "Stolen"}),
    "delete": lambda draft, bot, key: draft.delete(bot, headers=key),
    "intents": lambda draft, bot, key: draft.get(f"{bot}/intents", headers=key),
    "nlp": lambda draft, bot, key: draft.get(f"{bot}/nlp", headers=key),
    "flow": lambda draft, bot, key: draft.put(f"{bot}/flows/a", headers=key, json={"name": "A"}),
    "bundle": lambda draft, bot, key: draft.get(f"{bot}/bundle", headers=key),
    "trainings": lambda draft, bot, key: draft.post(f"{bot}/trainings", headers=key, json={}),
    "classify": lambda draft, bot, key: draft.post(f"{bot}/classify", headers=key, json={"text": "hi"}),
    "emulator": lambda draft, bot, key: draft.post(f"{bot}/emulator", headers=key, json={"text": "hi"}),
    "inbox": lambda draft, bot, key: draft.get(f"{bot}/inbox", headers=key),
    "snapshot": lambda draft, bot, key: draft.get(f"{bot}/snapshots/current", headers=key),
}


@pytest.mark.parametrize("peek", PEEKS.values(), ids=PEEKS)
def test_a_bot_that_a_key_is_not_for_looks_exactly_like_none(
    tmp_path: Path, peek: Callable[[TestClient, str, dict[str, str]], object]
) -> None:
    with draft_service(tmp_path) as draft:
        own, foreign = make_bot(draft, "Harbour Café"), make_bot(draft, "Bank of Elsewhere")
        key = make_key(draft, "draft:read", "draft:write", bot=own.rsplit("/", 1)[1])
        assert [bot["name"] for bot in draft.get("/v1/bots", headers=key).json()["items"]] == ["Harbour Café"]
        seen = assert_problem(peek(draft, foreign, key), 404, "not_found")
        absent = assert_problem(peek(draft, "/v1/bots/bot_nothing", key), 404, "not_found")
        foreign_id = foreign.rsplit("/", 1)[1]
        assert seen["detail"].replace(foreign_id, "?") == absent["detail"].replace("bot_nothing", "?")
        assert set(seen) == set(absent)
        by_name = assert_problem(peek(draft, "/v1/bots/Bank of Elsewhere", key), 404, "not_found")
        assert by_name["detail"].replace("Bank of Elsewhere", "?") == absent["detail"].replace("bot_nothing", "?")


def test_a_key_is_for_the_bot_that_is_named_by_its_name(draft: TestClient) -> None:
    own = make_bot(draft, "Lighthouse").rsplit("/", 1)[1]
    body = {"name": "keeper", "scopes": ["draft:read"], "bot": "Lighthouse"}
    made = draft.post("/v1/keys", json=body).json()
    assert made["bot"] == own
    assert [bot["id"] for bot in draft.get("/v1/bots", headers=bearer(made["key"])).json()["items"]] == [own]
    assert_problem(draft.post("/v1/keys", json={**body, "bot": "Lightship"}), 404, "not_found")


def test_a_key_for_one_bot_makes_no_other(draft: TestClient) -> None:
    own = make_bot(draft, "Only One").rsplit("/", 1)[1]
    key = make_key(draft, "draft:read", "draft:write", bot=own)
    assert_problem(draft.post("/v1/bots", json={"name": "Second"}, headers=key), 403, "forbidden")
    bundle = draft.get(f"/v1/bots/{own}/bundle").json()
    bundle["bot"]["name"] = "Third"
    assert_problem(draft.post("/v1/bots/import", json=bundle, headers=key), 403, "forbidden")


def test_a_key_for_one_bot_learns_no_other_names(draft: TestClient) -> None:
    make_bot(draft, "Secret Merger")
    own = make_bot(draft, "Front Desk")
    key = make_key(draft, "draft:read", "draft:write", bot=own.rsplit("/", 1)[1])
    answer = draft.patch(own, json={"name": "Secret Merger"}, headers=key)
    assert_problem(answer, 409, "duplicate_bot")
    assert "bot_" not in answer.text


def settings(data: Path, admin: str | None, peer: str | None) -> ServiceSettings:
    given = {"GREENROOM_DATA": str(data), "GREENROOM_ADMIN_KEY": admin, "GREENROOM_PEER_KEY": peer}
    return service_settings("draft", {name: value for name, value in given.items() if value is not None})


@pytest.mark.parametrize(
    ("admin", "peer"),
    [
        (None, PEER_KEY),
        ("", PEER_KEY),
        ("short", PEER_KEY),
        (ADMIN_KEY, None),
        ("a" * 40, PEER_KEY),
        (ADMIN_KEY, ADMIN_KEY),
    ],
)
def test_a_service_with_a_weak_key_does_not_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    admin: str | None,
    peer: str | None,
) -> None:
    monkeypatch.setattr("sys.argv", ["draft_api", "--port", "0"])
    chosen = settings(tmp_path, admin, peer)
    with pytest.raises(SystemExit) as end:
        serve("draft_api", 0, chosen, lambda: draft_app(chosen, InlineJobs()))
    assert end.value.code == 78
    told = capsys.readouterr().err
    assert "GREENROOM_" in told
    assert not admin or admin not in told


def test_a_new_admin_key_replaces_the_old_one(tmp_path: Path) -> None:
    with draft_service(tmp_path) as draft:
        assert draft.get("/v1/bots").status_code == 200
    with draft_service(tmp_path, GREENROOM_ADMIN_KEY="another-admin-key-55e0d7") as draft:
        assert_problem(draft.get("/v1/bots"), 401, "unauthenticated")
        assert draft.get("/v1/bots", headers=bearer("another-admin-key-55e0d7")).status_code == 200


def test_a_key_that_was_made_may_become_the_admins(tmp_path: Path) -> None:
    with draft_service(tmp_path) as draft:
        key = make_key(draft, "draft:read")["Authorization"].split()[1]
    with draft_service(tmp_path, GREENROOM_ADMIN_KEY=key) as draft:
        assert draft.get("/v1/keys", headers=bearer(key)).status_code == 200


def test_the_admin_key_of_the_environment_is_not_revoked(draft: TestClient) -> None:
    """Nobody could make another until the service starts again."""
    assert_problem(draft.delete("/v1/keys/admin"), 409, "configured_key")
    other = bearer(draft.post("/v1/keys", json={"name": "deputy", "scopes": ["admin"]}).json()["key"])
    assert_problem(draft.delete("/v1/keys/admin", headers=other), 409, "configured_key")
    assert draft.get("/v1/keys").status_code == 200


def test_keys_are_listed_page_by_page(draft: TestClient) -> None:
    for name in ("usher", "usher"):
        draft.post("/v1/keys", json={"name": name, "scopes": ["draft:read"]})
    whole = draft.get("/v1/keys?limit=500").json()["items"]
    seen, page = [], draft.get("/v1/keys?limit=1").json()
    while page["next"]:
        seen += page["items"]
        page = draft.get("/v1/keys", params={"limit": 1, "cursor": page["next"]}).json()
    assert [*seen, *page["items"]] == whole
    assert [row["name"] for row in whole] == sorted(row["name"] for row in whole)
    assert_problem(draft.get("/v1/keys?limit=0"), 422, "invalid_request")
