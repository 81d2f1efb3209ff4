"""People talk to live: every message is on disk before it is answered, heard once, and in its turn."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from services.live_api.retention import forget
from services.live_api.tables import messages
from shared.contracts import BotSettings, Flow
from shared.db import Database
from tests.live_api.theatre import BOT, Live, Trained, activate, code, publish, quay, release, say, stage


def history(client: TestClient, conversation: str = "maud") -> list[dict[str, object]]:
    items: list[dict[str, object]] = client.get(f"/v1/bots/{BOT}/conversations/{conversation}/messages").json()["items"]
    return items


@pytest.fixture
def ferry(client: TestClient, trained: Trained) -> TestClient:
    publish(client, trained, release(trained))
    return client


def test_a_message_is_answered_by_the_block_of_its_intent(ferry: TestClient) -> None:
    answer = say(ferry, "When is the next ferry?").json()
    assert [reply["text"] for reply in answer["replies"]] == ["Every hour."]
    assert (answer["understood"], answer["block"], answer["release"]) == (True, "times", 1)
    assert answer["intent"]["name"] == "ferry_times"


def test_what_is_not_understood_meets_the_introduction_first_and_then_is_not_understood(ferry: TestClient) -> None:
    first, second = (say(ferry, "?!").json() for _ in range(2))
    assert [answer["replies"][0]["text"] for answer in (first, second)] == ["Ahoy!", "Pardon?"]
    assert [answer["understood"] for answer in (first, second)] == [False, False]


def test_what_was_said_is_shown_newest_first_page_by_page(ferry: TestClient) -> None:
    said = ["when is the next ferry", "price of a return", "i lost my umbrella"]
    ids = [say(ferry, text, user="u-1").json()["message_id"] for text in said]
    shown = history(ferry)
    assert [item["text"] for item in shown] == said[::-1]
    assert [item["message_id"] for item in shown] == ids[::-1]
    path = f"/v1/bots/{BOT}/conversations/maud/messages?limit=2"
    first = ferry.get(path).json()
    rest = ferry.get(f"{path}&cursor={first['next']}").json()
    assert first["items"] + rest["items"] == shown
    assert rest["next"] is None
    (listed,) = ferry.get(f"/v1/bots/{BOT}/conversations").json()["items"]
    assert (listed["id"], listed["messages"], listed["release"]) == ("maud", 3, 1)


def test_conversations_are_listed_the_latest_first_page_by_page(ferry: TestClient) -> None:
    people = [f"person-{n}" for n in range(5)]
    for person in [*people, people[0]]:
        say(ferry, "?!", person)
    seen, cursor = [], ""
    while cursor is not None:
        path = f"/v1/bots/{BOT}/conversations?limit=2"
        page = ferry.get(path, params={"cursor": cursor} if cursor else {}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [people[0], *people[:0:-1]]
    assert code(ferry.get(f"/v1/bots/{BOT}/conversations?cursor=x")) == (422, "invalid_cursor")


def test_a_message_sent_twice_with_its_key_is_heard_once_and_answered_the_same(ferry: TestClient) -> None:
    key = {"Idempotency-Key": "maud-1"}
    first, again = (say(ferry, "?!", **key) for _ in range(2))
    assert first.content == again.content
    assert len(history(ferry)) == 1
    assert code(say(ferry, "something else", **key)) == (422, "idempotency_key_reused")
    assert say(ferry, "?!", conversation="bert", **key).json()["message_id"] != first.json()["message_id"]
    assert code(say(ferry, "?!", **{"Idempotency-Key": "x" * 201})) == (422, "invalid_idempotency_key")


def test_copies_of_a_message_that_arrive_at_once_are_heard_once(ferry: TestClient) -> None:
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda _: say(ferry, "?!", **{"Idempotency-Key": "maud-1"}).content, range(12)))
    assert len(set(answers)) == 1
    assert len(history(ferry)) == 1


def test_messages_of_one_conversation_follow_one_another_and_none_is_lost(ferry: TestClient) -> None:
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda n: say(ferry, f"?! {n}").json(), range(24)))
    greetings = [answer["replies"][0]["text"] for answer in answers]
    assert sorted(greetings) == ["Ahoy!"] + ["Pardon?"] * 23
    assert {item["message_id"] for item in history(ferry)} == {answer["message_id"] for answer in answers}


def test_conversations_do_not_mix(ferry: TestClient) -> None:
    def talk(person: str) -> list[str]:
        return [say(ferry, "?!", conversation=person).json()["replies"][0]["text"] for _ in range(3)]

    with ThreadPoolExecutor(8) as crowd:
        assert list(crowd.map(talk, [f"person-{n}" for n in range(8)])) == [["Ahoy!", "Pardon?", "Pardon?"]] * 8


def test_a_conversation_goes_on_after_a_restart(live: Live, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
        assert say(client, "?!").json()["replies"][0]["text"] == "Ahoy!"
    with live.open() as client:
        assert say(client, "?!").json()["replies"][0]["text"] == "Pardon?"
        assert len(history(client)) == 2


def test_the_next_message_is_answered_by_the_next_release(ferry: TestClient, trained: Trained) -> None:
    before = say(ferry, "when is the next ferry").json()
    old, new = release(trained), release(trained, flows=quay("Every other hour."))
    publish(ferry, trained, new, old.digest)
    after = say(ferry, "when is the next ferry").json()
    assert [(a["release"], a["replies"][0]["text"]) for a in (before, after)] == [
        (1, "Every hour."),
        (2, "Every other hour."),
    ]


def test_a_button_to_a_block_that_a_release_took_away_leads_to_not_understood(
    client: TestClient, trained: Trained
) -> None:
    blocks = (
        {
            "id": "hello",
            "kind": "message",
            "system": "introduction",
            "messages": [{"text": "Ahoy!", "buttons": [{"title": "The pier", "next": "pier"}]}],
        },
        {"id": "pier", "kind": "message", "messages": [{"text": "Left, then right."}]},
        {"id": "pardon", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]},
    )
    quiet = BotSettings(intent_threshold=0.999)
    old = release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=blocks)}, settings=quiet)
    new = release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=blocks[2:])}, settings=quiet)
    publish(client, trained, old)
    say(client, "?!", conversation="maud")
    say(client, "?!", conversation="bert")
    assert say(client, "the pier", conversation="maud").json()["replies"][0]["text"] == "Left, then right."
    assert stage(client, new).status_code == 201
    # A rollback moves everyone at once; over a publication bert would finish with the release that asked him (P20).
    assert activate(client, BOT, new.digest, old.digest, "back", origin="rollback", rollback_of=1).status_code == 200
    assert say(client, "the pier", conversation="bert").json()["replies"][0]["text"] == "Pardon?"


def test_a_bot_that_is_switched_off_says_so_and_goes_on_where_it_was(ferry: TestClient) -> None:
    say(ferry, "?!")
    ferry.patch(f"/v1/bots/{BOT}", json={"enabled": False})
    off = say(ferry, "when is the next ferry").json()
    assert (off["understood"], off["reason"]) == (False, "bot_disabled")
    assert "switched off" in off["replies"][0]["text"]
    assert ferry.post(f"/v1/bots/{BOT}/classify", json={"text": "price"}).status_code == 200
    ferry.patch(f"/v1/bots/{BOT}", json={"enabled": True})
    assert say(ferry, "?!").json()["replies"][0]["text"] == "Pardon?"


def test_a_message_too_long_to_read_is_kept_and_answered(ferry: TestClient) -> None:
    answer = say(ferry, "ferry " * 500).json()
    assert (answer["understood"], answer["reason"]) == (False, "message_too_long")
    assert len(history(ferry)) == 1


@pytest.mark.parametrize("text", ["", "👨‍👩‍👧‍👦", "e" + "\u0301" * 900, "\u202eevil", 'Zoë\'s "naïve" <b>ferry</b>'])
def test_odd_text_is_kept_as_it_is(ferry: TestClient, text: str) -> None:
    assert say(ferry, text).status_code == 200
    assert history(ferry)[0]["text"] == text


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "invalid_request"),
        ({"text": "nul\0l"}, "invalid_text"),
        ({"text": "hello", "user": ""}, "invalid_request"),
        ({"text": "hello", "mood": "good"}, "unknown_field"),
        ({"text": "hello", "language": "nl"}, "unknown_language"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_and_not_kept(
    ferry: TestClient, body: dict[str, str], problem: str
) -> None:
    response = ferry.post(f"/v1/bots/{BOT}/conversations/maud/messages", json=body)
    assert code(response) == (422, problem)
    assert history(ferry) == []


def test_nobody_talks_to_a_bot_that_was_never_published(client: TestClient) -> None:
    assert code(say(client, "hello")) == (404, "never_published")


def test_what_is_older_than_the_bot_keeps_is_forgotten(ferry: TestClient, live: Live) -> None:
    ferry.patch(f"/v1/bots/{BOT}", json={"retention_days": 7})
    said = [say(ferry, "?!", person).json()["message_id"] for person in ("maud", "bert")]
    db = Database(live.settings.database_url)
    assert forget(db) == {}
    assert forget(db, datetime.now(UTC) + timedelta(days=6)) == {}
    say(ferry, "?! again", "bert")
    with db.writing() as connection:
        old = messages.update().where(messages.c.id.in_(said)).values(received_at=datetime.now(UTC) - timedelta(days=8))
        assert connection.execute(old).rowcount == 2
    assert forget(db) == {BOT: 2}
    assert history(ferry, "maud") == []
    assert [item["text"] for item in history(ferry, "bert")] == ["?! again"]
    assert forget(db, datetime.now(UTC) + timedelta(days=8)) == {BOT: 1}
    assert ferry.get(f"/v1/bots/{BOT}/conversations").json()["items"] == []
    db.dispose()


# -- the feed home ------------------------------------------------------------------


def test_the_feed_tells_each_message_once_in_order(ferry: TestClient) -> None:
    for text in ("when is the next ferry", "?!", "Price of a return!"):
        say(ferry, text, conversation="maud")
    path = f"/v1/bots/{BOT}/messages"
    whole = ferry.get(path).json()["items"]
    assert [(m["text"], m["intent"], m["exact"]) for m in whole] == [
        ("when is the next ferry", "int_times", True),
        ("?!", None, False),
        ("Price of a return!", "int_price", True),
    ]
    first = ferry.get(path, params={"limit": 2}).json()["items"]
    rest = ferry.get(path, params={"after": first[-1]["sequence"]}).json()["items"]
    assert first + rest == whole
    assert ferry.get(path, params={"after": whole[-1]["sequence"]}).json()["items"] == []


def test_a_reader_of_the_feed_misses_nothing_while_people_talk(ferry: TestClient) -> None:
    """What is remembered is the last number seen; nothing may appear below it later (F4)."""
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        last = 0
        while True:
            finished = done.is_set()
            items = ferry.get(f"/v1/bots/{BOT}/messages", params={"after": last, "limit": 50}).json()["items"]
            seen.extend(item["id"] for item in items)
            last = items[-1]["sequence"] if items else last
            if finished and not items:
                return

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(8) as crowd:
        said = list(crowd.map(lambda n: say(ferry, f"?! {n}", f"person-{n % 16}").json()["message_id"], range(120)))
    done.set()
    reader.join()
    assert sorted(seen) == sorted(said)
