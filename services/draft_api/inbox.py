"""What real users said, waiting for a builder to turn it into expressions (F1-F4)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, insert, select, update

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.expressions import NewExpression, add_expressions
from services.draft_api.inbox_requests import Acceptances, Delivered, Delivery, Dismissals, Handled
from services.draft_api.nlp import normal_key
from services.draft_api.store import find_bot, find_named_intent, intent_names, languages_of, touch
from services.draft_api.tables import expressions, inbox, inbox_messages
from shared.brain import Brain
from shared.contracts import ScoredIntent, UserMessage
from shared.db import utc
from shared.errors import NotFoundError
from shared.flows.masking import MASK
from shared.ids import new_id
from shared.text_keys import words_of
from shared.web.pages import Limit, Page, cut
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}/inbox", tags=["inbox"])

_LARGEST = 10**9

Status = Literal["pending", "accepted", "dismissed"]


class Then(BaseModel):
    """What live made of it when it was said."""

    understood: bool
    intent: ScoredIntent | None
    scope: float | None
    release: int


class Now(BaseModel):
    """What draft's model makes of it; absent before the first training."""

    understood: bool
    intent: ScoredIntent | None
    scope: float | None


class InboxRow(BaseModel):
    """`count` is how often it was said."""

    id: str
    text: str
    language: str
    status: Status
    count: int
    then: Then
    now: Now | None
    first_at: datetime
    last_at: datetime


@router.get("", summary="List messages of the inbox")
def list_all(
    bot: str,
    desk: Desk,
    key: Reader,
    status: Status = "pending",
    limit: Limit = 100,
    cursor: str | None = None,
) -> Page[InboxRow]:
    """The most frequent first. Only the rows of this page are read and classified."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        names = intent_names(connection, row["id"])
        here = inbox.c.bot_id == row["id"], inbox.c.status == status
        places = connection.execute(select(inbox.c.id, inbox.c.count).where(*here)).mappings().all()
        page = cut(places, limit, cursor, key=lambda place: (_LARGEST - place["count"], place["id"]))
        wanted = select(inbox).where(inbox.c.id.in_([place["id"] for place in page.items]))
        rows = {found["id"]: found for found in connection.execute(wanted).mappings()}
        brain = desk.rehearsal.brain(connection, row)
    return Page(items=[_shown(rows[place["id"]], names, brain) for place in page.items], next=page.next)


@router.post("/accept", summary="Accept messages as expressions")
def accept(bot: str, body: Acceptances, desk: Desk, key: Writer) -> Handled:
    """Each becomes an expression of its intent, edited first where `text` is given. All or nothing."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        for item in body.items:
            found = _find(connection, row["id"], item.id)
            intent = find_named_intent(connection, row["id"], item.intent)["id"]
            if found["status"] == "accepted" and found["accepted_intent"] == intent:
                continue
            new = NewExpression(text=item.text or found["text"], language=found["language"])
            added = add_expressions(connection, row["id"], languages_of(row), intent, [new])[0]
            became = {"accepted_intent": intent, "accepted_expression": added.id}
            _change(connection, item.id, status="accepted", **became)
        touch(connection, row["id"], nlp=True)
    desk.trainers.expect()
    return Handled(handled=len(body.items))


@router.post("/dismiss", summary="Dismiss messages")
def dismiss(bot: str, body: Dismissals, desk: Desk, key: Writer) -> Handled:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        for item in body.ids:
            _find(connection, bot_id, item)
            _change(connection, item, status="dismissed")
    return Handled(handled=len(body.ids))


@router.post("/messages", openapi_extra={UPLOAD: True}, summary="Deliver messages of live")
def deliver(bot: str, body: Delivery, desk: Desk, key: Writer) -> Delivered:
    """For the publisher: messages of live come home. A message that is delivered again changes nothing."""
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        fresh = _unknown(connection, bot_id, body.messages)
        for message in fresh:
            row = None if _left_out(connection, bot_id, message) else _fold(connection, bot_id, message)
            who = {"user_id": message.user, "conversation": message.conversation} if row else {}
            values = {"bot_id": bot_id, "message_id": message.id, "row": row, **who}
            connection.execute(insert(inbox_messages).values(**values))
    return Delivered(added=len(fresh))


def _unknown(connection: Connection, bot_id: str, messages: Sequence[UserMessage]) -> list[UserMessage]:
    ids = [message.id for message in messages]
    here = inbox_messages.c.bot_id == bot_id, inbox_messages.c.message_id.in_(ids)
    known = set(connection.execute(select(inbox_messages.c.message_id).where(*here)).scalars())
    return list({m.id: m for m in messages if m.id not in known}.values())


def _left_out(connection: Connection, bot_id: str, message: UserMessage) -> bool:
    """F2: a message that equals an expression teaches nothing, and neither does one that is hidden."""
    same = expressions.c.language == message.language, expressions.c.normal == normal_key(message.text)
    known = connection.execute(select(expressions.c.id).where(expressions.c.bot_id == bot_id, *same)).first()
    return message.exact or known is not None or message.text.strip() in ("", MASK)


def _fold(connection: Connection, bot_id: str, message: UserMessage) -> str:
    """F2: exact repeats are shown once, with a count. The row's id."""
    marks = words_of(connection).marks(normal_key(message.text))
    same = inbox.c.language == message.language, inbox.c.normal.in_(marks)
    row = connection.execute(select(inbox.c.id).where(inbox.c.bot_id == bot_id, *same)).scalar()
    if row is None:
        return _add(connection, bot_id, message, marks[0])
    again = {"count": inbox.c.count + 1, "last_at": _received(message)}
    connection.execute(update(inbox).where(inbox.c.id == row).values(**again))
    return str(row)


def _add(connection: Connection, bot_id: str, message: UserMessage, mark: str) -> str:
    row = new_id("inbox")
    connection.execute(
        insert(inbox).values(
            id=row,
            bot_id=bot_id,
            language=message.language,
            text=message.text,
            normal=mark,
            status="pending",
            count=1,
            intent_then=message.intent,
            confidence_then=message.confidence,
            scope_then=message.scope,
            understood_then=message.understood,
            release=message.release,
            first_at=_received(message),
            last_at=_received(message),
        )
    )
    return row


def _received(message: UserMessage) -> datetime:
    """In UTC: SQLite keeps no zone."""
    return utc(message.received_at).astimezone(UTC)


def _find(connection: Connection, bot_id: str, row: str) -> RowMapping:
    here = inbox.c.bot_id == bot_id, inbox.c.id == row
    found = connection.execute(select(inbox).where(*here)).mappings().first()
    if found is None:
        raise NotFoundError("not_found", f"The inbox has no row {row!r}.")
    return found


def _change(connection: Connection, row: str, **values: Any) -> None:
    connection.execute(update(inbox).where(inbox.c.id == row).values(**values))


def understood_now(row: RowMapping, brain: Brain) -> Now | None:
    if row["language"] not in brain.models:
        return None
    found = brain.classify(row["text"], row["language"])
    return Now(understood=found.understood, intent=found.intent, scope=found.scope)


def _shown(row: RowMapping, names: dict[str, str], brain: Brain) -> InboxRow:
    then = None
    if row["intent_then"] and row["confidence_then"] is not None:
        intent = row["intent_then"]
        then = ScoredIntent(id=intent, name=names.get(intent, intent), confidence=row["confidence_then"])
    return InboxRow(
        id=row["id"],
        text=row["text"],
        language=row["language"],
        status=row["status"],
        count=row["count"],
        then=Then(understood=row["understood_then"], intent=then, scope=row["scope_then"], release=row["release"]),
        now=understood_now(row, brain),
        first_at=utc(row["first_at"]),
        last_at=utc(row["last_at"]),
    )
