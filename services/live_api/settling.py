"""One transaction for all that a turn comes to: the conversation's state, the message, what is to be sent, and that
the event is dealt with (M6). It stands whole or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from services.live_api import handover, inbox, memory, outbox
from services.live_api.feed import take_part
from services.live_api.inbox import Arrival
from services.live_api.memory import Remembered, Row
from services.live_api.outbox import Draft, Outbound
from services.live_api.pointer import Pointer
from shared.failpoints import reach
from shared.flows.engine import Turn


class RaceLostError(Exception):
    """Another process wrote this conversation's next message first."""


class LeaseLostError(Exception):
    """Another process took this one for dead, and has or had the event."""


@dataclass(frozen=True)
class Done:
    """A turn that is decided. `before` is what it was decided on."""

    pointer: Pointer
    row: Row
    turn: Turn
    before: Remembered
    arrival: Arrival | None = None

    @property
    def concerns_people(self) -> bool:
        """Those who answer instead of the bot, or are asked to."""
        return self.before.paused or self.turn.hand_over is not None


def settle(connection: Connection, done: Done, owner: str | None) -> list[Outbound]:
    """What `owner` may send at once. Raises RaceLostError, LeaseLostError; IntegrityError for a lost race, too."""
    take_part(connection)
    place = {**_place(done.arrival), **({"paused_at": done.row.received_at} if done.turn.hand_over else {})}
    if not memory.save_state(connection, done.pointer, done.row, done.turn.state, done.before, **place):
        raise RaceLostError
    memory.save_message(connection, done.row)
    if done.arrival is not None and not inbox.answered(connection, done.arrival, done.row.id):
        raise LeaseLostError
    ready = outbox.put(connection, list(_answers(done)), owner)
    _tell(connection, done)
    reach("live.message.before_commit")
    return ready


def _tell(connection: Connection, done: Done) -> None:
    bot, conversation = done.row.heard.bot, done.row.heard.conversation
    if done.before.paused:
        told = {"message": done.row.id, "user": done.row.heard.user, "text": done.row.heard.text}
        handover.tell(connection, bot, conversation, "user_message", **told)
    elif done.turn.hand_over is not None:
        handover.tell_of_request(connection, bot, conversation, done.turn.hand_over.note, "bot")


def _place(arrival: Arrival | None) -> dict[str, Any]:
    return {"channel_id": arrival.channel, "address": arrival.event.conversation} if arrival else {}


def _answers(done: Done) -> Iterator[Draft]:
    """Without a channel they are given in the response."""
    arrival = done.arrival
    if arrival is None:
        return
    for reply in done.row.replies:
        yield Draft(
            bot=arrival.bot,
            target=arrival.channel,
            conversation=arrival.conversation,
            address=arrival.event.conversation,
            body=reply,
            message=done.row.id,
        )
