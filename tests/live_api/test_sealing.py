"""What people say lies sealed in live's database: no row, file or log of it can be read without the key."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from services.live_api.channel import Incoming
from services.live_api.inbox import Call, accept
from services.live_api.memory import Heard
from services.live_api.tables import SEALED, conversations, messages, text_keys
from shared.db import Database
from shared.schema import migrate
from shared.sealed import refuse_unknown_keys, reseal
from shared.secrets import Secrets, new_key, parse_keys
from shared.text_keys import make_text_key, use_text_keys
from tests.live_api.theatre import BOT, Live, publish, release, say

CANARY = "the canary of maud"
COLUMNS = (
    ("conversations", "state"),
    ("messages", "text"),
    ("messages", "replies"),
    ("inbox", "body"),
    ("outbox", "body"),
    ("agent_messages", "reply"),
)


def stored(db: Database) -> dict[tuple[str, str], list[str]]:
    """As it lies there, by table and column."""
    with db.reading() as connection:
        return {
            (table, column): [
                text for text in connection.execute(sa.text(f"SELECT {column} FROM {table}")).scalars() if text
            ]
            for table, column in COLUMNS
        }


def said(client: TestClient, conversation: str = "maud") -> list[str]:
    items = client.get(f"/v1/bots/{BOT}/conversations/{conversation}/messages").json()["items"]
    return [item["text"] for item in items]


def secrets(*keys: str) -> Secrets:
    return Secrets(lambda: parse_keys(",".join(keys)))


@pytest.fixture
def idle(live: Live) -> Live:
    """It keeps what platforms send, and gets no further."""
    return replace(live, own=replace(live.own, delivery=replace(live.own.delivery, turns_at_once=0)))


@pytest.fixture
def keyless(live: Live) -> Live:
    return replace(live, settings=replace(live.settings, secrets_key=None))


def test_every_column_that_holds_what_people_say_is_sealed(idle: Live) -> None:
    with idle.open() as client:
        publish(client, None, release(None))
        say(client, CANARY, "maud", "maud")
        webhook = {"url": "https://desk.example/hook", "secret": "a-secret-of-the-desk-0042"}
        assert client.put(f"/v1/bots/{BOT}/handover-webhook", json=webhook).is_success
        assert client.put(f"/v1/bots/{BOT}/conversations/maud/handover", json={"note": CANARY}).is_success
        say(client, f"{CANARY} again", "maud", "maud")
        answered = client.post(f"/v1/bots/{BOT}/conversations/maud/agent-messages", json={"text": CANARY})
        assert answered.is_success, answered.text
        db = idle.database()
        with db.writing() as connection:
            accept(connection, [Call(BOT, "ch_1", [Incoming("ev-1", "+31 6 1234", CANARY, user="maud")])])
        found = stored(db)
        db.dispose()
        assert said(client) == [f"{CANARY} again", CANARY]
    assert all(found.values()), found
    assert [text for texts in found.values() for text in texts if not text.startswith("sealed:")] == []


def test_without_a_secrets_key_everything_stays_plain_and_goes_on(keyless: Live) -> None:
    with keyless.open() as client:
        publish(client, None, release(None))
        say(client, CANARY)
        say(client, "sealed:0123456789abcdef:AAAA")
        assert said(client) == ["sealed:0123456789abcdef:AAAA", CANARY]
    db = keyless.database()
    assert CANARY in stored(db)["messages", "text"]
    db.dispose()


def test_what_was_kept_plain_is_read_once_there_is_a_key_and_what_comes_is_sealed(keyless: Live, live: Live) -> None:
    with keyless.open() as client:
        publish(client, None, release(None))
        say(client, CANARY, **{"Idempotency-Key": "once"})
        say(client, "sealed:0123456789abcdef:AAAA")
    with live.open() as client:
        again = say(client, CANARY, **{"Idempotency-Key": "once"})
        assert (again.status_code, again.json()["replies"][0]["text"]) == (200, "Ahoy!")
        assert say(client, "new words").status_code == 200
        assert said(client) == ["new words", "sealed:0123456789abcdef:AAAA", CANARY]
        before, after = sorted(stored(live.database())["messages", "text"], key=len)[0], said(client)[0]
    assert (before, after) == (CANARY, "new words")


def test_a_request_that_is_repeated_is_known_by_a_mark_that_tells_nothing(client: TestClient, live: Live) -> None:
    publish(client, None, release(None))
    once = {"Idempotency-Key": "once"}
    first, again, other = say(client, CANARY, **once), say(client, CANARY, **once), say(client, "else", **once)
    assert (first.json(), other.json()["code"]) == (again.json(), "idempotency_key_reused")
    db = live.database()
    with db.reading() as connection:
        kept = connection.execute(sa.select(messages.c.body_hash)).scalar_one()
    db.dispose()
    assert kept != Heard(BOT, "maud", CANARY, None, None, "once").body_hash


def test_who_writes_what_looks_sealed_reads_it_as_they_wrote_it(client: TestClient, live: Live) -> None:
    publish(client, None, release(None))
    say(client, CANARY)
    db = live.database()
    copied = stored(db)["messages", "text"][0]
    db.dispose()
    say(client, copied)
    assert said(client) == [copied, CANARY]


def test_the_secrets_key_changes_and_history_stays_readable(live: Live) -> None:
    old, new = live.settings.secrets_key, new_key()
    with live.open() as client:
        publish(client, None, release(None))
        say(client, CANARY)
    for keys in (f"{new},{old}", new):
        rotated = replace(live, settings=replace(live.settings, secrets_key=keys))
        with rotated.open() as client:
            say(client, f"{CANARY} again")
            assert said(client)[-1] == CANARY


def test_a_later_text_key_seals_and_the_one_before_still_opens(live: Live) -> None:
    with live.open() as client:
        publish(client, None, release(None))
        say(client, CANARY)
        db, own = live.database(), secrets(str(live.settings.secrets_key))
        make_text_key(db, text_keys, own, number=2)
        use_text_keys(db, text_keys, own)
        with db.writing() as connection:
            moved = connection.execute(sa.select(messages)).mappings().one()
            connection.execute(sa.update(messages).values(text=moved["text"] + " again"))
            later = connection.execute(sa.select(text_keys.c.id).where(text_keys.c.number == 2)).scalar_one()
        assert stored(db)["messages", "text"][0].startswith(f"sealed:{later}:")
        db.dispose()
        assert said(client) == [f"{CANARY} again"]


def test_processes_that_start_together_make_one_key(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(6)] if "postgres" in database_url else [Database(database_url)]
    migrate(databases[0], "live")
    own = secrets(new_key())
    threads = [
        threading.Thread(target=use_text_keys, args=(db, text_keys, own)) for db in databases * (6 // len(databases))
    ]
    _run(threads)
    with databases[0].writing() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(text_keys)).scalar_one() == 1
        connection.execute(sa.insert(conversations).values(**_conversation()))
    for db in databases:
        with db.reading() as connection:
            assert connection.execute(sa.select(conversations.c.state)).scalar_one() == CANARY
        db.dispose()


def test_what_seals_is_sealed_anew_with_the_secrets(database_url: str) -> None:
    old, new, db = new_key(), new_key(), Database(database_url)
    migrate(db, "live")
    use_text_keys(db, text_keys, secrets(old))
    with db.writing() as connection:
        connection.execute(sa.insert(conversations).values(**_conversation()))
    assert reseal(db, SEALED, secrets(new, old)) == 1
    refuse_unknown_keys(db, SEALED, secrets(new))
    use_text_keys(db, text_keys, secrets(new))
    with db.reading() as connection:
        assert connection.execute(sa.select(conversations.c.state)).scalar_one() == CANARY
    db.dispose()


def test_what_is_sealed_cannot_be_compared_in_the_database() -> None:
    for senseless in (lambda: messages.c.text == CANARY, lambda: messages.c.text.like("%"), messages.c.text.desc):
        with pytest.raises(TypeError, match="sealed"):
            senseless()


def _run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _now() -> datetime:
    return datetime.now(UTC)


def _conversation() -> dict[str, Any]:
    state = {"state": CANARY, "version": 1, "release_number": 1, "release_digest": "x", "language": "en"}
    return {"bot_id": BOT, "id": "maud", **state, "started_at": _now(), "last_at": _now()}
