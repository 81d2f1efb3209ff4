"""Trying the draft bot: classify as live would, talk to it in the emulator. Counts nothing (C7)."""

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection, delete, insert, select

from services.draft_api.desk import Desk, Reader
from services.draft_api.rehearsal import trained_brain
from services.draft_api.store import find_bot, now
from services.draft_api.tables import emulator_conversations
from shared.contracts import Classification
from shared.flows.engine import ConversationState
from shared.ids import new_id
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["try out"])


class ClassifyRequest(BaseModel):
    """One `text`, or up to 256 `texts`, which are answered in order."""

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
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "hello"}]})

    text: Annotated[str, Field(max_length=100_000)]
    conversation: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    language: str | None = None


class EmulatorAnswer(BaseModel):
    conversation: str
    replies: list[dict[str, Any]]
    understood: bool
    intent: dict[str, Any] | None
    block: str | None
    trace: list[dict[str, Any]]


@router.post("/classify")
def classify(bot: str, body: ClassifyRequest, desk: Desk, key: Reader) -> Classification | Classifications:
    with desk.db.reading() as connection:
        brain = trained_brain(desk.rehearsal, connection, find_bot(connection, bot, key.bot))
    if body.text is not None:
        return brain.classify(body.text, body.language)
    return Classifications(results=[brain.classify(text, body.language) for text in body.texts or ()])


@router.post("/emulator")
def talk(bot: str, body: EmulatorMessage, desk: Desk, key: Reader) -> EmulatorAnswer:
    """The engine of live on the draft bot; a bot that was never trained understands nothing, but answers."""
    conversation = body.conversation or new_id("emu")
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        brain = desk.rehearsal.brain(connection, row)
        state = _load(connection, row["id"], conversation)
        found = brain.classify(body.text, body.language or state.language)
        turn = brain.reply(state, found, seed=new_id("turn"), env=orjson.loads(row["env"]))
        _save(connection, row["id"], conversation, turn.state)
    return EmulatorAnswer(
        conversation=conversation,
        replies=[reply.model_dump(mode="json", exclude_none=True) for reply in turn.replies],
        understood=found.understood,
        intent=found.intent.model_dump() if found.intent else None,
        block=turn.block,
        trace=[step.model_dump(mode="json") for step in turn.trace],
    )


def _load(connection: Connection, bot_id: str, conversation: str) -> ConversationState:
    here = emulator_conversations.c.bot_id == bot_id, emulator_conversations.c.id == conversation
    state = connection.execute(select(emulator_conversations.c.state).where(*here)).scalar()
    return ConversationState.model_validate_json(state) if state else ConversationState()


def _save(connection: Connection, bot_id: str, conversation: str, state: ConversationState) -> None:
    here = emulator_conversations.c.bot_id == bot_id, emulator_conversations.c.id == conversation
    connection.execute(delete(emulator_conversations).where(*here))
    values = {"state": state.model_dump_json(), "updated_at": now()}
    connection.execute(insert(emulator_conversations).values(bot_id=bot_id, id=conversation, **values))
