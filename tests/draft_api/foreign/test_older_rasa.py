"""Projects of Rasa 1, whose training data is Markdown or JSON."""

from typing import Any

import pytest

from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp_import import Row
from shared.errors import InvalidError
from tests.draft_api.foreign.exports import DOMAIN, zipped

MARKDOWN = """
<!-- the bakery,
- not an example -->
## intent:greet
- hey there [tomorrow](date)
* hello <!-- with a star -->

## intent: order_bread
+ two [loaves]{"entity": "bread", "value": "loaf"} of [rye](bread:rye bread)
what is this

## synonym:rye bread
- Roggenbrot

## regex:code
- [0-9]{5}

## lookup:bread
- baguette

## lookup:town
data/towns.txt

## something else
- not an example either
"""
STORIES = "## happy path\n* greet\n  - utter_greet\n\n## asked\n* faq/ask\n  - We open at six.\n"
EXAMPLES = [
    {"text": "hey", "intent": "greet", "entities": []},
    {"text": " show me [the] chinese", "intent": "search", "entities": [{"start": 15, "end": 22, "entity": "cuisine"}]},
    {"text": "in NYC", "intent": "search", "entities": [{"start": 3, "end": 6, "value": "New York", "entity": "city"}]},
    {"text": "nobody's", "entities": []},
]
DATA = {
    "rasa_nlu_data": {
        "common_examples": EXAMPLES,
        "entity_synonyms": [{"value": "New York", "synonyms": ["Big Apple"]}],
        "regex_features": [{"name": "zip", "pattern": "[0-9]{5}"}],
        "lookup_tables": [{"name": "cuisine", "elements": ["thai"]}, {"name": "city", "elements": "data/cities.txt"}],
    }
}


def read(files: dict[str, Any]) -> Export:
    return read_export(zipped(files), ZIP, None)


def rows(export: Export) -> list[tuple[str, str]]:
    return [(row.text, row.intent) for row in export.parsed if isinstance(row, Row)]


def spoken(export: Export, entity: str) -> dict[str, list[str]]:
    return {value.value: value.synonyms for value in export.entities[entity].values}


def lost(export: Export) -> list[str]:
    return [found.what for found in export.not_carried]


def test_markdown_is_read_like_yaml() -> None:
    files = {"data/nlu.md": MARKDOWN, "data/stories.md": STORIES, "README.md": "# Hi\n\n* run it\n  - or not\n"}
    export = read({**files, "domain.yml": "entities: [code]\ntemplates: {utter_greet: [{text: Good morning}]}\n"})
    assert rows(export) == [
        ("hey there tomorrow", "greet"),
        ("hello", "greet"),
        ("two loaves of rye", "order_bread"),
    ]
    assert spoken(export, "bread") == {"loaf": ["loaves"], "rye bread": ["rye", "Roggenbrot"], "baguette": []}
    assert export.entities["code"].pattern == "[0-9]{5}"
    assert [block["id"] for block in export.blocks] == ["utter_greet"]
    assert lost(export) == [
        "lines of intent order_bread: what is this",
        "lines of lookup town: data/towns.txt",
        "stories: asked, happy path",
    ]


@pytest.mark.parametrize("as_yaml", [False, True])
def test_json_is_read_like_yaml(as_yaml: bool) -> None:
    data = zipped({"nlu.json": DATA, "domain.yml": "entities: [zip]"})
    if as_yaml:
        data = zipped({"nlu.yml": DATA, "domain.yml": "entities: [zip]"})
    export = read_export(data, ZIP, None)
    assert rows(export) == [("hey", "greet"), ("show me [the] chinese", "search"), ("in NYC", "search")]
    assert spoken(export, "cuisine") == {"chinese": [], "thai": []}
    assert spoken(export, "city") == {"New York": ["NYC", "Big Apple"]}
    assert export.entities["zip"].pattern == "[0-9]{5}"
    assert [line.detail for line in export.parsed if not isinstance(line, Row)] == [
        "\"nobody's\" of '': The intent is empty."
    ]
    assert "lines of lookup city: data/cities.txt" in lost(export)


def test_a_lookup_table_of_a_file_of_its_own_is_named() -> None:
    export = read_export(b"nlu: [{intent: a, examples: '- b'}, {lookup: city, examples: data/cities.txt}]", YAML, None)
    assert lost(export) == ["lines of lookup city: data/cities.txt"]


def test_a_project_without_training_data_says_so_first() -> None:
    assert lost(read_export(DOMAIN.encode(), YAML, None))[0] == "training data"
    assert lost(read({"domain.yml": DOMAIN, "web/package.json": "{}"}))[0] == "training data"


@pytest.mark.parametrize(
    "files",
    [{"nlu.json": '{"rasa_nlu_data": '}, {"nlu.md": "## intent:a\n- caf\u00e9\n".encode("latin-1")}],
    ids=["cut off", "latin-1"],
)
def test_older_training_data_that_cannot_be_read_is_refused(files: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused:
        read(files)
    assert refused.value.code == "export_invalid"


ODD = [
    None,
    7,
    "text",
    [],
    {},
    [None],
    [7],
    [{"text": []}],
    [{"text": "a", "entities": [{"entity": "b", "start": []}]}],
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_older_data_of_any_shape_breaks_nothing(odd: object) -> None:
    assert read({"nlu.json": {"rasa_nlu_data": odd}}).format == "rasa"
    for key in DATA["rasa_nlu_data"]:
        assert read({"nlu.json": {"rasa_nlu_data": {key: odd}}}).format == "rasa"
        fields = {"text": odd, "intent": odd, "value": odd, "synonyms": odd, "name": odd, "elements": odd}
        assert read({"nlu.json": {"rasa_nlu_data": {key: [fields]}}}).format == "rasa"
