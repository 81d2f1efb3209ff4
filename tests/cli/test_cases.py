"""Regression cases from the terminal."""

import json

FAILED = {
    "passed": 1, "failed": 1,
    "results": [
        {"case": "hello", "passed": True, "differences": []},
        {
            "case": "rye", "passed": False,
            "differences": [{"step": 2, "what": "replies", "expected": ["We do."], "found": ["Sorry."]}],
        },
    ],
}  # fmt: skip


def test_a_case_that_fails_is_shown_with_what_was_found_instead(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/cases/run", FAILED)
    ended = greenroom("cases", "bakery")
    assert ended.code == 3
    assert "1 passed, 1 failed." in ended.out
    assert "We do." in ended.out
    assert "Of 2 cases, 1 fails." in ended.err
    assert json.loads(greenroom("cases", "bakery", "--json").out) == FAILED


def test_cases_that_pass_end_well(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/cases/run", {"passed": 2, "failed": 0, "results": []})
    ended = greenroom("cases", "bakery")
    assert (ended.code, ended.out) == (0, "2 passed, 0 failed.\n")


def test_cases_are_added_and_removed(greenroom, greenroom_api):
    greenroom_api.on("PUT /v1/bots/bakery/cases/rye%3F", {"name": "rye?"})
    greenroom_api.on("PUT /v1/bots/bakery/cases/hi", {"name": "hi"})
    greenroom_api.on("DELETE /v1/bots/bakery/cases/hi", {})
    greenroom("cases", "bakery", "--add", "rye?", "--intent", "bread")
    greenroom("cases", "bakery", "--add", "hello", "--reply", "Good morning!", "--name", "hi")
    assert greenroom("cases", "bakery", "--remove", "hi").out == "Removed 'hi'.\n"
    assert [asked.json for asked in greenroom_api.asked[:2]] == [
        {"text": "rye?", "intent": "bread"},
        {"steps": [{"text": "hello", "replies": ["Good morning!"]}]},
    ]
    assert greenroom("cases", "bakery", "--intent", "bread").code == 2
