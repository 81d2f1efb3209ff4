"""A person's data from the command line: told as JSON, erased when that is meant, with what is left to decide."""

import json

from cli.outcome import USAGE

REPORT = {
    "live": {"conversations": 2, "messages": 3},
    "preview": None,
    "draft": {"messages": 1},
    "expressions": [{"id": "expr_1", "intent": "int_times", "language": "en"}],
    "trained_on_erased": ["sha256:abc"],
}
DONE = {"id": "era_1", "status": "succeeded", "step": "done", "percent": 100, "report": REPORT, "error": None}


def test_what_is_known_is_told_as_json(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/exports", {"user": "maud", "live": {"conversations": []}})
    ended = greenroom("person", "export", "bakery", "maud")
    assert json.loads(ended.out)["user"] == "maud"
    assert greenroom_api.asked[0].json == {"bot": "bakery", "user": "maud"}


def test_an_erasure_is_waited_for_and_says_what_is_left_to_decide(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/erasures", {**DONE, "status": "running", "step": "finding", "report": None})
    greenroom_api.on("GET /v1/erasures/era_1/events", [DONE])
    ended = greenroom("person", "erase", "bakery", "maud", "--yes")
    assert ended.code == 0
    assert "live: 3 messages in 2 conversations" in ended.out
    assert "expr_1 (en) of intent int_times" in ended.out
    assert "sha256:abc" in ended.out
    assert "preview" not in ended.out


def test_an_erasure_that_failed_is_an_error(greenroom, greenroom_api):
    why = {"code": "internal", "detail": "KeyError"}
    greenroom_api.on("POST /v1/erasures", {**DONE, "status": "failed", "error": why, "report": None})
    ended = greenroom("person", "erase", "bakery", "maud", "--yes")
    assert ended.code == 1
    assert "internal: KeyError" in ended.err


def test_nobody_is_erased_without_being_asked(greenroom, greenroom_api):
    assert greenroom("person", "erase", "bakery", "maud").code == USAGE
    assert greenroom_api.asked == []
