"""The bot of a bakery: short to write, so that a test shows only what it is about."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts import Classification, Flow, FoundEntity, ScoredIntent
from shared.flows.effects import HttpCall, HttpOutcome, denied, drive
from shared.flows.engine import ConversationState, Dialogue, Turn, UserEvent, take_turn
from shared.flows.references import Reference, declared, missing, placed


def block(id: str, text: Any = None, **members: Any) -> dict[str, Any]:
    """A message block that says `text`, or its own id."""
    return {"id": id, "kind": "message", "messages": [{"text": text or f"<{id}>"}], **members}


def choices(id: str, *quick_replies: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**block(id, **members), "messages": [{"text": f"<{id}>", "quick_replies": list(quick_replies)}]}


def flow(*blocks: dict[str, Any], id: str = "counter", variables: tuple[str, ...] = ()) -> dict[str, Flow]:
    return {id: Flow(id=id, name=id.title(), blocks=blocks, variables=variables)}


def goto(id: str, *branches: tuple[Any, str], **members: Any) -> dict[str, Any]:
    """A block that goes to the second of the first pair whose first holds."""
    written = [{"when": when, "next": next_} for when, next_ in branches]
    return {"id": id, "kind": "goto", "branches": written, **members}


def where(variable: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"variable": variable, "operator": operator, **({} if value is None else {"value": value})}


def asks(id: str, variable: str, expects: str = "text", **members: Any) -> dict[str, Any]:
    return {**block(id), "kind": "input", "variable": variable, "expects": expects, **members}


def does(id: str, *actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"id": id, "kind": "action", "actions": list(actions), **members}


def opened(name: str, lifespan: int) -> dict[str, Any]:
    return {"output_contexts": [{"name": name, "lifespan": lifespan}]}


def heard(text: str = "rye please", *ranking: tuple[str, float], reason: str | None = None) -> Classification:
    """Understood as the first of `ranking`, unless there is a reason against it."""
    scored = tuple(ScoredIntent(id=intent, name=intent, confidence=sure) for intent, sure in ranking)
    why = reason or (None if scored else "out_of_scope")
    intent = scored[0] if why is None else None
    return Classification(text=text, language="en", understood=why is None, reason=why, intent=intent, ranking=scored)


class Customer:
    """Talks to one bot, message after message."""

    def __init__(self, *blocks: dict[str, Any], languages: tuple[str, ...] = ("en",), **variables: Any) -> None:
        declared = {name: {"default": value} for name, value in variables.items()}
        self.dialogue = Dialogue.of(flow(*blocks), languages, declared)
        self.state = ConversationState()
        self.env: dict[str, Any] = {}
        self.at = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
        self.call: Callable[[HttpCall], HttpOutcome] = denied

    def turn(self, found: Classification, seed: str = "message 1", payload: str | None = None) -> Turn:
        self.at += timedelta(minutes=1)
        event = UserEvent(found, seed, self.at, payload)
        turn = drive(take_turn(self.dialogue, self.state, event, self.env), self.call)
        self.state = ConversationState.model_validate_json(turn.state.model_dump_json())
        return turn

    def says(
        self, text: str, intent: str | None = None, language: str = "en", sure: float = 0.9, **mentions: Any
    ) -> list[str]:
        """What the bot answers to `text`, understood as `intent`, with values of entities by the words for them."""
        found = heard(text, (intent, sure)) if intent else heard(text)
        entities = tuple(_mention(text, words, entity) for words, entity in mentions.items())
        told = found.model_copy(update={"language": language, "entities": entities})
        return [reply.text for reply in self.turn(told).replies]

    def presses(self, title: str) -> Turn:
        """The choice of that title among the last replies, by its payload alone."""
        (payload,) = {offer.payload for offer in self.state.offers if offer.title == title}
        return self.turn(heard("?", ("nothing", 0.9)), payload=payload)


def _mention(text: str, words: str, entity: str) -> FoundEntity:
    start = text.index(words)
    return FoundEntity(entity=entity, value=words.title(), start=start, end=start + len(words), confidence=1.0)


def dangling(
    flows: dict[str, Flow], intents: dict[str, str], entities: dict[str, Any], variables: dict[str, Any]
) -> list[Reference]:
    return missing(placed(flows), declared(flows.values()), intents, entities, variables)
