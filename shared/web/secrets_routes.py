"""A bot's named secrets in one environment: written, never read back, never published (D1, E4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Table, select

from shared.audit import Entry, note
from shared.db import Database, utc
from shared.errors import NotFoundError
from shared.sealed import SealedColumn, put_secret, remove_secret, reseal
from shared.secrets import Secrets
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router, requires

SecretName = Annotated[str, Path(min_length=1, max_length=200)]
FindBot = Callable[[Connection, str, Principal], str]
"""From an id or a name to the id. Raises NotFoundError for what is not there or the key may not see."""


class SecretValue(BaseModel):
    """Up to 10,000 characters."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": "token-of-the-ticket-desk"}]})

    value: Annotated[str, Field(min_length=1, max_length=10_000)]


class SecretMark(BaseModel):
    """That there is a secret, since when and by whom; its value is not shown."""

    name: str
    author: str
    updated_at: datetime


class Resealed(BaseModel):
    """How many secrets were sealed with the key `key` now; `keys` are those that this service knows."""

    resealed: int
    key: str | None
    keys: list[str]


@dataclass(frozen=True)
class Drawer:
    """What the routes need. `columns` are all columns of the service that hold sealed texts."""

    db: Database
    table: Table
    audit: Table
    secrets: Secrets
    columns: Sequence[SealedColumn]
    find_bot: FindBot


def secrets_router(drawer: Drawer, reads: str, writes: str) -> APIRouter:
    """`reads` and `writes` are the scopes that the routes ask for."""
    router = Router(tags=["secrets"])

    @router.get("/v1/bots/{bot}/secrets")
    def list_all(
        bot: str, limit: Limit = 100, cursor: str | None = None, key: Principal = requires(reads)
    ) -> Page[SecretMark]:
        """Names, never values."""
        with drawer.db.reading() as connection:
            marks = _marks(connection, drawer.table, drawer.find_bot(connection, bot, key))
        return cut(marks, limit, cursor, key=lambda mark: (mark.name,))

    @router.put("/v1/bots/{bot}/secrets/{name}", responses={201: {"model": SecretMark}}, summary="Write a secret")
    def put(
        bot: str,
        name: SecretName,
        body: SecretValue,
        response: Response,
        key: Principal = requires(writes),
    ) -> SecretMark:
        """Blocks name it, as in `{"secret": NAME}` of a header; its value never comes back."""
        sealed = drawer.secrets.seal(body.value)
        with drawer.db.writing() as connection:
            bot_id = drawer.find_bot(connection, bot, key)
            fresh = put_secret(connection, drawer.table, bot_id, name, sealed, key.name)
            note(connection, drawer.audit, _entry("secret_set", bot_id, name, key))
            mark = next(mark for mark in _marks(connection, drawer.table, bot_id) if mark.name == name)
        response.status_code = 201 if fresh else 200
        return mark

    @router.delete("/v1/bots/{bot}/secrets/{name}", status_code=204, summary="Delete a secret")
    def remove(bot: str, name: SecretName, key: Principal = requires(writes)) -> Response:
        with drawer.db.writing() as connection:
            bot_id = drawer.find_bot(connection, bot, key)
            if not remove_secret(connection, drawer.table, bot_id, name):
                raise NotFoundError("not_found", f"The bot has no secret {name!r} here.")
            note(connection, drawer.audit, _entry("secret_removed", bot_id, name, key))
        return Response(status_code=204)

    whole = APIRouter()
    whole.include_router(router)
    whole.include_router(reseal_router(drawer.db, drawer.audit, drawer.secrets, drawer.columns))
    return whole


def reseal_router(db: Database, audit: Table, secrets: Secrets, columns: Sequence[SealedColumn]) -> APIRouter:
    """`columns` are all columns of the service that hold sealed texts."""
    router = Router(tags=["secrets"])

    @router.post("/v1/secrets/reseal", summary="Seal all secrets anew")
    def seal_anew(key: Principal = requires("admin")) -> Resealed:
        """After the keys were changed: reads them anew, and seals with the first what another one sealed."""
        secrets.reload()
        count = reseal(db, columns, secrets)
        known = list(secrets.key_ids)
        with db.writing() as connection:
            note(connection, audit, _entry("secrets_resealed", None, None, key, resealed=count))
        return Resealed(resealed=count, key=known[0] if known else None, keys=known)

    return router


def _marks(connection: Connection, table: Table, bot: str) -> list[SecretMark]:
    query = select(table.c.name, table.c.author, table.c.updated_at).where(table.c.bot_id == bot)
    return [
        SecretMark(name=row.name, author=row.author, updated_at=utc(row.updated_at))
        for row in connection.execute(query)
    ]


def _entry(action: str, bot: str | None, name: str | None, key: Principal, **detail: int) -> Entry:
    """Names the secret, without its value."""
    named = {"secret": name} if name else {}
    return Entry(action, key.name, bot, {**named, **detail})
