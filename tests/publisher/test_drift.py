"""No hot-fix is lost: what was edited in live is known until it is published over or pulled (E3). Pure."""

from services.publisher.drift import (
    Edit,
    after_edit,
    after_publication,
    after_pull,
    drift,
    items,
    standing,
    value_digest,
)
from services.publisher.wish import Wish
from shared.contracts import BotSettings, Release
from shared.diff import diff
from tests.publisher.bots import draft, flow, live, says

BEFORE = live()


def edited(text: str) -> Release:
    block = {**says("hello", intent="intent_greet"), "messages": [{"text": text}]}
    return BEFORE.model_copy(update={"flows": flow(block)})


CLOSED = edited("We are closed tonight.")
NIGHT = after_edit({}, BEFORE, CLOSED, 2, "Nora")


def test_an_edit_is_drift_while_the_next_publication_would_write_something_else() -> None:
    (item,) = drift(NIGHT, CLOSED, live())
    assert (item.item, item.name, item.release, item.author) == ("flow:menu", "Menu", 2, "Nora")


def test_what_the_publication_leaves_as_it_is_is_no_drift() -> None:
    assert drift(NIGHT, CLOSED, CLOSED.model_copy(update={"settings": BotSettings(margin=0.2)})) == ()


ITEMS = ["flow:menu"]
PULLED = after_pull(NIGHT, ITEMS, CLOSED, 2, draft(), written=ITEMS)


def test_an_edit_that_was_pulled_is_no_drift_but_the_next_one_is() -> None:
    own = edited("Kitchen closed.")
    assert drift(PULLED, CLOSED, own) == ()
    again = edited("We are closed until Monday.")
    (item,) = drift(after_edit(PULLED, CLOSED, again, 3, "Otis"), again, own)
    assert (item.release, item.author) == (3, "Otis")


def test_an_edit_that_was_pulled_and_then_taken_back_in_live_is_drift_of_its_own() -> None:
    back = after_edit(PULLED, CLOSED, BEFORE, 3, "Nora")
    assert len(drift(back, BEFORE, CLOSED)) == 1
    assert back["flow:menu"].base_for(items(CLOSED)["flow:menu"]) == 2


def test_a_draft_that_undoes_a_pull_has_the_edit_no_longer() -> None:
    assert len(drift(PULLED, CLOSED, BEFORE)) == 1
    assert PULLED["flow:menu"].base_for(items(BEFORE)["flow:menu"]) == 1, "it is pulled as it was at first"


def test_a_pull_that_was_decided_for_draft_leaves_nothing_to_undo() -> None:
    assert after_pull(NIGHT, ITEMS, CLOSED, 2, draft(), written=[]) == {}


def test_what_was_not_asked_for_stands_as_it_stood() -> None:
    assert after_pull(NIGHT, [], CLOSED, 2, draft(), written=[]) == NIGHT


def test_an_edit_that_is_taken_back_is_no_edit() -> None:
    assert after_edit(NIGHT, CLOSED, BEFORE, 3, "Nora") == {}


def test_a_second_edit_remembers_what_both_sides_had_before_the_first() -> None:
    twice = after_edit(NIGHT, CLOSED, edited("Back soon"), 3, "Otis")
    assert twice == {
        "flow:menu": Edit(number=3, author="Otis", agreed=value_digest(items(BEFORE)["flow:menu"]), base=1)
    }


def test_settings_are_items_of_their_own() -> None:
    strict = BEFORE.model_copy(update={"settings": BotSettings(intent_threshold=0.4)})
    assert set(after_edit({}, BEFORE, strict, 2, "Nora")) == {"setting:intent_threshold"}


def test_each_mode_settles_what_it_writes_and_no_more() -> None:
    flows, settings = {"flow:menu", "flow:wine"}, {f"setting:{name}" for name in BotSettings.model_fields}
    thresholds = {f"setting:{name}" for name in ("intent_threshold", "entity_threshold", "scope_threshold", "margin")}
    languages = {"setting:languages"}
    edits = dict.fromkeys(flows | settings, NIGHT["flow:menu"])

    def left(wish: Wish) -> set[str]:
        return set(after_publication(edits, wish))

    assert left(Wish(mode="full")) == set()
    assert left(Wish(mode="full", languages=("en",))) == languages
    assert left(Wish(mode="nlp")) == flows | settings - thresholds - languages
    assert left(Wish(mode="nlp", languages=("en",))) == flows | settings - thresholds
    assert left(Wish(mode="flows", flows=("menu",))) == {"flow:wine"} | settings
    assert left(Wish(mode="flows")) == settings


def test_a_flow_that_was_made_or_deleted_in_live_is_drift_too() -> None:
    more = BEFORE.model_copy(update={"flows": BEFORE.flows | flow(says("fire"), name="alarm")})
    made = after_edit({}, BEFORE, more, 2, "Nora")
    assert [item.name for item in drift(made, more, BEFORE)] == ["Alarm"]
    none = BEFORE.model_copy(update={"flows": {}})
    gone = after_edit({}, BEFORE, none, 2, "Nora")
    assert [item.id for item in drift(gone, none, live(draft()))] == ["menu"]
    assert standing(gone, none, None) == gone


def test_what_python_takes_for_equal_but_json_does_not_is_an_edit_and_a_change() -> None:
    def till(paid: object) -> Release:
        reply = {"title": "Paid", "next": "till", "variables": {"paid": paid}}
        block = {**says("till"), "messages": [{"text": "Paid?", "quick_replies": [reply]}]}
        return BEFORE.model_copy(update={"flows": flow(block), "variables": {"paid": {"default": paid}}})

    for one, other in ((1, True), (0, False), (1, 1.0)):
        before, after = till(one), till(other)
        shown = diff(before, after)
        assert [named.id for part in (shown.flows, shown.blocks, shown.variables) for named in part.changed] == [
            "menu", "till", "paid",
        ]  # fmt: skip
        made = after_edit({}, before, after, 2, "Nora")
        assert [item.item for item in drift(made, after, before)] == ["flow:menu"]
