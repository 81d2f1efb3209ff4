"""What is read of each platform's export, and what is said not to have come along."""

import json

import pytest

from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp_import import Row
from shared.entities.document import Entity
from shared.errors import InvalidError
from tests.draft_api.foreign.exports import CX, DOMAIN, ES, NLU, RASA, cx_said, es_intent, zipped


def rows(export: Export) -> list[tuple[str, str, str | None]]:
    return [(row.text, row.intent, row.language) for row in export.parsed if isinstance(row, Row)]


def spoken(entity: Entity) -> dict[str, list[str]]:
    return {value.value: value.synonyms for value in entity.values}


def lost(export: Export) -> list[str]:
    return [found.what for found in export.not_carried]


@pytest.fixture(scope="module")
def rasa() -> Export:
    return read_export(zipped(RASA, top="nighttrain/"), ZIP, None)


@pytest.fixture(scope="module")
def es() -> Export:
    return read_export(zipped(ES), ZIP, None)


@pytest.fixture(scope="module")
def cx() -> Export:
    return read_export(zipped(CX, top="agent/"), ZIP, None)


class TestRasa:
    def test_examples_lose_their_annotations_and_keep_their_words(self, rasa: Export) -> None:
        assert rasa.format == "rasa"
        assert rows(rasa) == [
            ("hello", "greet", "fr"),
            ("yes", "greet", "fr"),
            ("good evening", "greet", "fr"),
            ("a berth to Vienna please", "book_berth", "fr"),
            ("book me a bed to the Danube city", "book_berth", "fr"),
            ("from Paris to Prague", "book_berth", "fr"),
            ("two beds in a couchette [and breakfast]", "book_berth", "fr"),
            ("can my dog sleep on board", "faq/ask_dogs", "fr"),
            ("are dogs allowed", "faq/ask_dogs", "fr"),
        ]
        assert rasa.intents == ("greet", "book_berth", "faq/ask_dogs", "goodbye")
        assert rasa.languages == ("fr",)

    def test_annotations_lookups_synonyms_and_patterns_become_entities(self, rasa: Export) -> None:
        cities = {"Vienna": ["the Danube city"], "Paris": [], "Praha": ["Prague", "the golden city"]}
        assert spoken(rasa.entities["city"]) == cities
        assert spoken(rasa.entities["berth_class"]) == {"a couchette": [], "sleeper": [], "couchette": []}
        assert rasa.entities["booking_code"].pattern == "NT[0-9]{6}"
        assert sorted(rasa.entities) == ["berth_class", "booking_code", "city"]

    def test_responses_become_blocks_and_simple_rules_their_triggers(self, rasa: Export) -> None:
        greet, dogs = rasa.blocks
        assert (greet["id"], greet["intent"]) == ("utter_greet", "greet")
        assert greet["messages"] == [
            {
                "variants": [{"fr": "Good evening, {{ name }}!"}, {"fr": "Welcome aboard."}],
                "buttons": [{"title": "Book"}],
            }
        ]
        assert rasa.variables == ("name",)
        assert (dogs["id"], dogs["intent"]) == ("utter_faq_ask_dogs", "faq/ask_dogs")
        assert dogs["messages"] == [{"text": {"fr": "Small ones may."}, "buttons": [{"title": "Thanks"}]}]

    def test_what_has_no_place_is_named(self, rasa: Export) -> None:
        assert lost(rasa) == [
            "regex exclamation",
            "synonyms of nobody",
            "entities without values: passenger",
            "roles and groups of entities: city",
            "rules: book",
            "slots: city",
            "actions: action_book",
            "payloads of utter_greet",
            "image of utter_faq/ask_dogs",
            "payloads of utter_faq/ask_dogs",
            "custom of utter_whistle",
            "response utter_whistle",
            "stories: the long way",
        ]

    def test_one_file_is_enough(self) -> None:
        alone = read_export(NLU.encode(), YAML, None)
        assert len(alone.parsed) == 9
        assert {language for _, _, language in rows(alone)} == {None}
        assert read_export(DOMAIN.encode(), YAML, "nl").intents == ("greet", "book_berth", "goodbye")

    def test_values_that_are_said_alike_are_one(self) -> None:
        text = b"nlu:\n- {lookup: card, examples: [visa, Visa, amex]}\n- {synonym: amex, examples: '- VISA'}\n"
        export = read_export(text, YAML, None)
        assert spoken(export.entities["card"]) == {"visa": [], "amex": []}
        assert lost(export) == ["training data", "VISA of entity card"]

    def test_yes_is_a_word_and_no_switch(self) -> None:
        text = b"nlu:\n- intent: yes\n  examples: |\n    - no\n"
        assert rows(read_export(text, YAML, None)) == [("no", "yes", None)]


class TestDialogflowES:
    def test_phrases_are_joined_in_every_language(self, es: Export) -> None:
        assert es.languages == ("en", "nl")
        assert sorted(rows(es)) == [
            ("a bed to Vienna on friday", "book.berth", "en"),
            ("goeienavond", "Default Welcome Intent", "nl"),
            ("good evening", "Default Welcome Intent", "en"),
            ("hi", "Default Welcome Intent", "en"),
            ("near Vienna", "book.berth", "en"),
        ]

    def test_entities_are_values_patterns_or_of_the_system(self, es: Export) -> None:
        assert spoken(es.entities["city"]) == {"Vienna": ["Wien"]}
        assert es.entities["code"].pattern == "NT[0-9]{6}"
        assert es.entities["date"].system == "date"

    def test_responses_become_blocks_with_their_contexts(self, es: Export) -> None:
        blocks = {block["id"]: block for block in es.blocks}
        welcome, pardon = blocks["Default_Welcome_Intent"], blocks["Default_Fallback_Intent"]
        assert (welcome["system"], welcome["intent"]) == ("introduction", "Default Welcome Intent")
        assert welcome["messages"][0]["variants"][1] == {"en": "Hello.", "nl": "Goeienavond."}
        assert (pardon["system"], pardon.get("intent")) == ("not_understood", None)
        book = blocks["book.berth"]
        assert book["required_contexts"] == ["aboard"]
        assert book["output_contexts"] == [{"name": "booking", "lifespan": 3}]
        assert [reply["title"]["en"] for reply in book["messages"][0]["quick_replies"]][-1] == "Nothing"

    def test_what_has_no_place_is_named(self, es: Export) -> None:
        assert set(lost(es)) == {
            "templates of book.berth",
            "@sys.geo-city, in book.berth",
            "prompts of book.berth",
            "contexts that book.berth ends: closed",
            "a response of book.berth",
            "parameters in the response of book.berth",
            "webhook of book.berth",
            "knowledgeBases/faq.json",
        }

    def test_one_platform_speaks_for_all_and_cards_become_a_carousel(self) -> None:
        buttons = [{"text": "Look", "postback": "https://example.org/"}, {"text": "More", "postback": "more"}]
        bubbles = [
            {"type": 0, "lang": "en", "speech": [""]},
            {"type": 0, "platform": "facebook", "lang": "en", "speech": "Our trains"},
            {"type": 1, "platform": "facebook", "lang": "en", "title": "Sleeper", "buttons": buttons},
            {"type": 3, "platform": "facebook", "lang": "en", "imageUrl": "https://example.org/train.png"},
            {"type": 0, "platform": "skype", "lang": "en", "speech": "Trains"},
        ]
        export = read_export(zipped({**ES, "intents/trains.json": es_intent("trains", *bubbles)}), ZIP, None)
        (said,) = (block for block in export.blocks if block["id"] == "trains")
        text, cards, picture = said["messages"]
        assert text == {"text": {"en": "Our trains"}}
        assert cards["carousel"][0]["title"] == "Sleeper"
        assert cards["carousel"][0]["buttons"] == [{"title": "Look", "url": "https://example.org/"}, {"title": "More"}]
        assert picture["media"]["url"] == "https://example.org/train.png"
        assert "responses of trains for: skype" in lost(export)


class TestDialogflowCX:
    def test_phrases_come_under_the_names_that_people_see(self, cx: Export) -> None:
        assert cx.languages == ("de", "en")
        assert sorted(rows(cx)) == [
            ("guten Abend", "Default Welcome Intent", "de"),
            ("lieber morgen", "No, thanks", "de"),
            ("nein danke", "No, thanks", "de"),
            ("no thank you", "No, thanks", "en"),
        ]
        assert spoken(cx.entities["berth"]) == {"Liege": ["Bett"]}
        assert cx.entities["date"].system == "date"

    def test_routes_that_answer_become_blocks(self, cx: Export) -> None:
        blocks = {block["id"]: block for block in cx.blocks}
        assert blocks["Default_Start_Flow_No,_thanks"]["messages"] == [{"text": {"de": "Schade."}}]
        assert blocks["Default_Start_Flow_Default_Welcome_Intent"]["system"] == "introduction"
        pardon = blocks["Default_Start_Flow_not_understood"]
        assert pardon["messages"] == [{"variants": [{"de": "Wie bitte?"}, {"de": "Bitte?"}]}]

    def test_what_has_no_place_is_named(self, cx: Export) -> None:
        assert set(lost(cx)) == {
            "route of Default Start Flow: No, thanks, to Farewell",
            "route of Default Start Flow: without an intent, to Farewell",
            "page Farewell of Default Start Flow",
            "webhooks",
        }


def test_two_blocks_of_one_intent_leave_it_to_the_first() -> None:
    start = CX["flows/Default Start Flow/Default Start Flow.json"]
    again = {
        **start,
        "transitionRoutes": [*start["transitionRoutes"], {"intent": "No, thanks", **cx_said("Nun denn.")}],
    }
    export = read_export(zipped({**CX, "flows/Default Start Flow/Default Start Flow.json": again}), ZIP, None)
    triggers = {block["intent"]: block["messages"] for block in export.blocks if block.get("intent")}
    assert triggers["No, thanks"] == [{"text": {"de": "Schade."}}]
    assert "trigger of Default_Start_Flow_No,_thanks_2: No, thanks" in lost(export)


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"", YAML, "export_unrecognised"),
        (b"- a\n- b\n", YAML, "export_unrecognised"),
        (b"greeting: hello\n", YAML, "export_unrecognised"),
        (zipped({"readme.txt": "hello"}), ZIP, "export_unrecognised"),
        (zipped({}), ZIP, "export_unrecognised"),
        (zipped({"agent.json": "{", "intents/a.json": "{}"}), ZIP, "export_invalid"),
        (zipped({"agent.json": "[]", "intents/a.json": "{}"}), ZIP, "export_invalid"),
        (b"nlu: [", YAML, "yaml_invalid"),
        (b"\xff\xfe", YAML, "yaml_invalid"),
    ],
)
def test_what_is_no_export_is_refused(body: bytes, media_type: str, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_export(body, media_type, None)
    assert refused.value.code == code


ODD = [None, 7, "text", [], {}, [None], [7, "a"], {"a": None}, [[]], [{"text": []}], {"messages": 3}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_parts_of_any_shape_break_nothing(odd: object) -> None:
    for files in (ES, CX):
        for path, document in files.items():
            if path == "agent.json":
                continue
            read_export(zipped({**files, path: json.dumps(odd)}), ZIP, None)
            for key in document if isinstance(document, dict) else ():
                read_export(zipped({**files, path: {**document, key: odd}}), ZIP, None)


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("key", ["nlu", "intents", "entities", "responses", "rules", "stories", "slots", "actions"])
def test_keys_of_any_shape_break_nothing(key: str, odd: object) -> None:
    for document in ({key: odd}, {key: [{"intent": odd, "examples": odd, "steps": odd}]}, {key: {"utter_a": odd}}):
        known = {"nlu": [], **document}
        files = {"a.yml": json.dumps(known), "b.yml": json.dumps({key: ["a", {"lookup": "a", "examples": "- a"}]})}
        assert read_export(zipped(files), ZIP, None).format == "rasa"
