"""What a target answers, as values."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict

from shared.contracts import BotIdentity
from shared.document import Value
from shared.flows.references import Need


class Activation(Value):
    number: int
    digest: str
    activated_at: datetime
    lagging: tuple[str, ...] = ()


class LogEntry(Value):
    """One activation, as a target's own log tells it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    digest: str
    origin: str
    publication: str | None = None
    rollback_of: int | None = None
    notes: str | None = None
    author: str | None = None
    activated_at: datetime


class EnvironmentNames(Value):
    """What an environment has for a bot and is never published, by name (E4)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def available(self) -> frozenset[Need]:
        values: Iterable[Need] = (("env", name) for name in self.env)
        return frozenset(values) | {("secret", name) for name in self.secrets}


class ListedBots(Value):
    """A page of the bots of a neighbour; `more` is the cursor of the next."""

    items: tuple[BotIdentity, ...] = ()
    more: str | None = None
