"""Flows, entities and variables; what dangles is said and not refused."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import assert_problem, make_bot, make_intent


def block(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "message", "messages": [{"text": f"This is {name}."}], **more}


def put(draft: TestClient, bot: str, flow: str, *blocks: dict[str, Any], **headers: str) -> Any:
    return draft.put(f"{bot}/flows/{flow}", json={"name": flow.title(), "blocks": blocks}, headers=headers)


def test_a_flow_is_kept_as_it_was_written(draft: TestClient) -> None:
    bot = make_bot(draft)
    written = put(draft, bot, "foyer", block("welcome", next="stairs"), block("stairs"))
    assert written.status_code == 200
    shown = draft.get(f"{bot}/flows/foyer")
    assert shown.json() == written.json()
    assert shown.headers["etag"] == written.headers["etag"]
    assert [flow["id"] for flow in draft.get(f"{bot}/flows").json()["items"]] == ["foyer"]


def test_an_intent_is_written_by_name_and_kept_by_id(draft: TestClient) -> None:
    bot = make_bot(draft)
    intent = make_intent(draft, bot, "ask_way")
    by_name = put(draft, bot, "foyer", block("way", intent="ask_way")).json()
    by_id = put(draft, bot, "foyer", block("way", intent=intent)).json()
    assert by_name == by_id
    assert by_name["blocks"][0]["intent"] == intent


def test_an_unknown_intent_is_refused(draft: TestClient) -> None:
    bot = make_bot(draft)
    told = assert_problem(put(draft, bot, "foyer", block("way", intent="ask_weather")), 422, "unknown_intent")
    assert (told["block"], told["intent"]) == ("way", "ask_weather")


def test_a_jump_into_nothing_is_accepted_and_named(draft: TestClient) -> None:
    bot = make_bot(draft)
    assert put(draft, bot, "foyer", block("welcome", next="cellar")).status_code == 200
    findings = draft.get(f"{bot}/lint").json()["items"]
    first = draft.get(f"{bot}/lint?limit=1").json()
    rest = draft.get(f"{bot}/lint", params={"cursor": first["next"]}).json()
    assert first["items"] + rest["items"] == findings
    assert_problem(draft.get(f"{bot}/lint?limit=0"), 422, "invalid_request")
    dangling = [finding for finding in findings if finding["code"] == "dangling_reference"]
    assert "cellar" in str(dangling)
    put(draft, bot, "below", block("cellar"))
    assert "dangling_reference" not in draft.get(f"{bot}/lint").text


def test_a_block_id_names_one_block_of_the_bot(draft: TestClient) -> None:
    bot = make_bot(draft)
    put(draft, bot, "foyer", block("welcome"))
    told = assert_problem(put(draft, bot, "stage", block("welcome")), 409, "duplicate_block")
    assert told["flow"] == "foyer"
    assert put(draft, bot, "stage", block("a"), block("a")).status_code in {409, 422}
    assert put(draft, bot, "foyer", block("welcome")).status_code == 200


ODD_BLOCKS: list[Any] = [
    {}, {"id": "a"}, {"id": "a", "kind": "dance"}, {"kind": "message", "messages": [{"text": "x"}]},
    {"id": "a", "kind": "message", "messages": "hello"}, {"id": "a", "kind": "message", "messages": [{"text": 7}]},
    {"id": 7, "kind": "message", "messages": []}, {"id": "a", "kind": "message", "messages": [], "intent": 7},
    {"id": "a", "kind": "message", "messages": [], "intent": {"name": "x"}}, {"id": "", "kind": "message"},
    {"id": "a", "kind": "goto", "next": []}, {"id": "a", "kind": ["message"]}, {"id": "a", "kind": None},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_BLOCKS, ids=str)
def test_a_block_that_makes_no_sense_is_refused(draft: TestClient, odd: Any) -> None:
    assert_problem(put(draft, make_bot(draft), "foyer", odd), 422, "invalid_block")


def test_a_misspelt_field_of_a_block_is_pointed_at(draft: TestClient) -> None:
    told = assert_problem(put(draft, make_bot(draft), "foyer", block("a", colour="red")), 422, "unknown_field")
    assert told["errors"][0]["pointer"] == "/blocks/0/colour"


def test_nobody_overwrites_a_flow_that_they_have_not_seen(draft: TestClient) -> None:
    bot = make_bot(draft)
    seen = put(draft, bot, "foyer", block("one")).headers["etag"]
    assert put(draft, bot, "foyer", block("two"), **{"If-Match": seen}).status_code == 200
    assert_problem(put(draft, bot, "foyer", block("three"), **{"If-Match": seen}), 412, "precondition_failed")
    assert_problem(put(draft, bot, "attic", block("four"), **{"If-Match": "*"}), 412, "precondition_failed")


def test_a_deleted_flow_is_gone(draft: TestClient) -> None:
    bot = make_bot(draft)
    put(draft, bot, "foyer", block("one"))
    assert draft.delete(f"{bot}/flows/foyer").status_code == 204
    assert_problem(draft.get(f"{bot}/flows/foyer"), 404, "not_found")
    assert_problem(draft.delete(f"{bot}/flows/foyer"), 404, "not_found")


def test_the_schema_of_blocks_is_a_json_schema(draft: TestClient) -> None:
    schema = draft.get("/v1/schema/blocks").json()
    assert "message" in str(schema)
    assert {"properties", "$defs", "oneOf", "anyOf"} & schema.keys()


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("entities/animal", {"kind": "match", "values": [{"value": "dog", "synonyms": ["puppy"]}]}),
        ("entities/when", {"kind": "system", "system": "date"}),
        ("variables/seat", {"default": {"row": 7, "place": None}, "sensitive": True}),
    ],
)
def test_a_document_is_kept_under_its_name(draft: TestClient, path: str, document: dict[str, Any]) -> None:
    bot = make_bot(draft)
    noun, name = path.split("/")
    assert draft.put(f"{bot}/{path}", json=document).status_code == 200
    shown = draft.get(f"{bot}/{path}").json()
    assert shown["name"] == name
    assert document.items() <= shown.items()
    assert draft.get(f"{bot}/{noun}").json()["items"] == [shown]
    assert_problem(draft.put(f"{bot}/{path}", json={**document, "id": "x"}), 422, "unknown_field")
    assert draft.delete(f"{bot}/{path}").status_code == 204
    assert_problem(draft.get(f"{bot}/{path}"), 404, "not_found")
    assert_problem(draft.delete(f"{bot}/{path}"), 404, "not_found")
