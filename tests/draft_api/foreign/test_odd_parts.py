"""What projects and agents really hold beside the tidy parts: it comes along alone, or is said not to."""

from typing import Any

import pytest

from services.draft_api.foreign.archive import read_archive
from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp_import import RefusedLine
from shared.errors import InvalidError
from tests.draft_api.foreign.exports import CX, ES, NLU, RASA, cx_said, es_intent, phrase, said, zipped

START = "flows/Default Start Flow/Default Start Flow.json"


def read(files: dict[str, Any], **more: Any) -> Export:
    return read_export(zipped({**files, **more}), ZIP, None)


def with_file(files: dict[str, Any], path: str, content: Any) -> Export:
    return read_export(zipped({**files, path: content}), ZIP, None)


def spoken(export: Export, entity: str) -> dict[str, list[str]]:
    return {value.value: value.synonyms for value in export.entities[entity].values}


def lost(export: Export) -> set[str]:
    return {found.what for found in export.not_carried}


def blocks(export: Export) -> dict[str, Any]:
    return {block["id"]: block for block in export.blocks}


def test_an_entry_that_cannot_be_matched_is_lost_alone() -> None:
    entries = [
        {"value": "", "synonyms": []},
        {"value": "z" * 201, "synonyms": ["zz"]},
        {"value": "?!", "synonyms": []},
        {"value": "Vienna", "synonyms": ["Vienna", "Wien", "w" * 201, "..."]},
    ]
    export = with_file(ES, "entities/city_entries_en.json", entries)
    assert spoken(export, "city") == {"Vienna": ["Wien"]}
    assert lost(export) >= {
        "value '' of entity city",
        f"value '{'z' * 50}' of entity city",
        "value '?!' of entity city",
        f"'{'w' * 50}' of entity city",
        "'...' of entity city",
    }
    nothing = with_file(ES, "entities/city_entries_en.json", entries[:1])
    assert "city" not in nothing.entities
    assert "entity city" in lost(nothing)


def test_dates_are_told_where_the_agent_is() -> None:
    es = with_file(ES, "agent.json", {**ES["agent.json"], "defaultTimezone": "Europe/Vienna"})
    cx = with_file(CX, "agent.json", {**CX["agent.json"], "timeZone": "Europe/Berlin"})
    assert (es.entities["date"].timezone, cx.entities["date"].timezone) == ("Europe/Vienna", "Europe/Berlin")
    nowhere = with_file(ES, "agent.json", {**ES["agent.json"], "defaultTimezone": "Europe/Atlantis"})
    assert nowhere.entities["date"].timezone == "UTC"
    assert "time zone Europe/Atlantis" in lost(nowhere)
    dateless = {path: content for path, content in ES.items() if "book" not in path}
    assert "time zone Europe/Vienna" in lost(
        with_file(dateless, "agent.json", {"language": "en", "defaultTimezone": "Europe/Vienna"})
    )


def test_parameters_in_what_cx_says_are_named() -> None:
    routes = [{"intent": "No, thanks", **cx_said("Das macht $session.params.amount Euro.")}]
    export = with_file(CX, START, {**CX[START], "transitionRoutes": routes})
    assert "parameters in what is said by route of Default Start Flow: No, thanks" in lost(export)
    priced = [{"intent": "No, thanks", **cx_said("Das macht $5.")}]
    assert not any(
        "parameters" in what for what in lost(with_file(CX, START, {**CX[START], "transitionRoutes": priced}))
    )


def test_composite_values_and_excluded_phrases_of_cx_are_named() -> None:
    values = [{"value": "@card_type:card_type @sys.number:number"}, {"value": "Liege", "synonyms": ["Bett"]}]
    described = {**CX["entityTypes/berth/berth.json"], "kind": "KIND_LIST", "excludedPhrases": [{"value": "Boot"}]}
    files = {**CX, "entityTypes/berth/berth.json": described}
    export = with_file(files, "entityTypes/berth/entities/de.json", {"entities": values})
    assert spoken(export, "berth") == {"Liege": ["Bett"]}
    assert lost(export) >= {"@card_type:card_type @sys.number:number of @berth", "excludedPhrases of berth"}


def test_what_rasa_says_when_it_did_not_understand_is_the_system_block_for_that() -> None:
    text = """
intents: [greet, nlu_fallback, out_of_scope]
responses:
  utter_default: [{text: "Pardon?"}]
  utter_greet: [{text: "Hello."}]
rules:
- rule: fallback
  steps: [{intent: nlu_fallback}, {action: utter_default}]
- rule: strangers
  steps: [{intent: out_of_scope}, {action: utter_default}]
- rule: hello
  steps: [{intent: greet}, {action: utter_greet}]
- rule: strangers again
  steps: [{intent: out_of_scope}, {action: utter_greet}]
"""
    export = read_export(text.encode(), YAML, None)
    assert export.intents == ("greet", "out_of_scope")
    pardon, greet = blocks(export)["utter_default"], blocks(export)["utter_greet"]
    assert (pardon["system"], pardon["intent"]) == ("not_understood", "out_of_scope")
    assert (greet.get("system"), greet["intent"]) == (None, "greet")
    assert lost(export) == {"training data", "triggers of utter_greet: out_of_scope"}


def test_training_data_of_another_shape_is_said_not_to_be_read() -> None:
    export = read_export(b"nlu: {a: 1}\n", YAML, None)
    assert (export.parsed, lost(export)) == ((), {"training data", "nlu"})


def test_trained_models_within_a_project_are_passed_over() -> None:
    export = read(RASA, **{"models/20260101-120000.tar.gz": b"\x1f\x8b"})
    assert (export.format, len(export.parsed)) == ("rasa", 9)
    with pytest.raises(InvalidError) as refused:
        read_archive(zipped({"project.zip": zipped(RASA)}))
    assert "unpack" in refused.value.detail


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"agent.json": '{"language": "e'}, "export_invalid"),
        ({"agent.json": '{"language": "en", "description": "caf\u00e9"}'.encode("latin-1")}, "export_invalid"),
        ({**ES, "agent.json": b'{"language": "en", "x": "\xe9"}'}, "export_invalid"),
        ({"agent.json": '{"language": "en"}'}, "export_unrecognised"),
    ],
)
def test_an_agent_json_that_cannot_be_read_is_called_that(files: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read(files)
    assert refused.value.code == code


def test_spaces_around_an_intent_are_no_part_of_its_name() -> None:
    greeting = es_intent(" greet ", {"type": "0", "lang": "en", "speech": ["Hello."]})
    files = {**ES, "intents/greet.json": greeting, "intents/greet_usersays_en.json": [phrase("hello there")]}
    export = read(files)
    assert "greet" in export.intents
    assert " greet " not in export.intents
    assert [block["intent"] for block in export.blocks if block.get("intent", "").strip() == "greet"] == ["greet"]


def test_a_refused_expression_is_named_by_its_text_and_intent() -> None:
    long = read_export((NLU + f"- intent: hum\n  examples: ['{'hm ' * 400}']\n").encode(), YAML, None)
    (refused,) = (found for found in long.parsed if isinstance(found, RefusedLine))
    assert (refused.code, refused.line) == ("text_too_long", 10)
    assert "hm hm hm" in refused.detail
    assert "of 'hum'" in refused.detail


def test_variants_that_a_message_has_no_room_for_are_named() -> None:
    """Sixty ways to say goodnight, where a message has fifty."""
    goodnights = [f"Goodnight {number}." for number in range(60)]
    es = with_file(ES, "intents/goodnight.json", es_intent("goodnight", said("en", *goodnights)))
    cx = with_file(CX, START, {**CX[START], "transitionRoutes": [{"intent": "No, thanks", **cx_said(*goodnights)}]})
    for export, where in ((es, "goodnight"), (cx, "route of Default Start Flow: No, thanks")):
        (told,) = [what for what in lost(export) if what.startswith(f"variants of {where}: ")]
        assert told.startswith(f"variants of {where}: Goodnight 50., Goodnight 51., ")
        assert any(len(block["messages"][0].get("variants", [])) == 50 for block in export.blocks)
