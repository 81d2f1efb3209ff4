"""Writes share a commit and nothing else: one that fails takes no other with it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from services.live_api.group_commit import GroupCommit
from shared.db import Database
from shared.errors import BusyError

metadata = MetaData()
casks = Table("casks", metadata, Column("number", Integer, primary_key=True))


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.writing() as connection:
        metadata.create_all(connection)
    yield made
    made.dispose()


@pytest.fixture
def group(db: Database) -> Iterator[GroupCommit]:
    made = GroupCommit(db, capacity=200)
    made.start()
    yield made
    made.stop()


def stow(number: int) -> Callable[[Connection], int]:
    def write(connection: Connection) -> int:
        connection.execute(insert(casks).values(number=number))
        return number

    return write


def stowed(db: Database) -> list[int]:
    with db.reading() as connection:
        return sorted(connection.execute(select(casks.c.number)).scalars())


def test_what_is_answered_is_there(db: Database, group: GroupCommit) -> None:
    async def ask() -> None:
        assert await group.write(stow(7)) == 7
        assert stowed(db) == [7]
        assert await asyncio.gather(*(group.write(stow(n)) for n in range(100, 200))) == list(range(100, 200))

    asyncio.run(ask())
    assert stowed(db) == [7, *range(100, 200)]


def test_writes_that_wait_together_share_a_commit(db: Database, group: GroupCommit) -> None:
    gate, begun = threading.Event(), threading.Event()
    seen: list[int] = []

    def hold(connection: Connection) -> None:
        begun.set()
        gate.wait(10)

    def look(connection: Connection) -> None:
        # What others of the same transaction wrote is seen by it, and by nobody else yet.
        seen.append(len(connection.execute(select(casks)).all()) - len(stowed(db)))

    async def ask() -> None:
        first = asyncio.create_task(group.write(hold))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        rest = [asyncio.create_task(group.write(stow(n))) for n in range(20)]
        last = asyncio.create_task(group.write(look))
        await asyncio.sleep(0.05)
        gate.set()
        await asyncio.gather(first, *rest, last)

    asyncio.run(ask())
    assert seen == [20]


def test_a_write_that_fails_takes_no_other_with_it(db: Database, group: GroupCommit) -> None:
    async def ask() -> list[object]:
        writes = [stow(1), stow(2), stow(1), stow(3)]
        return await asyncio.gather(*(group.write(write) for write in writes), return_exceptions=True)

    found = asyncio.run(ask())
    assert [one if isinstance(one, int) else type(one) for one in found] == [1, 2, IntegrityError, 3]
    assert stowed(db) == [1, 2, 3]


def stow_all(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Says beside whom each was written."""
    connection.execute(insert(casks), [{"number": number} for number in numbers])
    return [len(numbers)] * len(numbers)


async def at_once(group: GroupCommit, *numbers: int) -> list[int | BaseException]:
    """All of them wait before the first is written."""
    waiting = [asyncio.create_task(group.together(stow_all, number)) for number in numbers]
    await asyncio.sleep(0)
    group.start()
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_writes_of_one_kind_are_made_in_one_go(db: Database) -> None:
    group = GroupCommit(db, capacity=20)
    assert asyncio.run(at_once(group, 1, 2, 3)) == [3, 3, 3]
    assert stowed(db) == [1, 2, 3]
    group.stop()


def test_one_of_a_kind_that_fails_leaves_the_others_to_be_made_by_themselves(db: Database) -> None:
    group = GroupCommit(db, capacity=20)
    first, *_, again = asyncio.run(at_once(group, 1, 2, 3, 1))
    assert (first, type(again)) == (1, IntegrityError)
    assert stowed(db) == [1, 2, 3]
    group.stop()


def test_nobody_is_told_of_success_when_the_commit_fails(
    db: Database, group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(type(db._writer.dialect), "do_commit", full)
    with pytest.raises(OSError, match="No space"):
        asyncio.run(group.write(stow(1)))
    monkeypatch.undo()
    assert stowed(db) == []
    assert asyncio.run(group.write(stow(2))) == 2


@pytest.mark.postgres
def test_whoever_shares_a_transaction_that_is_cut_off_is_told_that_the_database_is_away(postgres_url: str) -> None:
    db = Database(postgres_url)
    with db.writing() as connection:
        metadata.create_all(connection)
    group = GroupCommit(db, capacity=20)

    def cut_off(connection: Connection) -> None:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.reading() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        connection.execute(text("SELECT 1"))

    async def ask() -> list[int | BaseException | None]:
        waiting = [asyncio.create_task(group.write(run)) for run in (stow(1), cut_off, stow(2))]
        await asyncio.sleep(0)
        group.start()
        return await asyncio.gather(*waiting, return_exceptions=True)

    told = asyncio.run(ask())
    assert [getattr(error, "code", error) for error in told] == ["store_unavailable"] * 3
    assert stowed(db) == []
    assert asyncio.run(group.write(stow(3))) == 3
    group.stop()
    db.dispose()


def test_too_many_waiting_are_told_at_once(db: Database) -> None:
    small = GroupCommit(db, capacity=2)

    async def ask() -> None:
        waiting = [asyncio.create_task(small.write(stow(n))) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as refusal:
            await small.write(stow(9))
        assert refusal.value.code == "overloaded"
        small.start()
        assert await asyncio.gather(*waiting) == [0, 1]

    asyncio.run(ask())
    small.stop()
    assert stowed(db) == [0, 1]


def test_what_waits_is_kept_before_it_stops(db: Database) -> None:
    made = GroupCommit(db, capacity=200)

    async def ask() -> None:
        waiting = [asyncio.create_task(made.write(stow(n))) for n in range(50)]
        await asyncio.sleep(0)
        made.start()
        await asyncio.to_thread(made.stop)
        await asyncio.gather(*waiting)

    asyncio.run(ask())
    assert stowed(db) == list(range(50))
