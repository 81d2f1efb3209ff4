"""`Idempotency-Key`: the same request sent again gets the answer of the first.

Requests and answers may hold what people say: these are sealed, and of those stands a mark that tells nobody the words.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Column, Connection, DateTime, MetaData, String, Table, insert, select

from shared.digest import canonical, digest_of
from shared.errors import InvalidError
from shared.text_keys import Spoken, words_of
from shared.web.keys import Principal

_LONGEST = 200


def idempotency_table(metadata: MetaData) -> Table:
    return Table(
        "idempotency",
        metadata,
        Column("principal", String(40), primary_key=True),
        Column("scope", String(100), primary_key=True),
        Column("key", String(_LONGEST), primary_key=True),
        Column("request", String(71), nullable=False),
        Column("answer", Spoken, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
    )


def recall(
    connection: Connection, table: Table, principal: Principal, scope: str, key: str | None, request: Any
) -> Any:
    """What the first such request was answered, or None. Raises `idempotency_key_reused` for another body."""
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise InvalidError("invalid_idempotency_key", f"Idempotency-Key has 1 to {_LONGEST} printable characters.")
    here = table.c.principal == principal.id, table.c.scope == scope, table.c.key == key
    row = connection.execute(select(table.c.request, table.c.answer).where(*here)).first()
    if row is None:
        return None
    if row.request not in _marks(connection, request):
        raise InvalidError("idempotency_key_reused", "This Idempotency-Key was used with another request.")
    return orjson.loads(row.answer)


def once(
    connection: Connection,
    table: Table,
    principal: Principal,
    scope: str,
    key: str | None,
    request: Any,
    run: Callable[[], Any],
) -> Any:
    """`run()` the first time; afterwards its answer. In the caller's transaction, so both stand or neither."""
    known = recall(connection, table, principal, scope, key, request)
    if known is not None:
        return known
    answer = run()
    if key is not None:
        connection.execute(
            insert(table).values(
                principal=principal.id,
                scope=scope,
                key=key,
                request=_marks(connection, request)[0],
                answer=orjson.dumps(answer).decode(),
                created_at=datetime.now(UTC),
            )
        )
    return answer


def _marks(connection: Connection, request: Any) -> list[str]:
    return words_of(connection).marks(digest_of(canonical(request)))
