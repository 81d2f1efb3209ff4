"""kill -9 at every named point: each job ends by itself, live serves the old or the new release whole."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.journeys.ferry import CSV, FLOWS, MORE
from tests.journeys.theatre import Theatre, ok

pytestmark = pytest.mark.processes

PUBLISHER_POINTS = (
    "publish.train.before",
    "publish.blob.copied",
    "publish.staged",
    "publish.activate.before",
    "publish.activated",
)
LIVE_POINTS = ("live.blob.stored", "live.release.staged", "live.activate.before_commit", "live.activate.after_commit")
DRAFT_POINTS = ("training.child.before", "training.stored", "training.recorded")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path_factory.mktemp("kills")).open()
    yield theatre
    theatre.close()


@pytest.fixture
def theatre(opened: Theatre) -> Theatre:
    """Whatever the test before left dead is alive again."""
    opened.revive()
    return opened


@pytest.fixture
def bot(theatre: Theatre) -> str:
    """One of its own for each test, with words of its own: what live has already is not sent again."""
    name = f"Ferry {secrets.token_hex(4)}"
    made = theatre.make_bot(name, f"{CSV}\ndo you go by the name {name},ferry_times\n", FLOWS)
    assert theatre.train(made)["status"] == "succeeded"
    assert theatre.publish(made)["status"] == "live"
    theatre.add_expressions(made, f"{MORE}is it true that {name} never sinks,ferry_times\n")
    return made


def send(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    """The job that this starts may kill the service before the answer is out."""
    with suppress(httpx.TransportError):
        ok(client.post(path, json=body))


def releases_seen(theatre: Theatre, bot: str, stop: threading.Event, seen: list[tuple[int, str]]) -> None:
    """What a customer would meet meanwhile: connection refused while live is down, but never half a release."""
    with httpx.Client(base_url=str(theatre.live.base_url), headers=theatre.live.headers, timeout=10) as client:
        while not stop.is_set():
            try:
                answer = client.post(f"/v1/bots/{bot}/classify", json={"text": "when is the next ferry"})
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                seen.append((answer.json()["release"], answer.json()["release_digest"]))
            else:
                assert answer.status_code == 503, answer.text


@pytest.mark.parametrize("point", PUBLISHER_POINTS + LIVE_POINTS)
def test_a_publication_ends_by_itself_wherever_a_service_is_killed(theatre: Theatre, bot: str, point: str) -> None:
    service = "live" if point.startswith("live.") else "publisher"
    before = ok(theatre.live.get(f"/v1/bots/{bot}/release"))
    theatre.restart(service, failpoint=f"{point}:1:kill")
    stop, seen = threading.Event(), []
    watcher = threading.Thread(target=releases_seen, args=(theatre, bot, stop, seen))
    watcher.start()
    try:
        send(theatre.publisher, f"/v1/bots/{bot}/publications", {"mode": "full", "train": "if_needed"})
        theatre.wait_dead(service)
        theatre.start(service)
        started = ok(theatre.publisher.get(f"/v1/bots/{bot}/publications"))["items"][0]
        ended = theatre.publication(started["id"])
    finally:
        stop.set()
        watcher.join()
    assert ended["status"] == "live", ended
    assert ended["proof"]["digests_equal"]
    after = ok(theatre.live.get(f"/v1/bots/{bot}/release"))
    assert after["number"] == before["number"] + 1
    assert set(seen) <= {(before["number"], before["digest"]), (after["number"], after["digest"])}
    listed = ok(theatre.publisher.get(f"/v1/bots/{bot}/releases"))["items"]
    assert [row["number"] for row in listed] == [after["number"], before["number"]]


@pytest.mark.parametrize("point", DRAFT_POINTS)
def test_a_training_ends_by_itself_when_draft_is_killed(theatre: Theatre, bot: str, point: str) -> None:
    theatre.restart("draft", failpoint=f"{point}:1:kill")
    send(theatre.draft, f"/v1/bots/{bot}/trainings", {})
    theatre.wait_dead("draft")
    assert theatre.classify(bot, "when is the next ferry")["intent"]["name"] == "ferry_times"
    theatre.start("draft")
    started = ok(theatre.draft.get(f"/v1/bots/{bot}/trainings"))["items"][0]
    ended = theatre.follow("draft", f"/v1/trainings/{started['id']}", {"succeeded", "failed", "cancelled"})
    assert ended["status"] == "succeeded", ended
    status = ok(theatre.draft.get(f"/v1/bots/{bot}/nlp"))["languages"]["en"]
    assert status["status"] == "trained"
    assert status["model"] == ended["models"]["en"]


@pytest.mark.parametrize("point", ["live.message.before_commit", "live.message.after_commit"])
def test_a_message_is_answered_once_when_live_is_killed_over_it(theatre: Theatre, bot: str, point: str) -> None:
    theatre.restart("live", failpoint=f"{point}:1:kill")
    path, key = f"/v1/bots/{bot}/conversations/maud/messages", {"Idempotency-Key": "maud-1"}
    with pytest.raises(httpx.TransportError):
        theatre.live.post(path, json={"text": "when is the next ferry"}, headers=key)
    theatre.wait_dead("live")
    theatre.start("live")
    answer = ok(theatre.live.post(path, json={"text": "when is the next ferry"}, headers=key))
    assert [reply["text"] for reply in answer["replies"]] == ["Every hour."]
    history = ok(theatre.live.get(path))["items"]
    assert [item["text"] for item in history] == ["when is the next ferry"]


@pytest.mark.parametrize("point", ["inbox.fetched", "inbox.delivered"])
def test_messages_come_home_once_when_the_publisher_is_killed_over_them(theatre: Theatre, bot: str, point: str) -> None:
    path = f"/v1/bots/{bot}/conversations/maud/messages"
    for text in ("is there soup on board", "Is there soup on board?", "can i bring my goat"):
        ok(theatre.live.post(path, json={"text": text}))
    theatre.restart("publisher", failpoint=f"{point}:1:kill")
    started = ok(theatre.publisher.post(f"/v1/bots/{bot}/inbox-syncs", json={}))
    theatre.wait_dead("publisher")
    theatre.start("publisher")
    ended = theatre.follow("publisher", f"/v1/inbox-syncs/{started['id']}", {"succeeded", "failed"})
    assert ended["status"] == "succeeded", ended
    rows = ok(theatre.draft.get(f"/v1/bots/{bot}/inbox"))["items"]
    assert sorted((row["text"], row["count"]) for row in rows) == [
        ("can i bring my goat", 1),
        ("is there soup on board", 2),
    ]


@pytest.mark.parametrize("point", ["erasure.found", "erasure.live_erased", "erasure.draft_erased"])
def test_an_erasure_ends_by_itself_when_the_publisher_is_killed_over_it(theatre: Theatre, bot: str, point: str) -> None:
    path, who = f"/v1/bots/{bot}/conversations/maud/messages", f"maud-{secrets.token_hex(8)}"
    for text in ("is there soup on board", "can i bring my goat"):
        ok(theatre.live.post(path, json={"text": text, "user": who}))
    synced = ok(theatre.publisher.post(f"/v1/bots/{bot}/inbox-syncs", json={}))
    theatre.follow("publisher", f"/v1/inbox-syncs/{synced['id']}", {"succeeded"})
    theatre.restart("publisher", failpoint=f"{point}:1:kill")
    send(theatre.publisher, "/v1/erasures", {"bot": bot, "user": who})
    theatre.wait_dead("publisher")
    theatre.start("publisher")
    asked = ok(theatre.publisher.get(f"/v1/bots/{bot}/audit?action=erasure_asked"))["items"]
    ended = theatre.follow("publisher", f"/v1/erasures/{asked[0]['detail']['erasure']}", {"succeeded", "failed"})
    assert (len(asked), ended["status"]) == (1, "succeeded"), ended
    assert (ended["report"]["live"]["messages"], ended["report"]["draft"]["messages"]) == (2, 2)
    assert ok(theatre.live.get(path))["items"] == ok(theatre.draft.get(f"/v1/bots/{bot}/inbox"))["items"] == []
    assert [
        file.name for file in theatre.folder.rglob("*") if file.is_file() and who.encode() in file.read_bytes()
    ] == []


def test_a_rollback_ends_by_itself_when_the_publisher_is_killed_and_draft_is_gone(theatre: Theatre, bot: str) -> None:
    assert theatre.publish(bot, train="if_needed")["release"] == 2
    theatre.kill("draft")
    theatre.restart("publisher", failpoint="publish.activated:1:kill")
    body = {"mode": "rollback", "to_release": 1}
    started = ok(theatre.publisher.post(f"/v1/bots/{bot}/publications", json=body))
    theatre.wait_dead("publisher")
    theatre.start("publisher")
    ended = theatre.publication(started["id"])
    assert (ended["status"], ended["release"]) == ("live", 3)
    rows = ok(theatre.publisher.get(f"/v1/bots/{bot}/releases"))["items"]
    assert [(row["number"], row["rollback_of"]) for row in rows] == [(3, 1), (2, None), (1, None)]


@pytest.mark.parametrize("point", ["live.edit.before_commit", "live.edit.after_commit"])
def test_an_edit_of_live_is_there_whole_or_not_at_all(theatre: Theatre, bot: str, point: str) -> None:
    before = ok(theatre.live.get(f"/v1/bots/{bot}/release"))
    theatre.restart("live", failpoint=f"{point}:1:kill")
    blocks = [{**block, "messages": [{"text": "No boats tonight."}]} for block in FLOWS[0]["blocks"]]
    body, headers = {"name": "Quay", "blocks": blocks}, {"Live-Edit": "confirmed"}
    with pytest.raises(httpx.TransportError):
        theatre.live.put(f"/v1/bots/{bot}/flows/quay", json=body, headers=headers)
    theatre.wait_dead("live")
    theatre.start("live")
    after = ok(theatre.live.get(f"/v1/bots/{bot}/release"))
    made = point.endswith("after_commit")
    assert (after["number"], after["digest"] == before["digest"]) == ((2, False) if made else (1, True))
    rows = ok(theatre.publisher.get(f"/v1/bots/{bot}/releases"))["items"]
    assert rows[0]["digest"] == after["digest"], "the record follows live's own log"
    assert rows[0]["origin"] == ("live_edit" if made else "publication")
