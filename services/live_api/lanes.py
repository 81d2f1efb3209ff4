"""Rows that wait in lanes: in order within a lane, lanes beside one another, each row with one process at a time.

Only the first open row of a lane can be claimed, whoever has it: so whatever several processes do at once, a lane
stays in order (M5). No clock takes part; who was first is what the database counted (M11).
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    exists,
    literal_column,
    select,
    update,
)

Rows = list[RowMapping]


@dataclass(frozen=True)
class Lanes:
    """`columns` name what the rows of one lane have in common."""

    table: Table
    columns: tuple[str, ...]

    @property
    def pending(self) -> ColumnElement[bool]:
        # Spelled out, not bound: that is how SQLite knows its index for these rows.
        return self.table.c.status == literal_column("'pending'")

    @property
    def parked(self) -> ColumnElement[bool]:
        return self.table.c.status == literal_column("'parked'")

    def claim(self, connection: Connection, owner: str, most: int, *only: ColumnElement[bool]) -> Rows:
        """At most so many first rows that nobody has, oldest lane first, now `owner`'s. Counts an attempt of each."""
        return self._take(connection, owner, self._heads(*only).order_by(self.table.c.sequence).limit(most))

    def claim_freshest(self, connection: Connection, owner: str, *only: ColumnElement[bool]) -> Rows:
        """As `claim`, one, and that the one which was tried least: the oldest may be what is wrong."""
        by_attempts = self.table.c.attempts, self.table.c.sequence
        return self._take(connection, owner, self._heads(*only).order_by(*by_attempts).limit(1))

    def _take(self, connection: Connection, owner: str, heads: Select[tuple[int]]) -> Rows:
        if connection.dialect.name == "postgresql":
            heads = heads.with_for_update(skip_locked=True, of=self.table)
        found = connection.execute(heads).scalars().all()
        if not found:
            return []
        mine = update(self.table).where(self.table.c.sequence.in_(found))
        taken = mine.values(owner=owner, attempts=self.table.c.attempts + 1).returning(self.table)
        return sorted(connection.execute(taken).mappings(), key=lambda row: int(row["sequence"]))

    def owners(self, connection: Connection) -> set[str]:
        """Who has rows that are not done."""
        held = select(self.table.c.owner).where(self.pending, self.table.c.owner.is_not(None)).distinct()
        return set(connection.execute(held).scalars())

    def free(self, connection: Connection, owners: Collection[str]) -> int:
        """Takes everything from those who are gone; how many rows that were."""
        theirs = self.pending, self.table.c.owner.in_(owners)
        return connection.execute(update(self.table).where(*theirs).values(owner=None)).rowcount

    def held(self, sequence: int, owner: str) -> ColumnElement[bool]:
        """Whether it is still `owner`'s: another process may have taken it for dead meanwhile."""
        return and_(self.table.c.sequence == sequence, self.pending, self.table.c.owner == owner)

    def _heads(self, *only: ColumnElement[bool]) -> Select[tuple[int]]:
        earlier = self.table.alias("earlier")
        same_lane = [earlier.c[name] == self.table.c[name] for name in self.columns]
        open_before = earlier.c.status == literal_column("'pending'"), earlier.c.sequence < self.table.c.sequence
        first = ~exists().where(*same_lane, *open_before)
        return select(self.table.c.sequence).where(self.pending, self.table.c.owner.is_(None), first, *only)
