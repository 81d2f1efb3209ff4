"""Where those who answer instead of the bot are told of it: a URL of theirs, and how they know that it is us.

Each event is signed: `X-Greenroom-Signature: sha256=<HMAC-SHA256 of the body>`, with the time and the delivery's id
inside of what is signed. The id stays the same when an event is sent again.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update
from starlette.concurrency import run_in_threadpool

from services.live_api.channel import Delivery, Outcome, Outgoing
from services.live_api.outbox import Outbound
from services.live_api.platforms.outcomes import outcome_of
from services.live_api.routes import FindRoute, Reached, Route
from services.live_api.tables import handover_webhooks
from shared.db import Database
from shared.secrets import Secrets


@dataclass(frozen=True)
class HandoverRoute:
    url: str
    secret: str

    def render(self, out: Outbound) -> tuple[Outgoing, ...]:
        return (Outgoing("POST", self.url, {"content-type": "application/json"}, out.body),)

    def authorise(self, outgoing: Outgoing, delivery: Delivery) -> Outgoing:
        told = {**outgoing.json, "delivery_id": delivery.id, "timestamp": delivery.at}
        unsigned = Outgoing(outgoing.method, outgoing.url, outgoing.headers, told)
        return Outgoing(outgoing.method, outgoing.url, {**outgoing.headers, **self._proof(unsigned, delivery)}, told)

    def read_outcome(self, reached: Reached) -> Outcome:
        return outcome_of(reached.status, reached.headers)

    def _proof(self, outgoing: Outgoing, delivery: Delivery) -> Mapping[str, str]:
        signature = hmac.new(self.secret.encode(), outgoing.body, hashlib.sha256).hexdigest()
        return {"x-greenroom-delivery": delivery.id, "x-greenroom-signature": f"sha256={signature}"}


def find_webhook(connection: Connection, secrets: Secrets, bot: str) -> HandoverRoute | None:
    """Raises UnreadableSecretError."""
    row = connection.execute(select(handover_webhooks).where(handover_webhooks.c.bot_id == bot)).mappings().first()
    return HandoverRoute(row["url"], secrets.open(row["secret"])) if row else None


def put_webhook(connection: Connection, secrets: Secrets, bot: str, url: str, secret: str) -> None:
    values = {"url": url, "secret": secrets.seal(secret), "updated_at": datetime.now(UTC)}
    here = handover_webhooks.c.bot_id == bot
    if connection.execute(update(handover_webhooks).where(here).values(**values)).rowcount == 0:
        connection.execute(insert(handover_webhooks).values(bot_id=bot, **values))


def drop_webhook(connection: Connection, bot: str) -> bool:
    return connection.execute(delete(handover_webhooks).where(handover_webhooks.c.bot_id == bot)).rowcount == 1


def with_handover(db: Database, secrets: Secrets, elsewhere: FindRoute) -> FindRoute:
    """What is for the bot itself goes to its webhook, everything else `elsewhere`."""

    def read(bot: str) -> Route | str:
        with db.reading() as connection:
            return find_webhook(connection, secrets, bot) or "webhook_gone"

    async def find(bot: str, target: str) -> Route | str:
        return await run_in_threadpool(read, bot) if target == bot else await elsewhere(bot, target)

    return find
