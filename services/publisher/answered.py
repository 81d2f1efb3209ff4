"""What a request to publish was answered, under its Idempotency-Key (R4)."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection

from services.publisher.bridge import BridgeParts
from services.publisher.tables import idempotency
from shared.web.idempotency import once, recall
from shared.web.keys import Principal

_SCOPE = "publications"


def fingerprint(bot: str, body: BaseModel) -> list[Any]:
    return [bot, body.model_dump(mode="json")]


def answered_before(
    bridge: BridgeParts, bot: str, key: Principal, body: BaseModel, idempotency_key: str | None
) -> str | dict[str, Any] | None:
    """The publication that this very request started, or what it was told where there was nothing to do."""
    with bridge.db.reading() as connection:
        found: str | dict[str, Any] | None = recall(
            connection, idempotency, key, _SCOPE, idempotency_key, fingerprint(bot, body)
        )
    return found


def known_before(
    bridge: BridgeParts, bot: str, key: Principal, body: BaseModel, idempotency_key: str | None
) -> str | None:
    """The publication that this very request started before, if it did."""
    found = answered_before(bridge, bot, key, body, idempotency_key)
    return found if isinstance(found, str) else None


def remember_answer(
    connection: Connection,
    bot: str,
    key: Principal,
    body: BaseModel,
    idempotency_key: str | None,
    answer: dict[str, Any],
) -> str | dict[str, Any]:
    """What the request was told first: this answer, also when there is something to do by then, or the publication

    that a copy of it has started, which may have ended meanwhile.
    """
    told: str | dict[str, Any] = once(
        connection, idempotency, key, _SCOPE, idempotency_key, fingerprint(bot, body), lambda: answer
    )
    return told
