"""Trying the draft bot: classify as live would, talk to it in the emulator. Counts nothing (C7)."""

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, delete, insert, select

from services.draft_api.desk import Desk, Reader
from services.draft_api.outward import call_out
from services.draft_api.rehearsal import trained_brain
from services.draft_api.store import find_bot, now
from services.draft_api.tables import emulator_conversations, emulator_scope, idempotency
from shared.brain import Said
from shared.contracts import Classification
from shared.errors import ConflictError
from shared.flows.conversation import Turn, taken_for
from shared.flows.effects import drive
from shared.flows.engine import ConversationState, UserEvent
from shared.flows.masking import mask
from shared.ids import new_id
from shared.nlp.speaking import AUTO, Signs
from shared.web.idempotency import once, recall
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["try out"])


class ClassifyRequest(BaseModel):
    """One `text`, or up to 256 `texts`, in order. Without `language`, the bot's first; `auto` detects it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "I want my money back"}]})

    text: str | None = None
    texts: Annotated[list[str], Field(min_length=1, max_length=256)] | None = None
    language: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ClassifyRequest":
        if (self.text is None) == (self.texts is None):
            raise ValueError("give either text or texts")
        return self


class Classifications(BaseModel):
    results: list[Classification]


class EmulatorMessage(BaseModel):
    """`payload` is that of the choice that was pressed, whose title is then the text."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "hello"}]})

    text: Annotated[str, Field(max_length=100_000)]
    payload: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    conversation: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    language: str | None = None


class EmulatorAnswer(BaseModel):
    conversation: str
    language: str
    replies: list[dict[str, Any]]
    understood: bool
    intent: dict[str, Any] | None
    block: str | None
    trace: list[dict[str, Any]]


@router.post("/classify", responses={409: {}}, summary="Classify texts")
def classify(bot: str, body: ClassifyRequest, desk: Desk, key: Reader) -> Classification | Classifications:
    with desk.db.reading() as connection:
        brain = trained_brain(desk.rehearsal, connection, find_bot(connection, bot, key.bot))
    language = brain.language(body.language)
    if language != AUTO and language not in brain.models:
        raise ConflictError("nlp_never_trained", f"This bot was never trained in {language!r}: train that first.")
    if body.text is not None:
        return brain.classify(body.text, body.language)
    moment = now()
    return Classifications(results=[brain.classify(text, body.language, moment) for text in body.texts or ()])


@router.post("/emulator", responses={409: {}}, summary="Talk to a bot in the emulator")
def talk(
    bot: str,
    body: EmulatorMessage,
    desk: Desk,
    key: Reader,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> EmulatorAnswer:
    """The engine of live on the draft bot; a bot that was never trained understands nothing, but answers."""
    asked = body.model_dump(mode="json")
    conversation = body.conversation or new_id("emu")
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        scope = emulator_scope(row["id"])
        known = recall(connection, idempotency, key, scope, idempotency_key, asked)
        if known is not None:
            return EmulatorAnswer.model_validate(known)
        brain = desk.rehearsal.brain(connection, row)
        before = _load(connection, row["id"], conversation)
    state = ConversationState.model_validate_json(before) if before else ConversationState()
    said = Said(body.text, now(), body.payload)
    found = brain.understand(state, said, Signs(asked=body.language, known=state.language))
    event = UserEvent(found, seed=new_id("turn"), at=said.at, payload=body.payload)
    # No transaction is open meanwhile: a turn may wait for calls.
    turn = drive(brain.reply(state, event, orjson.loads(row["env"])), partial(call_out, desk, row["id"]))
    found = taken_for(found, turn)
    answer = _told(conversation, found, turn)

    def saved() -> dict[str, Any]:
        _save(connection, row["id"], conversation, before, turn.state)
        return answer.model_dump(mode="json")

    with desk.db.writing() as connection:
        return EmulatorAnswer.model_validate(
            once(connection, idempotency, key, scope, idempotency_key, asked, run=saved)
        )


def _told(conversation: str, found: Classification, turn: Turn) -> EmulatorAnswer:
    return EmulatorAnswer(
        conversation=conversation,
        language=found.language,
        replies=[reply.model_dump(mode="json", exclude_none=True) for reply in turn.replies],
        understood=found.understood,
        intent=found.intent.model_dump() if found.intent else None,
        block=turn.block,
        trace=mask([step.model_dump(mode="json") for step in turn.trace], turn.hidden),
    )


def _load(connection: Connection, bot_id: str, conversation: str) -> str | None:
    here = emulator_conversations.c.bot_id == bot_id, emulator_conversations.c.id == conversation
    return connection.execute(select(emulator_conversations.c.state).where(*here)).scalar()


def _save(connection: Connection, bot_id: str, conversation: str, before: str | None, state: ConversationState) -> None:
    """Raises ConflictError `conversation_moved` when another message was answered since `before` was read."""
    if _load(connection, bot_id, conversation) != before:
        raise ConflictError("conversation_moved", "Another message of this conversation was answered meanwhile.")
    here = emulator_conversations.c.bot_id == bot_id, emulator_conversations.c.id == conversation
    connection.execute(delete(emulator_conversations).where(*here))
    values = {"state": state.model_dump_json(), "updated_at": now()}
    connection.execute(insert(emulator_conversations).values(bot_id=bot_id, id=conversation, **values))
