"""From expressions to a model, and what can be done with it. Real trainings, of the fast profile."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.draft_api import training_job
from services.draft_api.trainers import Child, Trainers
from tests.draft_api.draft_service import (
    FERRY,
    SOUP,
    assert_problem,
    await_end,
    draft_service,
    make_bot,
    make_intent,
    make_key,
    make_trainable,
    nlp_status,
    train,
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A bot that only readers of this module share."""
    with draft_service(tmp_path_factory.mktemp("draft")) as client:
        bot = make_trainable(client, "Trained Once")
        assert train(client, bot)["status"] == "succeeded"
        yield client, bot


def test_a_language_goes_from_never_trained_to_trained_and_stale_and_back(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert (nlp_status(draft, bot)["status"], nlp_status(draft, bot)["model"]) == ("never_trained", None)
    done = train(draft, bot)
    assert (done["status"], done["percent"], done["error"]) == ("succeeded", 100.0, None)
    fresh = nlp_status(draft, bot)
    assert (fresh["status"], fresh["model"]) == ("trained", done["models"]["en"])
    assert fresh["trained_at"]

    place = f"{bot}/intents/soup/expressions"
    added = draft.post(place, json={"expressions": [{"text": "is there bread with the soup"}]}).json()["items"][0]
    stale = nlp_status(draft, bot)
    assert (stale["status"], stale["model"]) == ("stale", fresh["model"])
    assert draft.post(f"{bot}/classify", json={"text": FERRY[0]}).status_code == 200

    draft.delete(f"{place}/{added['id']}")
    assert nlp_status(draft, bot) == fresh


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"settings": {"margin": 0.3, "intent_threshold": 0.5}}, "trained"),
        ({"name": "Harbour Café by Night"}, "trained"),
        ({"settings": {"profile": "multilingual"}}, "stale"),
    ],
)
def test_only_what_training_reads_makes_a_model_stale(
    draft: TestClient, change: dict[str, Any], status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoder.json").write_text("{}")
    monkeypatch.setenv("GREENROOM_ENCODER_MULTILINGUAL", str(tmp_path))
    bot = make_trainable(draft)
    train(draft, bot)
    assert draft.patch(bot, json=change).status_code == 200
    assert nlp_status(draft, bot)["status"] == status


@pytest.mark.parametrize("profile", ["default", "accurate", "multilingual"])
def test_a_profile_whose_encoder_is_not_here_is_refused_when_it_is_asked_for(
    draft: TestClient, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = make_bot(draft, "Rialto")
    for suffix in ("", "_ACCURATE", "_MULTILINGUAL"):
        monkeypatch.setenv("GREENROOM_ENCODER" + suffix, str(tmp_path / "nowhere"))
    asked = {"settings": {"profile": profile}}
    for answer in (draft.post("/v1/bots", json={"name": "Babel", **asked}), draft.patch(bot, json=asked)):
        problem = assert_problem(answer, 422, "profile_unavailable")
        assert "greenroom encoder build" in problem["detail"]
    assert draft.get("/v1/bots/Babel").status_code == 404


def test_equal_nlp_gives_an_equal_model(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert train(draft, bot)["models"] == train(draft, bot)["models"]
    assert len(draft.get(f"{bot}/models").json()["items"]) == 1


def test_what_was_never_trained_does_not_classify(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert_problem(draft.post(f"{bot}/classify", json={"text": "soup"}), 409, "nlp_never_trained")


def test_a_bot_without_expressions_cannot_be_trained_and_says_why(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "silence")
    ended = train(draft, bot)
    assert ended["status"] == "failed"
    assert set(ended["error"]) == {"code", "detail"}
    assert ended["error"]["code"] != "training_crashed", ended
    state = nlp_status(draft, bot)
    assert (state["status"], state["model"]) == ("failed", None)
    assert state["error"].startswith(ended["error"]["code"])


def test_a_training_that_fails_leaves_the_model_of_the_one_before(draft: TestClient) -> None:
    bot = make_trainable(draft)
    train(draft, bot)
    before = nlp_status(draft, bot)["model"]
    for intent in ("soup", "ferry_times"):
        assert draft.delete(f"{bot}/intents/{intent}").status_code == 204
    assert train(draft, bot)["status"] == "failed"
    assert (nlp_status(draft, bot)["status"], nlp_status(draft, bot)["model"]) == ("failed", before)
    assert draft.post(f"{bot}/classify", json={"text": FERRY[0]}).status_code == 200


def test_a_language_that_cannot_be_learnt_keeps_none_of_the_others_from_it(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["en", "nl", "de"])
    for name, english, german in (("ferry_times", FERRY, "wann fährt die Fähre"), ("soup", SOUP, "ist die Suppe heiß")):
        intent = make_intent(draft, bot, name, *english)
        said = {"expressions": [{"text": german, "language": "de"}]}
        assert draft.post(f"{bot}/intents/{intent}/expressions", json=said).status_code == 201
    ended = train(draft, bot)
    why = "There are no expressions in 'nl' to learn from."
    assert (ended["status"], sorted(ended["models"])) == ("failed", ["de", "en"])
    assert ended["error"] == {"code": "no_expressions", "detail": f"nl: {why}"}
    states = {language: nlp_status(draft, bot, language) for language in ("en", "nl", "de")}
    assert {k: state["status"] for k, state in states.items()} == {"en": "trained", "nl": "failed", "de": "trained"}
    assert states["nl"]["error"] == f"no_expressions: {why}"
    assert (states["de"]["model"], states["de"]["error"]) == (ended["models"]["de"], None)


def test_one_training_of_a_bot_runs_at_a_time_and_can_be_cancelled(draft: TestClient) -> None:
    bot = make_trainable(draft)
    first = draft.post(f"{bot}/trainings", json={})
    assert first.status_code == 202
    assert first.headers["location"] == f"/v1/trainings/{first.json()['id']}"
    second = assert_problem(draft.post(f"{bot}/trainings", json={}), 409, "training_running")
    assert second["training"] == first.json()["id"]
    assert nlp_status(draft, bot)["status"] == "training"
    assert draft.post(f"/v1/trainings/{second['training']}/cancel").status_code == 200
    ended = await_end(draft, second["training"])
    assert ended["status"] == "cancelled"
    assert nlp_status(draft, bot)["status"] == "never_trained"
    assert train(draft, bot)["status"] == "succeeded"
    again = draft.post(f"/v1/trainings/{second['training']}/cancel").json()
    assert again["status"] == "cancelled"


def test_a_training_that_is_asked_for_twice_runs_once(draft: TestClient) -> None:
    bot, headers = make_trainable(draft), {"Idempotency-Key": "opening-night"}
    first = draft.post(f"{bot}/trainings", json={}, headers=headers).json()["id"]
    assert draft.post(f"{bot}/trainings", json={}, headers=headers).json()["id"] == first
    await_end(draft, first)
    late = draft.post(f"{bot}/trainings", json={}, headers=headers)
    assert (late.status_code, late.json()["id"], late.json()["status"]) == (202, first, "succeeded")
    other = draft.post(f"{bot}/trainings", json={"languages": ["en"]}, headers=headers)
    assert_problem(other, 422, "idempotency_key_reused")
    assert len(draft.get(f"{bot}/trainings").json()["items"]) == 1
    writer = make_key(draft, "draft:read", "draft:write")
    theirs = draft.post(f"{bot}/trainings", json={}, headers={**headers, **writer}).json()["id"]
    assert theirs != first
    await_end(draft, theirs)


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(draft: TestClient, key: str) -> None:
    answer = draft.post(f"{make_bot(draft)}/trainings", json={}, headers={"Idempotency-Key": key})
    assert_problem(answer, 422, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("languages", "code"), [(["fr"], "unknown_language"), ([], "invalid_request"), (["EN"], "invalid_request")]
)
def test_only_a_language_of_the_bot_is_trained(draft: TestClient, languages: list[str], code: str) -> None:
    answer = draft.post(f"{make_bot(draft)}/trainings", json={"languages": languages})
    assert_problem(answer, 422, code)


def test_a_language_named_twice_is_trained_once(draft: TestClient) -> None:
    assert train(draft, make_trainable(draft), languages=["en", "en"])["languages"] == ["en"]


def test_a_training_tells_how_it_goes_until_it_ends(draft: TestClient) -> None:
    bot = make_trainable(draft)
    training = draft.post(f"{bot}/trainings", json={}).json()["id"]
    with draft.stream("GET", f"/v1/trainings/{training}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["greenroom-environment"] == "draft"
        told = [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: ")]
    assert told[-1]["status"] == "succeeded"
    percents = [state["percent"] for state in told]
    assert percents == sorted(percents)
    assert_problem(draft.get("/v1/trainings/train_nothing/events"), 404, "not_found")


def test_a_training_of_another_bot_is_not_there(trained: tuple[TestClient, str]) -> None:
    client, bot = trained
    training = client.get(f"{bot}/trainings").json()["items"][0]["id"]
    elsewhere = make_bot(client, "Elsewhere").rsplit("/", 1)[1]
    key = make_key(client, "draft:read", "draft:write", bot=elsewhere)
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
        assert_problem(client.request(method, f"/v1/trainings/{training}{path}", headers=key), 404, "not_found")


def test_a_training_that_a_stopped_service_left_is_finished_by_the_next(tmp_path: Path) -> None:
    with draft_service(tmp_path) as draft:
        bot = make_trainable(draft)
        draft.app.state.desk.jobs.start = lambda _kind, _job: None  # type: ignore[attr-defined]
        training = draft.post(f"{bot}/trainings", json={}).json()["id"]
    with draft_service(tmp_path) as draft:
        assert await_end(draft, training)["status"] == "succeeded"


def test_a_model_shows_its_manifest_and_its_evaluation(trained: tuple[TestClient, str]) -> None:
    client, bot = trained
    listed = client.get(f"{bot}/models").json()["items"]
    detail = client.get(f"{bot}/models/{listed[0]['digest']}").json()
    assert detail["manifest"]["language"] == "en"
    assert set(detail["manifest"]["labels"]) == {row["id"] for row in client.get(f"{bot}/intents").json()["items"]}
    for file in detail["manifest"]["files"]:
        blob = client.get(f"/v1/blobs/{file['digest']}")
        assert len(blob.content) == file["size_bytes"]
    proof = client.get(f"{bot}/models/{listed[0]['digest']}/proof")
    assert proof.status_code == 200
    assert_problem(client.get(f"{bot}/models/sha256:{'0' * 64}"), 404, "not_found")


def test_a_key_for_one_bot_reads_what_its_own_models_are_made_of(trained: tuple[TestClient, str]) -> None:
    client, bot = trained
    model = client.get(f"{bot}/models").json()["items"][0]["digest"]
    file = client.get(f"{bot}/models/{model}").json()["manifest"]["files"][0]["digest"]
    own = make_key(client, "draft:read", bot=bot.rpartition("/")[2])
    other = make_key(client, "draft:read", bot=make_bot(client, "Other Quay").rpartition("/")[2])
    assert client.get(f"/v1/blobs/{file}", headers=own).status_code == 200
    assert_problem(client.get(f"/v1/blobs/{file}", headers=other), 404, "not_found")


def test_a_training_needs_nothing_to_be_said(draft: TestClient) -> None:
    asked = draft.post(f"{make_trainable(draft)}/trainings")
    assert (asked.status_code, asked.json()["languages"]) == (202, ["en"])


def test_a_blob_that_is_not_kept_is_not_found(trained: tuple[TestClient, str]) -> None:
    client, _ = trained
    assert_problem(client.get(f"/v1/blobs/sha256:{'0' * 64}"), 404, "artifact_missing")
    for odd in ("nothing", "sha256:XYZ", "sha256:" + "a" * 5000):
        assert_problem(client.get(f"/v1/blobs/{odd}"), 422, "invalid_digest")


def test_a_sentence_is_classified_as_live_would(trained: tuple[TestClient, str]) -> None:
    client, bot = trained
    found = client.post(f"{bot}/classify", json={"text": "When does the FERRY leave?"}).json()
    assert found["understood"]
    assert found["intent"]["name"] == "ferry_times"
    assert found["language"] == "en"
    assert found["ranking"][0]["id"] == found["intent"]["id"]


def test_several_sentences_are_answered_in_their_order(trained: tuple[TestClient, str]) -> None:
    client, bot = trained
    texts = ["soup of the day", "next boat please", "soup of the day"]
    results = client.post(f"{bot}/classify", json={"texts": texts}).json()["results"]
    assert [found["text"] for found in results] == texts
    assert [found["intent"]["name"] for found in results] == ["soup", "ferry_times", "soup"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"text": "a", "texts": ["b"]}, "invalid_request"),
        ({"texts": []}, "invalid_request"),
        ({"texts": ["x"] * 257}, "invalid_request"),
        ({"text": "soup", "language": "fr"}, "unknown_language"),
        ({"text": "soup", "temperature": 1}, "unknown_field"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    trained: tuple[TestClient, str], body: dict[str, Any], code: str
) -> None:
    client, bot = trained
    assert_problem(client.post(f"{bot}/classify", json=body), 422, code)


@pytest.mark.parametrize("text", ["", " ", "?!", "🍲🍲🍲", "a" + "\u0301" * 5000, "x" * 100_000, "\u202esoup", "\x07"])
def test_odd_sentences_are_answered(trained: tuple[TestClient, str], text: str) -> None:
    client, bot = trained
    assert client.post(f"{bot}/classify", json={"text": text}).status_code == 200
    assert client.post(f"{bot}/emulator", json={"text": text}).status_code == 200


def test_the_emulator_talks_as_the_bot_would(draft: TestClient) -> None:
    bot = make_trainable(draft)
    blocks = [
        {"id": "boat", "kind": "message", "intent": "ferry_times", "messages": [{"text": "At noon."}]},
        {"id": "what", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]},
    ]
    assert draft.put(f"{bot}/flows/pier", json={"name": "Pier", "blocks": blocks}).status_code == 200
    untrained = draft.post(f"{bot}/emulator", json={"text": FERRY[0]}).json()
    assert not untrained["understood"]
    train(draft, bot)
    answer = draft.post(f"{bot}/emulator", json={"text": FERRY[0]}).json()
    assert (answer["understood"], answer["block"]) == (True, "boat")
    assert [reply["text"] for reply in answer["replies"]] == ["At noon."]
    again = draft.post(f"{bot}/emulator", json={"text": FERRY[1], "conversation": answer["conversation"]}).json()
    assert again["conversation"] == answer["conversation"]
    assert draft.post(f"{bot}/emulator", json={"text": "x", "language": "fr"}).status_code == 422


def test_a_training_that_hangs_fails_and_holds_up_no_other_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Trainers._start

    def stopped(self: Trainers) -> Child:
        child = start(self)
        child.send_signal(signal.SIGSTOP)
        return child

    monkeypatch.setattr(Trainers, "_start", stopped)
    with draft_service(tmp_path, silence_seconds=0.6) as draft:
        bots = [make_bot(draft, name) for name in ("Kiosk", "Ferry")]
        for bot in bots:
            make_intent(draft, bot, "soup", "what soup is there")
        asked = [draft.post(f"{bot}/trainings", json={}).json()["id"] for bot in bots]
        for training in asked:
            ended = await_end(draft, training)
            assert (ended["status"], ended["error"]["code"]) == ("failed", "training_hung")
            assert "said nothing for 0.01 minutes" in ended["error"]["detail"]


def test_one_that_hangs_before_its_first_word_is_replaced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = Trainers._start, []

    def stopped_at_first(self: Trainers) -> Child:
        started.append(start(self))
        if len(started) == 1:
            started[0].send_signal(signal.SIGSTOP)
        return started[-1]

    monkeypatch.setattr(Trainers, "_start", stopped_at_first)
    monkeypatch.setattr(training_job, "FIRST_WORD_SECONDS", 0.5)
    with draft_service(tmp_path) as draft:
        bot = make_trainable(draft)
        assert train(draft, bot)["status"] == "succeeded"
    assert [child.returncode for child in started] == [-signal.SIGKILL, 0]
