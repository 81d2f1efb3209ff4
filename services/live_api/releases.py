"""Releases as the publisher brings them and reads them back."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select

from services.live_api.floor import Floor, FloorParts, Releaser
from services.live_api.staging import prove_again, stage
from services.live_api.tables import releases
from shared.contracts import Flow, Proof, Release
from shared.digest import canonical
from shared.errors import InvalidError, NotFoundError
from shared.web.keys import Principal
from shared.web.routing import UPLOAD, Router
from shared.web.strict_json import JsonLimits, parse_json

router = Router(prefix="/v1/bots/{bot}/releases", tags=["publishing"])

# A whole bot: thousands of flows are many keys.
_LIMITS = JsonLimits(depth=64, keys=5_000_000)

_DOCUMENT = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["release"],
                "properties": {
                    "release": {"$ref": "#/components/schemas/Release"},
                    "provenance": {"type": "object"},
                },
            }
        }
    },
}


class StageRequest(BaseModel):
    """`provenance` is kept beside the release and not hashed into it (P10)."""

    model_config = ConfigDict(extra="forbid")

    release: Release
    provenance: dict[str, Any] = {}


@router.put(
    "/{digest}",
    openapi_extra={UPLOAD: True, "requestBody": _DOCUMENT},
    status_code=201,
    responses={200: {"model": Proof, "description": "It was staged already."}},
    summary="Stage a release",
)
async def put(bot: str, digest: str, request: Request, response: Response, floor: Floor, key: Releaser) -> Proof:
    """Loads, warms and probes a candidate beside what is served; answers what this side found (P12)."""
    body = await request.body()
    asked = await floor.backstage.run(_asked, floor, key, bot, digest, body)
    proof, new = await stage(floor, asked.release, asked.provenance)
    response.status_code = 201 if new else 200
    return proof


@router.post("/{digest}/proof", summary="Prove a staged release again")
async def prove(bot: str, digest: str, floor: Floor, key: Releaser) -> Proof:
    """What this side has of a candidate that is staged and waits in memory: its files are hashed anew."""
    return await prove_again(floor, floor.bot_id(bot, key), digest)


def _asked(floor: FloorParts, key: Principal, bot: str, digest: str, body: bytes) -> StageRequest:
    bot_id = floor.bot_id(bot, key)
    asked = _read(body, digest, floor.roster.flows(bot_id))
    if asked.release.bot.id != bot_id:
        raise InvalidError("manifest_invalid", "The release is of another bot than the path names.")
    if asked.release.digest != digest:
        raise InvalidError("release_digest_mismatch", f"The document that arrived is {asked.release.digest}.")
    return asked


def _read(body: bytes, digest: str, known: Mapping[str, Flow]) -> StageRequest:
    return _read_quickly(body, digest, known) or _read_strictly(body)


def _read_quickly(body: bytes, digest: str, known: Mapping[str, Flow]) -> StageRequest | None:
    """A document that is what its name says holds no surprise, however its spelling might be read: this process has

    people to answer meanwhile. Whatever is not so plain is left to the strict road, which says what is wrong.
    """
    if b"\\u0000" in body:
        return None
    try:
        asked = StageRequest.model_validate(_with_flows_read(orjson.loads(body), known))
        return asked if asked.release.digest == digest else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _with_flows_read(asked: dict[str, Any], known: Mapping[str, Flow]) -> dict[str, Any]:
    """One by one, so that others get their turn in between; a flow that is served already is not read again."""
    flows = {name: _flow(written, known.get(name)) for name, written in asked["release"]["flows"].items()}
    return {**asked, "release": {**asked["release"], "flows": flows}}


def _flow(written: Any, known: Flow | None) -> Flow:
    return known if known and known.canonical() == canonical(written) else Flow.model_validate(written)


def _read_strictly(body: bytes) -> StageRequest:
    try:
        return StageRequest.model_validate(parse_json(body, _LIMITS))
    except ValidationError as error:
        found = [{"pointer": "/" + "/".join(map(str, e["loc"])), "detail": e["msg"]} for e in error.errors()[:50]]
        raise InvalidError("manifest_invalid", "The document is not a release.", errors=found) from None


@router.get("/{digest}", response_model=Release, summary="Show a release")
def show(bot: str, digest: str, floor: Floor, key: Releaser) -> Response:
    """The document as it was staged, byte for byte."""
    here = releases.c.bot_id == floor.bot_id(bot, key), releases.c.digest == digest
    with floor.db.reading() as connection:
        document = connection.execute(select(releases.c.document).where(*here)).scalar()
    if document is None:
        raise NotFoundError("release_not_found", f"No release {digest} of this bot is kept here.")
    return Response(document, media_type="application/json")
