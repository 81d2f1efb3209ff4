"""Bots: where everything else hangs. Deleting one here leaves live alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping, delete, select

from services.draft_api.bot_records import create_bot, refuse_bound, refuse_name
from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.languages import take_off
from services.draft_api.store import bot_etag, find_bot, languages_of, settings_of, touch
from services.draft_api.tables import audit, bots, emulator_scope, idempotency
from services.draft_api.training.encoder_folder import ENCODED, available_profiles, how_to_get
from shared.audit import Entry, note
from shared.contracts import BotSettings, Language
from shared.db import utc
from shared.errors import InvalidError
from shared.web.bot_settings import merged_settings
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, require_match
from shared.web.routing import Router

router = Router(prefix="/v1/bots", tags=["bots"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
Languages = Annotated[list[Language], Field(min_length=1, max_length=50)]


EnvValue = Annotated[str, Field(max_length=10_000)] | int | float | bool
EnvName = Annotated[str, Field(min_length=1, max_length=200)]


class NewBot(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Harbour Café"}]})

    name: Name
    languages: Languages = ["en"]
    settings: dict[str, Any] = {}


class BotChange(BaseModel):
    """`env` replaces all values that draft has of its own: what the emulator says for `{{ env.name }}` (E4).

    `retention_days` is how long the inbox keeps what was said.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"settings": {"intent_threshold": 0.4}}]})

    name: Name | None = None
    languages: Languages | None = None
    settings: dict[str, Any] | None = None
    env: Annotated[dict[EnvName, EnvValue], Field(max_length=500)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Bot(BaseModel):
    id: str
    name: str
    languages: tuple[str, ...]
    settings: BotSettings
    env: dict[str, Any]
    retention_days: int
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201)
def create(body: NewBot, desk: Desk, key: Writer, response: Response) -> Bot:
    refuse_bound(key)
    refuse_unavailable(body.settings)
    settings = merged_settings({"profile": desk.default_profile}, body.settings, body.languages)
    with desk.db.writing() as connection:
        bot_id = create_bot(connection, body.name, body.languages, settings)
        row = find_bot(connection, bot_id, key.bot)
    return _shown(row, response)


@router.get("")
def list_all(desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Bot]:
    query = select(bots) if key.bot is None else select(bots).where(bots.c.id == key.bot)
    with desk.db.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return cut([_bot(row) for row in rows], limit, cursor, key=lambda bot: (bot.name, bot.id))


@router.get("/{bot}")
def show(bot: str, desk: Desk, key: Reader, response: Response) -> Bot:
    with desk.db.reading() as connection:
        return _shown(find_bot(connection, bot, key.bot), response)


@router.patch("/{bot}")
def change(
    bot: str,
    body: BotChange,
    desk: Desk,
    key: Writer,
    response: Response,
    if_match: IfMatch = None,
) -> Bot:
    """A language that is taken off goes with its expressions; a snapshot that is taken first brings them back."""
    refuse_unavailable(body.settings or {})
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        require_match(if_match, bot_etag(row))
        if body.name is not None and body.name != row["name"]:
            refuse_name(connection, body.name)
        if body.languages is not None:
            take_off(connection, row, set(languages_of(row)) - set(body.languages), key.name)
        touch(connection, row["id"], nlp=_moves_nlp(row, body), **_changes(row, body))
        return _shown(find_bot(connection, row["id"], key.bot), response)


@router.delete("/{bot}", status_code=204)
def remove(bot: str, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        require_match(if_match, bot_etag(row))
        connection.execute(delete(bots).where(bots.c.id == row["id"]))
        connection.execute(delete(idempotency).where(idempotency.c.scope == emulator_scope(row["id"])))
        note(connection, audit, Entry("bot_deleted", key.name, row["id"], {"name": row["name"]}))
    return Response(status_code=204)


def refuse_unavailable(settings: Mapping[str, Any]) -> None:
    """A profile that is asked for by name and cannot be trained here. Raises InvalidError `profile_unavailable`."""
    profile = settings.get("profile")
    if profile in ENCODED and profile not in available_profiles():
        raise InvalidError("profile_unavailable", how_to_get(profile))


def _changes(row: RowMapping, body: BotChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if body.name is not None:
        values["name"] = body.name
    if body.languages is not None:
        values["languages"] = orjson.dumps(list(dict.fromkeys(body.languages))).decode()
    if body.languages is not None or body.settings is not None:
        values["settings"] = _settings(row, body).model_dump_json()
    if body.env is not None:
        values["env"] = orjson.dumps(body.env).decode()
    if body.retention_days is not None:
        values["retention_days"] = body.retention_days
    return values


def _settings(row: RowMapping, body: BotChange) -> BotSettings:
    """A language that is taken off takes its thresholds with it."""
    spoken, before = body.languages or languages_of(row), settings_of(row)
    kept = {language: own for language, own in before.languages.items() if language in spoken}
    return merged_settings(before.model_copy(update={"languages": kept}).model_dump(), body.settings or {}, spoken)


def _moves_nlp(row: RowMapping, body: BotChange) -> bool:
    """Languages and the profile are read by training; thresholds are not (T2)."""
    profile = (body.settings or {}).get("profile", settings_of(row).profile)
    return body.languages is not None or profile != settings_of(row).profile


def _shown(row: RowMapping, response: Response) -> Bot:
    response.headers["ETag"] = bot_etag(row)
    return _bot(row)


def _bot(row: RowMapping) -> Bot:
    return Bot(
        id=row["id"],
        name=row["name"],
        languages=languages_of(row),
        settings=settings_of(row),
        env=orjson.loads(row["env"]),
        retention_days=row["retention_days"],
        created_at=utc(row["created_at"]),
        updated_at=utc(row["updated_at"]),
    )
