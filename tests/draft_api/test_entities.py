"""Entities over HTTP: written, refused, carried as CSV and in a bundle, told by classify and to the emulator."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import (
    assert_problem,
    draft_service,
    make_bot,
    make_trainable,
    nlp_status,
    train,
)

pytestmark = pytest.mark.usefixtures("trainings_here")

SOUPS = {"kind": "match", "values": [{"value": "miso"}, {"value": "chowder", "synonyms": ["clam chowder"]}]}


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One for all: documents are written to both kinds of database elsewhere."""
    with draft_service(tmp_path_factory.mktemp("kitchen")) as client:
        yield client


def cafe(draft: TestClient) -> str:
    return make_bot(draft, f"Café {uuid4()}")


def found(answer: Any) -> list[tuple[str, Any, int, int]]:
    return [(e["entity"], e["value"], e["start"], e["end"]) for e in answer["entities"]]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"kind": "match", "pattern": "(?=x)"}, "regex_invalid"),
        ({"kind": "match", "pattern": "x", "values": [{"value": "x"}]}, "invalid_entity"),
        ({"kind": "match", "values": [{"value": "miso"}, {"value": "Miso!"}]}, "duplicate_synonym"),
        ({"kind": "match", "values": [{"value": "…"}]}, "empty_text"),
        ({"kind": "system", "system": "date", "timezone": "Atlantis"}, "invalid_entity"),
        ({"kind": "system", "system": "weather"}, "invalid_request"),
        ({"kind": "match", "value": "miso"}, "unknown_field"),
        ({"kind": "match", "values": [{"value": "mi\u0000so"}]}, "invalid_text"),
    ],
)
def test_an_entity_that_makes_no_sense_is_refused(draft: TestClient, document: dict[str, Any], code: str) -> None:
    bot = cafe(draft)
    assert_problem(draft.put(f"{bot}/entities/soup", json=document), 422, code)
    assert draft.get(f"{bot}/entities").json()["items"] == []


def test_entities_are_told_alone_and_in_a_list_and_a_change_acts_at_once(draft: TestClient) -> None:
    bot = make_trainable(draft, f"Café {uuid4()}")
    assert draft.put(f"{bot}/entities/soup", json=SOUPS).status_code == 200
    assert draft.put(f"{bot}/entities/count", json={"kind": "system", "system": "number"}).status_code == 200
    assert train(draft, bot)["status"] == "succeeded"
    texts = ["is the MISO soup hot", "qwerty zxcv miso", "two clam chowders", "", "🍜 miso"]
    alone = [draft.post(f"{bot}/classify", json={"text": text}).json() for text in texts]
    assert [found(answer) for answer in alone] == [
        [("soup", "miso", 7, 11)],
        [("soup", "miso", 12, 16)],
        [("count", 2, 0, 3), ("soup", "chowder", 4, 17)],
        [],
        [("soup", "miso", 2, 6)],
    ]
    assert draft.post(f"{bot}/classify", json={"texts": texts}).json()["results"] == alone
    draft.put(f"{bot}/entities/soup", json={"kind": "match", "values": [{"value": "qwerty"}]})
    again = draft.post(f"{bot}/classify", json={"text": texts[1]}).json()
    assert found(again) == [("soup", "qwerty", 0, 6)]
    assert again["ranking"] == alone[1]["ranking"]
    assert nlp_status(draft, bot)["status"] == "stale"
    assert draft.post(f"{bot}/classify", json={"text": "qwerty " * 200}).json()["entities"] == []
    told = draft.post(f"{bot}/classify", json={"text": "a qwrety"}).json()["entities"]
    assert told == [{"entity": "soup", "value": "qwerty", "start": 2, "end": 8, "confidence": 1 - 1 / 6}]
    draft.patch(bot, json={"settings": {"entity_threshold": 0.9}})
    assert draft.post(f"{bot}/classify", json={"text": "a qwrety"}).json()["entities"] == []


def test_twenty_thousand_values_go_in_with_one_request(draft: TestClient) -> None:
    bot = cafe(draft)
    values = [{"value": f"harbour number {number}", "synonyms": [f"quay {number}"]} for number in range(20_000)]
    assert draft.put(f"{bot}/entities/harbour", json={"kind": "match", "values": values}).status_code == 200
    assert len(draft.get(f"{bot}/entities/harbour").json()["values"]) == 20_000


CSV = "value,synonyms\nmiso,味噌汁\nchowder,clam chowder,Fish soup\n"


def put_csv(draft: TestClient, path: str, body: str | bytes, kind: str = "text/csv") -> Any:
    return draft.put(path, content=body, headers={"Content-Type": kind})


def test_values_go_out_as_csv_and_come_in_again(draft: TestClient) -> None:
    path = f"{cafe(draft)}/entities/soup"
    assert put_csv(draft, f"{path}/values", CSV).json() == {"values": 2, "synonyms": 3}
    shown = draft.get(path).json()
    assert shown["values"][1] == {"value": "chowder", "synonyms": ["clam chowder", "Fish soup"]}
    written = draft.get(f"{path}/values")
    assert written.headers["content-type"] == "text/csv; charset=utf-8"
    assert written.text == CSV
    assert put_csv(draft, f"{path}/values", written.content).status_code == 200
    assert draft.get(path).json() == shown


def test_a_csv_keeps_what_else_is_said_of_the_entity(draft: TestClient) -> None:
    path = f"{cafe(draft)}/entities/soup"
    draft.put(path, json={**SOUPS, "fuzzy": False})
    put_csv(draft, f"{path}/values", 'value\n"=cmd()"\n"-1"\n')
    assert draft.get(path).json()["fuzzy"] is False
    assert [value["value"] for value in draft.get(path).json()["values"]] == ["=cmd()", "-1"]
    assert draft.get(f"{path}/values").text == "value,synonyms\n'=cmd()\n'-1\n"


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("", "malformed_header", 1), ("name,synonym\nmiso\n", "malformed_header", 1),
        ('value\nmiso\n"open', "malformed_line", 3), ("value\n,broth\n", "malformed_line", 2),
        (f"value\n{'x' * 201}\n", "malformed_line", 2), (b"value\n\xff\xfe\n", "invalid_text", None),
        ("value\nmiso\nMISO\n", "duplicate_synonym", None), ("value\n?!\n", "empty_text", None),
    ],
)  # fmt: skip
def test_a_csv_that_is_wrong_changes_nothing(draft: TestClient, body: str | bytes, code: str, line: int | None) -> None:
    path = f"{cafe(draft)}/entities/soup"
    draft.put(path, json=SOUPS)
    told = assert_problem(put_csv(draft, f"{path}/values", body), 422, code)
    assert told.get("line") == line
    assert draft.get(path).json() == {"name": "soup", **SOUPS}


def test_values_are_for_matched_entities_alone(draft: TestClient) -> None:
    path = f"{cafe(draft)}/entities/when"
    draft.put(path, json={"kind": "system", "system": "date"})
    assert_problem(put_csv(draft, f"{path}/values", CSV), 422, "invalid_entity")
    assert_problem(put_csv(draft, f"{path}/values", CSV, "application/json"), 415, "unsupported_media_type")
    assert_problem(draft.get(f"{path}x/values"), 404, "not_found")


def test_a_bundle_carries_entities_and_refuses_those_that_make_no_sense(draft: TestClient) -> None:
    bot = make_trainable(draft, f"Café {uuid4()}")
    draft.put(f"{bot}/entities/soup", json={**SOUPS, "fuzzy": False})
    draft.put(f"{bot}/entities/when", json={"kind": "system", "system": "date", "prefer": "past"})
    bundle = draft.get(f"{bot}/bundle").json()
    copied = {**bundle, "bot": {**bundle["bot"], "name": "Copy"}}
    copy = f"/v1/bots/{draft.post('/v1/bots/import', json=copied).json()['id']}"
    assert draft.get(f"{copy}/entities").json() == draft.get(f"{bot}/entities").json()
    assert nlp_status(draft, copy)["fingerprint"] == nlp_status(draft, bot)["fingerprint"]
    copied["bot"]["name"], copied["entities"]["soup"]["pattern"] = "Broken", "x"
    assert_problem(draft.post("/v1/bots/import", json=copied), 422, "invalid_entity")
    assert "Broken" not in draft.get("/v1/bots").text


@pytest.mark.parametrize(
    ("kind", "one", "other"), [("entities", SOUPS, {"kind": "match"}), ("variables", {}, {"default": 7})]
)
def test_nobody_overwrites_what_they_have_not_seen(draft: TestClient, kind: str, one: Any, other: Any) -> None:
    path = f"{cafe(draft)}/{kind}/soup"
    assert_problem(draft.put(path, json=one, headers={"If-Match": "*"}), 412, "precondition_failed")
    first = draft.put(path, json=one).headers["ETag"]
    assert draft.get(path).headers["ETag"] == first
    second = draft.put(path, json=other, headers={"If-Match": first}).headers["ETag"]
    assert second != first
    assert_problem(draft.put(path, json=one, headers={"If-Match": first}), 412, "precondition_failed")
    assert_problem(draft.delete(path, headers={"If-Match": first}), 412, "precondition_failed")
    assert draft.delete(path, headers={"If-Match": second}).status_code == 204


@pytest.mark.parametrize("kind", ["entities", "variables"])
def test_documents_are_listed_page_by_page(draft: TestClient, kind: str) -> None:
    bot = cafe(draft)
    for name in "cab":
        draft.put(f"{bot}/{kind}/{name}", json={"kind": "match"} if kind == "entities" else {})
    first = draft.get(f"{bot}/{kind}", params={"limit": 2}).json()
    rest = draft.get(f"{bot}/{kind}", params={"cursor": first["next"]}).json()
    assert [item["name"] for item in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    assert rest["next"] is None
