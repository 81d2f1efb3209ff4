"""Bytes rot, disks lie, databases go away: live refuses what is wrong and goes on with the rest."""

import errno
import os
import random
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.live_api.tables import releases
from shared.db import Database
from shared.digest import digest_of
from shared.failpoints import armed
from tests.live_api.theatre import (
    BOT,
    Live,
    Trained,
    activate,
    bring,
    code,
    publish,
    quay,
    release,
    say,
    stage,
    wait_for,
)

CLASSIFY = f"/v1/bots/{BOT}/classify"


def rot(live: Live, digest: str, rng: random.Random | None = None) -> None:
    """One bit of the stored file."""
    (path,) = live.artifacts.rglob(digest.removeprefix("sha256:"))
    data = bytearray(path.read_bytes())
    data[(rng or random.Random(7)).randrange(len(data))] ^= 1 << (rng or random.Random(8)).randrange(8)
    path.write_bytes(data)


def head_of(trained: Trained) -> str:
    return next(file.digest for file in trained.manifest.files if file.name == "head.onnx")


def test_a_flipped_bit_is_refused_at_the_next_load_and_the_other_bots_go_on(live: Live, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
        publish(client, None, release(None, bot="bot_tram", name="Tram"))
        rot(live, head_of(trained))
        assert client.post(CLASSIFY, json={"text": "price"}).status_code == 200, "what is in memory is sound"
    with live.open() as client:
        response = client.post(CLASSIFY, json={"text": "price"})
        assert code(response) == (503, "release_unavailable")
        assert "Retry-After" in response.headers
        assert code(say(client, "price")) == (503, "release_unavailable")
        assert client.post("/v1/bots/Tram/classify", json={"text": "price"}).status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["unavailable"]) == (200, [BOT])
        assert client.get(f"/v1/bots/{BOT}").json()["release"] == 1
        assert client.head(f"/v1/blobs/{head_of(trained)}").status_code == 404, "so that good bytes are sent again"
        bring(client, trained)
        wait_for(lambda: client.post(CLASSIFY, json={"text": "price"}).status_code == 200, "it is tried again")
        assert client.get("/readyz").json()["checks"]["unavailable"] == []


def test_a_bot_whose_release_rotted_may_be_judged_mended_and_replaced(live: Live, trained: Trained) -> None:
    old, new = release(trained), release(trained, flows=quay("Never."))
    with live.open() as client:
        publish(client, trained, old)
        assert say(client, "?!").status_code == 200
        assert client.get(f"/v1/bots/{BOT}/active").json()["unavailable"] is False
        rot(live, head_of(trained))
    with live.open() as client:
        served = client.get(f"/v1/bots/{BOT}/active").json()
        assert (served["digest"], served["unavailable"]) == (old.digest, True)
        assert client.get(f"/v1/bots/{BOT}/standing").json() == {"conversations": 1, "blocks": {"hello": 1}}
        for candidate in (old, new):
            assert code(stage(client, candidate)) == (422, "artifact_digest_mismatch")
        bring(client, trained)
        assert stage(client, new).status_code == 201
        assert activate(client, BOT, new.digest, old.digest, "two").status_code == 200
        assert client.get(f"/v1/bots/{BOT}/active").json()["unavailable"] is False
        assert say(client, "when is the next ferry").json()["replies"][0]["text"] == "Never."


def test_a_candidate_with_a_rotten_file_is_refused_and_the_old_release_answers_on(live: Live, trained: Trained) -> None:
    with live.open() as client:
        old = release(trained)
        publish(client, trained, old)
        rot(live, head_of(trained))
        new = release(trained, flows=quay("Never."))
        assert code(stage(client, new)) == (422, "artifact_digest_mismatch")
        assert code(activate(client, BOT, new.digest, old.digest, "two")) == (404, "release_not_staged")
        assert client.post(CLASSIFY, json={"text": "price"}).json()["release_digest"] == old.digest


def test_no_flipped_bit_of_a_candidate_is_ever_served(client: TestClient, trained: Trained) -> None:
    """Alone, the runtime refuses one flip in a hundred, and some of the others change the label (R6)."""
    rng = random.Random(1)
    bring(client, trained)
    for _ in range(40):
        digest, data = rng.choice(sorted(trained.files.items()))
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        assert code(client.put(f"/v1/blobs/{digest}", content=bytes(flipped))) == (422, "artifact_digest_mismatch")
        cut = data[: rng.randrange(len(data))]
        assert code(client.put(f"/v1/blobs/{digest}", content=cut)) == (422, "artifact_digest_mismatch")
    assert stage(client, release(trained)).status_code == 201


def test_a_document_that_was_changed_in_the_database_is_not_served(live: Live, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
    db = Database(live.settings.database_url)
    with db.writing() as connection:
        document = connection.execute(releases.select()).mappings().one()["document"]
        forged = document.replace("Every hour.", "Never ever.")
        assert forged != document
        connection.execute(releases.update().values(document=forged))
    db.dispose()
    with live.open() as client:
        assert code(client.post(CLASSIFY, json={"text": "price"})) == (503, "release_unavailable")


def test_a_switch_that_dies_after_its_commit_is_taken_up(
    client: TestClient, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = release(trained), release(trained, flows=quay("Never."))
    publish(client, trained, old)
    stage(client, new)
    monkeypatch.setenv("GREENROOM_FAILPOINT", "live.activate.after_commit:1:raise")
    armed.cache_clear()
    try:
        assert activate(client, BOT, new.digest, old.digest, "two").status_code == 500
    finally:
        monkeypatch.undo()
        armed.cache_clear()
    assert activate(client, BOT, new.digest, old.digest, "two").json()["number"] == 2
    assert client.post(CLASSIFY, json={"text": "price"}).json()["release_digest"] == new.digest


def test_a_message_that_fails_before_its_commit_leaves_nothing_and_harms_nobody(
    client: TestClient, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(client, trained, release(trained))
    monkeypatch.setenv("GREENROOM_FAILPOINT", "live.message.before_commit:1:raise")
    armed.cache_clear()
    try:
        assert say(client, "?!", **{"Idempotency-Key": "1"}).status_code == 500
    finally:
        monkeypatch.undo()
        armed.cache_clear()
    assert client.get(f"/v1/bots/{BOT}/conversations/maud/messages").json()["items"] == []
    again = say(client, "?!", **{"Idempotency-Key": "1"})
    assert again.json()["replies"][0]["text"] == "Ahoy!"


def test_live_classifies_on_while_its_database_is_away(tmp_path: Path, trained: Trained, postgres_url: str) -> None:
    live = Live.at(tmp_path, postgres_url)
    with live.open() as client:
        publish(client, trained, release(trained))
        assert client.post(CLASSIFY, json={"text": "price"}).status_code == 200
        other = Database(postgres_url.rsplit("/", 1)[0] + "/postgres")
        name = postgres_url.rsplit("/", 1)[1]
        closing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        _let_in(other, name, False)
        with other.writing() as connection:
            connection.execute(text(closing), {"name": name})
        # Longer than a key is remembered without asking.
        for _ in range(15):
            assert client.post(CLASSIFY, json={"text": "price"}).status_code == 200
            time.sleep(0.1)
        assert code(say(client, "?!")) == (503, "store_unavailable")
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        _let_in(other, name, True)
        wait_for(lambda: say(client, "?!").status_code == 200, "the database is back")
        other.dispose()


def _let_in(server: Database, name: str, allowed: bool) -> None:
    with server.writing() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {str(allowed).lower()}'))


def test_nothing_half_written_is_left_by_a_refused_blob(live: Live, client: TestClient) -> None:
    client.put(f"/v1/blobs/{digest_of(b'lantern')}", content=b"lamtern")
    assert [path for path in live.artifacts.rglob("*") if path.is_file()] == []


def test_a_blob_that_finds_the_disk_full_is_refused_and_may_come_again(
    live: Live, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = f"/v1/blobs/{digest_of(b'lantern')}"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert code(client.put(path, content=b"lantern")) == (503, "store_unavailable")
    assert [path for path in live.artifacts.rglob("*") if path.is_file()] == []
    assert client.put(path, content=b"lantern").status_code == 201
