"""What the database module promises, on both kinds of database."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from services.draft_api.tables import metadata as draft
from services.live_api.tables import metadata as live
from services.publisher.tables import metadata as publisher
from shared.db import Database, utc, with_driver
from shared.errors import MisconfiguredError
from shared.schema import migrate

HISTORIES = {"draft": draft, "live": live, "publisher": publisher}


def loaves(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM loaves")).scalar_one())


@pytest.fixture
def bakery(database_url: str) -> Database:
    db = Database(database_url)
    with db.writing() as connection:
        connection.execute(text("CREATE TABLE loaves (name TEXT PRIMARY KEY)"))
    return db


def bake(db: Database, name: str) -> None:
    with db.writing() as connection:
        connection.execute(text("INSERT INTO loaves VALUES (:name)"), {"name": name})


def test_what_is_written_is_there_after_leaving(bakery: Database) -> None:
    bake(bakery, "rye")
    with bakery.reading() as connection:
        assert loaves(connection) == 1


def test_an_exception_leaves_nothing_half_written(bakery: Database) -> None:
    with pytest.raises(RuntimeError), bakery.writing() as connection:
        connection.execute(text("INSERT INTO loaves VALUES ('burnt')"))
        raise RuntimeError("the oven is on fire")
    with bakery.reading() as connection:
        assert loaves(connection) == 0


def test_a_reading_sees_one_state_whatever_is_written_meanwhile(bakery: Database) -> None:
    with bakery.reading() as connection:
        before = loaves(connection)
        bake(bakery, "rye")
        assert loaves(connection) == before == 0


def test_many_writers_lose_nothing(bakery: Database) -> None:
    threads = [threading.Thread(target=bake, args=(bakery, f"bun {n}")) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with bakery.reading() as connection:
        assert loaves(connection) == 40


@pytest.mark.parametrize("history", HISTORIES)
def test_a_migrated_database_has_exactly_the_tables_of_the_code(database_url: str, history: str) -> None:
    db = Database(database_url)
    migrate(db, history)
    migrate(db, history)
    with db.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, HISTORIES[history]) == []
    db.dispose()


def test_a_database_that_a_newer_version_has_changed_is_refused_in_a_sentence(database_url: str) -> None:
    db = Database(database_url)
    migrate(db, "live")
    with db.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    with pytest.raises(MisconfiguredError, match="revision 9000, which this version of live does not know"):
        migrate(db, "live")
    db.dispose()


@pytest.mark.parametrize("spelling", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_a_server_whose_machine_is_gone_is_not_waited_for_for_hours(spelling: str) -> None:
    url = make_url(with_driver(f"{spelling}baker@oven/bread?sslmode=require&connect_timeout=30"))
    assert url.drivername == "postgresql+psycopg"
    assert (url.query["sslmode"], url.query["connect_timeout"]) == ("require", "30")
    assert int(str(url.query["keepalives_idle"])) <= 10
    assert int(str(url.query["tcp_user_timeout"])) <= 10_000
    assert with_driver("sqlite:///bread.db") == "sqlite:///bread.db"


@pytest.mark.postgres
def test_a_connection_gives_up_on_a_silent_server(postgres_url: str) -> None:
    db = Database(postgres_url)
    with db.reading() as connection:
        driver: Any = connection.connection.driver_connection
        told = {option.keyword.decode(): option.val for option in driver.pgconn.info if option.val}
    db.dispose()
    assert (told["keepalives_idle"], told["tcp_user_timeout"]) == (b"5", b"8000")


def test_times_come_back_in_utc() -> None:
    noon = datetime(2026, 5, 1, 12)
    assert utc(noon) == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert utc(None) is None
