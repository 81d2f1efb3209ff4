"""Live as a process: it says what it is, bounds what waits, and ends in good order."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from services.live_api.settings import LiveSettings, live_settings
from tests.live_api.theatre import (
    ADMIN,
    BOT,
    PEER,
    ROOT,
    SECRETS_KEY,
    Live,
    Trained,
    code,
    publish,
    release,
    say,
    wait_for,
)

CLASSIFY = f"/v1/bots/{BOT}/classify"


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live.at(tmp_path, f"sqlite:///{tmp_path}/live.db")


def test_everything_says_that_it_is_live(live: Live) -> None:
    with live.open() as client:
        for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/v1/bots", "/nowhere"):
            assert client.get(path).headers["Greenroom-Environment"] == "live", path
        page = client.get("/docs").text
        assert "LIVE" in page
        assert "#b3261e" in page, "the banner is red"
        assert "LIVE" in client.get("/openapi.json").json()["info"]["title"]


def test_a_preview_says_that_it_is_one_and_never_that_it_is_live(live: Live, trained: Trained) -> None:
    preview = Live(live.settings, live_settings({"GREENROOM_ENVIRONMENT": "preview"}))
    with preview.open() as client:
        publish(client, trained, release(trained))
        for path in ("/healthz", "/docs", "/nowhere", f"/v1/bots/{BOT}"):
            assert client.get(path).headers["Greenroom-Environment"] == "preview", path
        assert client.post(CLASSIFY, json={"text": "price"}).headers["Greenroom-Environment"] == "preview"
        page = client.get("/docs").text
        assert "PREVIEW · rehearsal with real channels" in page
        assert "#b3261e" not in page, "red is for live"
        assert client.get("/openapi.json").json()["info"]["title"] == "Greenroom PREVIEW"
        fixed = client.patch(f"/v1/bots/{BOT}/settings", json={"margin": 0.1}, headers={"Live-Edit": "confirmed"})
        assert "This changed PREVIEW" in fixed.headers["Warning"]


def test_an_environment_that_does_not_exist_is_refused_at_start(live: Live) -> None:
    with pytest.raises(ValueError, match="staging"):
        Live(live.settings, LiveSettings(environment="staging")).open()


def test_the_operations_are_documented_with_their_scope_and_an_example(live: Live) -> None:
    with live.open() as client:
        document = client.get("/openapi.json").json()
    classify = document["paths"]["/v1/bots/{bot}/classify"]["post"]
    assert "`live:classify`" in classify["description"]
    schema = classify["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert document["components"]["schemas"][schema]["examples"]
    undocumented = [
        f"{method} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "Scope: " not in operation.get("description", "")
    ]
    assert undocumented == []


def test_too_much_at_once_is_turned_away_and_what_was_taken_is_answered(live: Live, trained: Trained) -> None:
    small = Live(live.settings, LiveSettings(waiting_texts=300))
    with small.open() as client:
        publish(client, trained, release(trained))
        with ThreadPoolExecutor(16) as crowd:
            texts = {"texts": ["what time does the boat leave"] * 200}
            answers = list(crowd.map(lambda _: client.post(CLASSIFY, json=texts), range(32)))
        assert {answer.status_code for answer in answers} == {200, 503}
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert code(refused) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert client.post(CLASSIFY, json=texts).status_code == 200
        assert "greenroom_live_waiting_texts 0.0" in client.get("/metrics").text


def test_the_bounds_are_settings() -> None:
    given = live_settings({"GREENROOM_LIVE_WAITING_TEXTS": "7", "GREENROOM_LIVE_WAITING_WRITES": "9"})
    assert (given.waiting_texts, given.waiting_writes) == (7, 9)
    given = live_settings({"GREENROOM_LIVE_KEEP_RELEASES": "5", "GREENROOM_LIVE_KEEP_DAYS": "6"})
    assert (given.keep.activations, given.keep.days, given.keep.hours) == (5, 6, 24)


class Process:
    """`python -m services.live_api` on a port of its own."""

    def __init__(self, live: Live) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        environ = {**os.environ, "GREENROOM_DATA": str(live.settings.data)}
        environ |= {"GREENROOM_ADMIN_KEY": ADMIN, "GREENROOM_PEER_KEY": PEER, "GREENROOM_SECRETS_KEY": SECRETS_KEY}
        environ |= {"GREENROOM_LIVE_DATABASE_URL": live.settings.database_url}
        command = [sys.executable, "-m", "services.live_api", "--port", str(port)]
        self.child = subprocess.Popen(command, cwd=ROOT, env=environ)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30
        )
        wait_for(self.ready, "it is ready", 60)

    def ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            assert self.child.poll() is None
            return False


@pytest.fixture
def process(live: Live, trained: Trained) -> Iterator[Process]:
    with live.open() as client:
        publish(client, trained, release(trained))
    started = Process(live)
    yield started
    started.client.close()
    started.child.kill()
    started.child.wait()


@pytest.mark.processes
def test_a_process_that_is_told_to_end_answers_what_it_has_taken_and_ends_with_zero(
    process: Process, live: Live
) -> None:
    answers: list[int] = []

    def ask() -> None:
        texts = {"texts": ["what time does the boat leave " * 30] * 256}
        answers.append(process.client.post(CLASSIFY, json=texts).status_code)

    crowd = [threading.Thread(target=ask) for _ in range(3)]
    for one in crowd:
        one.start()
    wait_for(lambda: "waiting_texts 768.0" in process.client.get("/metrics").text, "all of them are being answered")
    process.child.send_signal(signal.SIGTERM)
    assert process.child.wait(10) == 0
    for one in crowd:
        one.join()
    assert answers == [200] * 3


@pytest.mark.processes
def test_what_was_answered_survives_a_kill(process: Process, live: Live) -> None:
    path = f"/v1/bots/{BOT}/conversations/maud/messages"
    said = [process.client.post(path, json={"text": f"?! {n}"}).json()["message_id"] for n in range(5)]
    before = process.client.post(CLASSIFY, json={"text": "price"}).content
    process.child.kill()
    process.child.wait()
    with live.open() as client:
        assert [item["message_id"] for item in client.get(path).json()["items"]] == said[::-1]
        assert client.post(CLASSIFY, json={"text": "price"}).content == before
        assert say(client, "?!").json()["replies"][0]["text"] == "Pardon?"


@pytest.mark.processes
@pytest.mark.parametrize("missing", ["GREENROOM_ADMIN_KEY", "GREENROOM_PEER_KEY"])
def test_a_process_without_its_keys_does_not_start(tmp_path: Path, missing: str) -> None:
    environ = {**os.environ, "GREENROOM_DATA": str(tmp_path), "GREENROOM_ADMIN_KEY": ADMIN, "GREENROOM_PEER_KEY": PEER}
    del environ[missing]
    done = subprocess.run(
        [sys.executable, "-m", "services.live_api"], cwd=ROOT, env=environ, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 78
    assert missing in done.stderr.decode()
