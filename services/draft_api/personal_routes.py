"""What draft's inbox holds of one person, told or erased on request: for the publisher, which asks everywhere."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.draft_api import personal
from services.draft_api.desk import Desk, Writer
from services.draft_api.personal import Erased, PersonalInboxRow, Traces
from services.draft_api.store import find_bot
from services.draft_api.tables import HOLDING_TEXT, audit
from shared.audit import Entry, note
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}", tags=["inbox"])

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Person(BaseModel):
    """`conversations` are those that live knows to be theirs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "otto"}]})

    user: Name
    conversations: Annotated[list[Name], Field(max_length=10_000)] = []


class PersonalData(Traces):
    inbox: list[PersonalInboxRow]


@router.post("/exports", openapi_extra={UPLOAD: True}, summary="Export what the inbox has of a person")
def export(bot: str, body: Person, desk: Desk, key: Writer) -> PersonalData:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        here = personal.theirs(bot_id, body.user, body.conversations)
        left = personal.traces(connection, desk.artifacts, bot_id, here)
        return PersonalData(inbox=personal.tell(connection, here), **left.model_dump())


@router.post("/erasures", openapi_extra={UPLOAD: True}, summary="Erase what the inbox has of a person")
def forget(bot: str, body: Person, desk: Desk, key: Writer) -> Erased:
    """What they said is gone from the inbox; what became an expression of it is named, for a person to decide."""
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        here = personal.theirs(bot_id, body.user, body.conversations)
        left = personal.traces(connection, desk.artifacts, bot_id, here)
        rows, messages = personal.erase(connection, here)
        gone = Erased(inbox=rows, messages=messages, **left.model_dump())
        if rows:
            note(connection, audit, Entry("user_erased", key.name, bot_id, gone.model_dump()))
    desk.db.scrub(HOLDING_TEXT)
    return gone
