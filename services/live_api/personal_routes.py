"""What live holds of one person, told or erased on request: for the publisher, which asks every environment."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.floor import Floor, Releaser
from services.live_api.personal import Erased, PersonalConversation, erase, tell
from services.live_api.tables import HOLDING_TEXT, audit
from shared.audit import Entry, note
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["publishing"])


class Person(BaseModel):
    """In the body, not in the path: what is in a path ends up in the logs of those who pass it on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "otto"}]})

    user: Annotated[str, Field(min_length=1, max_length=200)]


class PersonalData(BaseModel):
    conversations: list[PersonalConversation]


@router.post("/exports", summary="Export what live has of a person")
def export(bot: str, body: Person, floor: Floor, key: Releaser) -> PersonalData:
    """Their conversations, with what was said and what is remembered."""
    with floor.db.reading() as connection:
        return PersonalData(conversations=tell(connection, floor.bot_id(bot, key), body.user))


@router.post("/erasures", summary="Erase what live has of a person")
def forget(bot: str, body: Person, floor: Floor, key: Releaser) -> Erased:
    """Their conversations and messages are gone when it answers, from the files of the database too."""
    bot_id = floor.bot_id(bot, key)
    with floor.db.writing() as connection:
        gone = erase(connection, bot_id, body.user)
        if gone.anything:
            note(connection, audit, Entry("user_erased", key.name, bot_id, gone.model_dump()))
    floor.db.scrub(HOLDING_TEXT)
    return gone
