"""What `greenroom up` starts its services with, and what it refuses before it starts any."""

import socket
from pathlib import Path

import pytest

from cli.credentials import Credentials
from cli.outcome import CommandError
from cli.supervision.ports import claim
from cli.supervision.services import child_specs, urls_of

PORTS = {"draft": 1, "live": 2, "publisher": 3}
KEYS = Credentials("the-admin-key-0001", "the-peer-key-00001", urls_of("127.0.0.1", PORTS))


def specs(**environ: str):
    made = child_specs(Path("/data"), "127.0.0.1", PORTS, KEYS, environ=environ)
    return {spec.name: spec for spec in made}


def test_draft_and_live_do_not_learn_of_each_other():
    outside = {"GREENROOM_LIVE_DATABASE_URL": "postgresql://live", "GREENROOM_DRAFT_URL": "http://draft"}
    draft, live = specs(**outside)["draft"].environ, specs(**outside)["live"].environ
    assert [name for name in draft if "LIVE" in name] == []
    assert [name for name in live if "DRAFT" in name] == []
    assert live["GREENROOM_LIVE_DATABASE_URL"] == "postgresql://live"


def test_the_publisher_is_told_where_both_are_and_no_database_but_its_own():
    known = specs(GREENROOM_LIVE_DATABASE_URL="postgresql://live", GREENROOM_LIVE_PUBLIC_URL="https://bot.example")
    publisher = known["publisher"].environ
    assert publisher["GREENROOM_DRAFT_URL"] == "http://127.0.0.1:1"
    assert publisher["GREENROOM_LIVE_URL"] == "http://127.0.0.1:2"
    assert publisher["GREENROOM_LIVE_PUBLIC_URL"] == "https://bot.example"
    assert "GREENROOM_LIVE_DATABASE_URL" not in publisher


def test_a_service_that_listens_everywhere_is_reached_here():
    assert urls_of("0.0.0.0", {"live": 2})["live"] == "http://127.0.0.1:2"


def test_a_taken_port_is_named_with_the_option_that_changes_it():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"live cannot listen on 127.0.0.1:{port}") as refused:
            claim("127.0.0.1", {"draft": 0, "live": port})
    assert "--live-port" in refused.value.hint


def test_ports_that_are_not_named_are_free_and_different():
    found = claim("127.0.0.1", dict.fromkeys(PORTS, 0))
    assert len({*found.values()}) == 3


def test_several_workers_need_postgresql(greenroom, monkeypatch):
    monkeypatch.delenv("GREENROOM_LIVE_DATABASE_URL", raising=False)
    ended = greenroom("up", "--workers", "2")
    assert ended.code == 2
    assert "needs PostgreSQL" in ended.err
