"""What was live: listed, shown, compared, and brought back into draft."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel

from services.publisher import audit, history, records
from services.publisher.bridge import Bridge, BridgeParts, Executor, Planner
from services.publisher.compose import compose
from services.publisher.expressions import attach, models_of
from services.publisher.history import Recorded
from services.publisher.wish import Target, Wish
from shared.contracts import Release
from shared.diff import Changes, diff
from shared.errors import NotFoundError
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Empty, Router

router = Router(prefix="/v1/bots/{bot}/releases", tags=["releases"])

Of = Annotated[Target, Query(description="Which target's releases.")]


class ReleaseRow(BaseModel):
    number: int
    digest: str
    origin: str
    notes: str | None
    author: str
    activated_at: datetime
    publication: str | None
    rollback_of: int | None = None


class ReleaseDetail(ReleaseRow):
    """`release` is None when the document is no longer kept (P19)."""

    release: Release | None
    provenance: dict[str, Any]


class Comparison(BaseModel):
    """`changes` are what leads from the one to the other."""

    before: str
    after: str
    changes: Changes


class Restored(BaseModel):
    """`snapshot` is draft as it was before: restore that to undo it."""

    snapshot: str


@router.get("")
def list_all(
    bot: str, bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None, target: Of = "live"
) -> Page[ReleaseRow]:
    """Newest first, live edits and rollbacks included."""
    bot_id = bridge.bot_id(bot, key)
    _catch_up(bridge, bot_id, target)
    with bridge.db.reading() as connection:
        rows = history.rows(connection, bot_id, target)
    items = [ReleaseRow.model_validate(row, from_attributes=True) for row in rows]
    return cut(items, limit, cursor, key=lambda item: (item.number,), newest_first=True)


@router.get("/{number}", summary="Show a release")
def show(bot: str, number: int, bridge: Bridge, key: Planner, target: Of = "live") -> ReleaseDetail:
    row = _find(bridge, bridge.bot_id(bot, key), target, number)
    release, provenance = _document(bridge, row) or (None, {})
    return ReleaseDetail(**row.__dict__, release=release, provenance=provenance)


@router.get("/{number}/compare/{other}", summary="Compare a release")
def compare(
    bot: str, number: int, other: Literal["draft", "live"] | int, bridge: Bridge, key: Planner, target: Of = "live"
) -> Comparison:
    """From release `number` to another number, to `live` as it is now, or to what `draft` would make of it."""
    bot_id = bridge.bot_id(bot, key)
    before = _kept(bridge, bot_id, target, number)
    if other == "draft":
        after = compose(Wish(mode="full"), bridge.draft.snapshot(bot_id), None)
    elif other == "live":
        active = bridge.target(target).live.active(bot_id)
        after = active.release if active else None
    else:
        after = _kept(bridge, bot_id, target, other)
    if after is None:
        raise NotFoundError("never_published", "Nothing of this bot is live.")
    to = None if other == "draft" else models_of(after)
    changes = attach(bridge.draft, bot_id, diff(before, after), models_of(before), to)
    return Comparison(before=str(number), after=str(other), changes=changes)


@router.post("/{number}/restore", summary="Restore a release into draft")
def restore(
    bot: str, number: int, bridge: Bridge, key: Executor, target: Of = "live", _body: Empty = Empty()
) -> Restored:
    """Draft becomes what that release was, its NLP included; live is left alone (P18)."""
    bot_id = bridge.bot_id(bot, key)
    release = _kept(bridge, bot_id, target, number)
    snapshot = bridge.draft.restore(bot_id, release, f"before restoring release {number}")
    with bridge.db.writing() as connection:
        audit.restored(connection, bot_id, number, snapshot, release.digest, key)
    return Restored(snapshot=snapshot)


def _catch_up(bridge: BridgeParts, bot_id: str, target: Target) -> None:
    history.catch_up(bridge.db, bridge.target(target).live, target, bot_id)


def _find(bridge: BridgeParts, bot_id: str, target: Target, number: int) -> Recorded:
    _catch_up(bridge, bot_id, target)
    with bridge.db.reading() as connection:
        found = history.find(connection, bot_id, target, number)
    if found is None:
        raise NotFoundError("not_found", f"The bot has no release {number}.")
    return found


def _kept(bridge: BridgeParts, bot_id: str, target: Target, number: int) -> Release:
    """Raises NotFoundError `not_found`, `release_not_kept`."""
    row = _find(bridge, bot_id, target, number)
    with bridge.db.reading() as connection:
        return records.thaw(connection, row.digest)[0]


def _document(bridge: BridgeParts, row: Recorded) -> tuple[Release, dict[str, Any]] | None:
    with bridge.db.reading() as connection:
        try:
            return records.thaw(connection, row.digest)
        except NotFoundError:
            return None
