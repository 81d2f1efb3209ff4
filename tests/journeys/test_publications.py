"""The main job through three real processes: what is refused, what goes live, what is the same on both sides."""

import threading
import uuid
from typing import Any

import pytest

from tests.journeys.ferry import CSV, FLOWS, MORE
from tests.journeys.theatre import Theatre, ok

pytestmark = pytest.mark.processes


@pytest.fixture
def bot(theatre: Theatre) -> str:
    return theatre.make_bot(f"Ferry {uuid.uuid4().hex[:8]}", CSV, FLOWS)


BOAT = {"kind": "match", "values": [{"value": "Aurora"}, {"value": "Nautilus"}]}


@pytest.fixture
def trained(theatre: Theatre, bot: str) -> str:
    ok(theatre.draft.put(f"/v1/bots/{bot}/entities/boat", json=BOAT))
    ok(theatre.draft.put(f"/v1/bots/{bot}/entities/day", json={"kind": "system", "system": "date"}))
    assert theatre.train(bot)["status"] == "succeeded"
    return bot


@pytest.fixture
def published(theatre: Theatre, trained: str) -> str:
    assert theatre.publish(trained, notes="First crossing")["status"] == "live"
    return trained


def refusal(theatre: Theatre, bot: str, **body: Any) -> list[str]:
    answer = theatre.publisher.post(f"/v1/bots/{bot}/publications", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "publication_refused"
    return blockers(answer.json())


def blockers(answer: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in answer["findings"] if finding["severity"] == "blocker"]


def test_live_answers_what_draft_answers_alone_and_in_a_list(theatre: Theatre, published: str) -> None:
    texts = [
        "when is the next ferry",
        "two tickets for the Aurroa on 24 december 2026",
        "ferry?",
        "umbrella!!",
        "what is the meaning of tea",
        "",
        "🚢",
        "WHEN is the next ferry",
    ]
    alone = [theatre.classify(published, text) for text in texts]
    rehearsed = [theatre.classify(published, text, "draft") for text in texts]
    listed = ok(theatre.live.post(f"/v1/bots/{published}/classify", json={"texts": texts}))
    for one, draft, several in zip(alone, rehearsed, listed["results"], strict=True):
        assert {**one, "release": 0, "release_digest": ""} == {**draft, "release": 0, "release_digest": ""}
        assert several["ranking"] == one["ranking"]
        assert several["scope"] == one["scope"]
        assert several["entities"] == one["entities"]
    assert [found["value"] for found in alone[1]["entities"]] == ["Aurora", "2026-12-24"]
    assert {answer["release"] for answer in alone} == {listed["release"]} == {1}


def test_the_first_publication_proves_itself_and_is_recorded(theatre: Theatre, trained: str) -> None:
    ended = theatre.publish(trained, notes="First crossing")
    assert ended["status"] == "live"
    assert ended["release"] == 1
    assert ended["proof"]["digests_equal"]
    assert ended["proof"]["probes"] > 16
    assert ended["proof"]["max_score_delta"] == 0.0
    (row,) = ok(theatre.publisher.get(f"/v1/bots/{trained}/releases"))["items"]
    assert (row["number"], row["notes"], row["author"]) == (1, "First crossing", "admin")
    live = ok(theatre.live.get(f"/v1/bots/{trained}/release"))
    assert (live["number"], live["digest"], live["origin"]) == (1, row["digest"], "publication")


def test_an_untrained_bot_is_refused_and_live_knows_nothing_of_it(theatre: Theatre, bot: str) -> None:
    assert refusal(theatre, bot, mode="full") == ["nlp_never_trained"]
    assert refusal(theatre, bot, mode="nlp") == ["never_published"]
    answer = theatre.live.post(f"/v1/bots/{bot}/classify", json={"text": "hi"})
    assert (answer.status_code, answer.json()["code"]) == (404, "never_published")


def test_what_was_edited_after_training_is_refused_until_it_is_trained(theatre: Theatre, published: str) -> None:
    theatre.add_expressions(published, MORE)
    assert refusal(theatre, published, mode="nlp") == ["nlp_stale"]
    ended = theatre.publish(published, mode="nlp", train="if_needed")
    assert (ended["status"], ended["release"]) == ("live", 2)
    assert theatre.classify(published, "is there a late boat tonight")["exact_match"]


def test_nlp_leaves_lives_flows_alone_and_is_refused_when_nothing_changed(theatre: Theatre, published: str) -> None:
    flow = {"name": "Quay", "blocks": [{"id": "times", "kind": "message", "messages": [{"text": "Never."}]}]}
    ok(theatre.draft.put(f"/v1/bots/{published}/flows/quay", json=flow))
    assert refusal(theatre, published, mode="nlp") == ["nlp_unchanged"]
    before = ok(theatre.live.get(f"/v1/bots/{published}/release"))["flows"]
    theatre.add_expressions(published, MORE)
    assert theatre.publish(published, mode="nlp", train="if_needed")["status"] == "live"
    assert ok(theatre.live.get(f"/v1/bots/{published}/release"))["flows"] == before


def test_an_intent_that_draft_lost_refuses_nlp_and_full_takes_it_away(theatre: Theatre, published: str) -> None:
    gone = theatre.draft.delete(f"/v1/bots/{published}/intents/ferry_times", params={"unlink": True})
    assert gone.status_code == 204
    theatre.train(published)
    answer = theatre.publisher.post(f"/v1/bots/{published}/publications", json={"mode": "nlp"})
    (finding,) = answer.json()["findings"]
    assert finding["code"] == "intents_removed"
    assert finding["subjects"][0]["name"] == "ferry_times"
    assert finding["subjects"][0]["blocks"] == [{"flow": "quay", "block": "times"}]
    assert theatre.publish(published)["status"] == "live"


def test_a_dangling_jump_is_refused_and_named(theatre: Theatre, trained: str) -> None:
    block = {"id": "lost", "kind": "message", "messages": [{"text": "Oh."}], "next": "nowhere"}
    ok(theatre.draft.put(f"/v1/bots/{trained}/flows/lost", json={"name": "Lost", "blocks": [block]}))
    assert refusal(theatre, trained, mode="full") == ["dangling_reference"]


def test_publishing_what_is_live_makes_no_release_but_keeps_the_notes(theatre: Theatre, published: str) -> None:
    answer = theatre.publisher.post(f"/v1/bots/{published}/publications", json={"mode": "full", "notes": "Again"})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["release"], answer.json()["id"]) == ("live", 1, None)
    (row,) = ok(theatre.publisher.get(f"/v1/bots/{published}/releases"))["items"]
    assert row["notes"] == "First crossing\nAgain"


def test_a_second_publication_of_a_bot_is_told_the_running_one(theatre: Theatre, published: str) -> None:
    theatre.add_expressions(published, MORE)
    path = f"/v1/bots/{published}/publications"
    first = ok(theatre.publisher.post(path, json={"mode": "full", "train": "if_needed"}))
    second = theatre.publisher.post(path, json={"mode": "full", "train": "if_needed"})
    assert (second.status_code, second.json()["code"]) == (409, "publication_running")
    assert second.json()["publication"] == first["id"]
    assert theatre.publication(first["id"])["status"] == "live"


def test_fifty_copies_of_one_request_are_one_publication(theatre: Theatre, trained: str) -> None:
    answers: list[Any] = []

    def send() -> None:
        headers = {"Idempotency-Key": "the-first-crossing"}
        answers.append(
            theatre.publisher.post(f"/v1/bots/{trained}/publications", json={"mode": "full"}, headers=headers)
        )

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    (publication,) = {answer.json()["id"] for answer in answers}
    assert theatre.publication(publication)["release"] == 1
    assert len(ok(theatre.publisher.get(f"/v1/bots/{trained}/releases"))["items"]) == 1


def test_a_publication_can_be_cancelled_before_the_switch(theatre: Theatre, published: str) -> None:
    theatre.add_expressions(published, MORE)
    started = ok(
        theatre.publisher.post(f"/v1/bots/{published}/publications", json={"mode": "full", "train": "if_needed"})
    )
    ok(theatre.publisher.post(f"/v1/publications/{started['id']}/cancel", json={}))
    assert theatre.publication(started["id"])["status"] == "cancelled"
    assert ok(theatre.live.get(f"/v1/bots/{published}/release"))["number"] == 1


def test_a_bot_that_cannot_be_trained_ends_as_a_refusal(theatre: Theatre) -> None:
    empty = theatre.make_bot(f"Empty {uuid.uuid4().hex[:8]}", "text,intent\n")
    ok(theatre.draft.post(f"/v1/bots/{empty}/intents", json={"name": "unspoken"}))
    ended = theatre.publish(empty, train="if_needed")
    assert ended["status"] == "refused"
    assert blockers(ended) == ["nlp_training_failed"]


def test_a_bot_without_intents_can_be_published(theatre: Theatre) -> None:
    quiet = theatre.make_bot(f"Quiet {uuid.uuid4().hex[:8]}", "text,intent\n")
    assert theatre.publish(quiet)["status"] == "live"
    answer = theatre.classify(quiet, "anybody there")
    assert (answer["understood"], answer["reason"], answer["ranking"]) == (False, "no_model", [])


def test_status_says_what_is_live_what_is_not_and_what_stands_in_the_way(theatre: Theatre, published: str) -> None:
    path = f"/v1/bots/{published}/status"
    assert ok(theatre.publisher.get(path))["changed"] is False
    ok(theatre.draft.post(f"/v1/bots/{published}/intents", json={"name": "seasick", "expressions": ["i feel ill"]}))
    status = ok(theatre.publisher.get(path))
    assert [item["name"] for item in status["unpublished"]["intents"]["added"]] == ["seasick"]
    assert blockers(status) == ["nlp_stale"]
    assert (status["live"]["number"], status["running"]) == (1, None)


def test_progress_is_told_as_it_happens(theatre: Theatre, trained: str) -> None:
    started = ok(theatre.publisher.post(f"/v1/bots/{trained}/publications", json={"mode": "full"}))
    with theatre.publisher.stream("GET", f"/v1/publications/{started['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = [line for line in stream.iter_lines() if line.startswith("data: ")]
    assert '"status":"live"' in told[-1]


def test_what_users_said_comes_home_once_and_becomes_an_expression(theatre: Theatre, published: str) -> None:
    say = f"/v1/bots/{published}/conversations/maud/messages"
    for text in ("when is the next ferry", "is there soup", "Is there SOUP?", "my goat is seasick"):
        ok(theatre.live.post(say, json={"text": text}))
    for _ in range(2):
        started = ok(theatre.publisher.post(f"/v1/bots/{published}/inbox-syncs", json={}))
        assert (
            theatre.follow("publisher", f"/v1/inbox-syncs/{started['id']}", {"succeeded", "failed"})["status"]
            == "succeeded"
        )
    rows = ok(theatre.draft.get(f"/v1/bots/{published}/inbox"))["items"]
    assert [(row["text"], row["count"]) for row in rows] == [("is there soup", 2), ("my goat is seasick", 1)]
    accepted = {"items": [{"id": rows[0]["id"], "intent": "ticket_price", "text": "what does soup cost"}]}
    ok(theatre.draft.post(f"/v1/bots/{published}/inbox/accept", json=accepted))
    ok(theatre.draft.post(f"/v1/bots/{published}/inbox/dismiss", json={"ids": [rows[1]["id"]]}))
    assert ok(theatre.draft.get(f"/v1/bots/{published}/inbox"))["items"] == []
    assert ok(theatre.draft.get(f"/v1/bots/{published}/nlp"))["languages"]["en"]["status"] == "stale"


def test_a_key_of_draft_opens_nothing_in_live(theatre: Theatre, published: str) -> None:
    body = {"name": "designer", "scopes": ["draft:read", "draft:write"]}
    key = ok(theatre.draft.post("/v1/keys", json=body))["key"]
    for method, path in (("POST", "classify"), ("GET", "release"), ("PUT", "active")):
        answer = theatre.live.request(
            method, f"/v1/bots/{published}/{path}", json={"text": "hi"}, headers={"Authorization": f"Bearer {key}"}
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.fixture
def theatre(theatres: Theatre) -> Theatre:
    return theatres


def test_bots_are_published_side_by_side(theatre: Theatre) -> None:
    bots = [theatre.make_bot(f"Ferry {uuid.uuid4().hex[:8]}", CSV, FLOWS) for _ in range(4)]
    body = {"mode": "full", "train": "if_needed"}
    started = [ok(theatre.publisher.post(f"/v1/bots/{bot}/publications", json=body))["id"] for bot in bots]
    assert [theatre.publication(publication)["status"] for publication in started] == ["live"] * 4
