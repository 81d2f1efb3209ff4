"""What live has heard is counted by day, channel, intent and block, alike on either database."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from services.live_api.tables import channels, conversations, messages
from shared.db import Database
from tests.live_api.theatre import BOT, Live, code, publish, release

PATH = f"/v1/bots/{BOT}/analytics"
# (days ago, user, conversation, text, intent, block)
SAID = [
    (0, "maud", "maud", "when is the next ferry", "int_times", "times"),
    (0, "maud", "maud", "next ferry", "int_times", "times"),
    (0, None, "kiosk", "=HYPERLINK(1)", None, "pardon"),
    (0, "bert", "desk:bert", "price", "int_price", "price"),
    (1, "bert", "desk:bert", "-1+1", None, "pardon"),
    (1, "bert", "desk:bert", "-1+1", None, "pardon"),
    (40, "maud", "maud", "price", "int_price", "price"),
]


@pytest.fixture
def ferry(client: TestClient, live: Live) -> TestClient:
    """Noon of today and of the days before: Maud on the REST channel, Bert at the desk's."""
    publish(client, None, release(None))
    noon = datetime.now(UTC).replace(hour=0, minute=1)
    db = Database(live.settings.database_url)
    with db.writing() as connection:
        channel = {"id": "ch_desk", "bot_id": BOT, "kind": "webhook", "name": "Desk", "enabled": True, "config": "{}"}
        connection.execute(insert(channels).values(**channel, secrets="", previous_secrets="", created_at=noon))
        for name, where in (("maud", None), ("kiosk", None), ("desk:bert", "ch_desk")):
            kept = {"bot_id": BOT, "id": name, "state": "{}", "version": 1, "release_number": 1, "release_digest": "x"}
            times = {"started_at": noon, "last_at": noon, "language": "en", "channel_id": where}
            connection.execute(insert(conversations).values(**kept, **times))
        connection.execute(insert(messages), [_row(number, said, noon) for number, said in enumerate(SAID)])
    db.dispose()
    return client


def _row(number: int, said: tuple[Any, ...], noon: datetime) -> dict[str, Any]:
    ago, user, conversation, text, intent, block = said
    return {
        "id": f"msg_{number}",
        "bot_id": BOT,
        "conversation": conversation,
        "user_id": user,
        "text": text,
        "language": "en",
        "understood": intent is not None,
        "reason": None if intent else "below_threshold",
        "intent_id": intent,
        "intent_name": intent and intent.removeprefix("int_"),
        "exact": False,
        "replies": "[]",
        "block": block,
        "release_number": 1,
        "received_at": noon - timedelta(days=ago),
        "body_hash": "x",
    }


def day(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


def counts(*values: int) -> dict[str, Any]:
    names = ("messages", "users", "conversations", "understood")
    return {**dict(zip(names, values, strict=True)), "understood_rate": round(values[3] / values[0], 4)}


def test_the_last_thirty_days_are_counted_unless_said_otherwise(ferry: TestClient) -> None:
    found = ferry.get(PATH)
    assert found.status_code == 200, found.text
    told = found.json()
    assert (told["first"], told["last"]) == (day(29), day(0))
    assert told["totals"] == counts(6, 3, 3, 3)
    assert told["days"] == [{"day": day(1), **counts(2, 1, 1, 0)}, {"day": day(0), **counts(4, 3, 3, 3)}]
    assert told["channels"] == [
        {"channel": "ch_desk", "kind": "webhook", "name": "Desk", **counts(3, 1, 1, 1)},
        {"channel": "rest", "kind": None, "name": None, **counts(3, 2, 2, 2)},
    ]
    assert told["intents"] == [
        {"intent": "int_times", "name": "times", "messages": 2},
        {"intent": "int_price", "name": "price", "messages": 1},
    ]
    assert [(row["block"], row["messages"]) for row in told["blocks"]] == [("pardon", 3), ("times", 2), ("price", 1)]
    assert [(row["text"], row["messages"]) for row in told["not_understood"]] == [("-1+1", 2), ("=HYPERLINK(1)", 1)]


def test_days_may_be_chosen_and_both_count(ferry: TestClient) -> None:
    assert ferry.get(PATH, params={"first": day(40), "last": day(1)}).json()["totals"] == counts(3, 2, 2, 1)
    assert ferry.get(PATH, params={"first": day(1), "last": day(1)}).json()["totals"]["messages"] == 2
    empty = ferry.get(PATH, params={"first": "2020-02-29", "last": "2020-02-29"}).json()
    assert (empty["totals"]["messages"], empty["totals"]["understood_rate"], empty["days"]) == (0, None, [])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"first": "2026-02-01", "last": "2026-01-01"}, "invalid_range"),
        ({"first": "0001-01-01", "last": "2026-01-01"}, "invalid_range"),
        ({"last": "0001-01-01", "first": "0001-01-01"}, None),
        ({"last": "9999-12-31"}, "invalid_range"),
        ({"first": "yesterday"}, "invalid_request"),
        ({"format": "xml"}, "invalid_request"),
        ({"format": "csv", "table": "users"}, "invalid_request"),
    ],
)
def test_what_is_no_range_is_refused(ferry: TestClient, query: dict[str, str], problem: str | None) -> None:
    answer = ferry.get(PATH, params=query)
    assert answer.status_code == 200 if problem is None else code(answer) == (422, problem)


def test_what_is_kept_no_longer_is_counted_no_longer(ferry: TestClient) -> None:
    ferry.patch(f"/v1/bots/{BOT}", json={"retention_days": 30})
    assert ferry.get(PATH, params={"first": day(60)}).json()["totals"]["messages"] == 6


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_table_in_csv_holds_no_formula(ferry: TestClient) -> None:
    told = ferry.get(PATH, params={"format": "csv", "table": "not_understood"})
    assert told.headers["content-type"].startswith("text/csv")
    header, *found = rows(told.text)
    assert header == ["text", "language", "reason", "messages"]
    assert [row[0] for row in found] == ["'-1+1", "'=HYPERLINK(1)"]


def test_csv_may_be_asked_for_by_its_media_type(ferry: TestClient) -> None:
    told = ferry.get(PATH, headers={"Accept": "text/csv"}).text
    assert rows(told)[0] == ["day", "messages", "users", "conversations", "understood", "understood_rate"]
    assert rows(told)[2] == [day(0), "4", "3", "3", "3", "0.75"]


def test_a_bot_that_was_taken_off_is_counted_still_and_one_that_never_was_is_not(ferry: TestClient) -> None:
    assert code(ferry.get("/v1/bots/bot_tram/analytics")) == (404, "never_published")
    assert ferry.delete(f"/v1/bots/{BOT}/active").status_code == 204
    assert ferry.get(PATH).json()["totals"]["messages"] == 6
    made = {"name": "tram", "scopes": ["live:read"], "bot": "bot_tram"}
    ferry.headers["Authorization"] = f"Bearer {ferry.post('/v1/keys', json=made).json()['key']}"
    assert code(ferry.get(PATH)) == (404, "never_published")
