"""The active pointer: which release of a bot live serves, moved by compare-and-swap and by nothing else."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, text, update

from services.live_api.environments import Environment, environment_of, save_environment
from services.live_api.tables import activations, active, environments
from shared.db import utc

Origin = Literal["publication", "live_edit", "rollback"]

_POINTER_LOCK = 4_734_302


@dataclass(frozen=True)
class Pointer:
    """`epoch` rises with every change of any bot's pointer or environment; `named_epoch` is that since which the bot is
    served under its name. One that is not `serving` was taken off.
    """

    bot: str
    name: str
    number: int
    digest: str
    origin: Origin
    activated_at: datetime
    epoch: int
    environment: Environment
    serving: bool = True
    named_epoch: int = 0


@dataclass(frozen=True)
class Move:
    """One activation: what to serve from now on, and where it comes from."""

    bot: str
    name: str
    digest: str
    origin: Origin
    publication: str | None
    notes: str | None
    author: str | None
    rollback_of: int | None


def read_pointer(connection: Connection, bot: str) -> Pointer | None:
    """None for a bot that is not served: never published, or taken off."""
    pointer = _last_pointer(connection, bot)
    return pointer if pointer and pointer.serving else None


def _last_pointer(connection: Connection, bot: str) -> Pointer | None:
    row = connection.execute(_pointers().where(active.c.bot_id == bot)).mappings().first()
    return _pointer(row) if row else None


def pointers_after(connection: Connection, epoch: int) -> list[Pointer]:
    """Those of bots that were taken off too."""
    rows = connection.execute(_pointers().where(active.c.epoch > epoch).order_by(active.c.epoch))
    return [_pointer(row) for row in rows.mappings()]


def move_pointer(connection: Connection, move: Move, expected: str | None, sqlite: bool) -> Pointer | None:
    """The new pointer, or None when live no longer is where `expected` says.

    `expected` is the digest that the caller saw, None when the bot was never published.
    """
    one_mover_at_a_time(connection, sqlite)
    before = _last_pointer(connection, move.bot)
    if (before.digest if before and before.serving else None) != expected:
        return None
    pointer = _moved(connection, before, move)
    if not _swap(connection, pointer, before):
        return None
    _log(connection, pointer, move)
    return pointer


def withdraw(connection: Connection, bot: str, expected: str | None, sqlite: bool) -> Pointer | None:
    """Serves the bot no more; what was served, or None when that is not what `expected` says, where it says so."""
    one_mover_at_a_time(connection, sqlite)
    before = read_pointer(connection, bot)
    if before is None or expected not in (None, before.digest):
        return None
    after = replace(before, serving=False, epoch=_next_epoch(connection))
    changed = update(active).where(active.c.bot_id == bot).values(serving=False, epoch=after.epoch)
    connection.execute(changed)
    return after


def change_environment(
    connection: Connection, bot: str, changes: dict[str, Any], sqlite: bool
) -> tuple[Environment, Environment]:
    """Sets `enabled`, `retention_days` or `env`; before and after. The bot need not have been published."""
    one_mover_at_a_time(connection, sqlite)
    found = save_environment(connection, bot, changes)
    connection.execute(update(active).where(active.c.bot_id == bot).values(epoch=_next_epoch(connection)))
    return found


def one_mover_at_a_time(connection: Connection, sqlite: bool) -> None:
    """So that epochs become visible in their order, and nothing is swept that is about to be served.

    Held until the transaction ends. SQLite has one writer anyway.
    """
    if not sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POINTER_LOCK})


def _pointers() -> Select[Any]:
    own = environments.c.enabled, environments.c.retention_days, environments.c.env
    return select(active, *own).join(environments, environments.c.bot_id == active.c.bot_id, isouter=True)


def _next_epoch(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(active.c.epoch), 0))).scalar_one()) + 1


def _moved(connection: Connection, before: Pointer | None, move: Move) -> Pointer:
    epoch = _next_epoch(connection)
    keeps_name = before is not None and before.serving and before.name == move.name
    return Pointer(
        bot=move.bot,
        name=move.name,
        number=before.number + 1 if before else 1,
        digest=move.digest,
        origin=move.origin,
        activated_at=datetime.now(UTC),
        epoch=epoch,
        environment=before.environment if before else environment_of(connection, move.bot),
        named_epoch=before.named_epoch if before and keeps_name else epoch,
    )


def _swap(connection: Connection, pointer: Pointer, before: Pointer | None) -> bool:
    """One row, and only if it still is the one that was read."""
    values = {
        "name": pointer.name,
        "number": pointer.number,
        "digest": pointer.digest,
        "previous_digest": before.digest if before else None,
        "origin": pointer.origin,
        "activated_at": pointer.activated_at,
        "epoch": pointer.epoch,
        "named_epoch": pointer.named_epoch,
        "serving": True,
    }
    if before:
        here = active.c.bot_id == pointer.bot, active.c.epoch == before.epoch
        return connection.execute(update(active).where(*here).values(**values)).rowcount == 1
    connection.execute(insert(active).values(bot_id=pointer.bot, **values))
    return True


def _log(connection: Connection, pointer: Pointer, move: Move) -> None:
    connection.execute(
        insert(activations).values(
            bot_id=move.bot,
            number=pointer.number,
            digest=move.digest,
            origin=move.origin,
            rollback_of=move.rollback_of,
            publication=move.publication,
            notes=move.notes,
            author=move.author,
            activated_at=pointer.activated_at,
        )
    )


def _pointer(row: RowMapping) -> Pointer:
    return Pointer(
        bot=row["bot_id"],
        name=row["name"],
        number=row["number"],
        digest=row["digest"],
        origin=row["origin"],
        activated_at=utc(row["activated_at"]),
        epoch=row["epoch"],
        serving=row["serving"],
        named_epoch=row["named_epoch"],
        environment=Environment.read(row),
    )
