"""What lint tells a builder, in which words, and about what."""

from typing import Any

import pytest

from shared.contracts import Finding
from shared.flows.lint import lint
from shared.flows.references import Reference, needs, placed, references
from tests.shared.flows.bakery import asks, block, choices, dangling, does, flow, goto, opened, where

START = block("start", system="introduction")


def found(
    *blocks: dict[str, Any],
    intents: dict[str, str] | None = None,
    languages: tuple[str, ...] = ("en",),
    code: str | None = None,
) -> list[Finding]:
    every = lint(flow(*blocks), intents or {}, {}, {"name": {}}, languages)
    return [finding for finding in every if code in (None, finding.code)]


def named(findings: list[Finding]) -> list[list[str]]:
    return [[subject["id"] for subject in finding.subjects] for finding in findings]


def test_a_bot_that_holds_together_has_nothing_to_be_told() -> None:
    rye = choices("rye", {"title": "More", "next": "more", "variables": {"loaf": "rye"}}, intent="i1")
    more = block("more", "{{ name }}, {{ loaf }}, {{ env.shop }}, {{ user_message }}")
    assert found(START, rye, more, intents={"i1": "buy_rye"}) == []


@pytest.mark.parametrize(
    ("member", "kind", "target"),
    [
        ({"intent": "gone"}, "intent", "gone"),
        ({"next": "gone"}, "block", "gone"),
        ({"messages": [{"text": "Hi {{ gone.x|upper }}"}]}, "variable", "gone"),
        ({"messages": [{"text": "Hi", "buttons": [{"title": "a", "next": "gone"}]}]}, "block", "gone"),
        ({"messages": [{"text": "Hi", "buttons": [{"title": "{{ gone }}"}]}]}, "variable", "gone"),
        (
            {"messages": [{"text": "Hi", "buttons": [{"title": "a", "variables": {"x": "{{ gone }}"}}]}]},
            "variable",
            "gone",
        ),
        ({"messages": [{"variants": ["Hi", {"en": "Hi", "nl": "{{ Name }}"}]}]}, "variable", "Name"),
    ],
)
def test_what_does_not_exist_blocks_a_publication(member: dict[str, Any], kind: str, target: str) -> None:
    first, *_ = findings = found({**START, **member})
    assert (first.code, first.severity) == ("dangling_reference", "blocker")
    assert first.subjects == ({"kind": kind, "id": target, "flow": "counter", "block": "start"},)
    assert "make it, or change the block" in first.message
    assert {finding.severity for finding in findings[1:]} <= {"warning"}


def test_a_variable_that_a_flow_declares_exists_for_every_flow() -> None:
    flows = flow(block("rye", "{{ loaf }}", system="introduction")) | flow(id="oven", variables=("loaf",))
    assert dangling(flows, {}, {}, {}) == []


def test_references_name_everything_a_block_needs_each_once() -> None:
    rye = block("rye", "{{ name }} {{ name }}", intent="i1", next="bye", required_contexts=["in_shop"])
    assert references(flow(rye)) == [
        Reference("intent", "i1", "counter", "rye"),
        Reference("context", "in_shop", "counter", "rye"),
        Reference("block", "bye", "counter", "rye"),
        Reference("variable", "name", "counter", "rye"),
    ]


def test_a_context_that_nothing_opens_blocks_nothing() -> None:
    assert dangling(flow(block("rye", intent="i1", required_contexts=["fog"])), {"i1": "rye"}, {}, {}) == []


def test_a_block_that_nothing_leads_to_is_named() -> None:
    unreachable = found(START, block("attic", next="cellar"), block("cellar"), code="block_unreachable")
    assert named(unreachable) == [["attic"], ["cellar"]]


def test_a_block_waits_in_vain_for_a_context_that_only_unreachable_blocks_open() -> None:
    attic = block("attic", **opened("dust", 2))
    sweep = block("sweep", intent="i1", required_contexts=["dust"])
    assert named(found(START, attic, sweep, code="block_unreachable")) == [["attic"], ["sweep"]]
    door = {**START, "next": "attic"}
    assert found(door, attic, sweep, code="block_unreachable") == []


def test_an_intent_without_a_block_is_named() -> None:
    unused = found(block("rye", intent="i1"), intents={"i1": "buy_rye", "i2": "buy_cake"}, code="intent_unused")
    assert [finding.subjects for finding in unused] == [({"kind": "intent", "id": "i2", "name": "buy_cake"},)]


def test_two_blocks_for_one_intent_need_different_contexts() -> None:
    twins = (block("rye", intent="i1"), block("spelt", intent="i1"))
    (finding,) = found(*twins, intents={"i1": "buy_bread"}, code="ambiguous_trigger")
    assert [subject["id"] for subject in finding.subjects] == ["rye", "spelt"]
    assert "'buy_bread'" in finding.message
    apart = (twins[0], {**twins[1], "required_contexts": ["in_shop"]})
    assert found(*apart, code="ambiguous_trigger") == []


def test_two_blocks_for_one_system_role_are_one_too_many() -> None:
    twins = (block("hello", system="introduction"), block("welcome", system="introduction"))
    assert named(found(*twins, code="ambiguous_trigger")) == [["hello", "welcome"]]


def test_a_circle_is_told_once_however_many_ways_lead_into_it() -> None:
    blocks = (
        {**START, "next": "a"},
        block("a", next="b"),
        block("b", next="a"),
        block("c", next="b", intent="i1"),
        block("self", next="self", intent="i2"),
    )
    assert named(found(*blocks, code="flow_cycle")) == [["a", "b"], ["self"]]


def test_a_question_in_between_makes_a_circle_harmless() -> None:
    assert found(choices("start", {"title": "Again", "next": "start"}, system="introduction"), code="flow_cycle") == []


def test_branches_that_lead_round_are_told_and_a_question_whose_answer_is_taken_away_is_none_of_them() -> None:
    poll = does("poll", {"do": "http", "url": "https://oven.example", "failed": "start"}, next="ready")
    ready = goto("ready", (where("name", "exists"), "start"), next="poll")
    assert named(found({**START, "next": "poll"}, poll, ready, code="flow_cycle")) == [["start", "poll", "ready"]]
    ask = asks("ask", "loaf", system="introduction", next="check")
    check = goto("check", (where("loaf", "equals", "rye"), "rye"), next="again")
    again = does("again", {"do": "clear", "variables": ["loaf"]}, next="ask")
    assert named(found(ask, check, block("again", next="ask"), block("rye"), code="flow_cycle")) == [
        ["ask", "check", "again"]
    ]
    assert found(ask, check, again, block("rye")) == []


def test_every_kind_of_block_tells_what_it_needs() -> None:
    ask = asks("ask", "loaf", "entity", entity="bread", third_failure={"next": "gone_1"})
    which = goto("which", (where("gone_2.size", "equals", "{{ gone_3 }} {{ env.size }}"), "gone_4"), next="gone_5")
    call = {
        "do": "http",
        "url": "{{ env.oven }}/{{ gone_6 }}",
        "headers": {"A": "{{ gone_7 }}", "B": {"secret": "OVEN_KEY"}},
        "body": [{"x": "{{ gone_8 }}"}],
        "failed": "gone_9",
        "save": {"order": "body"},
    }
    act = does("act", call, {"do": "set", "variable": "sum", "value": "{{ gone_10 }}"}, next="said")
    buttons = [{"title": "x", "next": "gone_13"}]
    card = {"title": "{{ gone_11 }}", "image_url": "https://a.example/{{ gone_12 }}", "buttons": buttons}
    said = {**block("said"), "messages": [{"text": "{{ order }} {{ sum }} {{ loaf }}", "carousel": [card]}]}
    flows = flow(ask, which, act, said)
    assert sorted(ref.target for ref in dangling(flows, {}, {}, {}) if ref.target != "bread") == sorted(
        f"gone_{n}" for n in range(1, 14)
    )
    assert ("entity", "bread") in [(ref.kind, ref.target) for ref in dangling(flows, {}, {}, {})]
    assert needs(placed(flows)) == {
        ("env", "size"): [("counter", "which")],
        ("env", "oven"): [("counter", "act")],
        ("secret", "OVEN_KEY"): [("counter", "act")],
    }
    lacking = [f for f in lint(flows, {}, {}, {}, ("en",), {("env", "oven")}) if f.code == "environment_value_missing"]
    assert [(f.severity, f.subjects[0]["kind"], f.subjects[0]["id"]) for f in lacking] == [
        ("warning", "env", "size"),
        ("warning", "secret", "OVEN_KEY"),
    ]


def test_a_block_id_in_two_flows_is_told_with_the_one_that_is_used() -> None:
    flows = flow(block("rye", system="introduction")) | flow(block("rye", system="error"), id="oven")
    (finding,) = lint(flows, {}, {}, {}, ("en",))
    assert (finding.code, finding.severity) == ("duplicate_block", "warning")
    assert [(subject["flow"], subject["id"]) for subject in finding.subjects] == [("counter", "rye"), ("oven", "rye")]


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ({"en": "Rye", "nl": "Rogge", "fr": "Seigle"}, None),
        ({"en": "Rye", "fr": ""}, ["nl", "fr"]),
        ({"fr": "Seigle"}, ["en", "nl"]),
        ("Rye", ["nl", "fr"]),
        ("{{ name }} 👍 3.50", None),
    ],
)
def test_a_language_that_is_not_written_is_named(text: Any, lacking: list[str] | None) -> None:
    findings = found(block("rye", text, system="error"), languages=("en", "nl", "fr"), code="translation_missing")
    assert [finding.subjects[0]["languages"] for finding in findings] == ([lacking] if lacking else [])


def test_a_bot_of_one_language_has_nothing_to_translate() -> None:
    assert found(START, code="translation_missing") == []


def test_two_thousand_blocks_in_a_row_are_read_to_the_end() -> None:
    row = [block(f"b{i:04}", next=f"b{i + 1:04}", **opened(f"c{i}", 1)) for i in range(1999)]
    last = block("b1999", intent="i1", required_contexts=["c1998"], next="b0000")
    assert named(found({**START, "next": "b0000"}, *row[:-1], {**row[-1]}, code="block_unreachable")) == []
    (finding,) = lint(flow(*row, last), {"i1": "end"}, {}, {}, ("en",))[:1]
    assert (finding.code, len(finding.subjects)) == ("flow_cycle", 2000)
