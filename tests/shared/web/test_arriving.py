"""A service that comes before its database waits for it; one that the database does not let in says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.engine import make_url

from services.live_api.app import live_app
from services.live_api.settings import LiveSettings
from shared.db import Database
from shared.errors import MisconfiguredError
from shared.settings import ServiceSettings, service_settings
from shared.web import arriving
from shared.web.arriving import once_there
from tests import postgres

pytestmark = pytest.mark.postgres
KEYS = {"GREENROOM_ADMIN_KEY": "admin-key-of-the-harbour", "GREENROOM_PEER_KEY": "peer-key-of-the-harbour"}


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str) -> ServiceSettings:
    return service_settings(
        "live", {**KEYS, "GREENROOM_DATA": str(tmp_path), "GREENROOM_LIVE_DATABASE_URL": postgres_url}
    )


def test_a_service_that_starts_before_its_database_is_ready_once_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.own_server() as server:
        server.kill()
        waited: list[float] = []

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 2:
                server.start()

        monkeypatch.setattr(arriving.once_there, "__defaults__", (wait,))
        given = {**KEYS, "GREENROOM_DATA": str(tmp_path), "GREENROOM_LIVE_DATABASE_URL": server.url}
        with TestClient(live_app(service_settings("live", given), LiveSettings())) as live:
            assert live.get("/readyz").status_code == 200
        assert len(waited) >= 2


@pytest.mark.parametrize(
    ("changed", "why"), [("password", "password authentication failed"), ("database", "not exist")]
)
def test_what_the_database_will_never_let_in_is_told_at_once(settings: ServiceSettings, changed: str, why: str) -> None:
    wrong = make_url(settings.database_url).set(**{changed: "of-the-old-quay"}).render_as_string(hide_password=False)
    with pytest.raises(MisconfiguredError, match=why) as refused:
        TestClient(live_app(replace(settings, database_url=wrong), LiveSettings())).__enter__()
    assert (changed == "password") == ("of-the-old-quay" not in str(refused.value))


def test_a_database_that_takes_nothing_yet_is_waited_for(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is to stand in for another begins by reading alone."""
    db = Database(settings.database_url)
    name = make_url(db.url).database

    def reads_alone(only: str) -> None:
        with db.writing() as connection:
            connection.execute(text("SET TRANSACTION READ WRITE"))
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {only}'))

    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        reads_alone("off")

    reads_alone("on")
    monkeypatch.setattr(arriving.once_there, "__defaults__", (wait,))
    with TestClient(live_app(settings, LiveSettings())) as live:
        assert live.get("/readyz").status_code == 200
    assert waited
    db.dispose()


def test_a_mistake_is_no_reason_to_wait(settings: ServiceSettings) -> None:
    def mistaken() -> None:
        raise LookupError("no such quay")

    db = Database(settings.database_url)
    with pytest.raises(LookupError):
        once_there(db, mistaken)
    db.dispose()


def test_one_of_several_processes_waits_for_whatever_it_is(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on answering, and would end with it."""
    wrong = make_url(settings.database_url).set(password="of-the-old-quay").render_as_string(hide_password=False)
    doors = [Database(wrong), Database(settings.database_url)]
    monkeypatch.setattr(arriving, "parent_process", lambda: "the supervisor")
    once_there(doors[0], lambda: doors[0].ping(), lambda _: doors.reverse())
    for door in doors:
        door.dispose()
