"""Dialogflow CX in its JSON package: intents/NAME/, entityTypes/NAME/, flows/NAME/ with pages."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.dialogflow_parts import entity_values, items, part, texts, use_entity
from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.speech import block_id, in_step, text_or_variants

_NO_MATCH, _WELCOME = "sys.no-match-default", "Default Welcome Intent"
_NO_SUCH = "Greenroom has nothing like it"
_PARAMETER = re.compile(r"\$(session|intent|page|flow|request|sys)\.")
_ELSEWHERE = {"webhooks": "call a URL from an `action` block", "testCases": "write cases of the bot"}

Documents = Mapping[str, Any]


def read_cx(documents: Documents, harvest: Harvest) -> None:
    agent = documents["agent.json"]
    for language in [*texts(agent.get("defaultLanguageCode")), *texts(agent.get("supportedLanguageCodes"))]:
        harvest.speak(language)
    harvest.timezone(str(agent.get("timeZone") or ""))
    start = str(agent.get("startFlow") or "")
    for path, document in documents.items():
        folders = path.split("/")
        if isinstance(document, Mapping):
            _read(folders, document, documents, start, harvest)


def _read(folders: list[str], document: Mapping[str, Any], documents: Documents, start: str, harvest: Harvest) -> None:
    match folders:
        case ["intents", name, file] if file == f"{name}.json":
            _read_intent(document, list(_below(documents, f"intents/{name}/trainingPhrases/")), harvest)
        case ["entityTypes", name, file] if file == f"{name}.json":
            _read_entity(document, list(_below(documents, f"entityTypes/{name}/entities/")), harvest)
        case ["flows", name, file] if file == f"{name}.json":
            _read_flow(document, harvest, is_start=document.get("displayName") == start)
        case ["flows", _, "pages", _]:
            harvest.lose(f"page {document.get('displayName')}", "write its form with `input` blocks")
        case ["intents" | "entityTypes", _, "trainingPhrases" | "entities", _] | [_]:
            return
        case ["intents" | "entityTypes", name, kind, _]:
            harvest.lose(f"{kind} of {name}", _NO_SUCH)
        case [folder, *_]:
            harvest.lose(folder, _ELSEWHERE.get(folder, _NO_SUCH))


def _below(documents: Documents, folder: str) -> Iterator[tuple[str, Any]]:
    for path, document in documents.items():
        if path.startswith(folder):
            yield path.removeprefix(folder).removesuffix(".json"), document


def _read_intent(intent: Mapping[str, Any], spoken: list[tuple[str, Any]], harvest: Harvest) -> None:
    name = str(intent.get("displayName") or "")
    if intent.get("isFallback") is True:
        if any(list(items(part_of.get("trainingPhrases"))) for _, part_of in spoken if isinstance(part_of, Mapping)):
            harvest.lose(f"training phrases of {name}", "what is not understood needs no examples here")
        return
    harvest.intent(name)
    for parameter in items(intent.get("parameters")):
        use_entity(str(parameter.get("entityType") or ""), name, harvest)
    for language, document in spoken:
        harvest.speak(language)
        for phrase in items(document.get("trainingPhrases") if isinstance(document, Mapping) else None):
            said = "".join(str(piece.get("text", "")) for piece in items(phrase.get("parts")))
            harvest.expression(said, name, language)


def _read_entity(entity: Mapping[str, Any], spoken: list[tuple[str, Any]], harvest: Harvest) -> None:
    name = str(entity.get("displayName") or "")
    if entity.get("excludedPhrases"):
        harvest.lose(f"excludedPhrases of {name}", _NO_SUCH)
    for _, document in spoken:
        entries = document.get("entities") if isinstance(document, Mapping) else None
        entity_values(name, entries, entity.get("kind") == "KIND_REGEXP", harvest)


def _read_flow(flow: Mapping[str, Any], harvest: Harvest, is_start: bool) -> None:
    """Routes that answer an intent with a text, and what is said when nothing matches."""
    name = str(flow.get("displayName") or "")
    for route in items(flow.get("transitionRoutes")):
        intent, variants = route.get("intent"), _said(route, name, harvest)
        if route.get("condition") or route.get("targetPage") or route.get("targetFlow"):
            harvest.lose(f"a route of {name}", "only an intent that is answered with a text becomes a block")
        if isinstance(intent, str) and variants:
            block = {"kind": "message", "intent": intent, "messages": [text_or_variants(variants)]}
            first = {"system": "introduction"} if is_start and intent == _WELCOME else {}
            harvest.block({"id": block_id(f"{name} {intent}"), **block, **first})
    for handler in items(flow.get("eventHandlers")):
        variants = _said(handler, name, harvest)
        if handler.get("event") == _NO_MATCH and variants and is_start:
            fallback = {"kind": "message", "system": "not_understood", "messages": [text_or_variants(variants)]}
            harvest.block({"id": block_id(f"{name} not understood"), **fallback})


def _said(route: Mapping[str, Any], flow: str, harvest: Harvest) -> list[Mapping[str, str]]:
    by_language: dict[str, list[str]] = {}
    for bubble in items(part(route, "triggerFulfillment").get("messages")):
        language = str(bubble.get("languageCode") or "")
        by_language.setdefault(language, []).extend(texts(part(bubble, "text").get("text")))
    if any(_PARAMETER.search(text) for said in by_language.values() for text in said):
        harvest.lose(f"parameters in a response of {flow}", "write {{ variable }} where it says $session.params")
    return in_step(by_language)
