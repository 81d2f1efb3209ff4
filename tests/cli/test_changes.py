"""What a plan says of entities, in the terminal: down to their values, and the other way round for an undo."""

from typing import Any

from cli.changes import detailed_lines, turned_round
from shared.contracts import BotIdentity, BotSettings, Release
from shared.diff import diff

MISO = {"value": "miso", "synonyms": ["broth"]}


def menu(**entities: Any) -> Release:
    cafe = BotIdentity(id="bot_cafe", name="Harbour Café")
    return Release(bot=cafe, settings=BotSettings(), languages=("en",), intents=(), entities=entities)


BEFORE = menu(soup={"kind": "match", "values": [MISO, {"value": "chowder"}]}, when={"kind": "system", "system": "date"})
AFTER = menu(
    soup={
        "kind": "match",
        "values": [{"value": "miso", "synonyms": ["bouillon"]}, {"value": "gazpacho"}],
        "fuzzy": False,
    },
    when={"kind": "system", "system": "date"},
)


def test_a_plan_tells_what_an_entity_gained_and_lost() -> None:
    changes = diff(BEFORE, AFTER).model_dump(mode="json")
    assert detailed_lines(changes) == [
        "entities changed: soup",
        "soup: values 1 added, 1 removed, 1 changed; fuzzy changed",
        "  + gazpacho",
        "  - chowder",
        "  ~ miso: +bouillon -broth",
    ]


def test_the_way_back_is_what_the_comparison_would_say() -> None:
    there, back = diff(BEFORE, AFTER).model_dump(mode="json"), diff(AFTER, BEFORE).model_dump(mode="json")
    assert turned_round(there) == back


def test_a_great_many_values_are_counted_and_cut_short() -> None:
    many = menu(soup={"kind": "match", "values": [{"value": f"soup {n}"} for n in range(500)]})
    (told,) = diff(menu(soup={"kind": "match"}), many).entities.changed
    assert told.values is not None
    assert (told.values.added_count, len(told.values.added)) == (500, 20)
