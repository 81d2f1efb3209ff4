"""What live did not understand, grouped by meaning, so that a missing intent is seen at a glance (F3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import numpy as np
from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, func, select

from services.draft_api.desk import Desk, Reader
from services.draft_api.grouping import Group, group
from services.draft_api.inbox import Now, understood_now
from services.draft_api.store import find_bot
from services.draft_api.tables import inbox
from shared.brain import Brain
from shared.db import utc
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/inbox/groups", tags=["inbox"])

MOST_MESSAGES = 2000
MOST_MEMBERS = 500
_SHOWN = 10
# Above these, two messages mean nearly the same.
_NEAR_IN_MEANING, _NEAR_IN_LETTERS = 0.6, 0.35


class Example(BaseModel):
    id: str
    text: str
    count: int


class InboxGroup(BaseModel):
    """`label` is the most central message, and `id` its row. `ids` are rows to accept or dismiss in one go.

    `said` counts what users said, `messages` how many different things. `now` is what draft makes of the label.
    """

    id: str
    label: str
    said: int
    messages: int
    ids: list[str]
    examples: list[Example]
    now: Now | None
    last_at: datetime


class InboxGroups(BaseModel):
    """`by` says whether an encoder compared meanings, or only letters were compared.

    At most 2,000 messages are looked at, those that were said most; `left_out` counts the rest. `alone` are messages
    that nothing else is like and that were said once.
    """

    language: str
    by: str
    looked_at: int
    left_out: int
    alone: int
    groups: list[InboxGroup]


@router.get("", summary="List messages of the inbox by meaning")
def list_groups(
    bot: str,
    desk: Desk,
    key: Reader,
    language: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InboxGroups:
    """Groups of messages that wait for a decision and were not understood, those that were said most first."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        brain = desk.rehearsal.brain(connection, row)
        spoken = brain.language(language)
        rows, left_out = _not_understood(connection, row["id"], spoken)
    model = brain.models.get(spoken)
    encoded = model is not None and model.manifest.encoder is not None
    vectors = np.stack([desk.vectors.get(r["text"], model) for r in rows]) if rows else np.zeros((0, 1), np.float32)
    found = group(vectors, [r["count"] for r in rows], _NEAR_IN_MEANING if encoded else _NEAR_IN_LETTERS)
    several = [g for g in found if len(g.members) > 1 or rows[g.centre]["count"] > 1]
    return InboxGroups(
        language=spoken,
        by="meaning" if encoded else "letters",
        looked_at=len(rows),
        left_out=left_out,
        alone=len(found) - len(several),
        groups=[_shown(g, rows, brain) for g in sorted(several, key=lambda g: -_said(g, rows))[:limit]],
    )


def _not_understood(connection: Connection, bot_id: str, language: str) -> tuple[Sequence[RowMapping], int]:
    here = (
        inbox.c.bot_id == bot_id,
        inbox.c.language == language,
        inbox.c.status == "pending",
        inbox.c.understood_then.is_(False),
    )
    count = connection.execute(select(func.count()).select_from(inbox).where(*here)).scalar_one()
    query = select(inbox.c.id, inbox.c.text, inbox.c.language, inbox.c.count, inbox.c.last_at).where(*here)
    rows = connection.execute(query.order_by(inbox.c.count.desc(), inbox.c.id).limit(MOST_MESSAGES)).mappings().all()
    return rows, count - len(rows)


def _said(found: Group, rows: Sequence[RowMapping]) -> int:
    return sum(rows[member]["count"] for member in found.members)


def _shown(found: Group, rows: Sequence[RowMapping], brain: Brain) -> InboxGroup:
    centre = rows[found.centre]
    members = [rows[member] for member in found.members]
    return InboxGroup(
        id=centre["id"],
        label=centre["text"],
        said=_said(found, rows),
        messages=len(members),
        ids=[row["id"] for row in members[:MOST_MEMBERS]],
        examples=[Example(id=row["id"], text=row["text"], count=row["count"]) for row in members[:_SHOWN]],
        now=understood_now(centre, brain),
        last_at=max(utc(row["last_at"]) for row in members),
    )
