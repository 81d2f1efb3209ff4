"""Classify: from memory alone. The database may be away and this still answers (O4)."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.live_api.floor import Classifier, Floor, FloorParts
from shared.contracts import Classification
from shared.web.keys import Principal
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["talking"])


class ClassifyRequest(BaseModel):
    """One `text`, or up to 256 `texts`, in order. Without `language`, the bot's first; `auto` detects it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "I want my money back"}]})

    text: str | None = None
    texts: Annotated[list[str], Field(min_length=1, max_length=256)] | None = None
    language: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ClassifyRequest":
        if (self.text is None) == (self.texts is None):
            raise ValueError("give either text or texts")
        return self


class LiveClassification(Classification):
    """`release` is its number; every answer comes from one complete release."""

    release: int
    release_digest: str


class LiveClassifications(BaseModel):
    results: list[Classification]
    release: int
    release_digest: str


@router.post("/classify", response_model=LiveClassification | LiveClassifications, summary="Classify texts")
async def classify(bot: str, body: ClassifyRequest, floor: Floor, key: Classifier) -> Response:
    """What one text, or each of a list, means to the bot that live serves.

    A bot that is switched off is classified for all the same: this answers programs, not people.
    """
    return Response(await _answer(floor, bot, key, body), media_type="application/json")


async def answer_plain(floor: FloorParts, bot: str, key: Principal, body: Any) -> bytes:
    """As `classify`, for the shortcut: `body` is JSON that was parsed."""
    return await _answer(floor, bot, key, _read(body))


async def _answer(floor: FloorParts, bot: str, key: Principal, asked: ClassifyRequest) -> bytes:
    serving = floor.serving(bot, key)
    language = serving.brain.language(asked.language)
    texts = [asked.text] if asked.text is not None else asked.texts or []
    now = datetime.now(UTC)
    found = await floor.encoding.each(lambda text: _json(serving.brain.classify(text, language, now)), texts)
    release = f'"release":{serving.pointer.number},"release_digest":"{serving.pointer.digest}"}}'.encode()
    if asked.text is not None:
        return b"%b,%b" % (found[0][:-1], release)
    return b'{"results":[%b],%b' % (b",".join(found), release)


def _json(found: Classification) -> bytes:
    return found.model_dump_json().encode()


def _read(body: Any) -> ClassifyRequest:
    try:
        return ClassifyRequest.model_validate(body)
    except ValidationError as error:
        found = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(found) from None
