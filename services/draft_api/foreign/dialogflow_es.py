"""Dialogflow ES: intents/NAME.json with intents/NAME_usersays_LANGUAGE.json, entities/NAME.json with its entries."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.draft_api.foreign.dialogflow_parts import ONLY_LISTED, entity_values, items, texts, use_entity
from services.draft_api.foreign.dialogflow_speech import bubbles_of
from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.speech import block_id

_SPOKEN = re.compile(
    r"^(?P<stem>(?:intents|entities)/.*)_(?:usersays|entries)_(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.json$"
)
_WELCOME = "WELCOME"
_OF_THE_AGENT = {"agent.json", "package.json"}

Documents = Mapping[str, Any]


def read_es(documents: Documents, harvest: Harvest) -> None:
    agent = documents["agent.json"]
    for language in [*texts(agent.get("language")), *texts(agent.get("supportedLanguages"))]:
        harvest.speak(language)
    harvest.timezone(str(agent.get("defaultTimezone") or ""))
    for path, document in documents.items():
        folder, _, file = path.rpartition("/")
        if folder in {"intents", "entities"} and isinstance(document, Mapping) and not _SPOKEN.match(path):
            read = _read_intent if folder == "intents" else _read_entity
            read(document, list(_spoken(documents, path.removesuffix(".json"))), harvest)
        elif folder not in {"", "intents", "entities"} or (not folder and file not in _OF_THE_AGENT):
            harvest.lose(path, "Greenroom has nothing like it")
        elif (found := _SPOKEN.match(path)) and f"{found['stem']}.json" not in documents:
            harvest.lose(path, "what it belongs to is not there")


def _spoken(documents: Documents, stem: str) -> Iterator[tuple[str, Any]]:
    for path, document in documents.items():
        found = _SPOKEN.match(path)
        if found and found["stem"] == stem:
            yield found["language"], document


def _read_entity(entity: Mapping[str, Any], spoken: Sequence[tuple[str, Any]], harvest: Harvest) -> None:
    name = str(entity.get("name", ""))
    if entity.get("automatedExpansion") is True:
        harvest.lose(f"automatic expansion of {name}", ONLY_LISTED)
    said = [entity.get("entries"), *(entries for _, entries in spoken)]
    if not any(said):
        harvest.lose(f"entity {name}", "it has no values")
    for entries in said:
        entity_values(name, entries, entity.get("isRegexp") is True, harvest)


def _read_intent(intent: Mapping[str, Any], spoken: Sequence[tuple[str, Any]], harvest: Harvest) -> None:
    name, fallback = str(intent.get("name", "")), intent.get("fallbackIntent") is True
    if fallback:
        if any(phrases for _, phrases in spoken):
            harvest.lose(f"examples of {name}", "what is not understood needs no examples here")
    else:
        harvest.intent(name)
        # Older exports have them within, in the language of the agent.
        _read_phrases(name, None, intent.get("userSays"), harvest)
        for language, phrases in spoken:
            harvest.speak(language)
            _read_phrases(name, language, phrases, harvest)
    for response in items(intent.get("responses")):
        _read_response(intent, name, response, fallback, harvest)
    if intent.get("webhookUsed") is True or intent.get("webhookForSlotFilling") is True:
        harvest.lose(f"webhook of {name}", "call a URL from an `action` block")


def _read_phrases(intent: str, language: str | None, phrases: Any, harvest: Harvest) -> None:
    for phrase in items(phrases):
        parts = list(items(phrase.get("data")))
        if phrase.get("isTemplate") is True:
            harvest.lose(f"templates of {intent}", "an example is a sentence as a user says it")
            continue
        harvest.expression("".join(str(part.get("text", "")) for part in parts), intent, language)
        for part in parts:
            use_entity(str(part.get("meta") or ""), intent, harvest)


def _read_response(
    intent: Mapping[str, Any], name: str, response: Mapping[str, Any], fallback: bool, harvest: Harvest
) -> None:
    for parameter in items(response.get("parameters")):
        use_entity(str(parameter.get("dataType") or ""), name, harvest)
        if parameter.get("required") is True:
            harvest.lose(f"prompts of {name}", "ask with `input` blocks")
    if _is_guarded(intent, name, fallback, harvest):
        return
    messages = bubbles_of(name, response, harvest)
    if not messages:
        return
    block: dict[str, Any] = {"id": block_id(name), "kind": "message", "name": name[:200], "messages": messages}
    harvest.block({**block, **_reached(intent, name, fallback), **_contexts(intent, response, name, harvest)})


def _is_guarded(intent: Mapping[str, Any], name: str, fallback: bool, harvest: Harvest) -> bool:
    """Whether something must be so that a block cannot ask for; of contexts, only what is not understood cannot."""
    needed = ", ".join(texts(intent.get("contexts")))
    if fallback and needed:
        why = "what is not understood has one answer here: ask with an `input` block, which has a `retry` of its own"
        harvest.lose(f"fallback {name}, in the context {needed}", why)
        return True
    if condition := next(iter(texts(intent.get("condition"))), ""):
        harvest.lose(f"response of {name}, if {condition}", "a block answers everyone: lead to it from a `goto` block")
    return bool(condition)


def _reached(intent: Mapping[str, Any], name: str, fallback: bool) -> dict[str, str]:
    if fallback:
        return {"system": "not_understood"}
    welcome = any(str(event.get("name")) == _WELCOME for event in items(intent.get("events")))
    # What needs a context is no first message, whatever its events.
    greets = welcome and not texts(intent.get("contexts"))
    return {"intent": name, **({"system": "introduction"} if greets else {})}


def _contexts(intent: Mapping[str, Any], response: Mapping[str, Any], name: str, harvest: Harvest) -> dict[str, Any]:
    opened = [
        {"name": str(context["name"]), "lifespan": lifespan}
        for context in items(response.get("affectedContexts"))
        if context.get("name") and isinstance(lifespan := context.get("lifespan"), int) and 1 <= lifespan <= 100
    ]
    needed = texts(intent.get("contexts"))
    kept = {context["name"] for context in opened}
    ended = [str(c["name"]) for c in items(response.get("affectedContexts")) if c.get("name") not in {None, "", *kept}]
    harvest.lose_all(f"contexts that {name} ends", ended, "a context lasts for as many messages as its lifespan says")
    if response.get("resetContexts") is True:
        harvest.lose(f"contexts that {name} ends: all", "a context lasts for as many messages as its lifespan says")
    return {**({"required_contexts": needed} if needed else {}), **({"output_contexts": opened} if opened else {})}
