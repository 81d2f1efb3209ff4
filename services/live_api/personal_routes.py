"""What live holds of one person, told or erased on request: for the publisher, which asks every environment."""

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.floor import Floor, FloorParts, Releaser
from services.live_api.personal import Erased, PersonalConversation, conversations_of, erase, tell
from services.live_api.presence import alone
from services.live_api.tables import HOLDING_TEXT, audit
from shared.audit import Entry, note
from shared.errors import BusyError
from shared.flows.effects import MESSAGE_SECONDS
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}", tags=["publishing"])

_POLL_SECONDS = 0.05


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
    """Their conversations and messages are gone when it answers, from the files of the database too.

    What is being answered is answered first: kept afterwards, it would outlast this. Raises BusyError
    `still_answering`; then it is asked for again.
    """
    bot_id = floor.bot_id(bot, key)
    with floor.db.reading() as connection:
        theirs = set(conversations_of(connection, bot_id, body.user))
    answering = partial(floor.talk.answering, bot_id, body.user, theirs)
    _wait(floor, answering)
    with floor.db.writing() as connection:
        gone = erase(connection, bot_id, body.user)
        if gone.anything:
            note(connection, audit, Entry("user_erased", key.name, bot_id, gone.model_dump()))
    floor.db.scrub(HOLDING_TEXT)
    if answering():
        raise BusyError("still_answering", "A message of this person is being answered: what it comes to is kept.")
    return gone


def _wait(floor: FloorParts, answering: Callable[[], bool]) -> None:
    """What others have in hand they are not asked: it takes no longer than a message may."""
    deadline = time.monotonic() + MESSAGE_SECONDS
    shared = not alone(floor.db, floor.process)
    while (shared or answering()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
