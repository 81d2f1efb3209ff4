"""Names that differ there and would be one here: both come along."""

from services.draft_api.foreign.reading import YAML, ZIP, read_export
from tests.draft_api.foreign.exports import ES, es_intent, phrase, said, zipped


def test_two_intents_whose_blocks_would_have_one_id_have_a_block_each() -> None:
    files = {
        **ES,
        "intents/order pizza.json": es_intent("order pizza", said("en", "From space.")),
        "intents/order pizza_usersays_en.json": [phrase("order a pizza")],
        "intents/order_pizza.json": es_intent("order_pizza", said("en", "From underscore.")),
        "intents/order_pizza_usersays_en.json": [phrase("second kind of pizza")],
    }
    export = read_export(zipped(files), ZIP, None)
    ordering = {b["id"]: (b["intent"], b["messages"][0]["text"]["en"]) for b in export.blocks if "pizza" in b["id"]}
    assert ordering == {
        "order_pizza": ("order pizza", "From space."),
        "order_pizza_2": ("order_pizza", "From underscore."),
    }


def test_two_responses_whose_blocks_would_have_one_id_keep_their_triggers() -> None:
    text = """
nlu:
- {intent: hello, examples: [hello there]}
- {intent: faq/ask, examples: [what is this]}
responses:
  utter_faq/ask: [{text: A night train.}]
  utter_faq_ask: [{text: Good evening.}]
rules:
- {rule: hello, steps: [{intent: hello}, {action: utter_faq_ask}]}
"""
    export = read_export(text.encode(), YAML, None)
    assert {block["id"]: block["intent"] for block in export.blocks} == {
        "utter_faq_ask": "faq/ask",
        "utter_faq_ask_2": "hello",
    }


def test_long_names_that_begin_alike_have_a_block_each() -> None:
    names = [f"{'night ' * 40}{end}" for end in ("one", "two", "three")]
    responses = {f"utter_{name}": name for name in names}
    text = "responses:\n" + "".join(f"  '{name}': [{{text: '{said}'}}]\n" for name, said in responses.items())
    export = read_export(text.encode(), YAML, None)
    assert [len(block["id"]) <= 200 for block in export.blocks] == [True] * 3
    assert len({block["id"] for block in export.blocks}) == 3


def test_an_entity_of_the_export_named_like_one_of_ours_is_kept_beside_it() -> None:
    files = {
        **ES,
        "entities/date.json": {"name": "date"},
        "entities/date_entries_en.json": [{"value": "blind date", "synonyms": ["rendezvous"]}],
    }
    export = read_export(zipped(files), ZIP, None)
    assert [value.value for value in export.entities["date"].values] == ["blind date"]
    assert export.entities["sys_date"].system == "date"
