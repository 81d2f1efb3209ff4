"""Channels as they are kept. Their secrets are sealed, the config is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from services.live_api.channel import Kind
from services.live_api.channel_kinds import kinds
from services.live_api.channel_setup import missing_secrets, whole_secrets
from services.live_api.tables import channels
from shared.db import utc
from shared.digest import canonical, digest_of
from shared.document import Value
from shared.secrets import Secrets


@dataclass(frozen=True)
class Channel:
    """`secrets` are those that are set, `previous` those that they replaced, by name and in the clear."""

    id: str
    bot: str
    kind: str
    name: str
    enabled: bool
    config: Value
    created_at: datetime
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    previous: Mapping[str, str] = field(default_factory=dict, repr=False)
    previous_until: datetime | None = None

    @property
    def speaks(self) -> Kind:
        return kinds()[self.kind]

    @property
    def missing(self) -> tuple[str, ...]:
        return missing_secrets(self.speaks, self.secrets)

    @cached_property
    def opened(self) -> Value | None:
        """The secrets as the kind wants them; None while one is missing."""
        return whole_secrets(self.speaks, self.secrets)

    @cached_property
    def _former(self) -> Value | None:
        return whole_secrets(self.speaks, {**self.secrets, **self.previous})

    def proofs(self, now: datetime) -> tuple[Value, ...]:
        """The secrets that what comes in may be proven with: the ones that were replaced too, for as long as was said.

        None while one is missing.
        """
        former = self._former if self.previous_until and now < self.previous_until else None
        return tuple(secrets for secrets in (self.opened, former) if secrets is not None)

    @property
    def digest(self) -> str:
        """Of what it is, its secrets by their names alone."""
        told = self.config.model_dump(mode="json")
        return digest_of(canonical([self.kind, self.name, self.enabled, told, sorted(self.secrets)]))


def find_channel(connection: Connection, secrets: Secrets, channel: str) -> Channel | None:
    """Raises UnreadableSecretError."""
    row = connection.execute(select(channels).where(channels.c.id == channel)).mappings().first()
    return _read(row, secrets) if row else None


def channels_of(connection: Connection, secrets: Secrets, bot: str) -> list[Channel]:
    rows = connection.execute(select(channels).where(channels.c.bot_id == bot)).mappings()
    return [_read(row, secrets) for row in rows]


def add_channel(connection: Connection, secrets: Secrets, channel: Channel) -> None:
    connection.execute(insert(channels).values(id=channel.id, created_at=channel.created_at, **_row(channel, secrets)))


def replace_channel(connection: Connection, secrets: Secrets, channel: Channel) -> None:
    here = channels.c.id == channel.id
    connection.execute(update(channels).where(here).values(**_row(channel, secrets)))


def remove_channel(connection: Connection, channel: str) -> None:
    connection.execute(delete(channels).where(channels.c.id == channel))


def _row(channel: Channel, secrets: Secrets) -> dict[str, Any]:
    return {
        "bot_id": channel.bot,
        "kind": channel.kind,
        "name": channel.name,
        "enabled": channel.enabled,
        "config": channel.config.model_dump_json(),
        "secrets": _sealed(channel.secrets, secrets),
        "previous_secrets": _sealed(channel.previous, secrets),
        "previous_until": channel.previous_until,
    }


def _read(row: RowMapping, secrets: Secrets) -> Channel:
    return Channel(
        id=row["id"],
        bot=row["bot_id"],
        kind=row["kind"],
        name=row["name"],
        enabled=row["enabled"],
        config=kinds()[row["kind"]].Config.model_validate_json(row["config"]),
        created_at=utc(row["created_at"]),
        secrets=_unsealed(row["secrets"], secrets),
        previous=_unsealed(row["previous_secrets"], secrets),
        previous_until=utc(row["previous_until"]),
    )


def _sealed(values: Mapping[str, str], secrets: Secrets) -> str:
    return secrets.seal(orjson.dumps(dict(values)).decode()) if values else ""


def _unsealed(sealed: str, secrets: Secrets) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(secrets.open(sealed)) if sealed else {}
    return found
