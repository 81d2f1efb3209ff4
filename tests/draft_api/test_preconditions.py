"""Nobody overwrites what they have not seen, and what was deleted comes back."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import assert_problem, make_bot, make_intent

BLOCK = {"id": "welcome", "kind": "message", "intent": "greet", "messages": [{"text": "Good evening."}]}
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "": ("PATCH", {"retention_days": 30}),
    "/intents/greet": ("PATCH", {"name": "welcome"}),
    "/flows/foyer": ("PUT", {"name": "Foyer"}),
    "/entities/seat": ("PUT", {"kind": "match", "values": [{"value": "stalls"}]}),
    "/variables/name": ("PUT", {"default": "Ann"}),
    "/cases/polite": ("PUT", {"text": "good evening", "intent": "greet"}),
}
DELETIONS = ("", "/intents/greet?unlink=true", *list(CHANGES)[2:])


@pytest.fixture
def globe(draft: TestClient) -> str:
    bot = make_bot(draft, "Globe")
    make_intent(draft, bot, "greet", "hello", "good evening")
    for path, body in (
        ("flows/foyer", {"name": "Entrance", "blocks": [BLOCK]}),
        ("entities/seat", {"kind": "match", "values": [{"value": "gallery"}]}),
        ("variables/name", {"default": ""}),
        ("cases/polite", {"text": "hello", "intent": "greet"}),
    ):
        assert draft.put(f"{bot}/{path}", json=body).status_code == 200
    return bot


@pytest.mark.parametrize("path", CHANGES)
def test_whoever_changes_a_thing_may_ask_that_nobody_did_meanwhile(draft: TestClient, globe: str, path: str) -> None:
    method, body = CHANGES[path]
    seen = {"If-Match": draft.get(f"{globe}{path}").headers["etag"]}
    late = draft.request(method, f"{globe}{path}", json=body, headers={"If-Match": '"nope"'})
    assert_problem(late, 412, "precondition_failed")
    changed = draft.request(method, f"{globe}{path}", json=body, headers=seen)
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] != seen["If-Match"]
    again = draft.request(method, f"{globe}{path.replace('greet', 'welcome')}", json=body, headers=seen)
    assert_problem(again, 412, "precondition_failed")


@pytest.mark.parametrize("path", DELETIONS)
def test_whoever_deletes_a_thing_may_ask_that_nobody_changed_it(draft: TestClient, globe: str, path: str) -> None:
    seen = {"If-Match": draft.get(f"{globe}{path}").headers["etag"]}
    assert_problem(draft.delete(f"{globe}{path}", headers={"If-Match": '"nope"'}), 412, "precondition_failed")
    assert draft.delete(f"{globe}{path}", headers=seen).status_code == 204


WRITES: dict[str, tuple[str, str, bytes, str]] = {
    "an expression more": (
        "/intents/greet", "expressions", b'{"expressions": [{"text": "good day"}]}', "application/json"),
    "an import": ("", "nlp/import", b"text,intent\nhi,greet\n", "text/csv"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "path", "body", "kind"), WRITES.values(), ids=WRITES)
def test_whoever_adds_to_a_thing_may_ask_that_nobody_changed_it(
    draft: TestClient, globe: str, place: str, path: str, body: bytes, kind: str
) -> None:
    def write(tag: str) -> Any:
        headers = {"Content-Type": kind, "If-Match": tag}
        return draft.post(f"{globe}{place}/{path}", content=body, headers=headers)

    seen = draft.get(f"{globe}{place}").headers["etag"]
    assert_problem(write('"nope"'), 412, "precondition_failed")
    assert write(seen).is_success
    assert_problem(write(seen), 412, "precondition_failed")


def test_an_expression_goes_and_a_snapshot_comes_back_only_where_nobody_changed_a_thing(
    draft: TestClient, globe: str
) -> None:
    made = draft.post(f"{globe}/intents", json={"name": "bye", "expressions": ["good night"]})
    assert made.headers["etag"] == draft.get(f"{globe}/intents/bye").headers["etag"]
    late, seen = {"If-Match": '"nope"'}, {"If-Match": made.headers["etag"]}
    place = f"{globe}/intents/bye/expressions"
    expression = f"{place}/{draft.get(place).json()['items'][0]['id']}"
    assert_problem(draft.delete(expression, headers=late), 412, "precondition_failed")
    assert draft.delete(expression, headers=seen).status_code == 204
    taken = draft.post(f"{globe}/snapshots").json()["id"]
    restore, bot = f"{globe}/snapshots/{taken}/restore", {"If-Match": draft.get(globe).headers["etag"]}
    assert_problem(draft.post(restore, headers=late), 412, "precondition_failed")
    assert draft.post(restore, headers=bot).status_code == 200
    assert_problem(draft.post(restore, headers=bot), 412, "precondition_failed")


def test_another_expression_makes_another_intent(draft: TestClient, globe: str) -> None:
    seen = {"If-Match": draft.get(f"{globe}/intents/greet").headers["etag"]}
    draft.post(f"{globe}/intents/greet/expressions", json={"expressions": [{"text": "hi there"}]})
    assert_problem(draft.delete(f"{globe}/intents/greet?unlink=true", headers=seen), 412, "precondition_failed")


def test_the_values_of_an_entity_are_those_that_were_seen(draft: TestClient, globe: str) -> None:
    path, csv = f"{globe}/entities/seat/values", {"Content-Type": "text/csv"}
    seen = draft.get(path).headers["etag"]
    assert seen == draft.get(f"{globe}/entities/seat").headers["etag"]
    write = {"content": b"value\nstalls\n", "headers": {**csv, "If-Match": seen}}
    assert draft.put(path, **write).status_code == 200  # type: ignore[arg-type]
    assert_problem(draft.put(path, **write), 412, "precondition_failed")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/intents/greet?unlink=true", "/flows/foyer", "/entities/seat", "/variables/name"])
def test_what_was_deleted_comes_back_from_the_snapshot_that_was_taken(draft: TestClient, globe: str, path: str) -> None:
    before = draft.get(f"{globe}/bundle").json()
    assert draft.delete(f"{globe}{path}").status_code == 204
    assert draft.get(f"{globe}/bundle").json() != before
    (taken,) = draft.get(f"{globe}/snapshots").json()["items"]
    assert taken["reason"].startswith("before deleting ")
    assert draft.post(f"{globe}/snapshots/{taken['id']}/restore").status_code == 200
    assert draft.get(f"{globe}/bundle").json() == before
    deleted = draft.get("/v1/audit", params={"limit": 2}).json()["items"][1]
    assert (deleted["action"].split("_")[1], deleted["detail"]["snapshot"]) == ("deleted", taken["id"])


def test_what_is_refused_takes_no_snapshot(draft: TestClient, globe: str) -> None:
    assert_problem(draft.delete(f"{globe}/intents/greet"), 409, "intent_in_use")
    assert draft.get(f"{globe}/snapshots").json()["items"] == []
