"""What a conversation remembers, what a user does to it, and what one turn of it comes to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import ConfigDict

from shared.contracts import Classification
from shared.document import Value


class Kept(Value):
    """Stored between turns, hence read by other versions than wrote it: what is unknown is left out."""

    model_config = ConfigDict(extra="ignore")


class Offer(Kept):
    """A choice that the user may answer with, by its payload or by its title. See `shared.flows.steps.Option`."""

    title: str
    payload: str = ""
    next: str | None = None
    intent: str | None = None
    variables: dict[str, Any] = {}
    block: str | None = None


class Question(Kept):
    """A block that waits for an answer, and how often it got one that would not do."""

    block: str
    failures: int = 0


class ConversationState(Kept):
    """`contexts` says for how many more user messages each is open. The default is a new conversation.

    `questions` are those still open, the one asked last at the end; `heard_at` is when the user last said something.
    """

    started: bool = False
    language: str | None = None
    contexts: dict[str, int] = {}
    variables: dict[str, Any] = {}
    offers: tuple[Offer, ...] = ()
    questions: tuple[Question, ...] = ()
    heard_at: datetime | None = None


def after_pause(state: ConversationState, at: datetime, timeout_minutes: int) -> ConversationState:
    """After a longer silence a conversation begins anew: what is known of the user stays, and so do the choices
    that they still see; open questions and contexts are closed, and the bot may introduce itself again.
    """
    if state.heard_at is None or at - state.heard_at <= timedelta(minutes=timeout_minutes):
        return state
    return state.model_copy(update={"started": False, "contexts": {}, "questions": ()})


def standing_on(state: ConversationState) -> str | None:
    """The block that waits for the user: it asked, or what it offers was shown last. None where nothing waits."""
    if state.questions:
        return state.questions[-1].block
    return state.offers[-1].block if state.offers else None


@dataclass(frozen=True)
class UserEvent:
    """What a user did: wrote something, or pressed a choice, whose title is then the text of `found`.

    `seed` names the message: it chooses among variants. `at` is now, with a time zone.
    """

    found: Classification
    seed: str
    at: datetime
    payload: str | None = None


class ChoiceReply(Value):
    """`payload`, sent back, picks this choice and no other, whatever its title."""

    title: str
    url: str | None = None
    payload: str | None = None


class CardReply(Value):
    title: str
    subtitle: str | None = None
    image_url: str | None = None
    buttons: tuple[ChoiceReply, ...] = ()


class MediaReply(Value):
    type: Literal["image", "video", "audio", "file"]
    url: str


class Reply(Value):
    """One bubble. `text` is always there, perhaps empty."""

    text: str
    buttons: tuple[ChoiceReply, ...] | None = None
    quick_replies: tuple[ChoiceReply, ...] | None = None
    carousel: tuple[CardReply, ...] | None = None
    media: MediaReply | None = None


class TraceStep(Value):
    """Which block ran and why, for the emulator; `block` is None for a built-in text."""

    block: str | None
    flow: str | None
    why: str


class HandOver(Value):
    """The bot asks for a person to take over; `note` tells that person why."""

    block: str
    note: str = ""


class Turn(Value):
    """`block` is the first block that answered; None when a built-in text did.

    `ended`: the bot closed the conversation, and the next message begins it anew. `answers`: the message was taken for
    the answer to a question. `guessed`: the likeliest of intents too close to call was answered. `hidden` are texts
    that nobody reads in what is kept of the turn: see `shared.flows.masking`.
    """

    state: ConversationState
    replies: tuple[Reply, ...]
    block: str | None
    trace: tuple[TraceStep, ...]
    hand_over: HandOver | None = None
    ended: bool = False
    answers: bool = False
    guessed: bool = False
    hidden: frozenset[str] = frozenset()


def taken_for(found: Classification, turn: Turn) -> Classification:
    """What is told of a message: the answer to a question is none of the intents, whatever it looks like, and what was
    answered as an intent was understood as that.
    """
    if turn.guessed:
        return found.model_copy(update={"understood": True, "intent": found.ranking[0], "reason": None})
    if not turn.answers:
        return found
    return found.model_copy(update={"understood": False, "intent": None, "reason": "answer"})
