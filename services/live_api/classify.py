"""Classify: from memory alone. The database may be away and this still answers (O4)."""

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.live_api.floor import Classifier, FloorParts
from services.live_api.hot_path import add_hot_path
from shared.contracts import Classification
from shared.web.keys import Principal


class ClassifyRequest(BaseModel):
    """One `text`, or up to 256 `texts`, which are answered in order. Without `language`, the bot's first."""

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


async def classify(bot: str, body: ClassifyRequest, _key: Classifier) -> LiveClassification | LiveClassifications:
    """What one text, or each of a list, means to the bot that live serves.

    A bot that is switched off is classified for all the same: this answers programs, not people.
    """
    raise NotImplementedError


def add_classify(app: FastAPI, floor: FloorParts) -> None:
    add_hot_path(app, classify, "live:classify", partial(_answer, floor))


async def _answer(floor: FloorParts, bot: str, key: Principal, body: Any) -> bytes:
    serving = floor.serving(bot, key)
    asked = _read(body)
    language = serving.brain.language(asked.language)
    texts = [asked.text] if asked.text is not None else asked.texts or []
    found = await floor.encoding.each(lambda text: serving.brain.classify(text, language), texts)
    release = {"release": serving.pointer.number, "release_digest": serving.pointer.digest}
    if asked.text is not None:
        return orjson.dumps({**_plain(found[0]), **release})
    return orjson.dumps({"results": [_plain(one) for one in found], **release})


def _read(body: Any) -> ClassifyRequest:
    try:
        return ClassifyRequest.model_validate(body)
    except ValidationError as error:
        found = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(found) from None


def _plain(found: Classification) -> dict[str, Any]:
    return found.model_dump()
