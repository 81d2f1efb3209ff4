"""Pulling a night's edits home while draft went on (E3): block by block, and a clash where both changed. Pure."""

from typing import Any

from services.publisher.merge import Merged, merge_flow, merge_setting
from shared.contracts import Flow
from tests.publisher.bots import says


def menu(*blocks: dict[str, Any], name: str = "Menu", variables: tuple[str, ...] = ()) -> Flow:
    return Flow(id="menu", name=name, blocks=blocks, variables=variables)


def text(block: str, text: str) -> dict[str, Any]:
    return {**says(block), "messages": [{"text": text}]}


HELLO, BYE, WINE = text("hello", "Aye"), text("bye", "Farewell"), text("wine", "Red or white?")
NIGHT = text("hello", "We are closed")


def merged(base: Flow | None, live: Flow | None, draft: Flow | None, prefer: Any = None) -> Merged:
    return merge_flow("flow:menu", base, live, draft, prefer)


def names(found: Merged) -> list[str]:
    return [block["id"] for block in found.value["blocks"]]


def test_each_side_brings_the_blocks_that_it_changed() -> None:
    found = merged(menu(HELLO, BYE), menu(NIGHT, BYE), menu(HELLO, text("bye", "So long"), WINE))
    assert found.clashes == ()
    assert found.value["blocks"] == [NIGHT, text("bye", "So long"), WINE]


def test_the_same_change_on_both_sides_is_no_clash() -> None:
    assert merged(menu(HELLO), menu(NIGHT), menu(NIGHT)).clashes == ()


def test_a_block_that_both_sides_changed_differently_clashes_and_is_told_with_all_three() -> None:
    (clash,) = merged(menu(HELLO), menu(NIGHT), menu(text("hello", "Ahoy"))).clashes
    assert (clash.item, clash.part) == ("flow:menu", "block:hello")
    assert (clash.base, clash.live, clash.draft) == (HELLO, NIGHT, text("hello", "Ahoy"))


def test_a_clash_can_be_decided_for_either_side() -> None:
    both = menu(HELLO), menu(NIGHT), menu(text("hello", "Ahoy"))
    assert merged(*both, "live").value["blocks"] == [NIGHT]
    assert merged(*both, "draft").value["blocks"] == [text("hello", "Ahoy")]


def test_a_block_that_live_deleted_goes_unless_draft_changed_it() -> None:
    assert names(merged(menu(HELLO, BYE), menu(HELLO), menu(HELLO, BYE, WINE))) == ["hello", "wine"]
    (clash,) = merged(menu(HELLO, BYE), menu(HELLO), menu(HELLO, text("bye", "So long"))).clashes
    assert clash.part == "block:bye"
    assert clash.live is None


def test_a_block_that_live_added_stands_where_live_put_it() -> None:
    assert names(merged(menu(HELLO, BYE), menu(HELLO, WINE, BYE), menu(HELLO, BYE))) == ["hello", "wine", "bye"]
    assert names(merged(menu(HELLO, BYE), menu(WINE, HELLO, BYE), menu(HELLO, BYE))) == ["wine", "hello", "bye"]


def test_the_order_is_that_of_the_side_which_moved_blocks() -> None:
    assert names(merged(menu(HELLO, BYE), menu(BYE, HELLO), menu(HELLO, BYE))) == ["bye", "hello"]
    assert names(merged(menu(HELLO, BYE), menu(HELLO, BYE), menu(BYE, HELLO))) == ["bye", "hello"]


def test_names_and_variables_are_merged_too() -> None:
    found = merged(
        menu(HELLO, variables=("table",)),
        menu(HELLO, name="Carte", variables=("table", "guest")),
        menu(HELLO, variables=("waiter",)),
    )
    assert (found.value["name"], set(found.value["variables"])) == ("Carte", {"waiter", "guest"})


def test_a_flow_that_live_made_comes_and_one_that_it_deleted_goes() -> None:
    assert merged(None, menu(HELLO), None).value["id"] == "menu"
    assert merged(menu(HELLO), None, menu(HELLO)).value is None
    (clash,) = merged(menu(HELLO), None, menu(HELLO, WINE)).clashes
    assert clash.part == "flow"


def test_a_setting_that_only_live_changed_comes() -> None:
    assert merge_setting("setting:margin", 0.0, 0.2, 0.0).value == 0.2
    assert merge_setting("setting:margin", 0.0, 0.0, 0.3).value == 0.3
    assert len(merge_setting("setting:margin", 0.0, 0.2, 0.3).clashes) == 1


def test_without_what_both_sides_had_a_difference_is_a_clash() -> None:
    assert [clash.part for clash in merged(None, menu(NIGHT), menu(HELLO)).clashes] == ["block:hello"]
