"""What a script can tell from the exit code, and a person from one line."""

import json

import pytest

from tests.cli.conftest import KEY

REFUSAL = {
    "code": "intents_removed",
    "severity": "blocker",
    "message": "Live has intents that draft lacks.",
    "subjects": [{"id": "int_1", "name": "lost umbrella", "blocks": ["umbrella_found"]}],
}


def test_success_is_0_and_the_key_is_shown(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots", {"items": [], "next": None})
    assert greenroom("bots").code == 0
    assert greenroom_api.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_problem_is_1_with_its_code_its_detail_and_what_to_do_next(greenroom, greenroom_api):
    greenroom_api.refuses("POST /v1/bots/Caf%C3%A9/classify", 404, "never_published", "Café was never published.")
    ended = greenroom("classify", "Café", "hello")
    assert ended.code == 1
    assert ended.out == ""
    assert "never_published: Café was never published." in ended.err
    assert "greenroom publish" in ended.err


def test_a_wrong_option_is_2(greenroom):
    assert greenroom("bots", "--nope").code == 2


def test_a_refused_publication_is_3_with_its_findings(greenroom, greenroom_api):
    request = "POST /v1/bots/railway/publications"
    greenroom_api.refuses(request, 422, "publication_refused", "No.", findings=[REFUSAL])
    ended = greenroom("publish", "railway", "--mode", "nlp")
    assert ended.code == 3
    assert "intents_removed" in ended.err
    assert "lost umbrella" in ended.err
    assert ended.err.count("--mode full") == 1


def test_a_publication_that_is_refused_on_its_way_is_3_too(greenroom, greenroom_api):
    job = {"id": "pub_1", "status": "running", "step": "check", "percent": 40.0, "findings": []}
    refused = {**job, "status": "refused", "findings": [REFUSAL]}
    greenroom_api.on("POST /v1/bots/railway/publications", job, status=202)
    greenroom_api.on("GET /v1/publications/pub_1/events", [job, refused])
    ended = greenroom("publish", "railway", "--json")
    assert ended.code == 3
    assert json.loads(ended.out)["findings"] == [REFUSAL]


@pytest.mark.parametrize("command", [["bots"], ["status", "railway"], ["classify", "railway", "hi"]])
def test_a_service_that_is_not_there_is_4(greenroom, monkeypatch, command):
    for service in ("DRAFT", "LIVE", "PUBLISHER"):
        monkeypatch.setenv(f"GREENROOM_{service}_URL", "http://127.0.0.1:1")
    ended = greenroom(*command)
    assert ended.code == 4
    assert "cannot be reached at http://127.0.0.1:1" in ended.err
    assert "greenroom up" in ended.err


def test_an_error_is_json_too_when_json_was_asked_for(greenroom, greenroom_api):
    greenroom_api.refuses("GET /v1/bots/atlantis/releases", 404, "not_found", "There is no bot 'atlantis'.")
    ended = greenroom("releases", "atlantis", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["code"] == "not_found"


def test_an_answer_that_is_no_problem_document_is_named_as_such(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots", "<html>Bad gateway</html>", status=502)
    ended = greenroom("bots")
    assert ended.code == 1
    assert "unexpected_answer: draft answered 502" in ended.err


@pytest.mark.parametrize(
    ("detail", "advice"),
    [
        ("draft: There is no bot 'atlantis'.", "greenroom bots lists the bots."),
        ("There is no plan 'plan_9'.", "greenroom plan atlantis"),
        ("The bot has no release 99.", "greenroom releases atlantis"),
    ],
)
def test_what_is_not_found_is_looked_for_where_its_kind_is_listed(greenroom, greenroom_api, detail, advice):
    greenroom_api.refuses("POST /v1/bots/atlantis/publications", 404, "not_found", detail)
    assert advice in greenroom("publish", "atlantis").err
