"""Where the command finds the keys, and who may read them."""

import os

import pytest

from cli.credentials import read_credentials, settle_credentials
from cli.outcome import CommandError

URLS = {"draft": "http://d", "live": "http://l", "publisher": "http://p"}


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path):
    first = settle_credentials(tmp_path, URLS, {})
    again = settle_credentials(tmp_path, {**URLS, "live": "http://elsewhere"}, {})
    assert (again.admin_key, again.peer_key) == (first.admin_key, first.peer_key)
    assert again.admin_key != again.peer_key
    assert read_credentials(tmp_path).urls["live"] == "http://elsewhere"
    assert os.stat(tmp_path / "credentials").st_mode & 0o777 == 0o600


def test_an_admin_key_from_outside_wins(tmp_path):
    settle_credentials(tmp_path, URLS, {})
    settled = settle_credentials(tmp_path, URLS, {"GREENROOM_ADMIN_KEY": "chosen-by-the-director"})
    assert settled.admin_key == "chosen-by-the-director"


def test_a_weak_admin_key_is_refused(tmp_path):
    with pytest.raises(CommandError, match="too short"):
        settle_credentials(tmp_path, URLS, {"GREENROOM_ADMIN_KEY": "hunter2"})


def test_a_spoilt_file_is_named(tmp_path):
    (tmp_path / "credentials").write_text("not json")
    with pytest.raises(CommandError, match="credentials is not what"):
        read_credentials(tmp_path)


def test_the_command_finds_key_and_addresses_in_the_data_folder(greenroom, greenroom_api, monkeypatch, tmp_path):
    for name in ("GREENROOM_KEY", "GREENROOM_DRAFT_URL"):
        monkeypatch.delenv(name)
    made = settle_credentials(tmp_path, {**URLS, "draft": greenroom_api.url}, {})
    greenroom_api.on("GET /v1/bots", {"items": [], "next": None})
    assert greenroom("bots", "--data", str(tmp_path)).code == 0
    assert greenroom_api.asked[0].headers["Authorization"] == f"Bearer {made.admin_key}"
