"""Bots, intents and expressions over HTTP."""

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import assert_problem, make_bot, make_intent

TICKETS = {"id": "tickets", "kind": "message", "messages": [{"text": "Two for Hamlet."}]}


def write_flow(draft: TestClient, bot: str, intent: str, flow: str = "box_office") -> None:
    body = {"name": "Box office", "blocks": [{**TICKETS, "intent": intent}]}
    answer = draft.put(f"{bot}/flows/{flow}", json=body)
    assert answer.status_code == 200, answer.text


def test_a_bot_is_found_by_its_id_and_its_name(draft: TestClient) -> None:
    bot = make_bot(draft, "Harbour Café", languages=["en", "de", "en"])
    shown = draft.get("/v1/bots/Harbour Café").json()
    assert shown == draft.get(bot).json()
    assert shown["languages"] == ["en", "de"]
    assert shown["settings"]["profile"] == "fast"
    assert shown["created_at"].endswith(("Z", "+00:00"))


def test_a_name_names_one_bot(draft: TestClient) -> None:
    make_bot(draft, "Globe")
    other = make_bot(draft, "Rose")
    assert_problem(draft.post("/v1/bots", json={"name": "Globe"}), 409, "duplicate_bot")
    assert_problem(draft.patch(other, json={"name": "Globe"}), 409, "duplicate_bot")
    assert draft.patch(other, json={"name": "Rose"}).status_code == 200


@pytest.mark.parametrize(
    "name", [" ", "Globe\nTheatre", "Globe\u202eeht", "..", "a/../b", "bot_nsqlv4vjs3kbvbjjpwwmkrk2ge"]
)
def test_a_name_can_be_read_and_reached_and_is_no_id(draft: TestClient, name: str) -> None:
    assert_problem(draft.post("/v1/bots", json={"name": name}), 422, "invalid_name")
    bot = make_bot(draft, "Globe")
    assert_problem(draft.patch(bot, json={"name": name}), 422, "invalid_name")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "settings": {"volume": 11}}, "unknown_field"),
        ({"name": "x", "settings": {"margin": 2}}, "invalid_settings"),
        ({"name": "x", "settings": {"scope_threshold": {}}}, "invalid_settings"),
        ({"name": "x", "languages": []}, "invalid_request"),
        ({"name": "x", "languages": ["English"]}, "invalid_request"),
        ({"name": "x" * 201}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_a_bot_that_makes_no_sense_is_refused(draft: TestClient, body: dict[str, object], code: str) -> None:
    assert_problem(draft.post("/v1/bots", json=body), 422, code)


def test_settings_change_one_by_one(draft: TestClient) -> None:
    bot = make_bot(draft)
    draft.patch(bot, json={"settings": {"margin": 0.1}})
    changed = draft.patch(bot, json={"settings": {"intent_threshold": 0.4}}).json()["settings"]
    assert (changed["margin"], changed["intent_threshold"], changed["profile"]) == (0.1, 0.4, "fast")


def test_whoever_has_read_the_bot_as_it_is_is_not_told_again(draft: TestClient) -> None:
    """A publication asks three times; whatever changes in between is seen."""
    bot = make_bot(draft)
    intent = make_intent(draft, bot, "book")
    changes = (
        lambda: draft.patch(bot, json={"settings": {"margin": 0.1}}),
        lambda: draft.patch(bot, json={"name": "Old Vic"}),
        lambda: write_flow(draft, bot, intent),
        lambda: draft.post(f"{bot}/intents/{intent}/expressions", json={"expressions": [{"text": "two seats please"}]}),
        lambda: draft.delete(f"{bot}/flows/box_office"),
        lambda: draft.delete(f"{bot}/intents/{intent}"),
    )
    seen = set[str]()
    for change in changes:
        tag = draft.get(f"{bot}/snapshots/current").headers["ETag"]
        again = draft.get(f"{bot}/snapshots/current", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        change()
        assert draft.get(f"{bot}/snapshots/current", headers={"If-None-Match": tag}).status_code == 200
        seen.add(tag)
    assert len(seen) == len(changes)


def test_nobody_overwrites_a_bot_that_they_have_not_seen(draft: TestClient) -> None:
    bot = make_bot(draft)
    seen = draft.get(bot).headers["etag"]
    assert draft.patch(bot, json={"name": "First"}, headers={"If-Match": seen}).status_code == 200
    late = draft.patch(bot, json={"name": "Second"}, headers={"If-Match": seen})
    assert_problem(late, 412, "precondition_failed")
    assert draft.get(bot).json()["name"] == "First"


def test_a_deleted_bot_is_gone_with_all_it_had(draft: TestClient) -> None:
    bot = make_bot(draft)
    write_flow(draft, bot, make_intent(draft, bot, "buy", "two tickets"))
    assert draft.delete(bot).status_code == 204
    for path in ("", "/intents", "/flows", "/nlp", "/bundle", "/inbox", "/trainings", "/models", "/snapshots"):
        assert_problem(draft.get(bot + path), 404, "not_found")


def test_renaming_an_intent_breaks_nothing(draft: TestClient) -> None:
    bot = make_bot(draft)
    intent = make_intent(draft, bot, "buy", "two tickets", "a seat in the stalls")
    write_flow(draft, bot, "buy")
    renamed = draft.patch(f"{bot}/intents/buy", json={"name": "buy_tickets"})
    assert renamed.json() == {"id": intent, "name": "buy_tickets", "expression_count": 2}
    assert draft.get(f"{bot}/flows/box_office").json()["blocks"][0]["intent"] == intent
    assert_problem(draft.get(f"{bot}/intents/buy"), 404, "unknown_intent")


def test_two_intents_never_share_a_name(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy")
    make_intent(draft, bot, "sell")
    assert_problem(draft.post(f"{bot}/intents", json={"name": "buy"}), 409, "duplicate_intent")
    assert_problem(draft.patch(f"{bot}/intents/sell", json={"name": "buy"}), 409, "duplicate_intent")


@pytest.mark.parametrize("name", ["tab\tname", "a\u2028b", "\u200b", "\u202eabc", "  ", "\n", ".", "..", "a/.."])
def test_an_intent_has_a_name_that_can_be_printed(draft: TestClient, name: str) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy")
    assert_problem(draft.post(f"{bot}/intents", json={"name": name}), 422, "invalid_name")
    assert_problem(draft.patch(f"{bot}/intents/buy", json={"name": name}), 422, "invalid_name")


def test_what_is_around_a_name_is_no_part_of_it(draft: TestClient) -> None:
    bot = make_bot(draft)
    made = draft.post(f"{bot}/intents", json={"name": " naam\n"}).json()
    assert made["name"] == "naam"
    assert_problem(draft.post(f"{bot}/intents", json={"name": "naam "}), 409, "duplicate_intent")
    renamed = draft.patch(f"{bot}/intents/naam", json={"name": "\tde naam "}).json()
    assert (renamed["id"], renamed["name"]) == (made["id"], "de naam")


def test_an_intent_in_use_is_not_deleted_without_saying_so(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy", "two tickets")
    write_flow(draft, bot, "buy")
    told = assert_problem(draft.delete(f"{bot}/intents/buy"), 409, "intent_in_use")
    assert told["blocks"] == [{"flow": "box_office", "block": "tickets", "intent": "buy"}]
    assert draft.delete(f"{bot}/intents/buy", params={"unlink": "true"}).status_code == 204
    assert draft.get(f"{bot}/flows/box_office").json()["blocks"] == [TICKETS]


def test_an_unused_intent_goes_with_its_expressions(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy", "two tickets")
    assert draft.delete(f"{bot}/intents/buy").status_code == 204
    make_intent(draft, bot, "purchase", "two tickets")


def test_an_expression_belongs_to_one_intent_until_it_is_moved(draft: TestClient) -> None:
    bot = make_bot(draft)
    buy = make_intent(draft, bot, "buy", "two tickets")
    make_intent(draft, bot, "sell")
    place = f"{bot}/intents/sell/expressions"
    told = assert_problem(
        draft.post(place, json={"expressions": [{"text": "Two TICKETS!"}]}), 409, "duplicate_expression"
    )
    assert told["intent"] == {"id": buy, "name": "buy"}
    moved = draft.post(place, json={"expressions": [{"text": "Two TICKETS!", "move": True}]})
    assert moved.status_code == 201
    assert draft.get(f"{bot}/intents/buy").json()["expression_count"] == 0
    assert [row["text"] for row in draft.get(place).json()["items"]] == ["Two TICKETS!"]


def test_expressions_go_in_all_or_none(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["en", "de"])
    make_intent(draft, bot, "buy", "two tickets")
    place = f"{bot}/intents/buy/expressions"
    for refused, status, code in (
        ({"text": "zwei Karten", "language": "fr"}, 422, "unknown_language"),
        ({"text": "three Tickets"}, 409, "duplicate_expression"),
        ({"text": " \t "}, 422, "empty_text"),
        ({"text": "\u200b"}, 422, "empty_text"),
        ({"text": "x" * 1001}, 422, "invalid_request"),
        ({"text": "four", "id": "expr_1"}, 422, "unknown_field"),
    ):
        answer = draft.post(place, json={"expressions": [{"text": "three tickets"}, refused]})
        assert_problem(answer, status, code)
    assert len(draft.get(place).json()["items"]) == 1
    twice = draft.post(place, json={"expressions": [{"text": "four tickets"}, {"text": "Four tickets"}]})
    told = assert_problem(twice, 409, "duplicate_expression")
    assert told["intent"] == {"id": draft.get(f"{bot}/intents/buy").json()["id"], "name": "buy"}
    same_in_german = {"text": "two tickets", "language": "de"}
    assert draft.post(place, json={"expressions": [same_in_german]}).status_code == 201


def test_as_many_expressions_as_the_contract_says_go_in_at_once(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy")
    place, many = f"{bot}/intents/buy/expressions", [{"text": f"seat {n}", "language": "en"} for n in range(10_001)]
    assert draft.post(place, json={"expressions": many[:-1]}).status_code == 201
    assert draft.get(f"{bot}/intents/buy").json()["expression_count"] == 10_000
    assert_problem(draft.post(place, json={"expressions": many}), 422, "invalid_request")


def test_a_deleted_expression_leaves_room(draft: TestClient) -> None:
    bot = make_bot(draft)
    make_intent(draft, bot, "buy", "two tickets")
    place = f"{bot}/intents/buy/expressions"
    expression = draft.get(place).json()["items"][0]["id"]
    make_intent(draft, bot, "sell")
    assert_problem(draft.delete(f"{bot}/intents/sell/expressions/{expression}"), 404, "not_found")
    assert draft.delete(f"{place}/{expression}").status_code == 204
    assert_problem(draft.delete(f"{place}/{expression}"), 404, "not_found")
    make_intent(draft, bot, "purchase", "two tickets")


NOWHERE = [
    ("GET", "", None), ("PATCH", "", {}), ("DELETE", "", None), ("GET", "/intents", None),
    ("POST", "/intents", {"name": "x"}), ("GET", "/intents/x", None), ("PATCH", "/intents/x", {"name": "y"}),
    ("DELETE", "/intents/x", None), ("GET", "/intents/x/expressions", None),
    ("POST", "/intents/x/expressions", {"expressions": [{"text": "x"}]}), ("DELETE", "/intents/x/expressions/y", None),
    ("GET", "/nlp", None), ("GET", "/nlp/export", None), ("POST", "/trainings", {}), ("GET", "/trainings", None),
    ("GET", "/models", None), ("GET", "/models/x", None), ("GET", "/models/x/proof", None),
    ("PUT", "/flows/x", {"name": "x"}), ("GET", "/flows", None), ("GET", "/flows/x", None),
    ("DELETE", "/flows/x", None),
    ("GET", "/lint", None), ("PUT", "/entities/x", {"kind": "match"}), ("GET", "/entities", None),
    ("GET", "/entities/x", None), ("DELETE", "/entities/x", None), ("PUT", "/variables/x", {}),
    ("GET", "/variables", None), ("GET", "/variables/x", None), ("DELETE", "/variables/x", None),
    ("POST", "/classify", {"text": "x"}), ("POST", "/emulator", {"text": "x"}), ("GET", "/inbox", None),
    ("POST", "/inbox/accept", {"items": [{"id": "x", "intent": "y"}]}), ("POST", "/inbox/dismiss", {"ids": ["x"]}),
    ("POST", "/inbox/messages", {"messages": []}), ("GET", "/bundle", None), ("GET", "/snapshots", None),
    ("POST", "/snapshots", {}), ("POST", "/snapshots/x/restore", None), ("GET", "/snapshots/current", None),
]  # fmt: skip


def test_an_unknown_bot_is_nowhere(draft: TestClient) -> None:
    for method, path, body in NOWHERE:
        assert_problem(draft.request(method, f"/v1/bots/nobody{path}", json=body), 404, "not_found")
    imported = draft.post("/v1/bots/nobody/nlp/import", content=b"text,intent\n", headers={"Content-Type": "text/csv"})
    assert_problem(imported, 404, "not_found")


def test_names_beyond_what_a_column_holds_are_refused_before_the_database(draft: TestClient) -> None:
    bot, long = make_bot(draft), "x" * 300
    for path, body in (
        (f"/flows/{long}", {"name": "x"}),
        (f"/entities/{long}", {"kind": "match"}),
        (f"/variables/{long}", {}),
    ):
        assert_problem(draft.put(bot + path, json=body), 422, "invalid_request")
        assert draft.get(bot + path).status_code in {404, 422}


def test_the_audit_trail_leads_back_to_the_request(draft: TestClient) -> None:
    bot = make_bot(draft, "Globe")
    gone = draft.delete(bot)
    newest = draft.get("/v1/audit").json()["items"][0]
    assert (newest["action"], newest["request_id"]) == ("bot_deleted", gone.headers["request-id"])
    made = draft.post("/v1/keys", json={"name": "usher", "scopes": ["draft:read"]})
    assert draft.get("/v1/audit").json()["items"][0]["request_id"] == made.headers["request-id"]
