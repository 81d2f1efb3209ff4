"""What `greenroom up` starts its services with, and what it refuses before it starts any."""

import errno
import socket
from pathlib import Path

import pytest

from cli.credentials import Credentials
from cli.outcome import CommandError
from cli.supervision import folder
from cli.supervision.child import Child
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


def previewed(**environ: str):
    ports = {**PORTS, "preview": 4}
    keys = Credentials("the-admin-key-0001", "the-peer-key-00001", urls_of("127.0.0.1", ports))
    return {spec.name: spec for spec in child_specs(Path("/data"), "127.0.0.1", ports, keys, environ=environ)}


def test_a_preview_is_a_live_with_a_database_and_a_store_of_its_own():
    assert "preview" not in specs()
    found = previewed(GREENROOM_LIVE_DATABASE_URL="postgresql://live", GREENROOM_LIVE_WAITING_TEXTS="7")
    live, preview = found["live"], found["preview"]
    assert preview.module == live.module
    assert preview.arguments == ("--host", "127.0.0.1", "--port", "4")
    assert (live.environ["GREENROOM_ENVIRONMENT"], preview.environ["GREENROOM_ENVIRONMENT"]) == ("live", "preview")
    assert live.environ["GREENROOM_LIVE_DATABASE_URL"] == "postgresql://live"
    assert preview.environ["GREENROOM_LIVE_DATABASE_URL"] == "sqlite:////data/preview.db"
    assert preview.environ["GREENROOM_LIVE_ARTIFACTS_URL"] == "file:///data/preview/artifacts"


def test_a_preview_may_be_kept_elsewhere_and_have_a_key_of_its_own():
    found = previewed(
        GREENROOM_PREVIEW_DATABASE_URL="postgresql://preview",
        GREENROOM_PREVIEW_ARTIFACTS_URL="s3://preview",
        GREENROOM_PREVIEW_PEER_KEY="the-preview-key-001",
        GREENROOM_PREVIEW_PUBLIC_URL="https://preview.example",
    )
    preview, publisher = found["preview"].environ, found["publisher"].environ
    assert preview["GREENROOM_LIVE_DATABASE_URL"] == "postgresql://preview"
    assert preview["GREENROOM_LIVE_ARTIFACTS_URL"] == "s3://preview"
    assert preview["GREENROOM_PEER_KEY"] == publisher["GREENROOM_PREVIEW_PEER_KEY"] == "the-preview-key-001"
    assert publisher["GREENROOM_PREVIEW_URL"] == "http://127.0.0.1:4"
    assert publisher["GREENROOM_PREVIEW_PUBLIC_URL"] == "https://preview.example"
    assert "GREENROOM_PREVIEW_DATABASE_URL" not in publisher
    assert [name for name in (*found["live"].environ, *found["draft"].environ) if "PREVIEW" in name] == []


def test_the_publisher_is_told_of_a_preview_only_where_there_is_one():
    assert "GREENROOM_PREVIEW_URL" not in specs()["publisher"].environ
    elsewhere = specs(GREENROOM_PREVIEW_URL="https://preview.example")["publisher"].environ
    assert elsewhere["GREENROOM_PREVIEW_URL"] == "https://preview.example"


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


def test_live_alone_is_what_the_others_are_of_no_use_without():
    assert [name for name, spec in previewed().items() if spec.vital] == ["live"]


def test_a_key_for_secrets_that_is_empty_is_told_before_anything_starts(greenroom, tmp_path):
    (tmp_path / "secrets-key").touch()
    ended = greenroom("up", "--data", str(tmp_path), "--draft-port", "0", "--live-port", "0", "--publisher-port", "0")
    assert ended.code == 1
    assert f"{tmp_path}/secrets-key is empty" in ended.err
    assert "Put it back from a backup" in ended.err


def test_a_full_disk_is_told_in_a_sentence(greenroom, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder.os, "fsync", full)
    ended = greenroom("up", "--data", str(tmp_path))
    assert (ended.code, ended.err) == (
        1,
        f"error: The data folder {tmp_path} cannot be used: No space left on device.\n",
    )
    assert list((tmp_path / "run").glob("up.pid")) == []


def test_a_log_tells_why_its_service_ended_and_not_what_came_after(tmp_path):
    (tmp_path / "logs").mkdir()
    why = "  File db.py\nDatabaseError: file is not a database\n"
    (tmp_path / "logs" / "draft.log").write_text(f"{why}(Background on this error)\n\nERROR:uvicorn.error:Failed.\n")
    assert Child(specs()["draft"], tmp_path).last_words() == "DatabaseError: file is not a database"
