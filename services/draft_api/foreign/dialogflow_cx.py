"""Dialogflow CX in its JSON package: intents/NAME/, entityTypes/NAME/, flows/NAME/ with pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.dialogflow_cx_flow import read_flow
from services.draft_api.foreign.dialogflow_parts import ONLY_LISTED, entity_values, items, texts, use_entity
from services.draft_api.foreign.harvest import Harvest

_UNEXPANDED = "AUTO_EXPANSION_MODE_UNSPECIFIED"
_FIRST = "Default Start Flow"
_NO_SUCH = "Greenroom has nothing like it"
_ELSEWHERE = {"webhooks": "call a URL from an `action` block", "testCases": "write cases of the bot"}

Documents = Mapping[str, Any]


def read_cx(documents: Documents, harvest: Harvest) -> None:
    agent = documents["agent.json"]
    for language in [*texts(agent.get("defaultLanguageCode")), *texts(agent.get("supportedLanguageCodes"))]:
        harvest.speak(language)
    harvest.timezone(str(agent.get("timeZone") or ""))
    start = str(agent.get("startFlow") or _FIRST)
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
            read_flow(document, harvest, is_start=document.get("displayName") == start)
        case ["flows", name, "pages", _]:
            harvest.lose(f"page {document.get('displayName')} of {name}", "write its form with `input` blocks")
        case ["flows", name, kind, _]:
            harvest.lose(f"{kind} of {name}: {document.get('displayName')}", _NO_SUCH)
        case ["intents" | "entityTypes" as kind, name, "trainingPhrases" | "entities", _]:
            if f"{kind}/{name}/{name}.json" not in documents:
                harvest.lose("/".join(folders), "what it belongs to is not there")
        case [_]:
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
    if str(entity.get("autoExpansionMode") or _UNEXPANDED) != _UNEXPANDED:
        harvest.lose(f"automatic expansion of {name}", ONLY_LISTED)
    if not spoken:
        harvest.lose(f"entity {name}", "it has no values")
    for _, document in spoken:
        entries = document.get("entities") if isinstance(document, Mapping) else None
        entity_values(name, entries, entity.get("kind") == "KIND_REGEXP", harvest)
