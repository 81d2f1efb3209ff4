"""A whole bot carried elsewhere and back; NLP in and out as files; what is destructive can be undone."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import FERRY, assert_problem, make_bot, make_intent, make_trainable, nlp_status

CSV, JSONL = {"Content-Type": "text/csv"}, {"Content-Type": "application/x-ndjson"}
YAML = {"Content-Type": "application/yaml"}


def furnished(draft: TestClient, name: str = "Harbour Café") -> str:
    bot = make_trainable(draft, name)
    draft.patch(bot, json={"languages": ["en", "de"], "settings": {"margin": 0.05}})
    draft.post(f"{bot}/intents/soup/expressions", json={"expressions": [{"text": "Gibt es Suppe?", "language": "de"}]})
    draft.put(f"{bot}/entities/soup", json={"kind": "match", "values": [{"value": "fish"}]})
    draft.put(f"{bot}/variables/table", json={"default": 7})
    blocks = [{"id": "menu", "kind": "message", "intent": "soup", "messages": [{"text": "Fish soup."}]}]
    assert draft.put(f"{bot}/flows/kitchen", json={"name": "Kitchen", "blocks": blocks}).status_code == 200
    return bot


def intents(draft: TestClient, bot: str) -> dict[str, str]:
    return {row["name"]: row["id"] for row in draft.get(f"{bot}/intents").json()["items"]}


def export(draft: TestClient, bot: str, format: str) -> bytes:
    content: bytes = draft.get(f"{bot}/nlp/export", params={"format": format}).content
    return content


@pytest.mark.parametrize(("format", "headers"), [("csv", CSV), ("jsonl", JSONL)])
def test_nlp_that_goes_out_and_comes_back_is_the_same(draft: TestClient, format: str, headers: dict[str, str]) -> None:
    bot = furnished(draft)
    make_intent(draft, bot, "formula", "=1+1", "'quoted", 'a, "b"', "café ☕")
    make_intent(draft, bot, "an idea")
    before, ids = draft.get(f"{bot}/nlp").json(), intents(draft, bot)
    file = export(draft, bot, format)
    merged = draft.post(f"{bot}/nlp/import", content=file, headers=headers).json()
    assert (merged["added"], merged["skipped"], merged["refused"]) == (0, 13, [])
    replaced = draft.post(f"{bot}/nlp/import", params={"mode": "replace"}, content=file, headers=headers).json()
    assert (replaced["added"], replaced["skipped"], replaced["refused"]) == (13, 0, [])
    assert intents(draft, bot) == ids
    assert draft.get(f"{bot}/nlp").json() == before


def test_good_lines_go_in_and_bad_ones_are_named(draft: TestClient) -> None:
    bot = make_trainable(draft)
    file = b"text,intent\nis the ferry late,ferry_times\nsoup of the day,ferry_times\n,soup\n"
    answer = draft.post(f"{bot}/nlp/import", content=file, headers=CSV).json()
    assert answer["added"] == 1
    assert [(row["line"], row["code"]) for row in answer["refused"]] == [(3, "duplicate_expression"), (4, "empty_text")]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data"])
def test_only_the_two_kinds_of_file_are_imported(draft: TestClient, kind: str) -> None:
    answer = draft.post(f"{make_bot(draft)}/nlp/import", content=b"x", headers={"Content-Type": kind})
    assert_problem(answer, 415, "unsupported_media_type")


def test_an_empty_file_changes_nothing(draft: TestClient) -> None:
    bot = make_trainable(draft)
    before = nlp_status(draft, bot)["fingerprint"]
    for headers in (CSV, JSONL):
        assert draft.post(f"{bot}/nlp/import", content=b"", headers=headers).json()["added"] == 0
    assert nlp_status(draft, bot)["fingerprint"] == before


UNREADABLE = {
    "nothing": (b"", CSV, "nothing_to_import"),
    "a header alone": (b"text,intent\n", CSV, "nothing_to_import"),
    "another list": (b"question|answer\nis there soup|yes\n", CSV, "malformed_header"),
    "no header": (b"is there soup,soup\n", CSV, "malformed_header"),
    "UTF-16": ("text,intent\nis there soup,soup\n".encode("utf-16"), CSV, "invalid_text"),
    "CSV as JSON Lines": (b"text,intent\nis there soup,soup\n", JSONL, "nothing_to_import"),
    "a page of a proxy": (b"<html>502</html>", CSV, "malformed_header"),
    "cut off": (b'text,intent\n"is ther', CSV, "nothing_to_import"),
    "YAML of another shape": (b"nlu: {a: 1}\n", YAML, "nothing_to_import"),
    "entities alone": (b"nlu:\n- {lookup: soup, examples: '- fish'}\n", YAML, "nothing_to_import"),
}


@pytest.mark.parametrize(("file", "headers", "code"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_replacement_by_nothing_that_can_be_read_takes_nothing_away(
    draft: TestClient, file: bytes, headers: dict[str, str], code: str
) -> None:
    bot = furnished(draft)
    before = draft.get(f"{bot}/bundle").json()
    answer = draft.post(f"{bot}/nlp/import?mode=replace&unlink=true", content=file, headers=headers)
    assert_problem(answer, 422, code)
    assert draft.get(f"{bot}/bundle").json() == before
    assert draft.get(f"{bot}/snapshots").json()["items"] == []


def test_a_replacement_of_which_no_line_is_good_names_them(draft: TestClient) -> None:
    bot = make_trainable(draft)
    answer = draft.post(f"{bot}/nlp/import?mode=replace", content=b"text,intent\n,soup\nhello,\n", headers=CSV)
    told = assert_problem(answer, 422, "nothing_to_import")
    assert [(line["line"], line["code"]) for line in told["refused"]] == [(2, "empty_text"), (3, "missing_intent")]
    merged = draft.post(f"{bot}/nlp/import", content=b"text,intent\n,soup\nhello,\n", headers=CSV)
    assert (merged.status_code, merged.json()["refused"]) == (200, told["refused"])


def test_an_export_asks_for_what_the_bot_has(draft: TestClient) -> None:
    bot = furnished(draft)
    where = f"{bot}/nlp/export"
    assert_problem(draft.get(where, params={"language": ["en", "xx"]}), 422, "unknown_language")
    assert_problem(draft.get(where, params={"intent": "nope"}), 404, "unknown_intent")
    german = draft.get(where, params={"language": "de", "intent": intents(draft, bot)["soup"]}).text
    assert german == "text,intent,language\nGibt es Suppe?,soup,de\n"


def test_more_intents_than_a_training_takes_are_told_when_they_come_in(draft: TestClient) -> None:
    bot = make_bot(draft)
    file = "text,intent\n" + "".join(f"question {n},answer {n}\n" for n in range(2001))
    first, last = file[: file.rindex("question")], "text,intent\none more,one more\n"
    where = f"{bot}/nlp/import"
    assert draft.post(where, content=first.encode(), headers=CSV).json()["warnings"] == []
    (warned,) = draft.post(where, content=last.encode(), headers=CSV).json()["warnings"]
    assert (warned["code"], "2001" in warned["detail"]) == ("too_many_intents", True)


def test_replacing_keeps_ids_and_its_snapshot_brings_back_what_was(draft: TestClient) -> None:
    bot = furnished(draft)
    before, ids = draft.get(f"{bot}/bundle").json(), intents(draft, bot)
    file = b"text,intent\nis there soup,soup\nwhere can I park,parking\n"
    replaced = draft.post(f"{bot}/nlp/import", params={"mode": "replace"}, content=file, headers=CSV).json()
    after = intents(draft, bot)
    assert set(after) == {"soup", "parking"}
    assert after["soup"] == ids["soup"]
    restored = draft.post(f"{bot}/snapshots/{replaced['snapshot']}/restore")
    assert restored.status_code == 200, restored.text
    assert draft.get(f"{bot}/bundle").json() == before
    draft.post(f"{bot}/snapshots/{restored.json()['snapshot']}/restore")
    assert intents(draft, bot) == after


def test_replacing_does_not_take_away_an_intent_in_use(draft: TestClient) -> None:
    bot = furnished(draft)
    before = draft.get(f"{bot}/bundle").json()
    file, where = b"text,intent\nwhen is the boat,ferry_times\n", f"{bot}/nlp/import?mode=replace"
    assert_problem(draft.post(where, content=file, headers=CSV), 409, "intent_in_use")
    assert draft.get(f"{bot}/bundle").json() == before
    assert draft.get(f"{bot}/snapshots").json()["items"] == []
    assert draft.post(f"{where}&unlink=true", content=file, headers=CSV).json()["added"] == 1
    assert "intent" not in draft.get(f"{bot}/flows/kitchen").json()["blocks"][0]


def test_a_bundle_makes_an_equal_bot(draft: TestClient) -> None:
    bot = furnished(draft)
    bundle = draft.get(f"{bot}/bundle").json()
    bundle["bot"]["name"] = "Harbour Café, second house"
    made = draft.post("/v1/bots/import", json=bundle)
    assert made.status_code == 201, made.text
    second = f"/v1/bots/{made.json()['id']}"
    assert draft.get(f"{second}/bundle").json() == bundle
    assert draft.get(f"{second}/nlp").json() == draft.get(f"{bot}/nlp").json()
    assert draft.get(f"{second}/flows").json() == draft.get(f"{bot}/flows").json()
    assert_problem(draft.post("/v1/bots/import", json=bundle), 409, "duplicate_bot")


def test_an_empty_bot_can_be_carried_too(draft: TestClient) -> None:
    bundle = draft.get(f"{make_bot(draft, 'Bare Stage')}/bundle").json()
    bundle["bot"]["name"] = "Another Bare Stage"
    assert draft.post("/v1/bots/import", json=bundle).status_code == 201


def test_a_bundle_may_have_more_keys_than_a_hand_written_document(draft: TestClient) -> None:
    many = [{"id": f"intent_{n}", "name": f"answer {n}", "expressions": {"en": [f"question {n}"]}} for n in range(3000)]
    bundle = {"format": "greenroom.bundle/1", "bot": {"name": "Encyclopaedia", "languages": ["en"]}, "intents": many}
    assert draft.post("/v1/bots/import", json=bundle).status_code == 201


def spoilt(**changes: Any) -> dict[str, Any]:
    intent = {"id": "intent_a", "name": "soup", "expressions": {"en": ["soup"]}}
    bot = {"name": "Spoilt", "languages": ["en"]}
    return {"format": "greenroom.bundle/1", "bot": bot, "intents": [intent], **changes}


BLOCK = {"id": "menu", "kind": "message", "messages": [{"text": "Soup."}]}
SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "other format": (spoilt(format="greenroom.bundle/9"), "invalid_request"),
    "unknown field": (spoilt(tenant="x"), "unknown_field"),
    "two of one id": (spoilt(intents=[{"id": "a", "name": "x"}, {"id": "a", "name": "y"}]), "duplicate_id"),
    "two of one name": (spoilt(intents=[{"id": "a", "name": "x"}, {"id": "b", "name": "x"}]), "duplicate_id"),
    "equal expressions": (
        spoilt(intents=[{"id": "a", "name": "x", "expressions": {"en": ["soup", "Soup!"]}}]), "duplicate_expression"),
    "language not spoken": (
        spoilt(intents=[{"id": "a", "name": "x", "expressions": {"de": ["Suppe"]}}]), "unknown_language"),
    "unknown intent": (
        spoilt(flows=[{"id": "f", "name": "F", "blocks": [{**BLOCK, "intent": "z"}]}]), "unknown_intent"),
    "two of one flow": (spoilt(flows=[{"id": "f", "name": "F"}, {"id": "f", "name": "G"}]), "duplicate_id"),
    "two of one block": (
        spoilt(flows=[{"id": f, "name": f, "blocks": [BLOCK]} for f in "fg"]), "duplicate_block"),
    "unprintable name": (spoilt(intents=[{"id": "a", "name": "so\tup"}]), "invalid_name"),
    "dots for an intent": (spoilt(intents=[{"id": "a", "name": ".."}]), "invalid_name"),
    "dots for an id": (spoilt(intents=[{"id": "..", "name": "x"}]), "invalid_name"),
    "dots for a flow": (spoilt(flows=[{"id": "..", "name": "F"}]), "invalid_name"),
    "dots for an entity": (spoilt(entities={".": {"kind": "match"}}), "invalid_name"),
    "dots in a variable": (spoilt(variables={"a/..": {}}), "invalid_name"),
    "dots for a case": (spoilt(cases={"..": {"text": "soup", "intent": "intent_a"}}), "invalid_name"),
    "two names but for a space": (
        spoilt(intents=[{"id": i, "name": name} for i, name in (("a", "x"), ("b", "x "))]), "duplicate_id"),
    "nothing to see": (spoilt(intents=[{"id": "a", "name": "x", "expressions": {"en": ["\u200b"]}}]), "empty_text"),
    "long name": (spoilt(entities={"x" * 201: {"kind": "match"}}), "invalid_request"),
    "long expression": (
        spoilt(intents=[{"id": "a", "name": "x", "expressions": {"en": ["x" * 1001]}}]), "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize(("bundle", "code"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_bundle_makes_no_bot(draft: TestClient, bundle: dict[str, Any], code: str) -> None:
    answer = draft.post("/v1/bots/import", json=bundle)
    assert_problem(answer, 409 if code.startswith("duplicate") and code != "duplicate_id" else 422, code)
    assert draft.get("/v1/bots").json()["items"] == []


def test_what_a_bundle_names_with_a_slash_is_reached_by_that_name(draft: TestClient) -> None:
    named = spoilt(
        flows=[{"id": "faq/price", "name": "Prices", "blocks": [BLOCK]}],
        entities={"menu/soup": {"kind": "match", "values": [{"value": "fish"}]}},
        variables={"guest/name": {}},
        cases={"faq/soup": {"text": "soup", "intent": "intent_a"}},
    )
    bot = f"/v1/bots/{draft.post('/v1/bots/import', json=named).json()['id']}"
    for path in ("flows/faq%2Fprice", "entities/menu%2Fsoup", "variables/guest%2Fname", "cases/faq%2Fsoup"):
        assert draft.get(f"{bot}/{path}").status_code == 200
        assert draft.delete(f"{bot}/{path}").status_code == 204


def test_a_case_names_an_intent_of_its_bundle_or_is_told(draft: TestClient) -> None:
    cases = {"known": {"text": "soup", "intent": "soup"}, "lost": {"steps": [{"text": "bread", "intent": "bread"}]}}
    made = draft.post("/v1/bots/import", json=spoilt(cases=cases))
    bot = f"/v1/bots/{made.json()['id']}"
    (warned,) = made.json()["warnings"]
    assert (warned["code"], "'lost' expects 'bread'" in warned["detail"]) == ("unknown_intent", True)
    assert draft.get(f"{bot}/cases/known").json()["case"] == {"text": "soup", "intent": "intent_a"} | {
        "steps": [], "language": None,
    }  # fmt: skip
    assert made.headers["ETag"] == draft.get(bot).headers["ETag"]


def test_a_snapshot_of_another_bot_restores_nothing(draft: TestClient) -> None:
    one, other = make_bot(draft, "One"), make_bot(draft, "Other")
    bare = draft.post(f"{other}/snapshots")
    assert (bare.status_code, bare.json()["reason"]) == (201, "taken by hand")
    taken = draft.post(f"{one}/snapshots", json={"reason": "before the premiere"}).json()
    assert draft.get(f"{one}/snapshots").json()["items"] == [taken]
    assert taken["reason"] == "before the premiere"
    assert_problem(draft.post(f"{other}/snapshots/{taken['id']}/restore"), 404, "not_found")


def test_what_the_publisher_reads_holds_no_expression(draft: TestClient) -> None:
    bot = furnished(draft)
    current = draft.get(f"{bot}/snapshots/current")
    assert current.status_code == 200
    assert not any(text in current.text for text in FERRY)
    assert current.json()["bot"]["name"] == "Harbour Café"
