"""Rows that wait in lanes: in order within a lane, lanes beside one another, each row with one process at a time.

Only the first open row of a lane can be claimed, whoever has it: so whatever several processes do at once, a lane
stays in order (M5). No clock takes part; who was first is what the database counted (M11).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Integer,
    RowMapping,
    Select,
    Table,
    Update,
    bindparam,
    exists,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

Rows = list[RowMapping]
_ANY = 2**31 - 1


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

    def claim(
        self, connection: Connection, owner: str, most: int, below: int = _ANY, **spared: Collection[str]
    ) -> Rows:
        """At most so many first rows that nobody has, oldest lane first, now `owner`'s. Counts an attempt of each.

        `spared` names columns with the values that are left alone; so is what was tried `below` times or more.
        """
        heads = _heads(self, tuple(spared), fresh=False)
        return self._take(connection, owner, heads, {"most": most, "below": below, **_lists(spared)})

    def claim_warily(
        self, connection: Connection, owner: str, most: int, suspect: int, one: bool, **spared: Collection[str]
    ) -> Rows:
        """As `claim`; of what was tried `suspect` times or more `one`, the least tried, or none: it may be what ends
        processes.
        """
        rows = self.claim(connection, owner, most, suspect, **spared)
        if one and len(rows) < most:
            given = {"most": 1, "below": _ANY, "at_least": suspect, **_lists(spared)}
            rows += self._take(connection, owner, _tried(self, tuple(spared)), given)
        return rows

    def claim_freshest(self, connection: Connection, owner: str, column: str, value: str) -> Rows:
        """One where `column` has the value, and that the one which was tried least: the oldest may be what is wrong."""
        heads = _heads(self, (), fresh=True).where(self.table.c[column] == value)
        return self._take(connection, owner, heads, {"most": 1, "below": _ANY})

    def _take(self, connection: Connection, owner: str, heads: Select[tuple[int]], given: dict[str, Any]) -> Rows:
        found = connection.execute(heads, given).scalars().all()
        if not found:
            return []
        taken = connection.execute(_taking(self), {"mine": owner, "found": list(found)})
        return sorted(taken.mappings(), key=lambda row: int(row["sequence"]))

    def let_go_later(self, connection: Connection, sequences: Sequence[int]) -> set[int]:
        """Of rows that were just put in somebody's name, those that are not the first of their lanes: now nobody's."""
        later: set[int] = set(connection.execute(_later(self), {"new": list(sequences)}).scalars())
        if later:
            here = self.table.c.sequence.in_(later)
            connection.execute(update(self.table).where(here).values(owner=None, attempts=0))
        return later

    def idle(self, connection: Connection) -> bool:
        """Whether anything is open that nobody has."""
        return connection.execute(_idling(self)).first() is not None

    def change(self, connection: Connection, sequence: int, owner: str, values: Mapping[str, Any]) -> bool:
        """False when it is no longer `owner`'s: another process took it for dead meanwhile."""
        here = {"this": sequence, "mine": owner}
        return connection.execute(_changing(self, tuple(values)), {**values, **here}).rowcount == 1

    def occupied(self, connection: Connection, lane: Mapping[str, str]) -> bool:
        """Whether anything of this lane is open."""
        return connection.execute(_occupying(self), lane).first() is not None

    def held(self, connection: Connection, owner: str) -> set[int]:
        """What is open in `owner`'s name."""
        return set(connection.execute(_holding(self), {"mine": owner}).scalars())

    def let_go(self, connection: Connection, sequences: Collection[int], owner: str) -> int:
        """What of these is still `owner`'s is nobody's now; how many that were."""
        theirs = self.pending, self.table.c.owner == owner, self.table.c.sequence.in_(sequences)
        return connection.execute(update(self.table).where(*theirs).values(owner=None)).rowcount

    def owners(self, connection: Connection) -> set[str]:
        """Who has rows that are not done."""
        held = select(self.table.c.owner).where(self.pending, self.table.c.owner.is_not(None)).distinct()
        return set(connection.execute(held).scalars())

    def free(self, connection: Connection, owners: Collection[str]) -> int:
        """Takes everything from those who are gone; how many rows that were."""
        theirs = self.pending, self.table.c.owner.in_(owners)
        return connection.execute(update(self.table).where(*theirs).values(owner=None)).rowcount


# Statements are written once: to write one costs more than to have it done.


@cache
def _heads(lanes: Lanes, spared: tuple[str, ...], fresh: bool) -> Select[tuple[int]]:
    table = lanes.table
    first = ~_behind(lanes)
    others = [table.c[name].not_in(bindparam(name, expanding=True)) for name in spared]
    order = (table.c.attempts, table.c.sequence) if fresh else (table.c.sequence,)
    few = table.c.attempts < bindparam("below", type_=Integer)
    heads = select(table.c.sequence).where(lanes.pending, table.c.owner.is_(None), few, first, *others)
    # SQLite, which has one writer, knows no locks of rows and leaves this out.
    return heads.order_by(*order).limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True, of=table)


@cache
def _tried(lanes: Lanes, spared: tuple[str, ...]) -> Select[tuple[int]]:
    often = lanes.table.c.attempts >= bindparam("at_least", type_=Integer)
    return _heads(lanes, spared, fresh=True).where(often)


def _behind(lanes: Lanes) -> Exists:
    """That something older of the same lane is open."""
    table, earlier = lanes.table, lanes.table.alias("earlier")
    same_lane = [earlier.c[name] == table.c[name] for name in lanes.columns]
    open_before = earlier.c.status == literal_column("'pending'"), earlier.c.sequence < table.c.sequence
    return exists().where(*same_lane, *open_before)


@cache
def _later(lanes: Lanes) -> Select[Any]:
    numbers = lanes.table.c.sequence
    return select(numbers).where(numbers.in_(bindparam("new", expanding=True)), _behind(lanes))


@cache
def _idling(lanes: Lanes) -> Select[tuple[int]]:
    return select(lanes.table.c.sequence).where(lanes.pending, lanes.table.c.owner.is_(None)).limit(1)


@cache
def _holding(lanes: Lanes) -> Select[Any]:
    return select(lanes.table.c.sequence).where(lanes.pending, lanes.table.c.owner == bindparam("mine"))


@cache
def _occupying(lanes: Lanes) -> Select[tuple[int]]:
    same_lane = [lanes.table.c[name] == bindparam(name) for name in lanes.columns]
    return select(lanes.table.c.sequence).where(lanes.pending, *same_lane).limit(1)


@cache
def _taking(lanes: Lanes) -> ReturningUpdate[Any]:
    table = lanes.table
    found = update(table).where(table.c.sequence.in_(bindparam("found", expanding=True)))
    return found.values(owner=bindparam("mine"), attempts=table.c.attempts + 1).returning(table)


@cache
def _changing(lanes: Lanes, names: tuple[str, ...]) -> Update:
    table = lanes.table
    held = table.c.sequence == bindparam("this"), lanes.pending, table.c.owner == bindparam("mine")
    return update(table).where(*held).values({name: bindparam(name) for name in names})


def _lists(spared: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in spared.items()}
