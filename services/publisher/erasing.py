"""A person's data erased in live, in the preview and in draft's inbox (F5, D2): a job that ends by itself.

First it writes down what there is and where: erasing it again after a crash finds less, and the report must say what
there was. Live goes before draft, so that no message comes home to draft after draft was done.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, insert, select, update

from services.publisher import audit
from services.publisher.bridge import TargetParts
from services.publisher.draft import Draft
from services.publisher.inbox_sync import GOING
from services.publisher.records import now
from services.publisher.tables import HOLDING_SUBJECTS, erasures, inbox_syncs, plans
from services.publisher.weighing import forget_examples
from shared.audit import REQUEST
from shared.db import Database
from shared.errors import BusyError, GreenroomError
from shared.failpoints import reach
from shared.ids import new_id
from shared.jobs import AWAY

ENDED = {"succeeded", "failed"}
STEPS = ("finding", "erasing", "homing", "done")
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Subject:
    """Who, and the conversations that are known to be theirs."""

    user: str
    conversations: tuple[str, ...] = ()

    def text(self) -> str:
        return orjson.dumps({"user": self.user, "conversations": self.conversations}).decode()

    @classmethod
    def read(cls, text: str) -> "Subject":
        found = orjson.loads(text)
        return cls(found["user"], tuple(found["conversations"]))


@dataclass(frozen=True)
class Erasing:
    db: Database
    draft: Draft
    targets: Mapping[str, TargetParts]

    def run(self, erasure: str) -> None:
        with self.db.reading() as connection:
            row = find(connection, erasure)
        if row is None or row["status"] in ENDED:
            return
        try:
            self._see_through(row)
        except (*AWAY, BusyError):
            # A neighbour is away: this is owed to a person, and tried until it is done.
            raise
        except GreenroomError as error:
            self._fail(erasure, f"{error.code}: {error.detail}")
        except Exception as error:
            self._fail(erasure, f"internal: {type(error).__name__}")

    def _see_through(self, row: RowMapping) -> None:
        if row["subject"] is None:
            # Cut short when all was done but to say so.
            self._end(row, orjson.loads(row["report"]))
            return
        bot, subject = row["bot_id"], Subject.read(row["subject"])
        if row["report"] is None:
            subject, report = self._find(bot, subject)
            self._change(row["id"], subject=subject.text(), report=orjson.dumps(report).decode(), step="erasing")
        else:
            report = orjson.loads(row["report"])
        reach("erasure.found")
        for target in self.targets.values():
            target.live.erase(bot, subject.user)
        self._change(row["id"], step="homing")
        reach("erasure.live_erased")
        self._wait_for_syncs(bot, now())
        self.draft.erase(bot, subject.user, subject.conversations)
        reach("erasure.draft_erased")
        self._end(row, report)

    def _find(self, bot: str, subject: Subject) -> tuple[Subject, dict[str, Any]]:
        there = {name: target.live.personal(bot, subject.user) for name, target in self.targets.items()}
        known = {conversation["id"] for conversations in there.values() for conversation in conversations}
        whole = Subject(subject.user, tuple(sorted({*subject.conversations, *known})))
        home = self.draft.personal(bot, whole.user, whole.conversations)
        counts = {name: _count(conversations) for name, conversations in there.items()}
        said = sum(row["said"] for row in home.pop("inbox"))
        return whole, {**counts, "draft": {"messages": said}, **home}

    def _wait_for_syncs(self, bot: str, moment: datetime) -> None:
        """One that began before may still hold messages that are gone from live. Raises BusyError `inbox_busy`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        before = inbox_syncs.c.bot_id == bot, inbox_syncs.c.status.in_(GOING), inbox_syncs.c.created_at <= moment
        while True:
            with self.db.reading() as connection:
                if not connection.execute(select(inbox_syncs.c.id).where(*before)).first():
                    return
            if time.monotonic() > deadline:
                raise BusyError("inbox_busy", "An inbox sync of this bot does not end.")
            time.sleep(_PAUSE_SECONDS)

    def _end(self, row: RowMapping, report: Mapping[str, Any]) -> None:
        """Whoever reads that it has succeeded finds the person in no file of ours either."""
        with self.db.writing() as connection:
            forget_examples(connection, plans.c.bot_id == row["bot_id"])
        self._forget_subject(row["id"])
        counts = {name: report[name] for name in (*self.targets, "draft") if name in report}
        ended = {"status": "succeeded", "ended_at": now()}
        with self.db.writing() as connection:
            connection.execute(update(erasures).where(erasures.c.id == row["id"]).values(**ended))
            audit.user_erased(connection, row, counts)

    def _fail(self, erasure: str, why: str) -> None:
        self._forget_subject(erasure)
        self._change(erasure, status="failed", error=why, ended_at=now())

    def _forget_subject(self, erasure: str) -> None:
        self._change(erasure, subject=None, step="done")
        self.db.scrub(HOLDING_SUBJECTS)

    def _change(self, erasure: str, **values: Any) -> None:
        with self.db.writing() as connection:
            connection.execute(update(erasures).where(erasures.c.id == erasure).values(**values))


def ask_for_erasure(connection: Connection, bot: str, user: str, author: str) -> str:
    """A new erasure, or the one of this very person that still runs."""
    running = select(erasures).where(erasures.c.bot_id == bot, erasures.c.status == "running")
    for row in connection.execute(running).mappings():
        if row["subject"] and Subject.read(row["subject"]).user == user:
            return str(row["id"])
    erasure = new_id("era")
    values = {"id": erasure, "bot_id": bot, "status": "running", "step": STEPS[0], "created_at": now()}
    asked = {"author": author, "request_id": REQUEST.get(), "subject": Subject(user).text()}
    connection.execute(insert(erasures).values(**values, **asked))
    return erasure


def find(connection: Connection, erasure: str) -> RowMapping | None:
    return connection.execute(select(erasures).where(erasures.c.id == erasure)).mappings().first()


def unfinished_erasures(connection: Connection) -> list[str]:
    return list(connection.execute(select(erasures.c.id).where(erasures.c.status == "running")).scalars())


def _count(conversations: list[dict[str, Any]]) -> dict[str, int]:
    return {"conversations": len(conversations), "messages": sum(len(c["messages"]) for c in conversations)}
