"""The bots that live serves, and what belongs to this environment alone: never published, changed here (E4)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.floor import Editor, Floor, Reader
from services.live_api.pointer import Pointer, change_environment
from services.live_api.roster import never_published
from shared.contracts import BotSettings, Flow
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(prefix="/v1/bots", tags=["bots"])

EnvValue = Annotated[str, Field(max_length=10_000)] | int | float | bool
EnvName = Annotated[str, Field(min_length=1, max_length=200)]


class LiveBot(BaseModel):
    id: str
    name: str
    enabled: bool
    retention_days: int
    env: dict[str, Any]
    release: int
    release_digest: str


class LiveBotChange(BaseModel):
    """`env` replaces all values. A bot that is not enabled tells people that it is switched off."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": True}]})

    enabled: bool = True
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    env: Annotated[dict[EnvName, EnvValue], Field(max_length=500)] = {}


class LiveRelease(BaseModel):
    """`models` names the model of each language by its digest, as trainings do."""

    number: int
    digest: str
    origin: str
    activated_at: datetime
    languages: tuple[str, ...]
    models: dict[str, str]
    flows: dict[str, Flow]
    settings: BotSettings


@router.get("")
def list_all(floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[LiveBot]:
    seen = [_shown(pointer) for pointer in floor.roster.everyone() if key.bot in (None, pointer.bot)]
    return cut(seen, limit, cursor, key=lambda bot: (bot.name, bot.id))


@router.get("/{bot}")
def show(bot: str, floor: Floor, key: Reader) -> LiveBot:
    return _shown(floor.pointer(bot, key))


@router.patch("/{bot}")
def change(bot: str, body: LiveBotChange, floor: Floor, key: Editor) -> LiveBot:
    """Makes no release: these values are this environment's own."""
    bot_id = floor.pointer(bot, key).bot
    with floor.db.writing() as connection:
        changes = body.model_dump(exclude_unset=True)
        pointer = change_environment(connection, bot_id, changes, floor.db.is_sqlite)
    if pointer is None:
        raise never_published(bot)
    floor.roster.follow()
    return _shown(pointer)


@router.get("/{bot}/release")
def release(bot: str, floor: Floor, key: Reader) -> LiveRelease:
    """What is served at this moment."""
    serving = floor.serving(bot, key)
    pointer, served = serving.pointer, serving.brain.release
    return LiveRelease(
        number=pointer.number,
        digest=pointer.digest,
        origin=pointer.origin,
        activated_at=pointer.activated_at,
        languages=served.languages,
        models={language: model.digest for language, model in served.models.items()},
        flows=served.flows,
        settings=served.settings,
    )


def _shown(pointer: Pointer) -> LiveBot:
    return LiveBot(
        id=pointer.bot,
        name=pointer.name,
        enabled=pointer.enabled,
        retention_days=pointer.retention_days,
        env=pointer.env,
        release=pointer.number,
        release_digest=pointer.digest,
    )
