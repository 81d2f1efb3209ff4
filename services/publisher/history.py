"""What was live, number by number: the record that follows each target's own log.

Live numbers its releases and knows of edits that the publisher did not make; so the record is brought up to date
from live's log before anything is judged by it. Writing an entry again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.publisher import audit, records
from services.publisher.answers import LogEntry
from services.publisher.drift import Edit, after_edit, after_publication
from services.publisher.live import Live
from services.publisher.records import Publication
from services.publisher.settling import settle
from services.publisher.tables import releases
from services.publisher.wish import Wish
from shared.contracts import ActiveRelease, Release
from shared.db import Database, utc

log = structlog.get_logger()


@dataclass(frozen=True)
class Recorded:
    """One release that a target served. `edits` are the live edits that stand in it, by item."""

    number: int
    bot_name: str
    digest: str
    origin: str
    publication: str | None
    rollback_of: int | None
    notes: str | None
    author: str
    edits: dict[str, Edit]
    activated_at: datetime


def catch_up(db: Database, live: Live, target: str, bot: str, held: Release | None = None) -> Recorded | None:
    """Writes down what the target's log has and the record lacks; the newest entry, None if there is none.

    `held` is a release that need not be fetched. The newest entry that we have is asked for too: where the log tells
    it otherwise, the target was restored from a backup.
    """
    with db.reading() as connection:
        last = latest(connection, bot, target)
    entries = live.log(bot, after=last.number - 1 if last else 0)
    if last and not _told_by(last, next(entries, None)):
        last = _set_aside(db, target, bot, last.number, {entry.number: entry for entry in live.log(bot, after=0)})
        entries = live.log(bot, after=last.number if last else 0)
    for entry in entries:
        document = held if held and held.digest == entry.digest else live.release(bot, entry.digest)
        last = _take_over(db, target, bot, entry, document)
    return last


def catch_up_before(db: Database, live: Live, target: str, bot: str, entry: LogEntry, held: Release) -> None:
    """What the log has and the record lacks, unless that is this entry at most."""
    with db.reading() as connection:
        known = find(connection, bot, target, entry.number)
        enough = _told_by(known, entry) if known else follows(connection, target, bot, entry)
    if not enough:
        catch_up(db, live, target, bot, held=held)


def _told_by(row: Recorded, entry: LogEntry | None) -> bool:
    """Whether the target's log still says what we wrote down."""
    return entry is not None and (entry.digest, entry.publication) == (row.digest, row.publication)


def _set_aside(db: Database, target: str, bot: str, newest: int, entries: Mapping[int, LogEntry]) -> Recorded | None:
    """What the target no longer knows of goes into the audit trail, so that the record is the target's again.

    What stands above `newest` was written down after the log was read. The newest that is left.
    """
    with db.writing() as connection:
        known = [row for row in rows(connection, bot, target) if row.number <= newest]
        lost = [row for row in known if not _told_by(row, entries.get(row.number))]
        if lost:
            here = releases.c.bot_id == bot, releases.c.target == target
            connection.execute(delete(releases).where(*here, releases.c.number.in_([row.number for row in lost])))
            common = max((row.number for row in known if row not in lost), default=0)
            audit.live_restored(connection, bot, target, common, [_lost(row) for row in reversed(lost)])
            log.error("live_restored", bot=bot, target=target, back_to=common, lost=len(lost))
        return latest(connection, bot, target)


def _lost(row: Recorded) -> dict[str, Any]:
    told = ("number", "digest", "origin", "publication", "rollback_of", "notes", "author")
    return {**{name: getattr(row, name) for name in told}, "activated_at": row.activated_at.isoformat()}


def _take_over(db: Database, target: str, bot: str, entry: LogEntry, document: Release | None) -> Recorded | None:
    try:
        with db.writing() as connection:
            return record(connection, bot, target, entry, document)
    except IntegrityError:
        # The publication itself, or another request, wrote it down meanwhile.
        with db.reading() as connection:
            return find(connection, bot, target, entry.number)


def record(connection: Connection, bot: str, target: str, entry: LogEntry, document: Release | None) -> Recorded:
    """`document` may be left out where it is frozen here already."""
    known = find(connection, bot, target, entry.number)
    if known is not None:
        return known
    if document is not None:
        records.freeze(connection, document, {"author": entry.author, "notes": entry.notes})
    release = document or records.thaw(connection, entry.digest)[0]
    edits = _edits(connection, bot, target, entry, release)
    values = {name: value for name, value in entry.model_dump().items() if name in releases.c}
    values |= {"bot_name": release.bot.name, "author": entry.author or "unknown", "edits": _edits_text(edits)}
    connection.execute(insert(releases).values(bot_id=bot, target=target, **values))
    settle(connection, entry.publication, entry.number, entry.digest)
    if entry.origin == "live_edit":
        before = find(connection, bot, target, entry.number - 1)
        old = before.digest if before else None
        audit.live_edited(connection, bot, entry.number, entry.author or "unknown", old, entry.digest)
    found = find(connection, bot, target, entry.number)
    assert found is not None
    return found


def entry_of(connection: Connection, job: Publication) -> LogEntry | None:
    """The entry that names the publication, as far as we have taken the log over."""
    here = releases.c.bot_id == job.bot_id, releases.c.target == job.wish.target, releases.c.publication == job.id
    row = connection.execute(select(releases).where(*here)).mappings().first()
    return LogEntry.model_validate({**row, "activated_at": utc(row["activated_at"])}) if row else None


def follows(connection: Connection, target: str, bot: str, entry: LogEntry) -> bool:
    """Whether nothing came between what we have and this entry: then the log has nothing else to tell."""
    last = latest(connection, bot, target)
    return entry.number == (last.number + 1 if last else 1)


def _edits(connection: Connection, bot: str, target: str, entry: LogEntry, release: Release) -> dict[str, Edit]:
    """The live edits that stand in the new release."""
    before = find(connection, bot, target, entry.number - 1)
    if before is None:
        return {}
    if entry.origin == "live_edit":
        old = records.release_kept(connection, before.digest)
        return after_edit(before.edits, old, release, entry.number, entry.author or "unknown") if old else before.edits
    if entry.origin == "rollback":
        again = find(connection, bot, target, entry.rollback_of or 0)
        return again.edits if again else {}
    publication = records.find(connection, entry.publication or "")
    if publication is None:
        return {}
    return after_publication(before.edits, publication.wish)


def _edits_text(edits: dict[str, Edit]) -> str:
    return orjson.dumps({item: edit.model_dump() for item, edit in edits.items()}).decode()


def find(connection: Connection, bot: str, target: str, number: int) -> Recorded | None:
    here = releases.c.bot_id == bot, releases.c.target == target, releases.c.number == number
    row = connection.execute(select(releases).where(*here)).mappings().first()
    return _recorded(row) if row else None


def latest(connection: Connection, bot: str, target: str) -> Recorded | None:
    found = rows(connection, bot, target, limit=1)
    return found[0] if found else None


def rows(connection: Connection, bot: str, target: str, limit: int | None = None) -> list[Recorded]:
    """Newest first."""
    here = releases.c.bot_id == bot, releases.c.target == target
    query = select(releases).where(*here).order_by(releases.c.number.desc()).limit(limit)
    return [_recorded(row) for row in connection.execute(query).mappings()]


def bot_named(connection: Connection, name: str) -> str | None:
    """The id of a bot that was published under this id or name: also while draft is away."""
    same = (releases.c.bot_id == name) | (releases.c.bot_name == name)
    query = select(releases.c.bot_id).where(same).order_by((releases.c.bot_id == name).desc())
    return connection.execute(query.order_by(releases.c.activated_at.desc())).scalar()


def agree(connection: Connection, bot: str, wish: Wish, live: ActiveRelease, notes: str | None) -> None:
    """P10: no new release; new notes go to the record of the one that there is, and its edits are agreed upon."""
    if notes:
        _add_notes(connection, bot, wish.target, live.number, notes)
    if wish.mode == "full" and wish.target == "live":
        keep_edits(connection, bot, live.number, {})


def keep_edits(connection: Connection, bot: str, number: int, edits: dict[str, Edit]) -> None:
    """In place of those that the record of live's release has."""
    here = releases.c.bot_id == bot, releases.c.target == "live", releases.c.number == number
    connection.execute(update(releases).where(*here).values(edits=_edits_text(edits)))


def _add_notes(connection: Connection, bot: str, target: str, number: int, notes: str) -> None:
    here = releases.c.bot_id == bot, releases.c.target == target, releases.c.number == number
    before = connection.execute(select(releases.c.notes).where(*here)).scalar()
    connection.execute(update(releases).where(*here).values(notes=f"{before}\n{notes}" if before else notes))


def rolled_back(connection: Connection, bot: str, target: str) -> tuple[Release, Release] | None:
    """What the last rollback took away and what it gave instead, if both are still kept."""
    here = releases.c.bot_id == bot, releases.c.target == target, releases.c.origin == "rollback"
    number = connection.execute(select(releases.c.number).where(*here).order_by(releases.c.number.desc())).scalar()
    sides = [find(connection, bot, target, side) for side in (number - 1, number)] if number else []
    kept = [records.release_kept(connection, side.digest) for side in sides if side]
    gone, given = kept if len(kept) == 2 else (None, None)
    return (gone, given) if gone and given else None


def _recorded(row: Any) -> Recorded:
    edits = {item: Edit.model_validate(edit) for item, edit in orjson.loads(row["edits"]).items()}
    names = [name for name in Recorded.__dataclass_fields__ if name not in {"edits", "activated_at"}]
    return Recorded(**{name: row[name] for name in names}, edits=edits, activated_at=utc(row["activated_at"]))
