"""What must stay understood, and how a conversation must go (P16), tried in draft."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import FERRY, assert_problem, draft_service, make_bot, make_trainable, train

pytestmark = pytest.mark.usefixtures("trainings_here")

NIGHT = {"text": "when does the ferry leave", "intent": "ferry_times"}
TALK = {"steps": [{"text": FERRY[0], "intent": "ferry_times", "replies": ["Every hour."]}, {"text": "soup of the day"}]}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    with draft_service(tmp_path_factory.mktemp("cases")) as draft:
        bot = make_trainable(draft)
        block = {"id": "ferry", "kind": "message", "messages": [{"text": "Every hour."}], "intent": "ferry_times"}
        assert draft.put(f"{bot}/flows/quay", json={"name": "Quay", "blocks": [block]}).status_code == 200
        train(draft, bot)
        yield draft, bot


def put(draft: TestClient, bot: str, name: str, case: dict[str, Any]) -> dict[str, Any]:
    answer = draft.put(f"{bot}/cases/{name}", json=case)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def run(draft: TestClient, bot: str) -> dict[str, Any]:
    found: dict[str, Any] = draft.post(f"{bot}/cases/run").json()
    return found


def test_cases_pass_until_the_bot_says_something_else(harbour: tuple[TestClient, str]) -> None:
    draft, bot = harbour
    kept = put(draft, bot, "night ferry", NIGHT)
    assert kept["case"]["intent"].startswith("int")
    put(draft, bot, "talk", TALK)
    put(draft, bot, "stranger", {"text": "qwzx vbnm", "intent": None})
    found = run(draft, bot)
    assert (found["passed"], found["failed"]) == (3, 0), found
    block = {"id": "ferry", "kind": "message", "messages": [{"text": "Twice a day."}], "intent": "ferry_times"}
    draft.put(f"{bot}/flows/quay", json={"name": "Quay", "blocks": [block]})
    put(draft, bot, "night ferry", {"text": "soup of the day", "intent": "ferry_times"})
    failed = [result for result in run(draft, bot)["results"] if not result["passed"]]
    assert [(result["case"], result["differences"]) for result in failed] == [
        ("night ferry", [{"step": None, "what": "intent", "expected": "ferry_times", "found": "soup"}]),
        ("talk", [{"step": 1, "what": "replies", "expected": ["Every hour."], "found": ["Twice a day."]}]),
    ]


def test_cases_are_listed_shown_and_removed(harbour: tuple[TestClient, str]) -> None:
    draft, _ = harbour
    bot = make_bot(draft, "Dry Dock")
    made = put(draft, bot, "b", {"text": "hm", "intent": None, "language": "en"})
    put(draft, bot, "a", {"steps": [{"text": "hello", "replies": []}]})
    assert [item["name"] for item in draft.get(f"{bot}/cases").json()["items"]] == ["a", "b"]
    assert draft.get(f"{bot}/cases/b").json() == made
    assert draft.delete(f"{bot}/cases/b").status_code == 204
    assert_problem(draft.get(f"{bot}/cases/b"), 404, "not_found")
    assert_problem(draft.delete(f"{bot}/cases/b"), 404, "not_found")
    assert_problem(draft.post(f"{bot}/cases/run"), 409, "nlp_never_trained")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({}, "invalid_request"),
        ({"text": "hello"}, "invalid_request"),
        ({"text": "hello", "intent": None, "steps": [{"text": "hello"}]}, "invalid_request"),
        ({"steps": []}, "invalid_request"),
        ({"steps": [{"text": "hello"}], "intent": "soup"}, "invalid_request"),
        ({"steps": [{"text": "hello"}] * 51}, "invalid_request"),
        ({"text": "", "intent": None}, "invalid_request"),
        ({"steps": [{"text": "hello", "reply": "hi"}]}, "unknown_field"),
        ({"text": "hello", "intent": "pudding"}, "unknown_intent"),
        ({"steps": [{"text": "hello", "intent": "pudding"}]}, "unknown_intent"),
        ({"text": "hello", "intent": None, "language": "nl"}, "unknown_language"),
    ],
)
def test_a_case_that_makes_no_sense_is_refused(harbour: tuple[TestClient, str], bad: Any, code: str) -> None:
    draft, bot = harbour
    assert_problem(draft.put(f"{bot}/cases/odd", json=bad), 422, code)


def test_a_case_of_a_language_that_the_bot_no_longer_speaks_fails(harbour: tuple[TestClient, str]) -> None:
    draft, bot = harbour
    draft.patch(bot, json={"languages": ["en", "nl"]})
    put(draft, bot, "dutch", {"text": "hallo", "intent": None, "language": "nl"})
    draft.patch(bot, json={"languages": ["en"]})
    (failed,) = [result for result in run(draft, bot)["results"] if result["case"] == "dutch"]
    assert [difference["what"] for difference in failed["differences"]] == ["language"]
    assert draft.delete(f"{bot}/cases/dutch").status_code == 204


def test_cases_go_with_a_bundle_and_stay_where_a_bundle_says_nothing_of_them(harbour: tuple[TestClient, str]) -> None:
    draft, bot = harbour
    bundle = draft.get(f"{bot}/bundle").json()
    bundle["bot"]["name"] = "Second Harbour"
    copy = f"/v1/bots/{draft.post('/v1/bots/import', json=bundle).json()['id']}"
    assert draft.get(f"{copy}/cases").json() == draft.get(f"{bot}/cases").json()
    snapshot = draft.post(f"{copy}/snapshots", json={}).json()["id"]
    draft.delete(f"{copy}/cases/talk")
    assert draft.post(f"{copy}/snapshots/{snapshot}/restore").status_code == 200
    assert draft.get(f"{copy}/cases").json() == draft.get(f"{bot}/cases").json()


def test_cases_are_listed_page_by_page(draft: TestClient) -> None:
    bot = make_trainable(draft)
    for name in ("a", "b", "c"):
        put(draft, bot, name, NIGHT)
    first = draft.get(f"{bot}/cases?limit=2").json()
    assert [item["name"] for item in first["items"]] == ["a", "b"]
    rest = draft.get(f"{bot}/cases", params={"cursor": first["next"]}).json()
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["c"], None)
    assert_problem(draft.get(f"{bot}/cases?limit=0"), 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b'{"x": 1}', 422, "unknown_field"), (b"{bad", 400, "malformed_json"), (b"[]", 422, "invalid_request")],
)
def test_what_has_nothing_to_be_told_takes_no_body_but_an_empty_one(
    harbour: tuple[TestClient, str], body: bytes, status: int, code: str
) -> None:
    draft, bot = harbour
    said = {"content": body, "headers": {"Content-Type": "application/json"}}
    assert_problem(draft.post(f"{bot}/cases/run", **said), status, code)  # type: ignore[arg-type]
    assert draft.post(f"{bot}/cases/run", json={}).status_code == 200
