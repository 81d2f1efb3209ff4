"""Every refusal of P3 to P9 alone and together, and what passes. Pure: no service runs."""

from typing import Any, Literal

import pytest

from services.publisher.check_nlp import needs_training, without_training
from services.publisher.checks import check
from services.publisher.finding import blockers
from services.publisher.wish import Wish
from shared.contracts import BotSettings, Flow, LanguageNlp, LanguageSettings, Release, Snapshot
from shared.diff import diff
from shared.digest import digest_of
from tests.publisher.bots import FLOWS, FULL, NLP, draft, flow, live, mark, model, only, outcome, says, trained

ENGLISH = Wish(mode="full", languages=("en",))


def codes(wish: Wish, snapshot: Snapshot, release: Release | None) -> list[str]:
    return [finding.code for finding in blockers(check(wish, snapshot, release))]


def test_a_trained_bot_can_be_published_for_the_first_time() -> None:
    assert codes(FULL, draft(), None) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("never_trained", "nlp_never_trained"),
        ("training", "nlp_training"),
        ("failed", "nlp_training_failed"),
        ("stale", "nlp_stale"),
    ],
)
@pytest.mark.parametrize("wish", [FULL, NLP])
def test_each_way_of_not_being_trained_has_a_refusal_of_its_own(status: str, code: str, wish: Wish) -> None:
    nlp = {"en": LanguageNlp(status=status, fingerprint=digest_of(b"other"), model=model("en"))}  # type: ignore[arg-type]
    assert codes(wish, draft(nlp=nlp), live()) == [code]
    assert needs_training(check(wish, draft(nlp=nlp), live()))
    assert blockers(without_training(check(wish, draft(nlp=nlp), live()))) == ()


def test_of_two_languages_only_the_stale_one_is_named() -> None:
    nlp = {"en": trained(), "nl": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("nl"))}
    two = draft(languages=("en", "nl"), nlp=nlp, intents=(mark("greet", languages=("en", "nl")),))
    found = blockers(check(FULL, two, None))
    assert [subject["id"] for finding in found for subject in finding.subjects] == ["nl"]


def test_a_language_that_is_left_out_need_not_be_trained_and_keeps_lives_model() -> None:
    nlp = {"en": trained("en", "2"), "nl": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("nl"))}
    intents = tuple(mark(name, languages=("en", "nl"), version="2") for name in ("greet", "order"))
    two = draft(languages=("en", "nl"), nlp=nlp, intents=intents, flows={})
    before = live(draft(languages=("en", "nl"), nlp={"en": trained(), "nl": trained("nl")}, intents=intents))
    assert blockers(check(ENGLISH, two, before)) == ()
    after = outcome(ENGLISH, two, before)
    assert after.models["nl"] == before.models["nl"]
    assert after.models["en"] != before.models["en"]


def test_a_bot_without_intents_passes() -> None:
    never = {"en": LanguageNlp(status="never_trained", fingerprint=digest_of(b"none"))}
    empty = draft(intents=(), nlp=never, flows=flow(says("hello", system="introduction")))
    assert codes(FULL, empty, None) == []
    assert outcome(FULL, empty, None).models == {}


def test_only_full_can_be_the_first_publication() -> None:
    assert codes(NLP, draft(), None) == ["never_published"]


def test_nlp_is_refused_when_nothing_of_it_changed_whatever_flows_did() -> None:
    assert codes(NLP, draft(flows=flow(says("bye"))), live()) == ["nlp_unchanged"]


def test_a_change_that_was_undone_is_no_change() -> None:
    edited = draft(nlp={"en": trained("en", "2")}, intents=(mark("greet", version="2"), mark("order")))
    assert codes(NLP, edited, live()) == []
    assert codes(NLP, draft(), live()) == ["nlp_unchanged"]


@pytest.mark.parametrize("name", ["intent_threshold", "entity_threshold", "scope_threshold", "margin"])
def test_a_threshold_alone_is_a_change_that_nlp_carries(name: str) -> None:
    stricter = draft(settings=BotSettings(**{name: 0.5}))
    assert codes(NLP, stricter, live()) == []
    assert getattr(outcome(NLP, stricter, live()).settings, name) == 0.5


def test_thresholds_of_a_language_are_a_change_where_it_is_published_and_stay_lives_own_elsewhere() -> None:
    spoken: dict[str, Any] = {
        "languages": ("en", "nl"),
        "nlp": {"en": trained(), "nl": trained("nl")},
        "intents": (mark("greet", languages=("en", "nl")), mark("order")),
    }
    before, after = (
        draft(**spoken, settings=BotSettings(languages={k: LanguageSettings(margin=m) for k in ("en", "nl")}))
        for m in (0.1, 0.2)
    )
    dutch = Wish(mode="nlp", languages=("nl",))
    assert codes(dutch, after, live(before)) == []
    assert codes(dutch, before, live(before)) == ["nlp_unchanged"]
    modes: tuple[Literal["nlp", "full"], ...] = ("nlp", "full")
    for mode in modes:
        found = outcome(Wish(mode=mode, languages=("nl",)), after, live(before)).settings
        assert [found.for_language(k).margin for k in ("en", "nl", "fr")] == [0.1, 0.2, 0.0]


def test_a_model_that_stays_must_go_with_the_intents_that_will_be_there() -> None:
    nlp = {"en": trained("en", "2"), "nl": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("nl"))}
    both = [mark(name, languages=("en", "nl")) for name in ("greet", "order")]
    before = live(draft(languages=("en", "nl"), nlp={"en": trained(), "nl": trained("nl")}, intents=tuple(both)))
    without = draft(languages=("en", "nl"), nlp=nlp, intents=(both[0],), flows={})
    (finding,) = blockers(check(Wish(mode="full", languages=("en",)), without, before))
    assert finding.code == "intent_mismatch"
    assert [subject["id"] for subject in finding.subjects] == ["nl", "intent_order"]
    assert codes(Wish(mode="nlp", languages=("en",)), without, before) == ["intents_removed"], (
        "P5 alone reports what nlp would take away"
    )


def test_the_first_model_of_a_language_is_something_new() -> None:
    both: dict[str, Any] = {
        "languages": ("en", "nl"),
        "nlp": {"en": trained(), "nl": trained("nl")},
        "intents": (mark("greet", languages=("en", "nl")), mark("order")),
    }
    english_alone = live(draft(**both)).model_copy(update={"models": {"en": trained().model}})
    for dutch in (Wish(mode="nlp", languages=("nl",)), NLP):
        assert codes(dutch, draft(**both), english_alone) == []
        assert set(outcome(dutch, draft(**both), english_alone).models) == {"en", "nl"}


def test_other_settings_stay_lives_own_in_an_nlp_publication() -> None:
    changed = draft(settings=BotSettings(max_message_length=50), nlp={"en": trained("en", "2")})
    assert outcome(NLP, changed, live()).settings.max_message_length == 1000


def test_an_intent_that_only_live_has_refuses_nlp_and_names_the_blocks_that_it_triggers() -> None:
    smaller = draft(intents=(mark("order"),), nlp={"en": trained("en", "2")}, flows={})
    (finding,) = check(NLP, smaller, live())
    assert finding.code == "intents_removed"
    assert finding.subjects[0]["name"] == "greet"
    assert finding.subjects[0]["blocks"] == [{"flow": "menu", "block": "hello"}]
    assert codes(FULL, smaller, live()) == []


def test_an_intent_made_again_under_its_name_is_another_intent() -> None:
    again = mark("greet").model_copy(update={"id": "intent_greet_again"})
    recreated = draft(intents=(again, mark("order")), nlp={"en": trained("en", "2")})
    assert codes(NLP, recreated, live()) == ["intents_removed"]


ASKS = {**says("where"), "kind": "input", "variable": "town", "expects": "entity", "entity": "city"}


def in_a_city() -> Release:
    """As live serves it: a flow greets, and another asks for a city."""
    asks = flow(ASKS, name="travel", variables=("town",))
    both = draft(flows=draft().flows | asks, entities={"city": {"kind": "match"}}, variables={"town": {}})
    return live(both)


def test_what_nlp_would_take_from_lives_flows_is_told_beside_the_intents_that_it_would_take() -> None:
    smaller = draft(intents=(mark("order"),), nlp={"en": trained("en", "2")}, flows={})
    removed, dangling = blockers(check(NLP, smaller, in_a_city()))
    assert (removed.code, dangling.code) == ("intents_removed", "dangling_reference")
    assert dangling.subjects[0]["id"] == "city"
    assert codes(FULL, smaller, in_a_city()) == []


def test_an_entity_that_draft_has_done_with_is_taken_by_full_or_after_its_flow() -> None:
    done = draft(nlp={"en": trained("en", "2")})
    (finding,) = blockers(check(NLP, done, in_a_city()))
    assert finding.message.endswith("publish the full bot, or 'Travel' before the NLP.")
    assert codes(FULL, done, in_a_city()) == codes(only("Travel"), done, in_a_city()) == []


def test_an_entity_that_draft_still_asks_for_has_to_be_made_again() -> None:
    asks = flow(ASKS, name="travel", variables=("town",))
    forgot = draft(nlp={"en": trained("en", "2")}, flows=draft().flows | asks, variables={"town": {}})
    (finding,) = blockers(check(NLP, forgot, in_a_city()))
    assert finding.message.endswith("make it, or change the block and publish the full bot.")


def test_adding_and_renaming_intents_passes_nlp_and_leaves_lives_flows() -> None:
    renamed = mark("greet").model_copy(update={"name": "say_hello"})
    bigger = draft(
        intents=(renamed, mark("order"), mark("pay")),
        nlp={"en": trained("en", "2")},
        flows=flow(says("other")),
    )
    assert codes(NLP, bigger, live()) == []
    after = outcome(NLP, bigger, live())
    assert after.flows == live().flows
    changes = diff(live(), after)
    assert [(item.before, item.after) for item in changes.intents.renamed] == [("greet", "say_hello")]
    assert [item.name for item in changes.intents.added] == ["pay"]
    assert not changes.flows


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (says("hello", intent="intent_gone"), "intent"),
        (says("hello", next="nowhere"), "block"),
        ({**says("hello"), "messages": [{"text": "You owe {{ bill }}"}]}, "variable"),
    ],
)
def test_full_is_refused_when_a_block_refers_to_what_is_not_there(block: dict[str, Any], kind: str) -> None:
    (finding,) = blockers(check(FULL, draft(flows=flow(block)), None))
    assert finding.code == "dangling_reference"
    assert finding.subjects[0]["kind"] == kind
    assert "menu/hello" in finding.message


def test_what_is_told_of_the_preview_is_told_as_of_the_preview() -> None:
    (same,) = blockers(check(Wish(mode="nlp", target="preview"), draft(), live()))
    assert same.message.startswith("The preview has this NLP")
    fewer = draft(intents=(mark("order"),), nlp={"en": trained("en", "2")}, flows={})
    (removed,) = blockers(check(Wish(mode="nlp", target="preview"), fewer, live()))
    assert removed.message.startswith("The preview has intents")


def test_one_expression_is_not_called_expressions() -> None:
    found = check(FULL, draft(intents=(mark("greet", texts=1), mark("order", texts=9))), None)
    (thin,) = (finding for finding in found if finding.code == "few_expressions")
    assert thin.message.startswith("The intent 'greet' has 1 expression: 5 or more")


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    nlp = {"en": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("en"))}
    both = draft(nlp=nlp, flows=flow(says("hello", next="nowhere")))
    assert codes(FULL, both, None) == ["nlp_stale", "dangling_reference"]


def test_an_outcome_that_equals_live_has_lives_digest_and_no_changes() -> None:
    assert outcome(FULL, draft(), live()).digest == live().digest
    assert not diff(live(), outcome(FULL, draft(), live()))


def test_a_renamed_block_is_renamed_and_nothing_else() -> None:
    before = live(draft(flows=flow(says("hello", name="Greeting"))))
    after = live(draft(flows=flow(says("hello", name="Welcome"))))
    changes = diff(before, after).blocks
    assert [(item.before, item.after) for item in changes.renamed] == [("Greeting", "Welcome")]
    assert not changes.changed


def test_what_users_would_stumble_over_is_a_warning_and_nothing_more() -> None:
    thin = draft(intents=(mark("greet", texts=9), mark("order", texts=1)), flows=flow(says("lonely")))
    found = check(FULL, thin, None)
    assert blockers(found) == ()
    assert {finding.code for finding in found} == {"block_unreachable", "intent_unused", "few_expressions"}


# -- flows --------------------------------------------------------------------------------

PRICES = flow(says("prices", intent="intent_order"), name="prices")


def test_only_the_chosen_flow_goes_live_and_the_nlp_stays() -> None:
    two = draft(
        flows=flow(says("hello", intent="intent_greet", next="bye"), says("bye")) | PRICES,
        nlp={"en": trained("en", "2")},
    )
    after = outcome(only("menu"), two, live())
    assert after.flows == {"menu": two.flows["menu"]}
    assert (after.intents, after.models) == (live().intents, live().models)
    assert codes(only("menu"), two, live()) == []


def test_a_flow_may_be_named_by_its_name() -> None:
    two = draft(flows=draft().flows | PRICES)
    assert outcome(only("Prices"), two, live()).flows == two.flows


def test_a_flow_that_neither_side_has_is_named_in_the_refusal() -> None:
    (finding,) = check(only("wine"), draft(), live())
    assert (finding.code, finding.subjects[0]["id"]) == ("unknown_flow", "wine")


def test_naming_a_flow_that_only_live_has_removes_it() -> None:
    before = live(draft(flows=draft().flows | PRICES))
    assert outcome(only("prices"), draft(), before).flows == draft().flows
    assert outcome(FLOWS, draft(), before).flows == draft().flows


def test_flows_bring_the_variables_that_they_declare_and_no_others() -> None:
    asks = flow(says("hello"), variables=("table",))
    two = draft(flows=asks, variables={"table": {"type": "number"}, "waiter": {"type": "text"}})
    assert outcome(only("menu"), two, live()).variables == {"table": {"type": "number"}}


def test_a_flow_that_jumps_to_one_that_is_not_chosen_is_refused_with_the_set_that_would_close_it() -> None:
    three = draft(
        flows=flow(says("hello", intent="intent_greet", next="prices"))
        | flow(says("prices", next="wines"), name="prices")
        | flow(says("wines"), name="wines")
        | flow(says("opening_hours"), name="hours")
    )
    (finding,) = check(only("menu"), three, live())
    assert finding.code == "dangling_reference"
    assert finding.subjects[-1] == {"kind": "closure", "flows": ["prices", "wines"]}
    assert "'Prices', 'Wines'" in finding.message
    assert codes(only("menu", "prices", "wines"), three, live()) == []


@pytest.mark.parametrize(
    ("block", "advice"),
    [
        ({"intent": "intent_tip"}, "the intent 'tip', which would not exist: publish its NLP too, or the full bot."),
        ({"next": "nowhere"}, "the block 'nowhere', which would not exist: make it, or change the block."),
        ({"messages": [{"text": "{{ hat }}"}]}, "the variable 'hat', which would not exist: make it, or"),
        ({"messages": [{"text": "{{ coat }}"}]}, "the variable 'coat', which would not exist: publish the full bot."),
    ],
)
def test_what_no_choice_of_flows_would_close_is_told_what_would(block: dict[str, Any], advice: str) -> None:
    marks = (*draft().intents, mark("tip"))
    changed = draft(flows=flow(says("hello", **block)), intents=marks, variables={"coat": {}})
    (finding,) = check(FLOWS, changed, live())
    assert finding.code == "dangling_reference"
    assert advice in finding.message


def test_an_intent_that_is_gone_is_named_as_live_knew_it() -> None:
    (finding,) = blockers(check(FULL, draft(intents=(mark("order"),)), live()))
    assert "the intent 'greet', which would not exist" in finding.message
    assert finding.subjects[0]["name"] == "greet"


def test_removing_a_flow_that_others_of_live_jump_to_names_their_new_versions_as_the_closure() -> None:
    before = live(draft(flows=flow(says("hello", next="prices")) | PRICES))
    without = draft(flows=flow(says("hello")))
    (finding,) = check(only("prices"), without, before)
    assert finding.subjects[-1] == {"kind": "closure", "flows": ["menu"]}


def test_a_flow_whose_name_leads_to_another_one_is_told_by_its_id() -> None:
    old = {"flow_old": Flow(id="flow_old", name="Main", blocks=(says("hello"),))}
    new = {"flow_new": Flow(id="flow_new", name="Main", blocks=(says("hello", next="bye"), says("bye")))}
    (finding,) = check(only("Main"), draft(flows=new), live(draft(flows=old)))
    assert (finding.code, finding.subjects[-1]) == ("duplicate_block", {"kind": "closure", "flows": ["flow_old"]})
    assert finding.message.endswith("publish 'flow_old' (called 'Main') as well.")


def test_a_block_that_moved_between_flows_goes_with_both() -> None:
    before = live(draft(flows=flow(says("hello"), says("wines")) | flow(says("prices"), name="prices")))
    moved = draft(flows=flow(says("hello")) | flow(says("prices"), says("wines"), name="prices"))
    (finding,) = check(only("prices"), moved, before)
    assert (finding.code, finding.subjects[-1]) == ("duplicate_block", {"kind": "closure", "flows": ["menu"]})


def test_a_flow_for_an_intent_that_live_lacks_cannot_be_closed_by_flows() -> None:
    more = draft(intents=(*draft().intents, mark("pay")), flows=flow(says("bill", intent="intent_pay")))
    (finding,) = check(only("menu"), more, live())
    places = [{"flow": "menu", "block": "bill"}]
    assert finding.subjects == ({"kind": "intent", "id": "intent_pay", "name": "pay", "blocks": places},)
    assert "publish its NLP too" in finding.message


def test_a_variable_that_another_flow_sets_comes_with_that_flow() -> None:
    sets = {"id": "sets", "kind": "action", "actions": [{"do": "set", "variable": "table", "value": 4}]}
    uses = {**says("hello"), "messages": [{"text": "Your table is {{ table }}."}]}
    two = draft(flows=flow(uses) | flow(sets, name="tables"))
    (finding,) = check(only("menu"), two, live())
    assert finding.subjects[-1] == {"kind": "closure", "flows": ["tables"]}
    assert codes(only("menu", "tables"), two, live()) == []


def test_what_no_flow_can_bring_does_not_hide_what_flows_can() -> None:
    more = draft(
        intents=(*draft().intents, mark("pay")),
        flows=flow(says("bill", intent="intent_pay", next="prices"), says("lost", next="nowhere")) | PRICES,
    )
    found = {finding.subjects[0]["id"]: finding for finding in check(only("menu"), more, live())}
    assert found["prices"].subjects[-1] == {"kind": "closure", "flows": ["prices"]}
    assert "publish its NLP too" in found["intent_pay"].message
    assert found["nowhere"].message.endswith("make it, or change the block.")


# -- values of the environment ----------------------------------------------------------------

SHOP = draft(flows=flow({**says("where"), "messages": [{"text": "We are at {{ env.address }}"}]}))


@pytest.mark.parametrize("wish", [FULL, FLOWS])
def test_a_value_that_the_environment_lacks_is_named_with_its_blocks(wish: Wish) -> None:
    (finding,) = blockers(check(wish, SHOP, live(), env=()))
    assert (finding.code, finding.subjects[0]["id"]) == ("environment_value_missing", "address")
    assert finding.subjects[0]["blocks"] == [{"flow": "menu", "block": "where"}]
    assert blockers(check(wish, SHOP, live(), env={("env", "address")})) == ()


def test_a_flow_that_is_not_published_is_not_asked_for_its_values() -> None:
    both = draft(flows=SHOP.flows | PRICES)
    assert blockers(check(only("prices"), both, live(both), env=())) == ()
    assert [f.code for f in blockers(check(only("menu"), both, live(both), env=()))] == ["environment_value_missing"]


# -- rollback ---------------------------------------------------------------------------------


def test_going_back_needs_neither_draft_nor_training() -> None:
    back = Wish(mode="rollback", to_release=1)
    assert check(back, None, live(), live()) == ()
    assert [f.code for f in check(back, None, live(), None)] == ["unknown_release"]
    assert [f.code for f in check(back, None, None, None)] == ["never_published"]
    assert check(back, None, None, live()) == (), "what was taken off comes back"


# -- pairs ------------------------------------------------------------------------------------

STALE = {"en": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("en"))}
WRONG: dict[str, tuple[Wish, dict[str, Any]]] = {
    "nlp_stale": (FULL, {"nlp": STALE}),
    "dangling_reference": (FULL, {"flows": flow(says("hello", next="nowhere"))}),
    "environment_value_missing": (FULL, {"flows": SHOP.flows}),
    "unknown_language": (Wish(mode="full", languages=("en", "fr")), {}),
}


@pytest.mark.parametrize("first", WRONG)
@pytest.mark.parametrize("second", WRONG)
def test_two_things_that_stand_in_the_way_are_told_together(first: str, second: str) -> None:
    (wish, one), (other, two) = WRONG[first], WRONG[second]
    wish = other if wish == FULL else wish
    blocks = [
        block for change in (one, two) if "flows" in change for f in change["flows"].values() for block in f.blocks
    ]
    changes = one | two | ({"flows": flow(*{block["id"]: block for block in blocks}.values())} if blocks else {})
    found = {finding.code for finding in blockers(check(wish, draft(**changes), None, env=()))}
    assert found == {first, second}
