"""Channels on the command line: their secrets come from a file or a pipe and are never printed."""

import io
import json
import sys

import pytest

from cli.commands.channels import parse_config
from cli.outcome import USAGE, CommandError

OVEN = {
    "id": "ch_1",
    "kind": "telegram",
    "name": "Oven",
    "enabled": True,
    "missing_secrets": [],
    "webhook_url": "http://live.example/v1/channels/ch_1/webhook",
}
SECRETS = {"bot_token": "123456:oven", "secret_token": "flour"}


@pytest.fixture
def bakery(greenroom_api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(SECRETS)))
    greenroom_api.on("GET /v1/bots/bakery", {"id": "bot_1", "name": "Night Bakery"})
    greenroom_api.on("GET /v1/bots/bot_1/channels", {"items": [OVEN, {**OVEN, "id": "ch_2"}], "next": None})
    greenroom_api.on("POST /v1/bots/bot_1/channels", OVEN, status=201)
    greenroom_api.on("PATCH /v1/bots/bot_1/channels/ch_1", {**OVEN, "enabled": False})
    greenroom_api.on("DELETE /v1/bots/bot_1/channels/ch_1", {})
    return greenroom_api


def test_a_channel_is_added_with_its_secrets_from_a_pipe(greenroom, bakery):
    words = ("--config", "bot_username=oven_bot", "--secrets", "-")
    ended = greenroom("channels", "add", "bakery", "telegram", "Oven", *words)
    assert ended.code == 0
    assert bakery.requests("POST", "/v1/bots/bot_1/channels")[0].json == {
        "kind": "telegram",
        "name": "Oven",
        "config": {"bot_username": "oven_bot"},
        "secrets": SECRETS,
    }
    assert OVEN["webhook_url"] in ended.out
    assert "flour" not in ended.out + ended.err


def test_secrets_that_are_missing_are_asked_for(greenroom, bakery, monkeypatch):
    bakery.on(
        "POST /v1/bots/bot_1/channels", {**OVEN, "enabled": False, "missing_secrets": ["secret_token"]}, status=201
    )
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda name, hide_input: asked.append((name, hide_input)) or "flour")
    assert greenroom("channels", "add", "bakery", "telegram", "Oven").code == 0
    assert asked == [("secret_token", True)]
    change = bakery.requests("PATCH", "/v1/bots/bot_1/channels/ch_1")[0].json
    assert change == {"secrets": {"secret_token": "flour"}, "enabled": True}


def test_channels_are_listed_switched_and_removed(greenroom, bakery):
    assert "ch_2" in greenroom("channels", "list", "bakery").out
    assert "disabled" in greenroom("channels", "disable", "bakery", "ch_1").out
    assert bakery.requests("PATCH", "/v1/bots/bot_1/channels/ch_1")[0].json["enabled"] is False
    assert greenroom("channels", "remove", "bakery", "ch_1").code == 0
    assert len(bakery.requests("DELETE", "/v1/bots/bot_1/channels/ch_1")) == 1


@pytest.mark.parametrize(("named", "why"), [("Oven", "several channels called"), ("Cellar", "no channel 'Cellar'")])
def test_a_name_that_names_no_single_channel_is_said(greenroom, bakery, named, why):
    ended = greenroom("channels", "enable", "bakery", named)
    assert ended.code == 1
    assert why in ended.err


@pytest.mark.parametrize(
    "words",
    [("list",), ("list", "bakery", "x"), ("add", "bakery", "telegram"), ("remove", "bakery"), ("burn", "bakery", "x")],
)
def test_what_is_not_a_whole_sentence_is_wrong_use(greenroom, bakery, words):
    assert greenroom("channels", *words).code == USAGE


@pytest.mark.parametrize("secrets", ["[]", "{", "flour"])
def test_secrets_that_are_no_object_are_wrong_use(greenroom, bakery, tmp_path, secrets):
    (tmp_path / "secrets.json").write_text(secrets)
    ended = greenroom("channels", "add", "bakery", "telegram", "Oven", "--secrets", "secrets.json")
    assert (ended.code, "flour" in ended.err) == (USAGE, False)
    assert greenroom("channels", "add", "bakery", "telegram", "Oven", "--secrets", "absent.json").code == USAGE


def test_a_value_of_the_config_is_text_a_list_or_nothing():
    assert parse_config(["a=b=c", "b=", 'c=["https://shop.example"]']) == {
        "a": "b=c",
        "b": None,
        "c": ["https://shop.example"],
    }
    for wrong in ("a", "=b", "c=[1"):
        with pytest.raises(CommandError):
            parse_config([wrong])
