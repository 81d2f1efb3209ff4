"""Secrets on the command line: their values come from standard input and are never printed."""

import io
import json
import os
import sys

import pytest

from cli.credentials import secrets_file, settle_credentials, settle_secrets_key
from cli.outcome import USAGE
from shared.secrets import parse_keys

MARK = {"name": "DESK_TOKEN", "author": "admin", "updated_at": "2026-11-02T08:00:00Z"}


@pytest.fixture
def bakery(greenroom_api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk-of-the-oven\n"))
    greenroom_api.on("GET /v1/bots/bakery", {"id": "bot_1", "name": "Night Bakery"})
    greenroom_api.on("GET /v1/bots/bot_1/secrets", {"items": [MARK], "next": None})
    greenroom_api.on("PUT /v1/bots/bot_1/secrets/DESK_TOKEN", MARK)
    greenroom_api.on("DELETE /v1/bots/bot_1/secrets/DESK_TOKEN", {})
    greenroom_api.on("POST /v1/secrets/reseal", {"resealed": 2}, {"resealed": 1}, {"resealed": 0})
    return greenroom_api


def test_a_value_is_read_from_standard_input_and_not_shown(greenroom, bakery):
    ended = greenroom("secrets", "set", "bakery", "DESK_TOKEN")
    assert ended.code == 0
    assert bakery.requests("PUT", "/v1/bots/bot_1/secrets/DESK_TOKEN")[0].json == {"value": "sk-of-the-oven"}
    assert "DESK_TOKEN" in ended.out
    assert "sk-of-the-oven" not in ended.out + ended.err


def test_secrets_are_listed_and_removed_by_name(greenroom, bakery):
    assert "secret in draft" in greenroom("secrets", "list", "bakery", "--draft").out
    assert greenroom("secrets", "remove", "bakery", "DESK_TOKEN").code == 0
    assert len(bakery.requests("DELETE", "/v1/bots/bot_1/secrets/DESK_TOKEN")) == 1


@pytest.mark.parametrize(
    "words", [("list",), ("set", "bakery"), ("remove", "bakery"), ("list", "bakery", "DESK_TOKEN"), ("show", "bakery")]
)
def test_what_is_not_a_whole_sentence_is_wrong_use(greenroom, bakery, words):
    assert greenroom("secrets", *words).code == USAGE


def test_up_makes_a_key_once_that_its_owner_alone_may_read(tmp_path):
    settle_secrets_key(tmp_path, {})
    first = secrets_file(tmp_path).read_text()
    settle_secrets_key(tmp_path, {})
    assert secrets_file(tmp_path).read_text() == first
    assert len(parse_keys(first)) == 1
    assert os.stat(secrets_file(tmp_path)).st_mode & 0o777 == 0o600


def test_up_makes_no_key_beside_the_one_that_it_is_given(tmp_path):
    settle_secrets_key(tmp_path, {"GREENROOM_SECRETS_KEY": "given"})
    assert not secrets_file(tmp_path).exists()


@pytest.fixture
def data(tmp_path):
    settle_credentials(tmp_path, {"draft": "http://d", "live": "http://l", "publisher": "http://p"}, {})
    settle_secrets_key(tmp_path, {})
    return tmp_path


def test_the_old_key_goes_when_nothing_is_left_to_seal_anew(greenroom, bakery, data):
    before = secrets_file(data).read_text().split()
    ended = greenroom("secrets", "rotate", "--data", str(data), "--json")
    after = secrets_file(data).read_text().split()
    assert json.loads(ended.out) == {"resealed": 3, "old_keys_kept": False}
    assert len(bakery.requests("POST", "/v1/secrets/reseal")) == 6
    assert len(after) == 1
    assert after != before


def test_a_rotation_that_was_cut_short_goes_on_with_the_key_that_it_made(greenroom, bakery, data, monkeypatch):
    old = secrets_file(data).read_text().split()
    bakery.refuses("POST /v1/secrets/reseal", 503, "store_unavailable", "Away.")
    assert greenroom("secrets", "rotate", "--data", str(data)).code != 0
    between = secrets_file(data).read_text().split()
    assert between[1:] == old
    bakery.on("POST /v1/secrets/reseal", {"resealed": 0})
    assert greenroom("secrets", "rotate", "--data", str(data)).code == 0
    assert secrets_file(data).read_text().split() == between[:1]


def test_a_preview_that_sleeps_keeps_its_key(greenroom, bakery, data):
    old = secrets_file(data).read_text().split()
    (data / "preview.db").touch()
    ended = greenroom("secrets", "rotate", "--data", str(data))
    assert "preview" in ended.out
    assert secrets_file(data).read_text().split()[1:] == old


def test_keys_from_the_environment_are_not_rotated_here(greenroom, bakery, data, monkeypatch):
    monkeypatch.setenv("GREENROOM_SECRETS_KEY", "given")
    ended = greenroom("secrets", "rotate", "--data", str(data))
    assert ended.code == 1
    assert "in front" in ended.err
