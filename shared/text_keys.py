"""The key of a database that seals what people say in it, and the type of the columns that hold it.

The key lies in the database itself, sealed with the secrets key that the database never sees: to change the secrets
key, one row is sealed anew. Columns are `Spoken`; whoever reads or writes them has plain text in hand.
"""

import base64
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import operators

from shared.db import WORDS, Database
from shared.secrets import Secrets
from shared.words import TextKey, Words, new_text_key

TABLE = "text_keys"
_PLAIN = Words()


class Spoken(TypeDecorator[str]):
    """What people say: sealed in the database, plain for those who ask it. It cannot be compared there."""

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Any]):  # noqa: N801 - SQLAlchemy's name
        def operate(self, op: Any, *other: Any, **more: Any) -> Any:
            if op not in {operators.is_, operators.is_not}:
                raise TypeError("What is sealed looks different every time: open it, then compare.")
            return super().operate(op, *other, **more)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _words(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _words(dialect).open(value)


def text_keys_table(metadata: MetaData) -> Table:
    """The highest number is the newest."""
    return Table(
        TABLE,
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("id", String(16), nullable=False),
        Column("sealed", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
    )


def use_text_keys(db: Database, table: Table, secrets: Secrets) -> None:
    """From now on `db` seals what is spoken, with a key that is made if there is none; plain without a secrets key.

    Raises UnreadableSecretError when the secrets key of its text keys is not here.
    """
    words = Words(lambda: _read(db, table, secrets))
    if secrets.key_ids and not words.seals:
        make_text_key(db, table, secrets)
        words.reload()
    db.use_words(words)


def _read(db: Database, table: Table, secrets: Secrets) -> Sequence[TextKey]:
    with db.reading() as connection:
        rows = connection.execute(select(table.c.id, table.c.sealed).order_by(table.c.number.desc())).all()
    return [TextKey(row.id, base64.b64decode(secrets.open(row.sealed), validate=True)) for row in rows]


def make_text_key(db: Database, table: Table, secrets: Secrets, number: int = 1) -> None:
    """Unless another process was quicker: there is one key of each number, and the highest seals."""
    made = new_text_key()
    sealed = secrets.seal(base64.b64encode(made.key).decode())
    values = {"number": number, "id": made.id, "sealed": sealed, "created_at": datetime.now(UTC)}
    with suppress(IntegrityError), db.writing() as connection:
        connection.execute(insert(table).values(**values))


def words_of(connection: Connection) -> Words:
    return _words(connection.dialect)


def _words(dialect: Dialect) -> Words:
    found: Words = getattr(dialect, WORDS, _PLAIN)
    return found
