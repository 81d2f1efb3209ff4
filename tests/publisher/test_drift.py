"""No hot-fix is lost: what was edited in live is known until it is published over or pulled (E3). Pure."""

from services.publisher.drift import (
    Edit,
    after_edit,
    after_publication,
    digests,
    drift,
    standing,
)
from services.publisher.wish import Wish
from shared.contracts import BotSettings, Release
from shared.diff import diff
from tests.publisher.bots import PULLED_NOTHING, draft, flow, live, says

BEFORE = live()


def edited(text: str) -> Release:
    block = {**says("hello", intent="intent_greet"), "messages": [{"text": text}]}
    return BEFORE.model_copy(update={"flows": flow(block)})


CLOSED = edited("We are closed tonight.")
NIGHT = after_edit({}, BEFORE, CLOSED, 2, "Nora")


def test_an_edit_is_drift_while_the_next_publication_would_write_something_else() -> None:
    (item,) = drift(NIGHT, PULLED_NOTHING, CLOSED, live())
    assert (item.item, item.name, item.release, item.author) == ("flow:menu", "Menu", 2, "Nora")


def test_what_the_publication_leaves_as_it_is_is_no_drift() -> None:
    assert drift(NIGHT, PULLED_NOTHING, CLOSED, CLOSED.model_copy(update={"settings": BotSettings(margin=0.2)})) == ()


def test_an_edit_that_was_pulled_is_no_drift_but_the_next_one_is() -> None:
    pulled = {("flow:menu", digests(CLOSED)["flow:menu"])}
    assert drift(NIGHT, pulled, CLOSED, BEFORE) == ()
    again = edited("We are closed until Monday.")
    assert len(drift(after_edit(NIGHT, CLOSED, again, 3, "Nora"), pulled, again, BEFORE)) == 1


def test_an_edit_that_is_taken_back_is_no_edit() -> None:
    assert after_edit(NIGHT, CLOSED, BEFORE, 3, "Nora") == {}


def test_a_second_edit_remembers_what_both_sides_had_before_the_first() -> None:
    twice = after_edit(NIGHT, CLOSED, edited("Back soon"), 3, "Otis")
    assert twice == {"flow:menu": Edit(number=3, author="Otis", agreed=digests(BEFORE)["flow:menu"], base=1)}


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
    assert [item.name for item in drift(made, PULLED_NOTHING, more, BEFORE)] == ["Alarm"]
    none = BEFORE.model_copy(update={"flows": {}})
    gone = after_edit({}, BEFORE, none, 2, "Nora")
    assert [item.id for item in drift(gone, PULLED_NOTHING, none, live(draft()))] == ["menu"]
    assert standing(gone, PULLED_NOTHING, none) == gone


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
        assert [item.item for item in drift(made, PULLED_NOTHING, after, before)] == ["flow:menu"]
