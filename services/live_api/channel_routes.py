"""A bot's channels in this environment: made, shown without their secrets, changed, removed (E4, E5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from services.live_api.channel_records import (
    Channel,
    add_channel,
    channels_of,
    find_channel,
    remove_channel,
    replace_channel,
)
from services.live_api.channel_setup import (
    checked_config,
    checked_secrets,
    kind_named,
    made_secrets,
    told_apart,
)
from services.live_api.floor import Editor, Floor, FloorParts, Reader
from services.live_api.tables import audit
from shared.audit import Entry, note
from shared.destinations import parse_url
from shared.document import Value
from shared.errors import InvalidError, NotFoundError
from shared.ids import new_id
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/channels", tags=["channels"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
Config = Annotated[dict[str, Any], Field(max_length=50)]
SecretValues = Annotated[dict[str, Annotated[str, Field(max_length=500)] | None], Field(max_length=50)]
_LONGEST_OVERLAP = 7 * 24 * 60

_EXAMPLE: dict[str, Any] = {
    "kind": "telegram",
    "name": "Ferry on Telegram",
    "config": {"bot_username": "ferry_bot"},
    "secrets": {"bot_token": "123456:token-of-botfather", "secret_token": "a-secret-that-you-chose"},
}


class NewChannel(BaseModel):
    """What `config` and `secrets` hold depends on the kind; secrets may stand among the config too. `enabled`, unless
    it is said, is whether no secret is missing.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    kind: str
    name: Name
    config: Config = {}
    secrets: SecretValues = {}
    enabled: bool | None = None


class ChannelChange(BaseModel):
    """What is not named stays; null takes a value away. Replaced secrets are taken for proof of what comes in for
    another `accept_previous_minutes`, so that a platform's can be replaced without losing a message.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    name: Name | None = None
    config: Config = {}
    secrets: SecretValues = {}
    enabled: bool | None = None
    accept_previous_minutes: Annotated[int, Field(ge=0, le=_LONGEST_OVERLAP)] = 0


class ShownChannel(BaseModel):
    """`secrets` names those that are set; what they are is never told. `webhook_url` is what the platform calls."""

    id: str
    bot: str
    kind: str
    name: str
    enabled: bool
    config: dict[str, Any]
    secrets: list[str]
    missing_secrets: list[str]
    previous_accepted_until: datetime | None
    webhook_url: str
    created_at: datetime


@router.get("")
def list_all(
    bot: str, floor: Floor, key: Reader, request: Request, limit: Limit = 100, cursor: str | None = None
) -> Page[ShownChannel]:
    bot_id = floor.settable(bot, key)
    with floor.db.reading() as connection:
        found = channels_of(connection, floor.secrets, bot_id)
    seen = [_shown(channel, floor, request) for channel in found]
    return cut(seen, limit, cursor, key=lambda channel: (channel.name, channel.id))


@router.post("", status_code=201)
def make(bot: str, body: NewChannel, floor: Floor, key: Editor, request: Request, response: Response) -> ShownChannel:
    """Also before the bot's first publication, and next to others of its kind."""
    bot_id, kind = floor.settable(bot, key), kind_named(body.kind)
    written = told_apart(kind, body.config, body.secrets)
    config = checked_config(kind, written.config)
    _refuse_forbidden_urls(config, floor)
    channel = Channel(
        id=new_id("ch"),
        bot=bot_id,
        kind=body.kind,
        name=body.name,
        enabled=False,
        config=config,
        created_at=datetime.now(UTC),
        secrets={**made_secrets(kind), **checked_secrets(kind, written.secrets)},
    )
    channel = _switched(channel, not channel.missing if body.enabled is None else body.enabled)
    with floor.db.writing() as connection:
        add_channel(connection, floor.secrets, channel)
        note(connection, audit, _entry("channel_made", channel, key, after=channel.digest))
    response.headers["Location"] = f"/v1/bots/{bot_id}/channels/{channel.id}"
    return _shown(channel, floor, request)


@router.get("/{channel}")
def show(bot: str, channel: str, floor: Floor, key: Reader, request: Request) -> ShownChannel:
    with floor.db.reading() as connection:
        return _shown(_found(connection, floor, bot, channel, key), floor, request)


@router.patch("/{channel}")
def change(bot: str, channel: str, body: ChannelChange, floor: Floor, key: Editor, request: Request) -> ShownChannel:
    """Other processes of live know of it within a second."""
    with floor.db.writing() as connection:
        before = _found(connection, floor, bot, channel, key)
        after = _changed(before, body)
        _refuse_forbidden_urls(after.config, floor)
        replace_channel(connection, floor.secrets, after)
        changed = {"changed": _changes(before, after)}
        note(connection, audit, _entry("channel_changed", after, key, before.digest, after.digest, **changed))
    floor.channels.forget(channel)
    return _shown(after, floor, request)


@router.delete("/{channel}", status_code=204)
def remove(bot: str, channel: str, floor: Floor, key: Editor) -> Response:
    """What waits to be sent over it is parked."""
    with floor.db.writing() as connection:
        found = _found(connection, floor, bot, channel, key)
        remove_channel(connection, found.id)
        note(connection, audit, _entry("channel_removed", found, key, before=found.digest))
    floor.channels.forget(channel)
    return Response(status_code=204)


def _found(connection: Connection, floor: FloorParts, bot: str, channel: str, key: Principal) -> Channel:
    """Raises NotFoundError alike for another bot's channel and for none."""
    bot_id = floor.settable(bot, key)
    found = find_channel(connection, floor.secrets, channel)
    if found is None or found.bot != bot_id:
        raise NotFoundError("not_found", f"The bot has no channel {channel!r} here.")
    return found


def _refuse_forbidden_urls(config: Value, floor: FloorParts) -> None:
    """Every URL of a config is one that live will call. Raises ForbiddenUrlError `url_forbidden`."""
    for value in config.model_dump().values():
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            floor.egress.rules.check(parse_url(value))


def _changed(before: Channel, body: ChannelChange) -> Channel:
    kind = before.speaks
    written = told_apart(kind, body.config, body.secrets)
    config = checked_config(kind, {**before.config.model_dump(mode="json"), **written.config})
    secrets = checked_secrets(kind, {**before.secrets, **written.secrets})
    after = replace(before, name=body.name or before.name, config=config, secrets=secrets)
    replaced = {name: value for name, value in before.secrets.items() if secrets.get(name) != value}
    if replaced:
        until = datetime.now(UTC) + timedelta(minutes=body.accept_previous_minutes)
        kept = replaced if body.accept_previous_minutes else {}
        after = replace(after, previous=kept, previous_until=until if kept else None)
    return _switched(after, before.enabled if body.enabled is None else body.enabled)


def _switched(channel: Channel, enabled: bool) -> Channel:
    """Raises InvalidError `channel_secrets_missing`."""
    if enabled and channel.missing:
        detail = f"It cannot be enabled without {', '.join(channel.missing)}."
        raise InvalidError("channel_secrets_missing", detail, missing=list(channel.missing))
    return replace(channel, enabled=enabled)


def _changes(before: Channel, after: Channel) -> list[str]:
    """By name: the values may be secret."""
    was, now = before.config.model_dump(), after.config.model_dump()
    own = [name for name in ("name", "enabled") if getattr(before, name) != getattr(after, name)]
    config = [name for name in now if was.get(name) != now[name]]
    secrets = {*before.secrets, *after.secrets}
    return own + config + sorted(name for name in secrets if before.secrets.get(name) != after.secrets.get(name))


def _entry(
    action: str,
    channel: Channel,
    key: Principal,
    before: str | None = None,
    after: str | None = None,
    **more: Any,
) -> Entry:
    detail = {"channel": channel.id, "kind": channel.kind, "name": channel.name, **more}
    return Entry(action, key.name, channel.bot, detail, before, after)


def _shown(channel: Channel, floor: FloorParts, request: Request) -> ShownChannel:
    base = floor.settings.public_url or str(request.base_url)
    return ShownChannel(
        id=channel.id,
        bot=channel.bot,
        kind=channel.kind,
        name=channel.name,
        enabled=channel.enabled,
        config=channel.config.model_dump(mode="json"),
        secrets=sorted(channel.secrets),
        missing_secrets=list(channel.missing),
        previous_accepted_until=channel.previous_until,
        webhook_url=f"{base.rstrip('/')}/v1/channels/{channel.id}/webhook",
        created_at=channel.created_at,
    )
