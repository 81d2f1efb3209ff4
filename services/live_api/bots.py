"""The bots that live serves, and what belongs to this environment alone: never published, changed here (E4)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.environments import Environment, read_environment
from services.live_api.floor import Editor, Floor, Reader
from services.live_api.pointer import Pointer, change_environment, read_pointer
from services.live_api.presence import wait_for_others
from services.live_api.roster import never_published
from services.live_api.tables import audit, secrets
from shared.audit import Entry, note
from shared.contracts import BotSettings, Flow
from shared.sealed import secret_names, secret_names_by_bot
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(prefix="/v1/bots", tags=["bots"])

EnvValue = Annotated[str, Field(max_length=10_000)] | int | float | bool
EnvName = Annotated[str, Field(min_length=1, max_length=200)]


class LiveBot(BaseModel):
    """Without a name and a release before the first publication. `secrets` are names."""

    id: str
    name: str | None
    enabled: bool
    retention_days: int
    env: dict[str, Any]
    secrets: list[str]
    release: int | None
    release_digest: str | None


class LiveBotChange(BaseModel):
    """`env` replaces all values. A bot that is not enabled tells people that it is switched off."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": True}]})

    enabled: bool = True
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    env: Annotated[dict[EnvName, EnvValue], Field(max_length=500)] = {}


class LiveRelease(BaseModel):
    """`models` names the model of each language by its digest, as trainings do; `intents` are names by id."""

    number: int
    digest: str
    origin: str
    activated_at: datetime
    languages: tuple[str, ...]
    models: dict[str, str]
    intents: dict[str, str]
    flows: dict[str, Flow]
    settings: BotSettings


@router.get("")
def list_all(floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[LiveBot]:
    with floor.db.reading() as connection:
        sealed = secret_names_by_bot(connection, secrets)
    visible = [pointer for pointer in floor.roster.everyone() if key.bot in (None, pointer.bot)]
    seen = [_shown(pointer, sealed.get(pointer.bot, [])) for pointer in visible]
    return cut(seen, limit, cursor, key=lambda bot: (bot.name or "", bot.id))


@router.get("/{bot}")
def show(bot: str, floor: Floor, key: Reader) -> LiveBot:
    bot_id = floor.bot_id(bot, key)
    pointer = floor.roster.known(bot_id)
    with floor.db.reading() as connection:
        environment = read_environment(connection, bot_id)
        sealed = secret_names(connection, secrets, bot_id)
    if pointer is not None:
        return _shown(pointer, sealed)
    if environment is None and not sealed:
        raise never_published(bot)
    return _unpublished(bot_id, environment or Environment(), sealed)


@router.patch("/{bot}", summary="Change what live has of its own for a bot")
def change(bot: str, body: LiveBotChange, floor: Floor, key: Editor) -> LiveBot:
    """Makes no release: these values are this environment's own. The first publication may need them to be there."""
    bot_id = floor.settable(bot, key)
    with floor.db.writing() as connection:
        changes = body.model_dump(exclude_unset=True)
        before, after = change_environment(connection, bot_id, changes, floor.db.is_sqlite)
        pointer = read_pointer(connection, bot_id)
        sealed = secret_names(connection, secrets, bot_id)
        note(connection, audit, _entry(bot_id, key, before, after))
    if pointer is None:
        return _unpublished(bot_id, after, sealed)
    floor.roster.follow()
    wait_for_others(floor.db, floor.process, pointer.epoch, floor.settings.lagging_seconds)
    return _shown(pointer, sealed)


@router.get("/{bot}/release", summary="Show the release that is served")
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
        intents={mark.id: mark.name for mark in served.intents},
        flows=served.flows,
        settings=served.settings,
    )


def _entry(bot: str, key: Principal, before: Environment, after: Environment) -> Entry:
    """Names what changed, without the values: they may be secret."""
    return Entry(
        action="environment_changed",
        author=key.name,
        bot=bot,
        detail=after.changes_since(before),
        before=before.digest,
        after=after.digest,
    )


def _shown(pointer: Pointer, sealed: list[str]) -> LiveBot:
    return LiveBot(
        id=pointer.bot,
        name=pointer.name,
        **asdict(pointer.environment),
        secrets=sealed,
        release=pointer.number,
        release_digest=pointer.digest,
    )


def _unpublished(bot: str, environment: Environment, sealed: list[str]) -> LiveBot:
    return LiveBot(id=bot, name=None, **asdict(environment), secrets=sealed, release=None, release_digest=None)
