"""A switch under load: every request is answered, each by one whole release."""

import threading
from itertools import pairwise

from fastapi.testclient import TestClient

from shared.contracts import BotSettings
from tests.live_api.theatre import BOT, Trained, publish, release

PATH = f"/v1/bots/{BOT}/classify"


def test_every_answer_during_fifty_switches_comes_from_one_whole_release(client: TestClient, trained: Trained) -> None:
    """The model, the thresholds and the digest of an answer belong together, and none fails (P13, R1)."""
    releases = [release(trained, settings=BotSettings(max_message_length=1 + n)) for n in range(51)]
    publish(client, trained, releases[0])
    known = {candidate.digest: candidate.settings.max_message_length for candidate in releases}
    stop = threading.Event()
    wrong: list[str] = []
    seen: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            response = client.post(PATH, json={"texts": ["x" * n for n in range(1, 52)]})
            answer = response.json()
            unread = sum(one["reason"] == "message_too_long" for one in answer.get("results", ()))
            if response.status_code != 200 or 51 - unread != known[answer["release_digest"]]:
                wrong.append(response.text)
                return
            seen.append(answer["release"])

    crowd = [threading.Thread(target=ask) for _ in range(4)]
    for one in crowd:
        one.start()
    for before, after in pairwise(releases):
        publish(client, None, after, before.digest)
    stop.set()
    for one in crowd:
        one.join()
    assert not wrong
    assert len(set(seen)) > 3
