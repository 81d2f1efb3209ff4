"""Rasa's older training data, Markdown (1.x) and JSON (1.x, 2.x), as its YAML of today would say it.

The formats are those of https://legacy-docs-v1.rasa.com/nlu/training-data-format/.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from shared.errors import InvalidError

_JSON_KEY = "rasa_nlu_data"
_SUFFIXES = (".md", ".json")
_SECTION = re.compile(r"##\s*(intent|synonym|regex|lookup)\s*:(.+)")
_STEP = re.compile(r"\s*-\s*(utter_|action_|slot\b|form\b|\w+_form\b)")
_RETRIEVAL = re.compile(r"\*\s*\w+/\w+")
_BULLETS = ("-", "*", "+")

Item = dict[str, Any]


def is_old(path: str) -> bool:
    """Whether it may be; what is in it decides."""
    return path.casefold().endswith(_SUFFIXES)


def read_old(path: str, data: bytes) -> Mapping[str, Any] | None:
    """None for what is no data of Rasa's, as a README. Raises InvalidError `export_invalid`."""
    if path.casefold().endswith(".json"):
        return _read_json(path, data) if _JSON_KEY.encode() in data else None
    text = data.decode("utf-8-sig", errors="replace")
    found: dict[str, Any] = {"nlu": list(_items(text)), "stories": list(_stories(text))}
    if found["nlu"] and "\ufffd" in text:
        raise InvalidError("export_invalid", f"{path} is not UTF-8.")
    return {key: value for key, value in found.items() if value} or None


def of_today(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keys that had another name, or hold another shape, in older versions."""
    if _JSON_KEY in document:
        return {"nlu": list(_converted(document[_JSON_KEY]))}
    old = document.get("templates")
    if isinstance(old, Mapping) and any(str(name).startswith("utter_") for name in old) and "responses" not in document:
        return {**document, "responses": old}
    return document


def _read_json(path: str, data: bytes) -> Mapping[str, Any] | None:
    try:
        read = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InvalidError("export_invalid", f"{path} is no JSON: {error}.") from None
    return read if isinstance(read, dict) and _JSON_KEY in read else None


def _converted(found: Any) -> Iterator[Item]:
    for example in _listed(found, "common_examples"):
        # A retrieval intent and what of it is asked lie apart, or together under a name of their own.
        intent = example.get("intent_response_key") or example.get("intent") or ""
        yield {"intent": intent, "examples": [example]}
    for synonym in _listed(found, "entity_synonyms"):
        yield {"synonym": synonym.get("value") or "", "examples": synonym.get("synonyms")}
    for regex in _listed(found, "regex_features"):
        yield {"regex": regex.get("name") or "", "examples": [regex.get("pattern")]}
    for lookup in _listed(found, "lookup_tables"):
        yield {"lookup": lookup.get("name") or "", "examples": lookup.get("elements")}


def _listed(found: Any, key: str) -> Iterator[Mapping[str, Any]]:
    many = found.get(key) if isinstance(found, Mapping) else None
    return (item for item in many if isinstance(item, Mapping)) if isinstance(many, list) else iter(())


def _items(text: str) -> Iterator[Item]:
    """`## intent:greet` and the bullets under it; what has no bullet stays without a dash."""
    item: Item | None = None
    for line in map(str.strip, _without_comments(text).splitlines()):
        if line.startswith("#"):
            if item:
                yield item
            section = _SECTION.match(line)
            item = {section[1]: section[2].strip(), "examples": ""} if section else None
        elif item:
            item["examples"] += f"- {line[1:]}\n" if line.startswith(_BULLETS) else f"{line}\n"
    if item:
        yield item


def _stories(text: str) -> Iterator[Item]:
    """`## happy path`, `* greet`, `- utter_greet`; and what retrieval intents say, `* faq/ask`, `- some text`."""
    name, last = "without a name", ""
    for line in filter(str.strip, _without_comments(text).splitlines()):
        if line.startswith("## "):
            name = line[3:].strip()
        elif last.startswith("*") and (_STEP.match(line) or (_RETRIEVAL.match(last) and line.strip().startswith("-"))):
            yield {"story": name}
        last = line


def _without_comments(text: str) -> str:
    head, *rest = text.split("<!--")
    return head + "".join(part.partition("-->")[2] if "-->" in part else f"<!--{part}" for part in rest)
