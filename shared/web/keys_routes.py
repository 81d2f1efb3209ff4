"""Making, listing and revoking keys; for admins."""

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.errors import InvalidError
from shared.web.keys import SCOPES, KeyRing, Principal
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router, requires

router = Router(prefix="/v1/keys", tags=["keys"])

Admin = Annotated[Principal, requires("admin")]
Scope = Literal[
    "draft:read", "draft:write", "publish:plan", "publish:execute", "publish:approve",
    "live:read", "live:classify", "live:edit", "live:release", "admin",
]  # fmt: skip


class NewKey(BaseModel):
    """`bot` limits the key to one bot, named by its id or its name; its id is kept."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "website", "scopes": ["live:classify"]}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    bot: Annotated[str, Field(max_length=200)] | None = None


class MadeKey(BaseModel):
    """`key` is shown this once."""

    id: str
    name: str
    scopes: list[str]
    bot: str | None
    key: str


class ListedKey(BaseModel):
    id: str
    name: str
    scopes: list[str]
    bot: str | None


@router.post("", status_code=201)
def make(body: NewKey, request: Request, key: Admin) -> MadeKey:
    if "admin" in body.scopes and body.bot:
        raise InvalidError("invalid_scopes", "A key for one bot cannot be an admin's.")
    bot = None if body.bot is None else request.app.state.find_bot(body.bot, key)
    key_id, secret = _ring(request).make(body.name, tuple(body.scopes), bot, key.name)
    return MadeKey(id=key_id, name=body.name, scopes=list(body.scopes), bot=bot, key=secret)


@router.get("")
def list_all(request: Request, _key: Admin, limit: Limit = 100, cursor: str | None = None) -> Page[ListedKey]:
    found = [ListedKey.model_validate(row) for row in _ring(request).list()]
    return cut(found, limit, cursor, key=lambda item: (item.name, item.id))


@router.delete("/{key_id}", status_code=204, summary="Revoke a key")
def revoke(key_id: str, request: Request, key: Admin) -> Response:
    """Not the admin key of the environment, without which nobody could make another: that one is changed there."""
    _ring(request).revoke(key_id, key.name)
    return Response(status_code=204)


def _ring(request: Request) -> KeyRing:
    ring: KeyRing = request.app.state.keys
    return ring
