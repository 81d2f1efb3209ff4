"""Rasa's domain: intents, entities, and responses with the intents that they answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.rasa_rules import UTTER, Triggers
from services.draft_api.foreign.speech import block_id, message, text_or_variants

# What Rasa calls what it did not understand.
_FALLBACK = "nlu_fallback"
_SLOT = re.compile(r"\{(\w+)\}")
_ELSEWHERE = {
    "slots": "variables are set by blocks here: only those that responses name came along",
    "forms": "ask with `input` blocks",
    "actions": "call a URL from an `action` block",
    "e2e_actions": "write message blocks",
    "session_config": "set session_timeout_minutes of the bot",
}


def names_in(found: Any) -> Iterator[str]:
    """Intents and entities are listed by name, or by name with what is special about them."""
    for item in found if isinstance(found, list) else ():
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            yield from map(str, item)


def read_domain(domain: Mapping[str, Any], harvest: Harvest, language: str | None, triggers: Triggers) -> None:
    for intent in names_in(domain.get("intents")):
        if intent != _FALLBACK:
            harvest.intent(intent)
    for kind, why in _ELSEWHERE.items():
        found = domain.get(kind)
        own = [name for name in (found if isinstance(found, Mapping) else names_in(found)) if _is_own(str(name))]
        harvest.lose_all(kind, map(str, own), why)
    responses = domain.get("responses")
    for name, variants in (responses if isinstance(responses, Mapping) else {}).items():
        if isinstance(variants, list):
            _read_response(str(name), variants, harvest, language, triggers)


def _read_response(name: str, variants: list[Any], harvest: Harvest, language: str | None, triggers: Triggers) -> None:
    plain = [variant for variant in variants if isinstance(variant, Mapping) and _is_plain(name, variant, harvest)]
    texts = [_with_variables(str(variant["text"]), harvest) for variant in plain if variant.get("text")]
    if not texts:
        harvest.lose(f"response {name}", "it has no text")
        return
    buttons = list(dict.fromkeys(title for variant in plain for title in _titles(name, variant, harvest)))
    block = {
        "id": block_id(name),
        "kind": "message",
        "name": name[:200],
        "messages": [message(text_or_variants([{language or "": text} for text in texts]), buttons)],
    }
    harvest.block({**block, **_triggered(name, triggers, harvest)})


def _triggered(name: str, triggers: Triggers, harvest: Harvest) -> dict[str, str]:
    """When the block of a response is reached: by one intent, or when nothing was understood."""
    answers = triggers.always.get(name, ())
    own = dict.fromkeys(intent for intent in answers if intent != _FALLBACK)
    first, *others = own or [_retrieved_by(name, triggers)]
    harvest.lose_all(f"triggers of {name}", others, "a block has one intent: make another block, or join the intents")
    system = {"system": "not_understood"} if _FALLBACK in answers else {}
    return {**system, **({"intent": first} if first else {})}


def _retrieved_by(name: str, triggers: Triggers) -> str:
    """A response that is named after a retrieval intent answers that one, unless its rule has a condition."""
    group, slash, _ = name.partition("/")
    return name.removeprefix(UTTER) if slash and group not in triggers.guarded else ""


def _is_plain(name: str, variant: Mapping[str, Any], harvest: Harvest) -> bool:
    """Whether it is said always and everywhere; what comes with it that has no place here is told."""
    if variant.get("condition") or variant.get("channel"):
        harvest.lose(f"a variant of {name}", "it is for one channel, or under a condition")
        return False
    for extra in sorted({"image", "custom", "attachment", "elements"} & variant.keys()):
        harvest.lose(f"{extra} of {name}", "only texts and the titles of buttons come along")
    return True


def _titles(name: str, variant: Mapping[str, Any], harvest: Harvest) -> Iterator[str]:
    buttons = variant.get("buttons")
    for button in buttons if isinstance(buttons, list) else ():
        if isinstance(button, Mapping) and button.get("title"):
            yield _with_variables(str(button["title"]), harvest)
    if buttons:
        harvest.lose(f"payloads of {name}", "a button says its title: give it a `next` block")


def _with_variables(text: str, harvest: Harvest) -> str:
    """`{slot}` in a text is a variable here."""

    def slot(match: re.Match[str]) -> str:
        harvest.variable(match[1])
        return "{{ " + match[1] + " }}"

    return _SLOT.sub(slot, text)


def _is_own(name: str) -> bool:
    """Responses are among the actions; they are carried over."""
    return not name.startswith(UTTER)
