"""What belongs to this environment alone: there before the first publication, and never published (E4)."""

import orjson
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

from shared.contracts import Flow
from shared.db import Database
from shared.schema import migrate
from tests.live_api.theatre import BOT, ROOT, Live, Trained, code, publish, release, say

PATH = f"/v1/bots/{BOT}"


def test_values_are_there_before_the_first_publication_and_after_it(client: TestClient) -> None:
    assert code(client.get(PATH)) == (404, "never_published")
    set_up = client.patch(PATH, json={"env": {"desk": "pier 3"}, "retention_days": 7})
    assert set_up.status_code == 200, set_up.text
    assert client.get(PATH).json() == set_up.json()
    assert set_up.json() == {
        "id": BOT,
        "name": None,
        "enabled": True,
        "retention_days": 7,
        "env": {"desk": "pier 3"},
        "secrets": [],
        "release": None,
        "release_digest": None,
    }
    assert code(client.post(f"{PATH}/classify", json={"text": "price"})) == (404, "never_published")
    hello = {"id": "hello", "kind": "message", "system": "introduction", "messages": [{"text": "At {{ env.desk }}."}]}
    publish(client, None, release(None, flows={"quay": Flow(id="quay", name="Quay", blocks=(hello,))}))
    assert say(client, "?!").json()["replies"][0]["text"] == "At pier 3."
    shown = client.get(PATH).json()
    assert (shown["release"], shown["retention_days"], shown["env"]) == (1, 7, {"desk": "pier 3"})


def test_what_is_not_named_stays_and_env_is_replaced_whole(client: TestClient) -> None:
    client.patch(PATH, json={"env": {"desk": "pier 3", "phone": 112}, "enabled": False})
    after = client.patch(PATH, json={"env": {"desk": "pier 4"}}).json()
    assert (after["env"], after["enabled"], after["retention_days"]) == ({"desk": "pier 4"}, False, 90)


def test_only_what_draft_could_have_made_is_set_up(client: TestClient) -> None:
    for bot in ("Metro", "bot_", "bot_" + "x" * 60, "robot_metro"):
        assert code(client.patch(f"/v1/bots/{bot}", json={"enabled": True})) == (404, "never_published"), bot


def test_a_key_for_another_bot_sees_and_sets_nothing(client: TestClient) -> None:
    client.patch(PATH, json={"env": {"desk": "pier 3"}})
    made = {"name": "tram", "scopes": ["live:read", "live:edit"], "bot": "bot_tram"}
    client.headers["Authorization"] = f"Bearer {client.post('/v1/keys', json=made).json()['key']}"
    assert code(client.get(PATH)) == (404, "never_published")
    assert code(client.patch(PATH, json={"env": {}})) == (404, "never_published")
    assert client.patch("/v1/bots/bot_tram", json={"env": {"stop": "Harbour"}}).status_code == 200


def test_a_database_of_the_first_version_keeps_its_values(live: Live, database_url: str, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
        client.patch(PATH, json={"env": {"desk": "pier 3"}, "retention_days": 7, "enabled": False})
        shown = client.get(PATH).json()
    db = Database(database_url)
    _downgrade(db)
    with db.reading() as connection:
        row = connection.execute(sa.text("SELECT enabled, retention_days, env FROM active")).one()
        assert (bool(row.enabled), row.retention_days, row.env) == (False, 7, '{"desk":"pier 3"}')
    migrate(db, "live")
    with db.reading() as connection:
        named = connection.execute(sa.text("SELECT artifacts FROM releases")).scalar_one()
    db.dispose()
    assert orjson.loads(named) == sorted(trained.files)
    with live.open() as client:
        assert client.get(PATH).json() == shown


def _downgrade(db: Database) -> None:
    with db.writing() as connection:
        config = Config(ROOT / "migrations" / "alembic.ini", ini_section="live")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")


@pytest.mark.parametrize("statement", ["UPDATE audit SET author = 'nobody'", "DELETE FROM audit"])
def test_the_audit_trail_cannot_be_rewritten(client: TestClient, live: Live, statement: str) -> None:
    client.patch(PATH, json={"enabled": False})
    db = Database(live.settings.database_url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.writing() as connection:
        connection.execute(sa.text(statement))
    db.dispose()
