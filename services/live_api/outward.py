"""What live asks the world outside for: the calls of flows with the bot's own secrets, and what channels send."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from services.live_api.channel import Outgoing
from services.live_api.routes import CrowdedError, DeniedError, Reached, UnreachableError
from services.live_api.tables import secrets as secrets_table
from shared.calling import make_call
from shared.db import Database
from shared.egress import Egress, EgressError, Request
from shared.flows.effects import HttpCall, HttpOutcome
from shared.sealed import open_secret
from shared.secrets import Secrets

_KINDS = {"egress_denied": DeniedError, "unsendable": DeniedError, "egress_busy": CrowdedError}


@dataclass(frozen=True)
class Outward:
    db: Database
    egress: Egress
    secrets: Secrets

    async def call(self, bot: str, call: HttpCall) -> HttpOutcome:
        async def read(name: str) -> str | None:
            return await run_in_threadpool(self._read, bot, name)

        return await make_call(self.egress, call, read)

    async def ask(self, outgoing: Outgoing) -> Reached:
        """Raises DeniedError, CrowdedError, UnreachableError. A platform does not send on to elsewhere."""
        headers = {"content-type": "application/json", **outgoing.headers}
        try:
            answer = await self.egress.send(Request(outgoing.method, outgoing.url, headers, outgoing.body, redirects=0))
        except EgressError as error:
            raise _KINDS.get(error.code, UnreachableError)(error.code) from None
        return Reached(answer.status, answer.headers, answer.body)

    def _read(self, bot: str, name: str) -> str | None:
        with self.db.reading() as connection:
            return open_secret(connection, secrets_table, self.secrets, bot, name)
