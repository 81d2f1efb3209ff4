"""A training is expected: a process waits with its libraries loaded, and learns what it would have learnt without."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from services.draft_api import trainers as module
from services.draft_api.trainers import Child, Trainers, Watch
from shared.contracts import ModelManifest
from tests.draft_api.draft_service import make_bot, make_intent
from tests.draft_api.training.child import RAILWAY, source, train


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """Every process that is started."""
    children: list[Child] = []
    start = Trainers._start

    def watched(self: Trainers) -> Child:
        children.append(start(self))
        return children[-1]

    monkeypatch.setattr(Trainers, "_start", watched)
    return children


@pytest.fixture
def trainers(tmp_path: Path) -> Iterator[Trainers]:
    made = Trainers(tmp_path / "embeddings")
    yield made
    made.close()


def learnt(trainers: Trainers, folder: Path, *stored: str) -> ModelManifest:
    folder.mkdir()
    (folder / "source.json").write_text(json.dumps(source(RAILWAY)))
    with trainers.train(folder / "source.json", folder / "out", stored) as child:
        assert child.stdout
        steps = [orjson.loads(line) for line in child.stdout]
    assert steps[0]["step"] == "reading"
    assert (steps[-1]["step"], child.wait()) == ("done", 0)
    return ModelManifest.model_validate_json((folder / "out" / "manifest.json").read_bytes())


def test_the_one_that_waits_is_the_one_that_trains(trainers: Trainers, started: list[Child], tmp_path: Path) -> None:
    trainers.expect()
    trainers.expect()
    learnt(trainers, tmp_path / "monday")
    assert [child.returncode for child in started] == [0]


def test_what_it_learns_does_not_depend_on_whether_it_had_waited(trainers: Trainers, tmp_path: Path) -> None:
    at_once = learnt(trainers, tmp_path / "at once")
    trainers.expect()
    assert learnt(trainers, tmp_path / "expected") == at_once
    assert train(source(RAILWAY), tmp_path / "by hand").manifest == at_once


@pytest.mark.parametrize("expected", [True, False])
def test_a_file_that_is_stored_already_is_not_written_again(trainers: Trainers, tmp_path: Path, expected: bool) -> None:
    first = learnt(trainers, tmp_path / "monday")
    if expected:
        trainers.expect()
    stored = first.files[0]
    assert learnt(trainers, tmp_path / "tuesday", stored.digest) == first
    written = {path.name for path in (tmp_path / "tuesday" / "out" / "files").iterdir()}
    assert written == {file.name for file in first.all_files()} - {stored.name}


def test_one_that_died_while_it_waited_is_replaced(trainers: Trainers, started: list[Child], tmp_path: Path) -> None:
    trainers.expect()
    started[0].kill()
    started[0].wait()
    learnt(trainers, tmp_path / "monday")
    assert len(started) == 2


def test_it_goes_when_no_training_comes(
    trainers: Trainers, started: list[Child], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.1)
    trainers.expect()
    assert started[0].wait(30) < 0
    learnt(trainers, tmp_path / "monday")
    assert len(started) == 2


def test_one_that_trains_is_not_sent_away_for_having_waited(
    trainers: Trainers, started: list[Child], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.5)
    trainers.expect()
    # It is still loading its libraries: what it is told waits for it, until after its time to wait is over.
    began = time.monotonic()
    learnt(trainers, tmp_path / "monday")
    assert (len(started), time.monotonic() - began > 0.5) == (1, True)


def test_it_ends_with_whoever_started_it(trainers: Trainers, started: list[Child]) -> None:
    trainers.expect()
    assert started[0].stdin
    started[0].stdin.close()
    assert started[0].wait(60) == 0


def test_none_waits_after_the_end(trainers: Trainers, started: list[Child]) -> None:
    trainers.expect()
    trainers.close()
    trainers.expect()
    assert [child.wait(30) < 0 for child in started] == [True]


def test_whoever_changes_what_is_learnt_is_expected_to_train(draft: TestClient) -> None:
    bot = make_bot(draft)
    intent = make_intent(draft, bot, "soup", "what soup is there")
    place = f"{bot}/intents/{intent}/expressions"
    added = draft.post(place, json={"expressions": [{"text": "is the soup hot"}]}).json()["items"][0]
    draft.delete(f"{place}/{added['id']}")
    draft.post(f"{bot}/nlp/import", content="text,intent\nsoup please,soup\n", headers={"Content-Type": "text/csv"})
    bundle = draft.get(f"{bot}/bundle").json()
    bundle["bot"]["name"] = "Harbour Café by Night"
    assert draft.post("/v1/bots/import", json=bundle).status_code == 201
    changes = expected()
    assert changes == 5
    draft.get(place)
    draft.put(f"{bot}/flows/welcome", json={"name": "Welcome", "blocks": []})
    assert expected() == changes


def expected() -> int:
    count: int = Trainers.expect.call_count  # type: ignore[attr-defined]
    return count


def test_one_that_says_nothing_any_more_is_killed(trainers: Trainers, started: list[Child]) -> None:
    trainers.expect()
    watch = Watch(started[0], lambda: False, silence_seconds=60, first_word_seconds=0.5)
    started[0].send_signal(signal.SIGSTOP)
    assert started[0].wait(30) == -signal.SIGKILL
    watch.stop()
    assert (watch.silent, watch.cancelled) == (True, False)


def test_one_that_says_something_now_and_then_is_left_alone(trainers: Trainers, started: list[Child]) -> None:
    trainers.expect()
    watch = Watch(started[0], lambda: False, silence_seconds=60, first_word_seconds=60)
    for _ in range(5):
        time.sleep(0.1)
        watch.heard()
    watch.stop()
    assert (started[0].poll(), watch.silent, watch.spoke) == (None, False, True)
