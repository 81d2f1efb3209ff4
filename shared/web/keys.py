"""Keys: kept as SHA-256, shown once, bound to scopes and perhaps to one bot."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog
from sqlalchemy import Column, DateTime, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.audit import Entry, note
from shared.db import Database
from shared.errors import BusyError, ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError
from shared.faults import of_the_store
from shared.ids import new_id

log = structlog.get_logger()

SCOPES = (
    "draft:read", "draft:write", "publish:plan", "publish:execute", "publish:approve",
    "live:read", "live:classify", "live:edit", "live:release", "admin",
)  # fmt: skip

ADMIN = "admin"
"""Under which the environment gives the admin key."""
# A revoked key is honoured at most this long by a process that knew it.
_REMEMBERED_SECONDS = 1.0
_WEAKEST_KEY, _FEWEST_CHARACTERS = 16, 6


@dataclass(frozen=True)
class Principal:
    """Who asks. `bot` is the one bot that the key is for, or None for all."""

    id: str
    name: str
    scopes: frozenset[str]
    bot: str | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


def keys_table(metadata: MetaData) -> Table:
    return Table(
        "keys",
        metadata,
        Column("id", String(40), primary_key=True),
        Column("name", String(200), nullable=False),
        Column("sha256", String(64), nullable=False, unique=True),
        Column("scopes", Text, nullable=False),
        Column("bot", String(40)),
        Column("created_at", DateTime(timezone=True), nullable=False),
    )


class KeyRing:
    def __init__(self, db: Database, table: Table, audit: Table) -> None:
        self._db, self._table, self._audit = db, table, audit
        self._remembered: dict[str, tuple[float, Principal]] = {}

    def ensure(self, name: str, key: str | None, scopes: tuple[str, ...]) -> None:
        """The key that the environment gives under `name` is the only one of that name: an older one dies."""
        table = self._table
        try:
            with self._db.writing() as connection:
                connection.execute(delete(table).where(table.c.id == name))
                if key:
                    connection.execute(delete(table).where(table.c.sha256 == _sha256(key)))
                    connection.execute(insert(table).values(**_row(name, name, key, scopes, None)))
        except IntegrityError:
            # Several processes start at once with the same environment: another one has done it.
            log.info("key_ensured_elsewhere", name=name)

    def make(self, name: str, scopes: tuple[str, ...], bot: str | None, author: str) -> tuple[str, str]:
        """The new key's id and the key itself, which is not kept."""
        key, key_id = f"gr_{secrets.token_urlsafe(32)}", new_id("key")
        with self._db.writing() as connection:
            connection.execute(insert(self._table).values(**_row(key_id, name, key, scopes, bot)))
            detail = {"key": key_id, "name": name, "scopes": scopes}
            note(connection, self._audit, Entry("key_made", author, bot, detail))
        return key_id, key

    def list(self) -> list[dict[str, object]]:
        table = self._table
        query = select(table.c.id, table.c.name, table.c.scopes, table.c.bot).order_by(table.c.name, table.c.id)
        with self._db.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [{**row, "scopes": orjson.loads(row["scopes"])} for row in rows]

    def revoke(self, key_id: str, author: str) -> None:
        """Raises NotFoundError; ConflictError `configured_key` for what would leave nobody to make another key."""
        if key_id == ADMIN:
            detail = "This is the admin key of the environment: set another GREENROOM_ADMIN_KEY and restart."
            raise ConflictError("configured_key", detail)
        with self._db.writing() as connection:
            if connection.execute(delete(self._table).where(self._table.c.id == key_id)).rowcount == 0:
                raise NotFoundError("not_found", f"There is no key {key_id!r}.")
            note(connection, self._audit, Entry("key_revoked", author, detail={"key": key_id}))
        self._remembered.clear()

    def remembered(self, token: str) -> Principal | None:
        """Without asking the database, for as long as a revoked key may live on."""
        known = self._remembered.get(_sha256(token))
        return known[1] if known and known[0] > time.monotonic() else None

    def authenticate(self, token: str) -> Principal:
        """Raises UnauthenticatedError. Looked up by hash, so timing tells nothing about the key."""
        digest, table = _sha256(token), self._table
        try:
            with self._db.reading() as connection:
                row = connection.execute(select(table).where(table.c.sha256 == digest)).mappings().first()
        except DBAPIError as error:
            if not of_the_store(error):
                raise
            return self._known_while_away(digest)
        if row is None:
            raise unauthenticated()
        found = Principal(row["id"], row["name"], frozenset(orjson.loads(row["scopes"])), row["bot"])
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remember(digest, found)
        return found

    def _known_while_away(self, digest: str) -> Principal:
        """A key that was good when the database was last there stays good until it is back (O4)."""
        known = self._remembered.get(digest)
        if known is None:
            raise BusyError("store_unavailable", "The database cannot be reached just now.")
        self._remember(digest, known[1])
        return known[1]

    def _remember(self, digest: str, principal: Principal) -> None:
        self._remembered[digest] = (time.monotonic() + _REMEMBERED_SECONDS, principal)


def unauthenticated() -> UnauthenticatedError:
    detail = "Send a key of this service as `Authorization: Bearer <key>`."
    return UnauthenticatedError("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def demand(principal: Principal, scopes: tuple[str, ...]) -> None:
    if not all(principal.may(scope) for scope in scopes):
        raise ForbiddenError("forbidden", f"This key lacks the scope {', '.join(scopes)}.")


def strong_enough(key: str) -> bool:
    """Long enough, and not one character over and over."""
    return len(key) >= _WEAKEST_KEY and len(set(key)) >= _FEWEST_CHARACTERS


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _row(key_id: str, name: str, key: str, scopes: tuple[str, ...], bot: str | None) -> dict[str, object]:
    return {
        "id": key_id,
        "name": name,
        "sha256": _sha256(key),
        "scopes": orjson.dumps(list(scopes)).decode(),
        "bot": bot,
        "created_at": datetime.now(UTC),
    }
