"""Rasa's domain: intents, entities, and responses with the intents that they answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.rasa_rules import UTTER, Triggers, shown
from services.draft_api.foreign.speech import MOST_REPLIES, MOST_VARIANTS, block_id, message, text_or_variants
from shared.flows.values import SYSTEM_VARIABLES

# What Rasa calls what it did not understand.
_FALLBACK = "nlu_fallback"
_GIVEN = {"env", *SYSTEM_VARIABLES}
_SHOWN = 80
_SLOT = re.compile(r"\{(\w+)\}")
_ELSEWHERE = {
    "slots": "variables are set by blocks here: only those that responses name came along",
    "forms": "ask with `input` blocks",
    "actions": "call a URL from an `action` block",
    "e2e_actions": "write message blocks",
    "flows": "write flows: blocks that lead to one another",
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
    found = domain.get("responses")
    responses = {str(name): variants for name, variants in found.items()} if isinstance(found, Mapping) else {}
    for name, variants in responses.items():
        many = variants if isinstance(variants, list) else [variants]
        _read_response(name, [_variant(one) for one in many], harvest, language, triggers)
    _name_missing(responses, triggers, harvest)


def _variant(found: Any) -> Mapping[str, Any]:
    """A text alone is a variant too."""
    return found if isinstance(found, Mapping) else {"text": found} if isinstance(found, str) else {}


def _name_missing(responses: Mapping[str, Any], triggers: Triggers, harvest: Harvest) -> None:
    groups = {name.partition("/")[0] for name in responses}
    for name in sorted(triggers.always.keys() - responses.keys() - groups):
        why = "the export has no such response: it may be in a file that is not there, or a custom action"
        harvest.lose(f"answer to {', '.join(triggers.always[name])}: {name}", why)


def _read_response(
    name: str, variants: list[Mapping[str, Any]], harvest: Harvest, language: str | None, triggers: Triggers
) -> None:
    plain = [variant for variant in variants if _is_plain(name, variant, harvest)]
    texts = [_with_variables(str(variant["text"]), harvest) for variant in plain if variant.get("text")]
    if not texts:
        harvest.lose(f"response {name}", "it has no text")
        return
    harvest.lose_all(f"variants of {name}", texts[MOST_VARIANTS:], f"up to {MOST_VARIANTS} come along")
    buttons = list(dict.fromkeys(title for variant in plain for title in _titles(name, variant, harvest)))
    harvest.lose_all(f"buttons of {name}", buttons[MOST_REPLIES:], f"up to {MOST_REPLIES} come along")
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
    guards = [f"{guard} {shown(variant[guard])}" for guard in ("channel", "condition") if variant.get(guard)]
    if guards:
        said = str(variant.get("text") or "without a text")[:_SHOWN]
        harvest.lose(f"a variant of {name} for {' and '.join(guards)}: {said}", "a block says the same to everyone")
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
        name = _variable(match[1], harvest)
        harvest.variable(name)
        return "{{ " + name + " }}"

    return _SLOT.sub(slot, text)


def _variable(slot: str, harvest: Harvest) -> str:
    """Another name where Greenroom gives a variable of that name itself, or none can have it."""
    if slot not in _GIVEN and not slot[0].isdecimal():
        return slot
    harvest.lose(f"the name of slot {slot}", f"no variable of a builder can have it: it is slot_{slot} here")
    return f"slot_{slot}"


def _is_own(name: str) -> bool:
    """Responses are among the actions; they are carried over."""
    return not name.startswith(UTTER)
