"""What belongs to this environment alone and is never published (E4): values, the switch, how long it remembers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import orjson
from sqlalchemy import Connection, RowMapping, insert, select, update

from services.live_api.tables import environments
from shared.digest import canonical, digest_of


@dataclass(frozen=True)
class Environment:
    """The default is what a bot has of which nothing was said yet."""

    enabled: bool = True
    retention_days: int = 90
    env: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, row: RowMapping) -> Self:
        """A row whose columns are NULL is that of a bot of which nothing was said."""
        return cls(row["enabled"], row["retention_days"], orjson.loads(row["env"])) if row["env"] is not None else cls()

    @property
    def digest(self) -> str:
        return digest_of(canonical(asdict(self)))

    def changes_since(self, before: "Environment") -> dict[str, Any]:
        """What is different, the values of `env` by their names alone."""
        names = sorted(name for name in {*before.env, *self.env} if before.env.get(name) != self.env.get(name))
        switched = {} if self.enabled == before.enabled else {"enabled": self.enabled}
        kept = {} if self.retention_days == before.retention_days else {"retention_days": self.retention_days}
        return {**switched, **kept, **({"env": names} if names else {})}


def read_environment(connection: Connection, bot: str) -> Environment | None:
    row = connection.execute(select(environments).where(environments.c.bot_id == bot)).mappings().first()
    return Environment.read(row) if row else None


def environment_of(connection: Connection, bot: str) -> Environment:
    return read_environment(connection, bot) or Environment()


def save_environment(connection: Connection, bot: str, changes: Mapping[str, Any]) -> tuple[Environment, Environment]:
    """Before and after; what `changes` does not name stays."""
    before = read_environment(connection, bot)
    after = replace(before or Environment(), **changes)
    values = {
        "enabled": after.enabled,
        "retention_days": after.retention_days,
        "env": orjson.dumps(after.env).decode(),
    }
    if before:
        connection.execute(update(environments).where(environments.c.bot_id == bot).values(**values))
    else:
        connection.execute(insert(environments).values(bot_id=bot, **values))
    return before or Environment(), after
