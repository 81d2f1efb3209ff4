"""What platforms send is kept before it is acknowledged, and each event once, however often it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.live_api.channel import Event, Ignored, Incoming
from services.live_api.inbox import Call, Kept, accept, answered, conversation_name, read_event
from services.live_api.tables import inbox
from shared.db import Database
from shared.schema import migrate

BOT, CHANNEL = "bot_ferry", "chn_quay"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    migrate(made, "live")
    yield made
    made.dispose()


def said(event: str, text: str = "when is the next ferry", **more: Any) -> Incoming:
    return Incoming(event_id=event, conversation="maud", user="maud", text=text, **more)


def take(db: Database, events: Sequence[Event], channel: str = CHANNEL) -> int:
    with db.writing() as connection:
        return accept(connection, [Call(BOT, channel, events)])[0].unheard


def rows(db: Database) -> list[Any]:
    with db.reading() as connection:
        return list(connection.execute(select(inbox).order_by(inbox.c.sequence)).mappings())


def test_a_batch_is_kept_in_its_order_and_what_is_ignored_with_its_reason(db: Database) -> None:
    third = said("3", payload="a1b2", language="en", hint="nl")
    assert take(db, [said("1", "ahoy"), Ignored("2", "echo"), third]) == 3
    found = rows(db)
    assert [(row["status"], row["reason"]) for row in found] == [
        ("pending", None),
        ("ignored", "echo"),
        ("pending", None),
    ]
    assert read_event(found[0]["body"]) == said("1", "ahoy")
    assert read_event(found[2]["body"]) == third
    assert found[1]["body"] is None


def test_an_event_that_comes_again_changes_nothing_whatever_it_says_now(db: Database) -> None:
    assert take(db, [said("1"), said("1"), said("2")]) == 2
    assert take(db, [said("2", "something else"), Ignored("1", "echo"), said("3")]) == 1
    assert [read_event(row["body"]).event_id for row in rows(db)] == ["1", "2", "3"]


def test_an_event_that_comes_in_two_calls_at_once_is_new_in_the_first(db: Database) -> None:
    calls = [Call(BOT, CHANNEL, [said("1"), said("2")]), Call(BOT, CHANNEL, [said("2"), said("3")])]
    with db.writing() as connection:
        assert accept(connection, calls) == [Kept(2), Kept(1)]


def test_whoever_is_called_takes_up_the_first_of_each_conversation_and_no_more(db: Database) -> None:
    maud, bert = said("1"), replace(said("3"), conversation="bert")
    with db.writing() as connection:
        (kept,) = accept(connection, [Call(BOT, CHANNEL, [maud, said("2"), bert, Ignored("4", "echo")], "live_1")])
    assert (kept.unheard, [one.event for one in kept.taken]) == (4, [maud, bert])
    assert [(row["owner"], row["attempts"]) for row in rows(db)] == [("live_1", 1), (None, 0), ("live_1", 1), (None, 0)]


def test_what_follows_on_something_open_is_taken_up_by_nobody_yet(db: Database) -> None:
    with db.writing() as connection:
        (first,) = accept(connection, [Call(BOT, CHANNEL, [said("1")], "live_1")])
    with db.writing() as connection:
        assert accept(connection, [Call(BOT, CHANNEL, [said("2")], "live_2")]) == [Kept(1)]
        assert answered(connection, first.taken[0], "msg_1")
    with db.writing() as connection:
        (after,) = accept(connection, [Call(BOT, CHANNEL, [said("3")], "live_2")])
    assert after == Kept(1)
    assert [(row["status"], row["owner"]) for row in rows(db)] == [
        ("answered", None),
        ("pending", None),
        ("pending", None),
    ]


def test_two_channels_may_give_their_events_and_people_the_same_names(db: Database) -> None:
    assert take(db, [said("1")]) == take(db, [said("1")], "chn_pier") == 1
    assert [row["conversation"] for row in rows(db)] == ["chn_quay:maud", "chn_pier:maud"]


def test_a_name_that_is_too_long_is_still_one_name_for_one_person() -> None:
    ann, bea = ("x" * 300 + name for name in ("ann", "bea"))
    assert conversation_name(CHANNEL, ann) == conversation_name(CHANNEL, ann) != conversation_name(CHANNEL, bea)
    assert len(conversation_name(CHANNEL, ann)) <= 200


def test_no_events_are_no_rows(db: Database) -> None:
    assert take(db, []) == 0
    assert rows(db) == []


_ODD = st.text(st.characters(), max_size=300) | st.sampled_from(["\x00", "\ud800", "\U0001f6a2" * 200])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=_ODD, conversation=_ODD, user=st.none() | _ODD, text=_ODD, language=st.none() | _ODD)
def test_nothing_that_people_write_is_refused(
    db: Database, event: str, conversation: str, user: str | None, text: str, language: str | None
) -> None:
    odd = Incoming(event, conversation, text, user, payload=text, language=language, hint=language)
    assert take(db, [odd, Ignored(event + "!", text)]) in {0, 1, 2}
    for row in rows(db):
        if row["body"] is not None:
            assert "\x00" not in read_event(row["body"]).text
