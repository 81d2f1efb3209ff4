"""What live holds of one person, told or erased on request: for the publisher, which asks every environment."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.floor import Floor, Releaser
from services.live_api.personal import Erased, PersonalConversation, conversations_of, erase, tell
from services.live_api.presence import moment_of, unsettled
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
    moment = moment_of(floor.db)
    with floor.db.reading() as connection:
        theirs = set(conversations_of(connection, bot_id, body.user))
    answering = partial(floor.talk.answering, bot_id, body.user, theirs)
    elsewhere = partial(unsettled, floor.db, floor.process, moment, timedelta(seconds=MESSAGE_SECONDS))
    _wait(lambda: answering() or bool(elsewhere()))
    with floor.db.writing() as connection:
        gone = erase(connection, bot_id, body.user)
        if gone.anything:
            note(connection, audit, Entry("user_erased", key.name, bot_id, gone.model_dump()))
    floor.db.scrub(HOLDING_TEXT)
    if answering() or any(elsewhere().values()):
        raise BusyError("still_answering", "A message of this person is being answered: what it comes to is kept.")
    return gone


def _wait(in_hand: Callable[[], bool]) -> None:
    """No longer than a message may take. Other processes say since when nothing older is in hand, and not whose it is:

    what they hear from now on is of another time, and finds a conversation that is gone.
    """
    deadline = time.monotonic() + MESSAGE_SECONDS
    while time.monotonic() < deadline and in_hand():
        time.sleep(_POLL_SECONDS)
