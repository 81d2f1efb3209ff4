"""The values of one environment: read, changed and written back, and nowhere else."""

import json

import pytest

from cli.commands.env import changed, parse_value
from cli.outcome import USAGE, CommandError

BOT = {"id": "bot_1", "name": "Night Bakery"}


@pytest.fixture
def bakery(greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("GET /v1/bots/bot_1", {**BOT, "env": {"DESK": "http://desk.example", "OLD": "1"}})
    greenroom_api.on("PATCH /v1/bots/bot_1", {**BOT, "env": {"DESK": "http://new.example", "LIMIT": 5}})
    return greenroom_api


def test_what_is_not_named_stays_as_it_is(greenroom, bakery):
    ended = greenroom("env", "bakery", "DESK=http://new.example", "LIMIT:=5", "--unset", "OLD", "--json")
    assert ended.code == 0
    assert bakery.requests("PATCH", "/v1/bots/bot_1")[0].json == {"env": {"DESK": "http://new.example", "LIMIT": 5}}
    assert json.loads(ended.out) == {
        "bot": "bakery",
        "environment": "live",
        "env": {"DESK": "http://new.example", "LIMIT": 5},
    }


def test_without_a_change_they_are_shown(greenroom, bakery):
    ended = greenroom("env", "bakery")
    assert "http://desk.example" in ended.out
    assert bakery.requests("PATCH", "/v1/bots/bot_1") == []


def test_a_bot_that_was_never_published_gets_its_values_before_it_is(greenroom, bakery):
    bakery.refuses("GET /v1/bots/bot_1", 404, "never_published", "Never.")
    assert greenroom("env", "bakery", "DESK=x", "--target", "preview").code == 0
    assert bakery.requests("PATCH", "/v1/bots/bot_1")[0].json == {"env": {"DESK": "x"}}


def test_a_bot_that_neither_knows_has_no_values_to_show(greenroom, greenroom_api):
    greenroom_api.refuses("GET /v1/bots/atlantis", 404, "never_published", "Never.")
    ended = greenroom("env", "atlantis", "DESK=x")
    assert ended.code == 1
    assert [asked.method for asked in greenroom_api.asked] == ["GET", "GET"]


def test_drafts_values_are_drafts_own(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery", {**BOT, "env": {}})
    greenroom_api.on("PATCH /v1/bots/bot_1", {**BOT, "env": {"DESK": "http://test.example"}})
    ended = greenroom("env", "bakery", "--draft", "DESK=http://test.example")
    assert "name in draft" in ended.out
    assert greenroom("env", "bakery", "--draft", "--target", "live").code == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [("A=", ("A", "")), ("A=b=c", ("A", "b=c")), ("A=5", ("A", "5")), ("A:=5", ("A", 5)), ("A:=true", ("A", True))],
)
def test_a_value_is_text_unless_it_is_said_to_be_more(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize("text", ["A", "=b", ":=5", "A:=", "A:=[1]", 'A:="b"'])
def test_what_is_no_value_is_wrong_use(text):
    with pytest.raises(CommandError) as refused:
        parse_value(text)
    assert refused.value.exit_code == USAGE


def test_a_value_that_is_not_there_cannot_be_taken_away():
    with pytest.raises(CommandError, match="no value DSEK"):
        changed({"DESK": "x"}, {}, ["DSEK"])
