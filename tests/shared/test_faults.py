"""What is the store's fault is nobody else's."""

import errno
import sqlite3

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from shared.faults import full, of_the_store, told

FULL = OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))
TORN = DatabaseError("SELECT", None, sqlite3.DatabaseError("database disk image is malformed"))


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        TORN,
        InternalError("SELECT", None, Exception()),
        NoConnectionError("QueuePool limit reached"),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EIO, "disk"),
    ],
)
def test_a_store_that_is_away_full_or_damaged_is_at_fault(error: Exception) -> None:
    assert of_the_store(error)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", None, Exception()),
        DataError("INSERT", None, Exception()),
        ProgrammingError("SELEKT", None, Exception()),
        TimeoutError(),
        FileNotFoundError(errno.ENOENT, "gone"),
        ValueError(),
    ],
)
def test_a_value_a_statement_or_a_slow_turn_is_not_the_stores_fault(error: Exception) -> None:
    assert not of_the_store(error)


def test_a_disk_that_is_full_is_known_by_file_and_by_database() -> None:
    assert full(OSError(errno.ENOSPC, "No space left on device"))
    assert full(FULL)
    assert not full(TORN)


def test_a_log_has_why_there_is_no_database_and_of_a_statement_only_its_code() -> None:
    assert told(FULL) == "database or disk is full"
    assert told(OperationalError("", None, Exception("FATAL:  sorry,\n too many clients"))) == (
        "FATAL: sorry, too many clients"
    )
    assert told(OperationalError("UPDATE", None, DeadlockDetected("where is my umbrella"))) == "SQLSTATE 40P01"
