"""Which release answers a conversation over a switch (P20): the one that it is in the middle of, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, select

from services.live_api.memory import Remembered
from services.live_api.roster import Roster, Serving
from services.live_api.tables import activations
from shared.brain import Brain
from shared.db import Database, utc
from shared.errors import GreenroomError
from shared.flows.conversation import standing_on

log = structlog.get_logger()

LONGEST_STAY = timedelta(minutes=60)
MOST_RELEASES = 8
"""Releases of a bot that conversations may stay with: those of the oldest move."""


@dataclass(frozen=True)
class Switch:
    """One activation."""

    origin: str
    at: datetime


def may_stay(before: Remembered, switches: Sequence[Switch], timeout_minutes: int, now: datetime) -> bool:
    """`switches` are those since the conversation's release, the first one first. A rollback or a live edit among them
    moves everyone, and so does a silence longer than the session timeout.
    """
    if before.last_at is None or not 0 < len(switches) <= MOST_RELEASES:
        return False
    awake = now - before.last_at <= timedelta(minutes=timeout_minutes)
    published = all(switch.origin == "publication" for switch in switches)
    return awake and published and now - switches[0].at <= LONGEST_STAY


def interrupted(before: Remembered, old: Brain, new: Brain) -> bool:
    """Whether the block that waits for the user is another one, or gone, in the new release."""
    block = standing_on(before.state)
    return block is not None and old.dialogue.blocks.get(block) != new.dialogue.blocks.get(block)


def staying(db: Database, roster: Roster, serving: Serving, before: Remembered) -> Serving:
    """What answers the next message: `serving`, or the release that the conversation began its step with."""
    if before.release_digest in (None, serving.pointer.digest) or standing_on(before.state) is None:
        return serving
    pointer = replace(serving.pointer, number=before.release_number, digest=before.release_digest)
    with db.reading() as connection:
        switches = _switches(connection, pointer.bot, pointer.number, serving.pointer.number)
    now = datetime.now(UTC)
    # The old release is not loaded for those who are idle anyway: it may be long gone.
    if not may_stay(before, switches, serving.brain.release.settings.session_timeout_minutes, now):
        return serving
    try:
        old = roster.held(pointer.bot, pointer.digest)
    except GreenroomError as error:
        log.warning("release_not_held", bot=pointer.bot, digest=pointer.digest, code=error.code)
        return serving
    return Serving(pointer, old) if interrupted(before, old, serving.brain) else serving


def _switches(connection: Connection, bot: str, after: int, up_to: int) -> list[Switch]:
    here = activations.c.bot_id == bot, activations.c.number > after, activations.c.number <= up_to
    query = select(activations.c.origin, activations.c.activated_at).where(*here).order_by(activations.c.number)
    return [Switch(row.origin, utc(row.activated_at)) for row in connection.execute(query)]
