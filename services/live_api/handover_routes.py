"""People instead of the bot: a conversation is taken over, answered by them, and given back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.live_api import agents, handover
from services.live_api.conversations import ConversationId, checked_key
from services.live_api.floor import Editor, Floor, Reader
from services.live_api.handover_webhook import drop_webhook, find_webhook, put_webhook
from services.live_api.paging import Limit
from services.live_api.tables import audit
from shared.audit import Entry, note
from shared.destinations import parse_url
from shared.errors import NotFoundError
from shared.flows.conversation import ChoiceReply, Reply
from shared.web.keys import Principal
from shared.web.pages import Page
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["hand-over"])

_AT = "/conversations/{conversation}"
_Title = Annotated[str, Field(min_length=1, max_length=80)]


class TakeOver(BaseModel):
    """`note` is for those who answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "asked for a refund twice"}]})

    note: Annotated[str, Field(max_length=2000)] = ""


class Handover(BaseModel):
    """`paused_since` is null while the bot answers."""

    conversation: str
    paused_since: datetime | None


class SaidByAgent(BaseModel):
    """`quick_replies` are titles to choose from."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "Maud here. What is it?"}]})

    text: Annotated[str, Field(min_length=1, max_length=8000)]
    quick_replies: Annotated[list[_Title], Field(max_length=10)] = []

    def reply(self) -> Reply:
        return Reply(text=self.text, quick_replies=tuple(ChoiceReply(title=t) for t in self.quick_replies) or None)


class AgentAnswer(BaseModel):
    id: str
    author: str
    reply: dict[str, Any]
    sent_at: datetime


class WebhookWish(BaseModel):
    """`secret` signs what is posted, and is never shown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://desk.example/events", "secret": "at-least-16-characters"}]},
    )

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    secret: Annotated[str, Field(min_length=16, max_length=500)]


class ShownWebhook(BaseModel):
    url: str


@router.get(_AT + "/handover", summary="Show who answers a conversation")
def show(bot: str, conversation: ConversationId, floor: Floor, key: Reader) -> Handover:
    """Who answers: people since `paused_since`, or the bot."""
    with floor.db.reading() as connection:
        since = handover.paused_since(connection, floor.bot_id(bot, key), conversation)
    return Handover(conversation=conversation, paused_since=since)


@router.put(_AT + "/handover", summary="Take over a conversation")
async def take_over(bot: str, conversation: ConversationId, body: TakeOver, floor: Floor, key: Editor) -> Handover:
    """The bot is silent from now on: what the user says is kept, and told to the webhook."""
    bot_id = floor.bot_id(bot, key)

    def change() -> datetime | None:
        with floor.db.writing() as connection:
            if handover.pause(connection, bot_id, conversation):
                handover.tell_of_request(connection, bot_id, conversation, body.note, key.name)
                note(connection, audit, _entry("conversation_taken_over", bot_id, conversation, key))
            return handover.paused_since(connection, bot_id, conversation)

    since = await run_in_threadpool(change)
    if since is None:
        raise NotFoundError("not_found", f"There is no conversation {conversation!r}.")
    floor.delivery.wake()
    return Handover(conversation=conversation, paused_since=since)


@router.delete(_AT + "/handover", status_code=204, summary="Give a conversation back to the bot")
async def give_back(bot: str, conversation: ConversationId, floor: Floor, key: Editor) -> Response:
    """The bot answers again, from where it was."""
    bot_id = floor.bot_id(bot, key)

    def change() -> None:
        with floor.db.writing() as connection:
            if handover.give_back(connection, bot_id, conversation):
                handover.tell(connection, bot_id, conversation, "handover_ended", by=key.name)
                note(connection, audit, _entry("conversation_given_back", bot_id, conversation, key))

    await run_in_threadpool(change)
    floor.delivery.wake()
    return Response(status_code=204)


@router.post(_AT + "/agent-messages", status_code=201, summary="Answer as a person")
async def answer(
    bot: str,
    conversation: ConversationId,
    body: SaidByAgent,
    floor: Floor,
    key: Editor,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> AgentAnswer:
    """Goes out on the conversation's channel, in order with the bot's own. With an `Idempotency-Key`, once."""
    bot_id, once = floor.bot_id(bot, key), checked_key(idempotency_key)
    kept = await floor.group.write(
        lambda connection: agents.answer(connection, bot_id, conversation, key.name, body.reply(), once)
    )
    floor.delivery.wake()
    return AgentAnswer.model_validate(kept, from_attributes=True)


@router.get(_AT + "/agent-messages", summary="List what people answered")
def answers(
    bot: str, conversation: ConversationId, floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[AgentAnswer]:
    """What people said in this conversation, newest first."""
    with floor.db.reading() as connection:
        found = agents.said(connection, floor.bot_id(bot, key), conversation, cursor, limit + 1)
    items = [AgentAnswer.model_validate(one, from_attributes=True) for one in found[:limit]]
    return Page(items=items, next=str(found[limit - 1].sequence) if len(found) > limit else None)


@router.get("/handover-webhook", summary="Show the hand-over webhook")
def show_webhook(bot: str, floor: Floor, key: Reader) -> ShownWebhook:
    with floor.db.reading() as connection:
        found = find_webhook(connection, floor.secrets, floor.settable(bot, key))
    if found is None:
        raise NotFoundError("not_found", "This bot has no webhook for its hand-overs.")
    return ShownWebhook(url=found.url)


@router.put("/handover-webhook", summary="Write the hand-over webhook")
def set_webhook(bot: str, body: WebhookWish, floor: Floor, key: Editor) -> ShownWebhook:
    """Every hand-over, and what users say while people answer, is posted there: signed, in order, again if need be."""
    bot_id = floor.settable(bot, key)
    floor.egress.rules.check(parse_url(body.url))
    with floor.db.writing() as connection:
        put_webhook(connection, floor.secrets, bot_id, body.url, body.secret)
        note(connection, audit, _entry("handover_webhook_set", bot_id, None, key))
    return ShownWebhook(url=body.url)


@router.delete("/handover-webhook", status_code=204, summary="Delete the hand-over webhook")
def remove_webhook(bot: str, floor: Floor, key: Editor) -> Response:
    bot_id = floor.settable(bot, key)
    with floor.db.writing() as connection:
        if drop_webhook(connection, bot_id):
            note(connection, audit, _entry("handover_webhook_removed", bot_id, None, key))
    return Response(status_code=204)


def _entry(action: str, bot: str, conversation: str | None, key: Principal) -> Entry:
    detail = {"conversation": conversation} if conversation else {}
    return Entry(action, key.name, bot, detail)
