"""A flow changed from a terminal: in draft, or in live where it cannot wait."""

import json
from pathlib import Path

import pytest

FLOW = {
    "id": "main",
    "name": "Main",
    "blocks": [{"id": "open", "kind": "message", "intent": "int_7", "messages": [{"text": "Nine to five."}]}],
    "variables": [],
}
CLOSED = (
    '{"name": "Main", "blocks": [{"id": "open", "kind": "message", "intent": "hours", "messages": [{"text": "%s"}]}]}'
)


@pytest.fixture
def bakery(greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/flows/main", FLOW)
    greenroom_api.on("PUT /v1/bots/bakery/flows/main", FLOW)
    greenroom_api.on("GET /v1/bots/bakery/intents", {"items": [{"id": "int_7", "name": "hours"}], "next": None})
    greenroom_api.on("GET /v1/bots/bakery/release", {"number": 4, "intents": {"int_7": "hours"}})
    return greenroom_api


@pytest.fixture
def closed(tmp_path: Path) -> str:
    (tmp_path / "closed.json").write_text(CLOSED % "Closed today!")
    return "closed.json"


def test_the_flows_of_a_bot_are_listed(greenroom, bakery):
    bakery.on("GET /v1/bots/bakery/flows", {"items": [FLOW], "next": None})
    assert "Main" in greenroom("edit", "bakery").out


def test_a_change_in_draft_is_shown_with_intents_by_name_and_written(greenroom, bakery, closed):
    ended = greenroom("edit", "bakery", "main", "--file", closed)
    assert ended.code == 0
    assert '-          "text": "Nine to five."' in ended.err
    assert '+          "text": "Closed today!"' in ended.err
    assert '"int_7"' not in ended.err
    (put,) = bakery.requests("PUT", "/v1/bots/bakery/flows/main")
    assert put.json["blocks"][0]["messages"] == [{"text": "Closed today!"}]
    assert "Live-Edit" not in put.headers
    assert "greenroom publish bakery --flow main" in ended.out


def test_one_word_is_one_line_in_whatever_order_the_file_has_its_keys(greenroom, bakery, tmp_path):
    opening = {"messages": [{"text": "Nine to six."}], "intent": "hours", "kind": "message", "id": "open"}
    (tmp_path / "six.json").write_text(json.dumps({"blocks": [opening], "name": "Main"}))
    ended = greenroom("edit", "bakery", "main", "--file", "six.json")
    changed = [line for line in ended.err.splitlines() if line.startswith(("-", "+"))]
    assert [line.strip("+- ") for line in changed] == ['"text": "Nine to five."', '"text": "Nine to six."']


def test_a_fix_in_live_is_confirmed_and_says_how_to_bring_it_home(greenroom, bakery, closed):
    ended = greenroom("edit", "bakery", "main", "--target", "live", "--file", closed, "--notes", "Café zu", "--yes")
    assert ended.code == 0, ended.err
    (put,) = bakery.requests("PUT", "/v1/bots/bakery/flows/main")
    assert put.headers["Live-Edit"] == "confirmed"
    assert put.headers["Live-Edit-Notes"].encode("latin-1").decode() == "Café zu"
    assert "greenroom pull bakery" in ended.out


def test_nobody_is_asked_in_a_script_so_live_stays_as_it_is(greenroom, bakery, closed):
    ended = greenroom("edit", "bakery", "main", "--target", "live", "--file", closed)
    assert ended.code == 2
    assert "--yes" in ended.err
    assert not bakery.requests("PUT", "/v1/bots/bakery/flows/main")


@pytest.mark.parametrize("flow", [CLOSED % "Nine to five.", json.dumps(FLOW)], ids=["by name", "as the API tells it"])
def test_what_changes_nothing_is_not_written(greenroom, bakery, tmp_path, flow):
    (tmp_path / "same.json").write_text(flow)
    ended = greenroom("edit", "bakery", "main", "--file", "same.json")
    assert ended.code == 0
    assert "Nothing changed." in ended.err
    assert not bakery.requests("PUT", "/v1/bots/bakery/flows/main")


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[]", "JSON object"), ('{"blocks": "all"}', "list")])
def test_what_is_no_flow_is_said_before_anything_is_sent(greenroom, bakery, tmp_path, text, said):
    (tmp_path / "typo.json").write_text(text)
    ended = greenroom("edit", "bakery", "main", "--file", "typo.json")
    assert ended.code == 2
    assert said in ended.err
    assert not bakery.requests("PUT", "/v1/bots/bakery/flows/main")


def test_a_new_flow_is_made_where_there_was_none(greenroom, bakery, closed):
    bakery.refuses("GET /v1/bots/bakery/flows/night", 404, "not_found", "The bot has no flow 'night'.")
    bakery.on("PUT /v1/bots/bakery/flows/night", {**FLOW, "id": "night"})
    ended = greenroom("edit", "bakery", "night", "--file", closed, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["id"] == "night"
