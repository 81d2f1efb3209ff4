"""One way to read, one way to write, and the only commit of the project.

SQLite before 3.51.3 can corrupt a WAL database when several connections checkpoint, so exactly one
connection writes, and only that one checkpoints; readers never do. PostgreSQL needs none of this.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, overload

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from shared.words import Words

WORDS = "words_of_people"
"""Where a dialect, of which each engine has its own, keeps what opens and seals for columns that are `Spoken`."""
# One process owns a SQLite file: whoever else holds it is not waited for longer than a platform waits for us.
_BUSY_SECONDS = 1
_CHECKPOINTS = 30
# A server whose machine is gone says nothing: without these, who waits for its answer would wait for hours.
_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
}
_POOL_SECONDS = 10


class Database:
    """`reading()` gives a consistent snapshot; `writing()` gives a transaction that commits on leaving."""

    def __init__(self, url: str) -> None:
        self.url = with_driver(url)
        self.is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        self._lock = threading.Lock()
        if self.is_sqlite:
            self._reader, self._writer = _sqlite(self.url, writes=False), _sqlite(self.url, writes=True)
        else:
            self._writer = _postgres(self.url)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Commits on leaving, rolls back on an exception. On SQLite one writer at a time."""
        if not self.is_sqlite:
            with self._writer.begin() as connection:
                yield connection
            return
        with self._lock, self._writer.begin() as connection:
            yield connection

    def use_words(self, words: Words) -> None:
        """From now on columns that hold what people say are sealed and opened with these."""
        for engine in (self._reader, self._writer):
            setattr(engine.dialect, WORDS, words)

    def scrub(self, tables: Sequence[str]) -> None:
        """What was deleted from `tables` is gone from their files too, and not only out of sight.

        SQLite: rows were overwritten when they were deleted (`secure_delete`); what the write-ahead log still has of
        them goes with a truncating checkpoint. PostgreSQL: VACUUM gives their space to what comes next; until that
        comes, and in the write-ahead log, there lies what is sealed.
        """
        if not self.is_sqlite:
            with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"VACUUM {', '.join(tables)}"))
            return
        with self._lock:
            raw = self._writer.raw_connection()
            try:
                # Waits for readers as long as `busy_timeout` says; the first column says whether it was in vain.
                for _ in range(_CHECKPOINTS):
                    if not raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                        return
            finally:
                raw.close()
        raise TimeoutError("The write-ahead log could not be emptied: something reads from it all the while.")

    def ping(self) -> None:
        """Raises when the database cannot be reached."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


@overload
def utc(moment: datetime) -> datetime: ...
@overload
def utc(moment: None) -> None: ...
def utc(moment: datetime | None) -> datetime | None:
    """As it was written: SQLite gives times back without their zone, which is always UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def with_driver(url: str) -> str:
    """PostgreSQL is spoken to through psycopg 3, whatever the spelling of the URL, and never waited for without end."""
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "postgresql+psycopg":
        parsed = parsed.set(query={**_PATIENCE, **parsed.query})
    return parsed.render_as_string(hide_password=False)


def _postgres(url: str) -> Engine:
    return create_engine(url, pool_size=10, max_overflow=20, pool_timeout=_POOL_SECONDS, pool_pre_ping=True)


def _sqlite(url: str, writes: bool) -> Engine:
    size = 1 if writes else 8
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0 if writes else 32,
        # isolation_level None: the driver never begins by itself, `_begin` below does.
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in _pragmas(writes):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Reads too: a transaction is what makes several statements see one state.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine


def _pragmas(writes: bool) -> tuple[str, ...]:
    common = (
        "journal_mode=WAL",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
        "synchronous=FULL",
        "secure_delete=ON",
    )
    return (*common, "wal_autocheckpoint=1000" if writes else "wal_autocheckpoint=0")
