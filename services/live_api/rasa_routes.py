"""A channel of kind rest, under the paths of a Rasa server: a front end is given `.../rasa` as the server's address.

Unlike Rasa's, every call shows who it is: a key with `live:classify`, or the channel's own token, as a bearer or as
`?token=`, which is how Rasa takes its own. And what fails says so, instead of answering an empty list.
"""

from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, SecretStr, ValidationError

from services.live_api.channel_records import Channel
from services.live_api.channels.rest import Secrets
from services.live_api.conversations import checked_key
from services.live_api.floor import Floor, FloorParts
from services.live_api.inbox import conversation_name
from services.live_api.memory import Heard
from services.live_api.platforms.proof import same, secret_bytes
from services.live_api.platforms.reading import as_payload
from services.live_api.rasa import Parsed, Said, messages, parse_answer
from services.live_api.roster import Serving
from shared.errors import ForbiddenError, NotFoundError
from shared.web.describing import TEXT
from shared.web.routing import Router, admit
from shared.web.strict_json import parse_json

router = Router(prefix="/v1/channels/{channel}/rasa", tags=["channels"])

Body = TypeVar("Body", bound=BaseModel)


def _documented(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """The body is read by hand, after the caller is known."""
    content = {"schema": model.model_json_schema(), "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}, "security": [{"key": []}]}


@router.get("/webhooks/rest/", summary="Say that a rest channel is there")
async def health(channel: str, floor: Floor) -> dict[str, str]:
    """As Rasa's REST channel says that it is there.

    Scope: none.
    """
    await _rest_channel(floor, channel)
    return {"status": "ok"}


@router.post(
    "/webhooks/rest/webhook",
    openapi_extra=_documented(Said, {"sender": "maud", "message": "hello"}),
    responses={200: {"content": {"application/x-ndjson": TEXT}}},
    summary="Say something over a rest channel",
)
async def say(
    channel: str,
    request: Request,
    floor: Floor,
    stream: bool = False,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """The bot's answers as a list, or one a line with `stream=true`. With an `Idempotency-Key`, once and the same.

    Scope: `live:classify`, or the channel's token.
    """
    found, serving = await _admitted(request, floor, channel)
    said = _read(Said, await request.body())
    language = said.language if said.language in serving.brain.release.languages else None
    conversation = conversation_name(found.id, said.sender)
    once, pressed = checked_key(idempotency_key), as_payload(said.message)
    heard = Heard(found.bot, conversation, said.message, said.sender, language, once, pressed)
    row = await floor.talk.turn(serving, heard)
    shown = messages(said.sender, row.replies)
    if stream:
        return Response(b"".join(orjson.dumps(one) + b"\n" for one in shown), media_type="application/x-ndjson")
    return Response(orjson.dumps(shown), media_type="application/json")


@router.post(
    "/model/parse", openapi_extra=_documented(Parsed, {"text": "hello"}), summary="Parse a text over a rest channel"
)
async def parse(channel: str, request: Request, floor: Floor) -> Response:
    """What a text means, in the bot's first language.

    Scope: `live:classify`, or the channel's token.
    """
    _, serving = await _admitted(request, floor, channel)
    asked = _read(Parsed, await request.body())
    language = serving.brain.language(None)
    answer = await floor.encoding.one(lambda text: serving.brain.classify(text, language), asked.text)
    return Response(orjson.dumps(parse_answer(asked, answer)), media_type="application/json")


async def _rest_channel(floor: FloorParts, channel: str) -> Channel:
    """Raises NotFoundError alike for a channel of another kind and for none."""
    found = await floor.channels.find(channel)
    if found.kind != "rest":
        raise NotFoundError("not_found", f"There is no channel {channel!r}.")
    return found


async def _admitted(request: Request, floor: FloorParts, channel: str) -> tuple[Channel, Serving]:
    """Raises `unauthenticated`, `forbidden`, `channel_disabled`, `never_published`."""
    found = await _rest_channel(floor, channel)
    if not _shows_token(request, found):
        key = await admit(request, ("live:classify",))
        if key.bot not in (None, found.bot):
            raise NotFoundError("not_found", f"There is no channel {channel!r}.")
    if not found.enabled:
        raise ForbiddenError("channel_disabled", "This channel is switched off.")
    serving = floor.roster.serving(found.bot)
    return found, serving


def _shows_token(request: Request, channel: Channel) -> bool:
    secrets = channel.opened
    assert isinstance(secrets, Secrets)
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    shown = bearer if kind.lower() == "bearer" else request.query_params.get("token", "")
    return same(shown.encode("utf-8", "replace"), secret_bytes(secrets.token or SecretStr("")))


def _read(model: type[Body], body: bytes) -> Body:
    try:
        return model.model_validate(parse_json(body))
    except ValidationError as error:
        found = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(found) from None
