"""Trainings and publications as seen from the terminal."""

import json

import pytest

from cli.following import finish
from cli.outcome import INTERRUPTED, CommandError
from cli.peer import Peer

TRAINING = {"id": "train_1", "status": "running", "step": "encode", "percent": 10.0, "models": {}, "error": None}
TRAINED = {**TRAINING, "status": "succeeded", "percent": 100.0, "models": {"en": "sha256:aa"}}
MODEL = {"digest": "sha256:aa", "manifest": {"profile": "fast"}, "evaluation": {"accuracy": 0.9512}}
EVALUATION = {
    "change": {"accuracy_before": 0.9412, "accuracy_after": 0.9512, "within_chance": True},
    "advice": [{"kind": "move", "message": f"Thing {number} to mend.", "weight": 9 - number} for number in range(1, 6)],
}
PUBLISHED = {
    "id": "pub_1",
    "status": "live",
    "step": None,
    "percent": 100.0,
    "release": 7,
    "release_digest": "sha256:bb",
    "live_url": "http://live.example",
    "findings": [],
}


def test_training_tells_accuracy_profile_and_digest(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/railway/trainings", TRAINING, status=202)
    greenroom_api.on("GET /v1/trainings/train_1/events", [TRAINING, TRAINED])
    greenroom_api.on("GET /v1/bots/railway/models/sha256%3Aaa", MODEL)
    greenroom_api.on("GET /v1/bots/railway/evaluation", EVALUATION)
    ended = greenroom("train", "railway", "--language", "en")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "Trained (train_1).",
        "en: 95.1% right in cross-validation, +1.0 points since the training before, within what chance explains",
        "    profile fast, sha256:aa",
        "    1. Thing 1 to mend.",
        "    2. Thing 2 to mend.",
        "    3. Thing 3 to mend.",
        "More: greenroom evaluate railway",
    ]
    assert "Training: encode" in ended.err
    assert greenroom_api.asked[0].json == {"languages": ["en"]}


def test_a_job_without_events_is_asked_about(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/railway/trainings", TRAINING, status=202)
    greenroom_api.on("GET /v1/trainings/train_1", TRAINING, TRAINED)
    greenroom_api.on("GET /v1/bots/railway/models/sha256%3Aaa", MODEL)
    greenroom_api.on("GET /v1/bots/railway/evaluation", {**EVALUATION, "change": None, "advice": []})
    ended = greenroom("train", "railway", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["models"]["en"]["accuracy"] == 0.9512


def test_a_job_whose_events_break_off_is_asked_about(greenroom_api):
    greenroom_api.on("GET /v1/trainings/train_1/events", [TRAINING])
    greenroom_api.on("GET /v1/trainings/train_1", TRAINING, TRAINED)
    assert finish(Peer("draft", greenroom_api.url, None), "trainings", TRAINING, "Training") == TRAINED


def test_a_failed_training_says_why(greenroom, greenroom_api):
    failed = {**TRAINING, "status": "failed", "error": {"code": "too_few_intents", "detail": "One is not enough."}}
    greenroom_api.on("POST /v1/bots/railway/trainings", failed, status=202)
    ended = greenroom("train", "railway")
    assert ended.code == 1
    assert "too_few_intents: One is not enough." in ended.err


def test_ctrl_c_leaves_the_job_running_and_says_so(greenroom_api):
    class Impatient(Peer):
        def events(self, *_path):
            raise KeyboardInterrupt

    with pytest.raises(CommandError, match="train_1 goes on") as ended:
        finish(Impatient("draft", greenroom_api.url, None), "trainings", TRAINING, "Training")
    assert ended.value.exit_code == INTERRUPTED


def test_publishing_tells_the_release(greenroom, greenroom_api):
    running = {**PUBLISHED, "status": "running", "step": "copy", "percent": 30.0}
    greenroom_api.on("POST /v1/bots/railway/publications", running, status=202)
    greenroom_api.on("GET /v1/publications/pub_1/events", [running, PUBLISHED])
    ended = greenroom("publish", "railway", "--notes", "Dogs", "--train", "--accept", "live_drift")
    assert ended.code == 0
    assert "Release 7 is live: sha256:bb" in ended.out
    asked = greenroom_api.asked[0].json
    assert asked == {"mode": "full", "notes": "Dogs", "train": "if_needed", "accept": ["live_drift"]}


def test_nothing_to_publish_is_no_error(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/railway/publications", {**PUBLISHED, "id": None})
    ended = greenroom("publish", "railway")
    assert ended.code == 0
    assert "Nothing to do: release 7" in ended.out
