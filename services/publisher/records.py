"""Rows of publications and frozen documents, read and written as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Column, Connection, insert, select, update

from services.publisher.lately import Lately
from services.publisher.tables import documents, inbox_schedules, publications
from services.publisher.wish import Wish
from shared.contracts import Finding, Release
from shared.db import utc
from shared.errors import NotFoundError

RELEASES: Lately[Release] = Lately(6)
"""By digest, wherever they were read from."""

ENDED = {"live", "refused", "failed", "cancelled"}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Publication:
    """One row. `candidate` is the digest of the frozen document; None until a training that it waits for ends."""

    id: str
    bot_id: str
    wish: Wish
    plan: str | None
    accept: tuple[str, ...]
    train: bool
    notes: str | None
    author: str
    status: str
    step: str | None
    percent: float
    candidate: str | None
    base_digest: str | None
    release: int | None
    release_digest: str | None
    findings: tuple[dict[str, Any], ...]
    proof: dict[str, Any] | None
    draft_moved: bool
    error: dict[str, Any] | None
    cancel_requested: bool
    request_id: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.status in ENDED


_WISH = tuple(Wish.model_fields)
_JSON = ("findings", "proof", "error")


def wish_columns(wish: Wish) -> dict[str, Any]:
    """A wish as it stands in a row: lists as JSON."""
    values = wish.model_dump()
    return {**values, "flows": _text(wish.flows), "languages": _text(wish.languages)}


def wish_of(row: Any) -> Wish:
    lists = {name: orjson.loads(row[name]) if row[name] is not None else None for name in ("flows", "languages")}
    return Wish.model_validate({**{name: row[name] for name in _WISH}, **lists})


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _publication(row: Any) -> Publication:
    fields = {name: value for name, value in row.items() if name not in _WISH}
    for name in _JSON:
        fields[name] = orjson.loads(fields[name]) if fields[name] is not None else None
    fields["accept"] = tuple(orjson.loads(fields["accept"]))
    for name in ("created_at", "started_at", "ended_at"):
        fields[name] = utc(fields[name])
    return Publication(wish=wish_of(row), **fields)


def error_of(text: str | None) -> dict[str, str] | None:
    """Why a job failed, which stands in its row as `code: detail`."""
    if text is None:
        return None
    code, _, detail = text.partition(": ")
    return {"code": code, "detail": detail}


def find(connection: Connection, publication: str) -> Publication | None:
    row = connection.execute(select(publications).where(publications.c.id == publication)).mappings().first()
    return _publication(row) if row else None


def running(connection: Connection, bot: str, target: str) -> Publication | None:
    here = publications.c.bot_id == bot, publications.c.target == target
    query = select(publications).where(*here, publications.c.status.in_(("queued", "running")))
    row = connection.execute(query).mappings().first()
    return _publication(row) if row else None


def unfinished(connection: Connection) -> Sequence[str]:
    query = select(publications.c.id).where(publications.c.status.in_(("queued", "running")))
    return connection.execute(query).scalars().all()


def recent(connection: Connection, bot: str) -> list[Publication]:
    rows = connection.execute(select(publications).where(publications.c.bot_id == bot)).mappings()
    return [_publication(row) for row in rows]


def change(connection: Connection, publication: str, **values: Any) -> None:
    for name in _JSON:
        if name in values and values[name] is not None:
            values[name] = orjson.dumps(values[name]).decode()
    connection.execute(update(publications).where(publications.c.id == publication).values(**values))


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding.model_dump(mode="json") for finding in findings]


def freeze(connection: Connection, release: Release, provenance: dict[str, Any]) -> str:
    """Keeps the candidate under its digest, once."""
    digest = release.digest
    if not connection.execute(select(documents.c.digest).where(documents.c.digest == digest)).first():
        connection.execute(
            insert(documents).values(
                digest=digest,
                document=release.canonical().decode(),
                provenance=orjson.dumps(provenance).decode(),
            )
        )
    RELEASES.keep(digest, release)
    return digest


def thaw(connection: Connection, digest: str) -> tuple[Release, dict[str, Any]]:
    """Raises NotFoundError `release_not_kept`."""
    provenance = _of(connection, documents.c.provenance, digest)
    release = RELEASES.get(digest) or RELEASES.keep(
        digest, Release.model_validate_json(_of(connection, documents.c.document, digest))
    )
    return release, orjson.loads(provenance)


def release_kept(connection: Connection, digest: str) -> Release | None:
    try:
        return thaw(connection, digest)[0]
    except NotFoundError:
        return None


def _of(connection: Connection, part: Column[str], digest: str) -> str:
    found: str | None = connection.execute(select(part).where(documents.c.digest == digest)).scalar()
    if found is None:
        raise NotFoundError("release_not_kept", f"The document {digest} is no longer kept.")
    return found


def schedule_inbox(connection: Connection, bot: str, next_at: datetime) -> None:
    """Daily from the first publication on (F1); a schedule that somebody set stays."""
    if not connection.execute(select(inbox_schedules.c.bot_id).where(inbox_schedules.c.bot_id == bot)).first():
        connection.execute(
            insert(inbox_schedules).values(bot_id=bot, enabled=True, every_minutes=1440, next_at=next_at, after=0)
        )
