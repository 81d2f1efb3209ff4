"""Draft as it was: taken before every destructive step, so that each can be undone (P18, T6)."""

from datetime import datetime
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete, insert, select

from services.draft_api.bundles import Bundle, bundle_of, empty, refill
from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.nlp import Nlp, NlpIntent, mark_of, read_nlp
from services.draft_api.remembering import models_of, remember_as_trained
from services.draft_api.sentences import between, of_nlp
from services.draft_api.store import bot_etag, find_bot, now
from services.draft_api.tables import audit, snapshots
from shared.audit import Entry, note
from shared.contracts import BotIdentity, Release
from shared.db import utc
from shared.diff import Changes, diff, with_expressions
from shared.errors import NotFoundError
from shared.ids import new_id
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, require_match
from shared.web.routing import Empty, Router

router = Router(prefix="/v1/bots/{bot}/snapshots", tags=["snapshots"])

KEPT = 50
NOW = "current"


class SnapshotRow(BaseModel):
    id: str
    reason: str
    created_at: datetime


class SnapshotReason(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "before the summer timetable"}]}
    )

    reason: Annotated[str, Field(max_length=200)] = "taken by hand"


class Restored(BaseModel):
    """`snapshot` undoes the restoring."""

    snapshot: str


class Comparison(BaseModel):
    """`changes` are what leads from the one to the other, down to expressions."""

    before: str
    after: str
    changes: Changes


@router.get("")
def list_all(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[SnapshotRow]:
    """Newest first; the last 50 are kept."""
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        query = select(snapshots.c.id, snapshots.c.reason, snapshots.c.created_at)
        rows = connection.execute(query.where(snapshots.c.bot_id == bot_id)).mappings().all()
    items = [SnapshotRow(id=r["id"], reason=r["reason"], created_at=utc(r["created_at"])) for r in rows]
    return cut(items, limit, cursor, key=lambda item: (item.created_at.isoformat(), item.id), newest_first=True)


@router.post("", status_code=201, summary="Take a snapshot")
def take(bot: str, desk: Desk, key: Writer, body: SnapshotReason = SnapshotReason()) -> SnapshotRow:
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        taken = take_snapshot(connection, row, body.reason)
        found = connection.execute(select(snapshots).where(snapshots.c.id == taken)).mappings().one()
    return SnapshotRow(id=taken, reason=found["reason"], created_at=utc(found["created_at"]))


@router.post("/{snapshot}/restore", summary="Restore a snapshot")
def restore(
    bot: str, snapshot: str, desk: Desk, key: Writer, if_match: IfMatch = None, _body: Empty = Empty()
) -> Restored:
    """Draft as it was, ids and all, and as trained as it was; what it is now is snapshotted first: this too can be
    undone."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        require_match(if_match, bot_etag(row))
        kept = _bundle(connection, row, snapshot)
        taken = take_snapshot(connection, row, f"before restoring {snapshot}")
        empty(connection, row["id"])
        refill(connection, row["id"], kept)
        trained = models_of(connection, row["id"], read_nlp(connection, row["id"]).fingerprints)
        remember_as_trained(connection, row["id"], trained)
        detail = {"restored": snapshot, "snapshot": taken}
        note(connection, audit, Entry("snapshot_restored", key.name, row["id"], detail))
    return Restored(snapshot=taken)


@router.get("/{snapshot}/compare/{other}", summary="Compare two snapshots")
def compare(bot: str, snapshot: str, other: str, desk: Desk, key: Reader) -> Comparison:
    """From one snapshot to another; `current` is draft as it stands."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        before, after = (_bundle(connection, row, name) for name in (snapshot, other))
    changes = diff(_as_release(row, before), _as_release(row, after))
    return Comparison(
        before=snapshot, after=other, changes=with_expressions(changes, between(_spoken(before), _spoken(after)))
    )


def take_snapshot(connection: Connection, bot: RowMapping, reason: str) -> str:
    """Its id. The oldest beyond the last 50 go."""
    taken = new_id("snap")
    bundle = bundle_of(connection, bot, read_nlp(connection, bot["id"])).model_dump_json()
    connection.execute(
        insert(snapshots).values(id=taken, bot_id=bot["id"], reason=reason, bundle=bundle, created_at=now())
    )
    mine = select(snapshots.c.id).where(snapshots.c.bot_id == bot["id"])
    old = mine.order_by(snapshots.c.created_at.desc(), snapshots.c.id.desc()).offset(KEPT)
    connection.execute(delete(snapshots).where(snapshots.c.id.in_(connection.execute(old).scalars().all())))
    return taken


def _bundle(connection: Connection, bot: RowMapping, snapshot: str) -> Bundle:
    if snapshot == NOW:
        return bundle_of(connection, bot, read_nlp(connection, bot["id"]))
    here = snapshots.c.id == snapshot, snapshots.c.bot_id == bot["id"]
    kept = connection.execute(select(snapshots.c.bundle).where(*here)).scalar()
    if kept is None:
        raise NotFoundError("not_found", f"The bot has no snapshot {snapshot!r}.")
    return Bundle.model_validate(orjson.loads(kept))


def _nlp(bundle: Bundle) -> Nlp:
    intents = tuple(
        NlpIntent(i.id, i.name, {language: tuple(texts) for language, texts in i.expressions.items()})
        for i in bundle.intents
    )
    return Nlp(bundle.bot.settings.profile, tuple(bundle.bot.languages), intents, {})


def _spoken(bundle: Bundle) -> dict[str, dict[str, tuple[str, ...]]]:
    return of_nlp(_nlp(bundle))


def _as_release(bot: RowMapping, bundle: Bundle) -> Release:
    """Without models: what a builder wrote is what is compared."""
    return Release(
        bot=BotIdentity(id=bot["id"], name=bundle.bot.name),
        settings=bundle.bot.settings,
        languages=tuple(bundle.bot.languages),
        intents=tuple(mark_of(intent) for intent in _nlp(bundle).intents),
        entities={name: entity.model_dump(mode="json") for name, entity in bundle.entities.items()},
        flows={flow.id: flow.flow() for flow in bundle.flows},
        variables={name: variable.model_dump(mode="json") for name, variable in bundle.variables.items()},
    )
