"""The railway bot is the first thing that people see of Greenroom: it has to hold together by itself."""

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from shared.flows.block import parse_blocks

RAILWAY = Path(__file__).parents[2] / "samples" / "railway"
MESSAGE_FIELDS = {"text", "variants", "buttons", "quick_replies"}
SITE = "https://ternvalley.example/"  # a domain that nobody can own
BUTTON_TITLE_LENGTH = 20  # the shortest limit among the channels

Block = dict[str, Any]


def rows(name: str) -> list[tuple[str, str]]:
    with (RAILWAY / name).open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        assert reader.fieldnames == ["text", "intent"]
        return [(row["text"], row["intent"]) for row in reader]


def flows() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((RAILWAY / "flows.json").read_text(encoding="utf-8"))
    return loaded


def blocks() -> list[Block]:
    return [block for flow in flows() for block in flow["blocks"]]


def messages() -> list[dict[str, Any]]:
    return [message for block in blocks() for message in block.get("messages", [])]


def normal_form(text: str) -> str:
    """T4 spelt out again, accents folded, so that a slip in the product's own rule cannot hide one here."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (letter for letter in plain if unicodedata.category(letter)[0] not in "PM")
    return " ".join("".join(kept).split())


def choices(block: Block) -> Iterator[dict[str, str]]:
    for message in block.get("messages", []):
        yield from message.get("buttons", [])
        yield from message.get("quick_replies", [])


def targets(block: Block) -> set[str]:
    ways = [block, block.get("third_failure", {}), *block.get("branches", []), *choices(block)]
    return {way["next"] for way in ways if "next" in way}


def awaited(block: Block) -> frozenset[str]:
    return frozenset(block.get("required_contexts", []))


def intents() -> set[str]:
    return {intent for _, intent in rows("nlp.csv")}


def test_about_twenty_intents_have_24_to_30_expressions_each() -> None:
    sizes = Counter(intent for _, intent in rows("nlp.csv"))
    assert 18 <= len(sizes) <= 24
    assert {name: size for name, size in sizes.items() if not 24 <= size <= 30} == {}


def test_no_sentence_appears_twice_in_training_and_held_out_together() -> None:
    seen = Counter(normal_form(text) for name in ("nlp.csv", "heldout.csv") for text, _ in rows(name))
    assert "" not in seen
    assert [text for text, times in seen.items() if times > 1] == []


def test_every_intent_is_measured_by_four_held_out_sentences_or_more() -> None:
    sizes = Counter(intent for _, intent in rows("heldout.csv"))
    assert sizes.pop("") >= 12
    assert set(sizes) == intents()
    assert sizes.total() >= 80
    assert min(sizes.values()) >= 4


def test_every_intent_is_answered_and_no_block_waits_for_an_unknown_one() -> None:
    assert {block["intent"] for block in blocks() if "intent" in block} == intents()


def test_blocks_that_share_an_intent_wait_for_different_contexts() -> None:
    triggers = Counter((block["intent"], awaited(block)) for block in blocks() if "intent" in block)
    assert max(triggers.values()) == 1


def test_a_plain_yes_means_something_else_after_a_late_train_and_after_a_lost_umbrella() -> None:
    answers = {awaited(block) for block in blocks() if block.get("intent") == "yes"}
    assert answers == {frozenset(), frozenset({"claim_offered"}), frozenset({"lost_report_offered"})}


def test_every_context_that_a_block_waits_for_is_opened_by_another() -> None:
    opened = {context["name"] for block in blocks() for context in block.get("output_contexts", [])}
    assert frozenset().union(*map(awaited, blocks())) == opened


def test_ids_are_given_once() -> None:
    assert max(Counter(block["id"] for block in blocks()).values()) == 1
    assert max(Counter(flow["id"] for flow in flows()).values()) == 1


def test_the_four_system_blocks_are_there_once() -> None:
    system = [block["system"] for block in blocks() if "system" in block]
    assert sorted(system) == ["error", "introduction", "message_too_long", "not_understood"]


def test_a_block_leads_only_to_blocks_that_exist() -> None:
    known = {block["id"] for block in blocks()}
    assert {block["id"]: astray for block in blocks() if (astray := targets(block) - known)} == {}


def test_every_kind_of_block_is_shown_and_each_is_one() -> None:
    assert {block["kind"] for block in blocks()} == {"message", "goto", "input", "action"}
    assert len(parse_blocks(blocks())) == len(blocks())


def test_a_message_has_one_text_or_variants_and_variables_only_where_they_were_asked_for() -> None:
    for message in messages():
        assert set(message) <= MESSAGE_FIELDS
        assert ("text" in message) != ("variants" in message)
    using = {flow["id"] for flow in flows() for block in flow["blocks"] if "{{" in json.dumps(block)}
    assert using == {flow["id"] for flow in flows() if flow["variables"]} == {"planning"}


def test_a_message_offers_three_buttons_at_most() -> None:
    assert max(len(message.get("buttons", [])) for message in messages()) == 3


def test_what_can_be_pressed_has_a_short_title_and_one_target() -> None:
    for block, choice in [(each, choice) for each in blocks() for choice in choices(each)]:
        assert 0 < len(choice["title"]) <= BUTTON_TITLE_LENGTH
        assert len({"next", "url"} & choice.keys()) == (block["kind"] != "input")
        assert choice.get("url", SITE).startswith(SITE)


def test_blocks_that_follow_by_themselves_come_to_an_end() -> None:
    followers = {block["id"]: {block["next"]} for block in blocks() if "next" in block and block["kind"] != "input"}
    TopologicalSorter(followers).prepare()


def test_every_block_can_be_reached() -> None:
    known = {block["id"]: block for block in blocks()}
    reached: set[str] = set()
    waiting = [name for name, block in known.items() if "intent" in block or "system" in block]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(targets(known[name]))
    assert reached == set(known)


def test_the_bot_needs_no_setting_to_start_from() -> None:
    bot = json.loads((RAILWAY / "bot.json").read_text(encoding="utf-8"))
    stations = [value["value"] for value in bot.pop("entities")["station"]["values"]]
    assert bot == {"name": "Tern Valley Railway", "languages": ["en"], "settings": {}}
    assert stations == ["Alderwick", "Ternmouth", "Wrenfield"]


def test_the_demo_conversation_is_new_to_the_bot_and_ready_to_be_said() -> None:
    lines = (RAILWAY / "talk.txt").read_text(encoding="utf-8").splitlines()
    trained = {normal_form(text) for text, _ in rows("nlp.csv")}
    assert len(lines) == 6
    assert all(line == line.strip() != "" and normal_form(line) not in trained for line in lines)


@pytest.mark.parametrize("name", ["nlp.csv", "heldout.csv", "flows.json", "bot.json", "talk.txt", "README.md"])
def test_files_are_utf_8_with_unix_line_ends(name: str) -> None:
    content = (RAILWAY / name).read_bytes()
    assert b"\r" not in content
    assert content.decode("utf-8").endswith("\n")
