"""Rasa's shapes over our values, so that front ends made for it connect. Pure.

https://rasa.com/docs/reference/channels/custom-connectors and its HTTP API: the REST channel's messages, and the
answer of `/model/parse`.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.live_api.platforms.meta_messages import GENEROUS, cards
from services.live_api.platforms.wording import payload
from shared.contracts import Classification
from shared.flows.conversation import ChoiceReply, MediaReply, Reply


class Said(BaseModel):
    """`metadata.language` is what the user speaks: taken when the bot speaks it. The rest of the metadata is not."""

    model_config = ConfigDict(extra="ignore")

    sender: Annotated[str, Field(min_length=1, max_length=150)] = "default"
    message: str
    metadata: dict[str, Any] = {}

    @property
    def language(self) -> str | None:
        found = self.metadata.get("language")
        return found if isinstance(found, str) else None


class Parsed(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str
    message_id: Annotated[str, Field(max_length=200)] | None = None


def messages(sender: str, replies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """In the order in which they are shown."""
    parts = (part for reply in replies for part in _parts(Reply.model_validate(reply)))
    return [{"recipient_id": sender, **part} for part in parts]


def parse_answer(asked: Parsed, found: Classification) -> dict[str, Any]:
    """Nothing understood is an intent without a name, as Rasa has it where no fallback is set up."""
    intent = {"name": found.intent.name, "confidence": found.intent.confidence} if found.intent else None
    return {
        "text": asked.text,
        **({"message_id": asked.message_id} if asked.message_id else {}),
        "intent": intent or {"name": None, "confidence": 0.0},
        "intent_ranking": [{"name": one.name, "confidence": one.confidence} for one in found.ranking],
        "entities": [entity.model_dump() for entity in found.entities],
    }


def _parts(reply: Reply) -> list[dict[str, Any]]:
    buttons = [_button(choice) for choice in (reply.buttons or ()) + (reply.quick_replies or ())]
    worded = {"text": reply.text, **({"buttons": buttons} if buttons else {})}
    return [
        *([_media(reply.media)] if reply.media else []),
        *([worded] if reply.text or buttons else []),
        *cards(reply.carousel or (), GENEROUS),
    ]


def _button(choice: ChoiceReply) -> dict[str, str]:
    if choice.url:
        return {"title": choice.title, "type": "web_url", "url": choice.url}
    return {"title": choice.title, "payload": payload(choice)}


def _media(media: MediaReply) -> dict[str, Any]:
    if media.type == "image":
        return {"image": media.url}
    return {"attachment": {"type": media.type, "payload": {"src": media.url}}}
