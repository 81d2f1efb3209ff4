"""Live's user messages come home to draft's inbox: exactly once, daily and on request (F1, F4).

Draft counts a message once by its id, and the cursor moves only after draft has confirmed; so a crash
anywhere repeats a page at most, and a repeated page changes nothing. Where live no longer has the message at which the
cursor stands, it was erased, or live was restored from a backup and counts on from there: then all is told again.

A sync that is to be cancelled is `cancelling` until the page in hand is delivered: whoever waits for it, as an erasure
does, waits for that too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, insert, select, update

from services.publisher.draft import Draft
from services.publisher.live import Live
from services.publisher.records import now
from services.publisher.tables import inbox_schedules, inbox_syncs
from shared.contracts import UserMessage
from shared.db import Database
from shared.errors import GreenroomError
from shared.failpoints import reach
from shared.ids import new_id
from shared.jobs import AWAY

GOING = ("running", "cancelling")
_PAGE = 500

log = structlog.get_logger()


@dataclass(frozen=True)
class Place:
    """The last message of live's feed that draft has confirmed; its id is unknown to what an older version wrote."""

    after: int
    after_id: str | None

    def stands_in(self, found: Sequence[UserMessage]) -> bool:
        """`found` is what live has there."""
        return bool(found) and found[0].sequence == self.after and self.after_id in (None, found[0].id)


@dataclass(frozen=True)
class InboxSync:
    db: Database
    draft: Draft
    live: Live

    def run(self, sync: str) -> None:
        with self.db.reading() as connection:
            row = connection.execute(select(inbox_syncs).where(inbox_syncs.c.id == sync)).mappings().one()
        if row["status"] not in GOING:
            return
        try:
            self._move(row["bot_id"], row["moved"], sync)
        except GreenroomError as error:
            self._change(sync, status="failed", error=f"{error.code}: {error.detail}", ended_at=now())
        except AWAY:
            raise
        except Exception as error:
            self._change(sync, status="failed", error=f"internal: {type(error).__name__}", ended_at=now())
        else:
            self._end(sync)

    def _move(self, bot: str, moved: int, sync: str) -> None:
        self._find_place(bot)
        while not self._cancelled(sync):
            messages = self.live.messages(bot, self._place(bot).after, _PAGE)
            if not messages:
                return
            reach("inbox.fetched")
            self.draft.deliver(bot, messages)
            reach("inbox.delivered")
            moved += len(messages)
            with self.db.writing() as connection:
                self._advance(connection, bot, messages[-1])
                connection.execute(update(inbox_syncs).where(inbox_syncs.c.id == sync).values(moved=moved))

    def _place(self, bot: str) -> Place:
        with self.db.reading() as connection:
            columns = inbox_schedules.c.after, inbox_schedules.c.after_id
            return Place(*connection.execute(select(*columns).where(inbox_schedules.c.bot_id == bot)).one())

    def _find_place(self, bot: str) -> None:
        """Back to the beginning where live has not what it had told: draft knows by its id what it has."""
        place = self._place(bot)
        if place.after == 0 or place.stands_in(self.live.messages(bot, place.after - 1, 1)):
            return
        log.warning("inbox_told_again", bot=bot, after=place.after)
        with self.db.writing() as connection:
            here = inbox_schedules.c.bot_id == bot, inbox_schedules.c.after == place.after
            connection.execute(update(inbox_schedules).where(*here).values(after=0, after_id=None))

    @staticmethod
    def _advance(connection: Connection, bot: str, last: UserMessage) -> None:
        # Two syncs of one bot may overlap; within them the cursor never goes back.
        here = inbox_schedules.c.bot_id == bot, inbox_schedules.c.after < last.sequence
        connection.execute(update(inbox_schedules).where(*here).values(after=last.sequence, after_id=last.id))

    def _cancelled(self, sync: str) -> bool:
        with self.db.reading() as connection:
            return status_of(connection, sync) == "cancelling"

    def _end(self, sync: str) -> None:
        with self.db.writing() as connection:
            status = "cancelled" if status_of(connection, sync) == "cancelling" else "succeeded"
            ended = {"status": status, "ended_at": now()}
            connection.execute(update(inbox_syncs).where(inbox_syncs.c.id == sync).values(**ended))

    def _change(self, sync: str, **values: Any) -> None:
        with self.db.writing() as connection:
            connection.execute(update(inbox_syncs).where(inbox_syncs.c.id == sync).values(**values))


def ask_for_sync(connection: Connection, bot: str, name: str | None = None) -> str:
    """A new sync of the bot, or the one already known as `name`."""
    sync = name or new_id("sync")
    if not connection.execute(select(inbox_syncs.c.id).where(inbox_syncs.c.id == sync)).first():
        connection.execute(insert(inbox_syncs).values(id=sync, bot_id=bot, status="running", moved=0, created_at=now()))
    return sync


def ask_to_cancel(connection: Connection, sync: str) -> None:
    """What has ended stays as it ended."""
    running = inbox_syncs.c.id == sync, inbox_syncs.c.status == "running"
    connection.execute(update(inbox_syncs).where(*running).values(status="cancelling"))


def status_of(connection: Connection, sync: str) -> str:
    return str(connection.execute(select(inbox_syncs.c.status).where(inbox_syncs.c.id == sync)).scalar_one())


def unfinished_syncs(connection: Connection) -> list[str]:
    return list(connection.execute(select(inbox_syncs.c.id).where(inbox_syncs.c.status.in_(GOING))).scalars())


def take_due(connection: Connection, moment: datetime) -> list[str]:
    """Starts what the schedules ask for by `moment`; named by its hour, so that two publishers start it once."""
    due = select(inbox_schedules).where(inbox_schedules.c.enabled, inbox_schedules.c.next_at <= moment)
    started = []
    for row in connection.execute(due).mappings().all():
        started.append(ask_for_sync(connection, row["bot_id"], f"sync_{row['bot_id']}_{row['next_at']:%Y%m%dT%H%M}"))
        following = moment + timedelta(minutes=row["every_minutes"])
        here = inbox_schedules.c.bot_id == row["bot_id"]
        connection.execute(update(inbox_schedules).where(here).values(next_at=following))
    return started
