"""What a conversation remembers, and what one turn of it comes to."""

from typing import Any, Literal

from pydantic import ConfigDict

from shared.document import Value


class Kept(Value):
    """Stored between turns, hence read by other versions than wrote it: what is unknown is left out."""

    model_config = ConfigDict(extra="ignore")


class Offer(Kept):
    """A button or quick reply that the user may answer with by its title. See `shared.flows.steps.Option`."""

    title: str
    next: str | None = None
    intent: str | None = None
    variables: dict[str, Any] = {}


class ConversationState(Kept):
    """`contexts` says for how many more user messages each is open. The default is a new conversation."""

    started: bool = False
    language: str | None = None
    contexts: dict[str, int] = {}
    variables: dict[str, Any] = {}
    offers: tuple[Offer, ...] = ()


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


class Turn(Value):
    """`block` is the first block that answered; None when a built-in text did."""

    state: ConversationState
    replies: tuple[Reply, ...]
    block: str | None
    trace: tuple[TraceStep, ...]
