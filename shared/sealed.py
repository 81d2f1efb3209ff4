"""Where sealed texts lie in a service's database: found, opened, and sealed anew when the key changes (D1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from shared.db import Database
from shared.errors import MisconfiguredError
from shared.secrets import VARIABLE, Secrets, key_id_of

TABLE = "secrets"


@dataclass(frozen=True)
class SealedColumn:
    """A column of `table` that holds sealed texts, or nothing where a row has no secret."""

    table: Table
    name: str

    @property
    def column(self) -> Column[Any]:
        return self.table.c[self.name]


def secrets_table(metadata: MetaData, bot: Column[str]) -> Table:
    """Named secrets of bots. `bot` is a column `bot_id` that is part of the primary key."""
    return Table(
        TABLE,
        metadata,
        bot,
        Column("name", String(200), primary_key=True),
        Column("sealed", Text, nullable=False),
        Column("author", String(200), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
    )


def secret_names(connection: Connection, table: Table, bot: str) -> list[str]:
    """In the order of the alphabet."""
    query = select(table.c.name).where(table.c.bot_id == bot).order_by(table.c.name)
    return list(connection.execute(query).scalars())


def secret_names_by_bot(connection: Connection, table: Table) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(table.c.bot_id, table.c.name).order_by(table.c.name)):
        found.setdefault(row.bot_id, []).append(row.name)
    return found


def open_secret(connection: Connection, table: Table, secrets: Secrets, bot: str, name: str) -> str | None:
    """None when the bot has no such secret here. Raises UnreadableSecretError."""
    here = table.c.bot_id == bot, table.c.name == name
    sealed = connection.execute(select(table.c.sealed).where(*here)).scalar()
    return None if sealed is None else secrets.open(sealed)


def put_secret(connection: Connection, table: Table, bot: str, name: str, sealed: str, author: str) -> bool:
    """Whether it is new."""
    here = table.c.bot_id == bot, table.c.name == name
    values = {"sealed": sealed, "author": author, "updated_at": datetime.now(UTC)}
    if connection.execute(update(table).where(*here).values(**values)).rowcount:
        return False
    connection.execute(insert(table).values(bot_id=bot, name=name, **values))
    return True


def remove_secret(connection: Connection, table: Table, bot: str, name: str) -> bool:
    return connection.execute(delete(table).where(table.c.bot_id == bot, table.c.name == name)).rowcount == 1


def refuse_unknown_keys(db: Database, columns: Sequence[SealedColumn], secrets: Secrets) -> None:
    """Raises MisconfiguredError when something here is sealed with a key that was not given."""
    used = {key_id_of(row[held.name]) for held in columns for row in _rows(db, held)}
    if missing := sorted(used - set(secrets.key_ids)):
        raise MisconfiguredError(
            f"Secrets here are sealed with the key {', '.join(missing)}, and {VARIABLE} "
            f"{'has ' + ', '.join(secrets.key_ids) if secrets.key_ids else 'is not set'}: give that key too."
        )


def reseal(db: Database, columns: Sequence[SealedColumn], secrets: Secrets) -> int:
    """Seals with the first key whatever another one sealed; how many rows. One at a time: nobody waits long."""
    return sum(_seal_anew(db, held, row, secrets) for held in columns for row in _rows(db, held))


def _rows(db: Database, held: SealedColumn) -> Sequence[RowMapping]:
    names = *held.table.primary_key.columns, held.column
    with db.reading() as connection:
        return connection.execute(select(*names).where(held.column != "")).mappings().all()


def _seal_anew(db: Database, held: SealedColumn, row: RowMapping, secrets: Secrets) -> int:
    """Unless it is, or somebody has written it meanwhile."""
    before = row[held.name]
    if key_id_of(before) in secrets.key_ids[:1]:
        return 0
    here = [column == row[column.name] for column in held.table.primary_key.columns]
    after = secrets.seal(secrets.open(before))
    with db.writing() as connection:
        changed = update(held.table).where(*here, held.column == before).values({held.name: after})
        return connection.execute(changed).rowcount
