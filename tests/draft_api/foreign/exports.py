"""A night train company's bot, as Rasa and both Dialogflows lay it out when they export it."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - yes
    - good evening
- intent: book_berth
  examples: |
    - a berth to [Vienna](city) please
    - book me a bed to [the Danube city]{"entity": "city", "value": "Vienna"}
    - from [Paris]{"entity": "city", "role": "from"} to [Prague](city:Praha)
    - two beds in [a couchette](berth_class) [and breakfast]
- intent: faq/ask_dogs
  examples:
  - text: can my dog sleep on board
    metadata: {source: "survey"}
  - are dogs allowed
- synonym: Praha
  examples: |
    - Prague
    - the golden city
- synonym: nobody
  examples: |
    - no one
- lookup: berth_class
  examples: |
    - sleeper
    - couchette
- regex: booking_code
  examples: |
    - NT[0-9]{6}
- regex: exclamation
  examples: |
    - "!+"
"""

DOMAIN = """
version: "3.1"
intents:
  - greet
  - book_berth: {use_entities: []}
  - goodbye
entities:
  - city: {roles: [from, to]}
  - berth_class
  - booking_code
  - passenger
slots:
  city: {type: text, mappings: [{type: from_entity, entity: city}]}
responses:
  utter_greet:
  - text: Good evening, {name}!
  - text: Welcome aboard.
    buttons:
    - {title: Book, payload: /book_berth}
  utter_faq/ask_dogs:
  - text: Small ones may.
    image: https://example.org/dog.png
    buttons:
    - title: Thanks
      payload: /goodbye
  utter_whistle:
  - custom: {sound: whistle}
actions: [action_book, utter_greet]
"""

RULES = """
rules:
- rule: say hello
  steps:
  - intent: greet
  - action: utter_greet
- rule: book
  steps:
  - intent: book_berth
  - action: action_book
stories:
- story: the long way
  steps:
  - intent: greet
"""

CONFIG = "language: fr\npipeline:\n- name: WhitespaceTokenizer\n"

RASA = {"data/nlu.yml": NLU, "data/rules.yml": RULES, "domain.yml": DOMAIN, "config.yml": CONFIG}


def phrase(*parts: str | tuple[str, str], template: bool = False) -> dict[str, Any]:
    data = [{"text": p, "userDefined": False} if isinstance(p, str) else {"text": p[0], "meta": p[1]} for p in parts]
    return {"id": "x", "data": data, "isTemplate": template, "count": 0, "updated": 0}


def es_intent(name: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = {"affectedContexts": more.pop("affectedContexts", []), "parameters": more.pop("parameters", [])}
    return {"name": name, "contexts": [], "responses": [{**response, "messages": list(messages)}], "events": [], **more}


def said(language: str, *speech: str) -> dict[str, Any]:
    return {"type": "0", "lang": language, "speech": list(speech)}


ES: dict[str, Any] = {
    "agent.json": {"language": "en", "supportedLanguages": ["nl"], "webhook": {"available": False}},
    "package.json": {"version": "1.0.0"},
    "intents/Default Welcome Intent.json": es_intent(
        "Default Welcome Intent",
        said("en", "Good evening.", "Hello."),
        said("nl", "Goeienavond."),
        events=[{"name": "WELCOME"}],
    ),
    "intents/Default Welcome Intent_usersays_en.json": [phrase("hi"), phrase("good evening")],
    "intents/Default Welcome Intent_usersays_nl.json": [phrase("goeienavond")],
    "intents/Default Fallback Intent.json": es_intent(
        "Default Fallback Intent", said("en", "Pardon?"), fallbackIntent=True
    ),
    "intents/book.berth.json": es_intent(
        "book.berth",
        said("en", "To $city, then."),
        {"type": "2", "lang": "en", "replies": ["Sleeper", "Couchette", "Seat", "Nothing"]},
        {"type": "4", "lang": "en", "payload": {}},
        contexts=["aboard"],
        affectedContexts=[{"name": "booking", "lifespan": 3}, {"name": "closed", "lifespan": 0}],
        parameters=[{"name": "city", "dataType": "@city", "required": True, "value": "$city"}],
        webhookUsed=True,
    ),
    "intents/book.berth_usersays_en.json": [
        phrase("a bed to ", ("Vienna", "@city"), " on ", ("friday", "@sys.date")),
        phrase("near ", ("Vienna", "@sys.geo-city")),
        phrase("@city:city please", template=True),
    ],
    "entities/city.json": {"name": "city", "isRegexp": False},
    "entities/city_entries_en.json": [{"value": "Vienna", "synonyms": ["Vienna", "Wien"]}],
    "entities/code.json": {"name": "code", "isRegexp": True},
    "entities/code_entries_en.json": [{"value": "NT[0-9]{6}", "synonyms": ["NT[0-9]{6}"]}],
    "knowledgeBases/faq.json": {"name": "faq"},
}


def cx_phrases(language: str, *phrases: tuple[str, ...]) -> dict[str, Any]:
    return {"trainingPhrases": [{"parts": [{"text": t} for t in p], "languageCode": language} for p in phrases]}


def cx_said(*texts: str, language: str = "de") -> dict[str, Any]:
    return {"triggerFulfillment": {"messages": [{"text": {"text": list(texts)}, "languageCode": language}]}}


CX: dict[str, Any] = {
    "agent.json": {"defaultLanguageCode": "de", "supportedLanguageCodes": ["en"], "startFlow": "Default Start Flow"},
    "intents/Default Welcome Intent/Default Welcome Intent.json": {"displayName": "Default Welcome Intent"},
    "intents/Default Welcome Intent/trainingPhrases/de.json": cx_phrases("de", ("guten Abend",)),
    "intents/No%2c thanks/No%2c thanks.json": {
        "displayName": "No, thanks",
        "parameters": [{"id": "day", "entityType": "@sys.date"}],
    },
    "intents/No%2c thanks/trainingPhrases/de.json": cx_phrases("de", ("nein ", "danke"), ("lieber ", "morgen")),
    "intents/No%2c thanks/trainingPhrases/en.json": cx_phrases("en", ("no thank you",)),
    "intents/Default Negative Intent/Default Negative Intent.json": {
        "displayName": "Default Negative Intent",
        "isFallback": True,
    },
    "entityTypes/berth/berth.json": {"displayName": "berth", "kind": "KIND_MAP"},
    "entityTypes/berth/entities/de.json": {"entities": [{"value": "Liege", "synonyms": ["Liege", "Bett"]}]},
    "flows/Default Start Flow/Default Start Flow.json": {
        "displayName": "Default Start Flow",
        "transitionRoutes": [
            {"intent": "Default Welcome Intent", **cx_said("Guten Abend.")},
            {"intent": "No, thanks", "targetPage": "Farewell", **cx_said("Schade.")},
            {"condition": "true", "targetPage": "Farewell"},
        ],
        "eventHandlers": [{"event": "sys.no-match-default", **cx_said("Wie bitte?", "Bitte?")}],
    },
    "flows/Default Start Flow/pages/Farewell.json": {"displayName": "Farewell"},
    "webhooks/book.json": {"displayName": "book"},
}


def zipped(files: Mapping[str, Any], top: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(top + path, content if isinstance(content, str | bytes) else json.dumps(content))
    return out.getvalue()
