"""What stands beside the tidy parts of an export: said where it belongs, or named; never lost in silence."""

from typing import Any

from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp_import import Row
from tests.draft_api.foreign.exports import CX, ES, es_intent, said, zipped


def read(files: dict[str, Any], **more: Any) -> Export:
    return read_export(zipped({**files, **more}), ZIP, None)


def messages(export: Export, block: str) -> Any:
    return next(found["messages"] for found in export.blocks if found["id"] == block)


def lost(export: Export) -> list[str]:
    return [found.what for found in export.not_carried]


def test_texts_alone_are_variants_and_answers_that_are_not_there_are_named() -> None:
    text = """
nlu: [{intent: greet, examples: [hello]}, {intent: order, examples: [one rye]}]
responses:
  utter_greet: [Hello, {text: Hi there}]
  utter_bye: Good night
rules:
- {rule: hello, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: order, steps: [{intent: order}, {action: utter_nowhere}]}
flows: {transfer_money: {steps: []}}
"""
    export = read_export(text.encode(), YAML, None)
    assert messages(export, "utter_greet") == [{"variants": ["Hello", "Hi there"]}]
    assert messages(export, "utter_bye") == [{"text": "Good night"}]
    assert lost(export) == ["flows: transfer_money", "answer to order: utter_nowhere"]


def test_variants_for_some_are_named_with_whom_they_are_for() -> None:
    text = """
nlu: [{intent: greet, examples: [hello]}]
responses:
  utter_greet:
  - {text: Hello}
  - {text: Hello vip, condition: [{type: slot, name: vip, value: true}]}
  - {text: Hello slack, channel: slack}
"""
    export = read_export(text.encode(), YAML, None)
    assert messages(export, "utter_greet") == [{"text": "Hello"}]
    assert lost(export) == [
        "a variant of utter_greet for condition type: slot, name: vip, value: true: Hello vip",
        "a variant of utter_greet for channel slack: Hello slack",
    ]


def test_a_slot_named_like_what_greenroom_gives_is_a_variable_of_another_name() -> None:
    text = b"nlu: [{intent: a, examples: [b]}]\nresponses: {utter_a: [{text: 'You speak {language}, {1}, {name}'}]}\n"
    export = read_export(text, YAML, None)
    assert messages(export, "utter_a") == [{"text": "You speak {{ slot_language }}, {{ slot_1 }}, {{ name }}"}]
    assert export.variables == ("slot_language", "slot_1", "name")
    assert lost(export) == ["the name of slot language", "the name of slot 1"]


def test_a_response_that_two_files_tell_differently_is_named() -> None:
    files = {
        "a.yml": "nlu: [{intent: a, examples: [b]}]\nresponses: {utter_a: [{text: One}], utter_b: [{text: Same}]}",
        "b.yml": "responses: {utter_a: [{text: Two}], utter_b: [{text: Same}]}",
    }
    export = read(files)
    assert messages(export, "utter_a") == [{"text": "Two"}]
    assert lost(export) == ["responses of an earlier file: utter_a"]


def test_what_is_too_many_is_named() -> None:
    buttons = [{"title": f"Choice {number}"} for number in range(14)]
    slots = " ".join(f"{{slot{number}}}" for number in range(501))
    text = {
        "nlu": [{"intent": "a", "examples": ["b"]}],
        "responses": {"utter_a": [{"text": slots, "buttons": buttons}]},
    }
    export = read({"all.yml": text})
    assert len(export.variables) == 500
    assert set(lost(export)) == {"variable slot500", "buttons of utter_a: Choice 13", "payloads of utter_a"}


def test_quick_replies_stand_below_their_own_title() -> None:
    replies = {"type": "2", "lang": "en", "title": "Which berth?", "replies": ["Upper", "Lower"]}
    untitled = {**replies, "title": ""}
    export = read(
        {
            **ES,
            "intents/berth.json": es_intent("berth", said("en", "Gladly."), replies),
            "intents/none.json": es_intent("none", untitled),
        }
    )
    buttons = [{"title": {"en": "Upper"}}, {"title": {"en": "Lower"}}]
    assert messages(export, "berth") == [
        {"text": {"en": "Gladly."}},
        {"text": {"en": "Which berth?"}, "buttons": buttons},
    ]
    assert "quick replies of none" in lost(export)


def test_bubbles_of_es_under_a_condition_are_named() -> None:
    guarded = {**said("en", "First class."), "condition": "$class = 1"}
    export = read({**ES, "intents/berth.json": es_intent("berth", said("en", "Gladly."), guarded)})
    assert messages(export, "berth") == [{"text": {"en": "Gladly."}}]
    assert "a response of berth, if: $class = 1" in lost(export)


def test_older_agents_have_phrases_texts_and_entries_within() -> None:
    old = {"name": "old", "userSays": [{"data": [{"text": "ahoy"}]}], "responses": [{"speech": ["Ahoy, ", "Hey"]}]}
    export = read(
        {
            **ES,
            "intents/old.json": old,
            "entities/deck.json": {"name": "deck", "entries": [{"value": "upper", "synonyms": ["top"]}]},
        }
    )
    assert [(row.text, row.intent) for row in export.parsed if isinstance(row, Row) and row.intent == "old"] == [
        ("ahoy", "old")
    ]
    assert messages(export, "old") == [{"variants": ["Ahoy, ", "Hey"]}]
    assert [value.value for value in export.entities["deck"].values] == ["upper"]


def test_what_of_es_belongs_to_nothing_or_cannot_be_is_named() -> None:
    export = read(
        {
            **ES,
            "customSmalltalkResponses_en.json": [{"action": "smalltalk.agent.annoying"}],
            "intents/gone_usersays_en.json": [{"data": [{"text": "orphan"}]}],
            "entities/city.json": {"name": "city", "automatedExpansion": True},
            "entities/void.json": {"name": "void"},
            "intents/slots.json": {**es_intent("slots"), "webhookForSlotFilling": True},
            "intents/reset.json": {
                "name": "reset",
                "responses": [{"resetContexts": True, "messages": [said("en", "So.")]}],
            },
        }
    )
    assert set(lost(export)) >= {
        "customSmalltalkResponses_en.json",
        "intents/gone_usersays_en.json",
        "automatic expansion of city",
        "entity void",
        "webhook of slots",
        "contexts that reset ends: all",
    }


def test_what_of_cx_belongs_to_nothing_or_cannot_be_is_named() -> None:
    files = {
        "intents/gone/trainingPhrases/de.json": {"trainingPhrases": []},
        "entityTypes/void/void.json": {"displayName": "void"},
        "entityTypes/berth/berth.json": {"displayName": "berth", "autoExpansionMode": "AUTO_EXPANSION_MODE_DEFAULT"},
        "flows/Default Start Flow/transitionRouteGroups/more.json": {"displayName": "more"},
    }
    assert set(lost(read({**CX, **files}))) >= {
        "intents/gone/trainingPhrases/de.json",
        "entity void",
        "automatic expansion of berth",
        "transitionRouteGroups of Default Start Flow: more",
    }
