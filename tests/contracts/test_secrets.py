"""Named secrets are the same in draft and in live: written, never read back, sealed anew when the key changes."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from services.draft_api.app import draft_app
from services.live_api.app import live_app
from services.live_api.settings import LiveSettings
from services.publisher import tables as publisher
from shared.db import Database
from shared.errors import MisconfiguredError
from shared.schema import migrate
from shared.sealed import refuse_unknown_keys
from shared.secrets import Secrets, key_id_of, new_key, parse_keys
from shared.settings import service_settings
from shared.text_keys import use_text_keys
from tests.inline_jobs import InlineJobs

ROOT = Path(__file__).resolve().parents[2]
VALUE = "sk-canary-of-the-lighthouse-0042"
OLD, NEW = new_key(), new_key()


@dataclass(frozen=True)
class Place:
    """One service on one database, to be opened with one key or another."""

    service: str
    folder: Path
    database_url: str

    def open(self, keys: str | None) -> TestClient:
        environ = {
            "GREENROOM_DATA": str(self.folder),
            "GREENROOM_ADMIN_KEY": "admin-key-of-the-lighthouse",
            f"GREENROOM_{self.service.upper()}_DATABASE_URL": self.database_url,
        }
        settings = service_settings(self.service, environ | ({"GREENROOM_SECRETS_KEY": keys} if keys else {}))
        app = draft_app(settings, InlineJobs()) if self.service == "draft" else live_app(settings, LiveSettings())
        headers = {"Authorization": f"Bearer {settings.admin_key}"}
        return TestClient(app, headers=headers, raise_server_exceptions=False)

    def bot(self, client: TestClient, name: str = "Lighthouse") -> str:
        if self.service == "live":
            return f"bot_{name.lower()}"
        made = client.get(f"/v1/bots/{name}")
        made = made if made.is_success else client.post("/v1/bots", json={"name": name})
        return str(made.json()["id"])

    def stored(self) -> list[str]:
        db = Database(self.database_url)
        with db.reading() as connection:
            found = connection.execute(sa.text("SELECT sealed FROM secrets")).scalars().all()
        db.dispose()
        return list(found)


@pytest.fixture(params=["draft", "live"])
def place(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Place:
    return Place(request.param, tmp_path, database_url)


def test_a_secret_is_named_in_lists_and_never_shown(place: Place) -> None:
    with place.open(OLD) as client:
        path = f"/v1/bots/{place.bot(client)}/secrets"
        assert client.get(path).json() == {"items": [], "next": None}
        made = client.put(f"{path}/DESK_TOKEN", json={"value": VALUE})
        again = client.put(f"{path}/DESK_TOKEN", json={"value": VALUE})
        assert (made.status_code, again.status_code) == (201, 200)
        listed = client.get(path)
        assert [mark["name"] for mark in listed.json()["items"]] == ["DESK_TOKEN"]
        trail = client.get("/v1/audit").json()["items"]
        assert [(e["action"], e["detail"]) for e in trail] == [("secret_set", {"secret": "DESK_TOKEN"})] * 2
        assert client.delete(f"{path}/DESK_TOKEN").status_code == 204
        assert client.delete(f"{path}/DESK_TOKEN").status_code == 404
        assert client.get(path).json()["items"] == []
        told = made.text + again.text + listed.text + client.get("/v1/audit").text
    assert VALUE not in told


@pytest.mark.parametrize("body", [{"value": ""}, {"value": "x" * 10_001}, {"value": None}, {"value": "x", "by": "y"}])
def test_what_is_no_secret_is_refused(place: Place, body: dict[str, object]) -> None:
    with place.open(OLD) as client:
        path = f"/v1/bots/{place.bot(client)}/secrets/DESK_TOKEN"
        assert client.put(path, json=body).status_code == 422


def test_a_key_for_another_bot_sees_and_sets_nothing(place: Place) -> None:
    with place.open(OLD) as client:
        bot = place.bot(client)
        client.put(f"/v1/bots/{bot}/secrets/DESK_TOKEN", json={"value": VALUE})
        scopes = ["draft:read", "draft:write"] if place.service == "draft" else ["live:read", "live:edit"]
        made = {"name": "tram", "scopes": scopes, "bot": place.bot(client, "Tram")}
        client.headers["Authorization"] = f"Bearer {client.post('/v1/keys', json=made).json()['key']}"
        assert client.get(f"/v1/bots/{bot}/secrets").status_code == 404
        assert client.put(f"/v1/bots/{bot}/secrets/DESK_TOKEN", json={"value": "x"}).status_code == 404
        assert client.delete(f"/v1/bots/{bot}/secrets/DESK_TOKEN").status_code == 404
        assert client.post("/v1/secrets/reseal").status_code == 403


def test_without_a_key_a_secret_is_refused_and_everything_else_goes_on(place: Place) -> None:
    with place.open(None) as client:
        refused = client.put(f"/v1/bots/{place.bot(client)}/secrets/DESK_TOKEN", json={"value": VALUE})
        assert (refused.status_code, refused.json()["code"]) == (409, "secrets_key_missing")
        assert client.get("/readyz").status_code == 200


def opening(place: Place, keys: str | None) -> Callable[[], None]:
    def start() -> None:
        with place.open(keys):
            return

    return start


def test_without_the_key_that_it_needs_a_service_does_not_start(place: Place) -> None:
    with place.open(OLD) as client:
        client.put(f"/v1/bots/{place.bot(client)}/secrets/DESK_TOKEN", json={"value": VALUE})
    for keys in (NEW, None):
        with pytest.raises(MisconfiguredError, match="GREENROOM_SECRETS_KEY"):
            opening(place, keys)()
    with pytest.raises(MisconfiguredError, match="32 random bytes"):
        opening(place, "hunter2")()


@pytest.mark.processes
def test_a_process_that_lacks_its_key_ends_and_says_which_one_it_needs(tmp_path: Path) -> None:
    place = Place("live", tmp_path, f"sqlite:///{tmp_path / 'live.db'}")
    with place.open(OLD) as client:
        client.put("/v1/bots/bot_lighthouse/secrets/DESK_TOKEN", json={"value": VALUE})
    keys = {"GREENROOM_ADMIN_KEY": "admin-key-of-the-lighthouse", "GREENROOM_PEER_KEY": "peer-key-of-the-lighthouse"}
    environ = {**os.environ, **keys, "GREENROOM_DATA": str(tmp_path), "GREENROOM_SECRETS_KEY": NEW}
    command = [sys.executable, "-m", "services.live_api", "--port", "0"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 78
    assert key_id_of(place.stored()[0]) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_start_with_a_new_key_in_front_seals_anew_and_the_old_one_may_go(place: Place) -> None:
    with place.open(OLD) as client:
        bot = place.bot(client)
        for number in range(3):
            client.put(f"/v1/bots/{bot}/secrets/TOKEN_{number}", json={"value": VALUE})
    before = place.stored()
    opening(place, f"{NEW},{OLD}")()
    assert not set(before) & set(place.stored())
    with place.open(NEW) as client:
        assert client.post("/v1/secrets/reseal").json()["resealed"] == 0


def test_keys_that_change_in_the_data_folder_are_taken_up_while_all_runs(place: Place) -> None:
    file = place.folder / "secrets-key"
    file.write_text(OLD)
    with place.open(None) as client:
        bot = place.bot(client)
        client.put(f"/v1/bots/{bot}/secrets/DESK_TOKEN", json={"value": VALUE})
        file.write_text(f"{NEW}\n{OLD}\n")
        done = client.post("/v1/secrets/reseal").json()
        # The secret, and the key that seals what people say.
        assert (done["resealed"], len(done["keys"])) == (2, 2)
        file.write_text(NEW)
        client.put(f"/v1/bots/{bot}/secrets/LAMP_TOKEN", json={"value": VALUE})
    opening(place, NEW)()


def remedies() -> dict[str, list[str]]:
    """The statements of docs/operations.md for a key that is lost, by service."""
    page = (ROOT / "docs" / "operations.md").read_text().split("If it is lost,")[1].split("To change the key")[0]
    told = re.split(r"\bin (live|draft|the publisher)'s\b", page)[1:]
    return {
        service.removeprefix("the "): [some for line in re.findall("^    (.*)", text, re.M) for some in line.split(";")]
        for service, text in zip(told[::2], told[1::2], strict=True)
    }


def remedy(db: Database, service: str) -> None:
    with db.writing() as connection:
        for statement in filter(str.strip, remedies()[service]):
            connection.exec_driver_sql(statement)


def test_who_lost_the_key_goes_on_without_what_it_sealed(place: Place) -> None:
    with place.open(OLD) as client:
        client.put(f"/v1/bots/{place.bot(client)}/secrets/DESK_TOKEN", json={"value": VALUE})
    db = Database(place.database_url)
    remedy(db, place.service)
    db.dispose()
    with place.open(NEW) as client:
        assert client.get(f"/v1/bots/{place.bot(client)}/secrets").status_code == 200
        assert client.post("/v1/secrets/reseal").json()["resealed"] == 0


def test_a_publisher_that_lost_the_key_goes_on_likewise(database_url: str) -> None:
    db = Database(database_url)
    migrate(db, "publisher")
    old, new = (Secrets(partial(parse_keys, key)) for key in (OLD, NEW))
    use_text_keys(db, publisher.text_keys, old)
    remedy(db, "publisher")
    refuse_unknown_keys(db, publisher.SEALED, new)
    db.dispose()
