"""What platforms post: proven, on disk, answered; whatever it holds and however often it comes (A5, M1, M3)."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx2 import Response

from shared.db import Database
from tests.conftest import NewDatabase
from tests.live_api.channels.asking import CONFIGS, SECRETS, form, recorded, signed
from tests.live_api.channels.forging import FORGERIES, forge
from tests.live_api.theatre import BOT, Live, code, stranger, wait_for

BODIES = {
    "messenger": "messenger_batch",
    "slack": "slack_message",
    "telegram": "telegram_message",
    "webhook": "webhook_message",
    "whatsapp": "whatsapp_batch",
}
META = ("messenger", "whatsapp")
Kept = Callable[[str], list[tuple[str, str | None]]]


@pytest.fixture(scope="module")
def live(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """It keeps what platforms send, and gets no further."""
    made = Live.at(tmp_path_factory.mktemp("live"), new_database())
    return replace(made, own=replace(made.own, delivery=replace(made.own.delivery, turns_at_once=0)))


@pytest.fixture(scope="module")
def client(live: Live) -> Iterator[TestClient]:
    with live.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def anybody(client: TestClient) -> TestClient:
    return stranger(client)


@pytest.fixture(scope="module")
def kept(live: Live) -> Iterator[Kept]:
    """What is in the inbox of a channel: its status, and the reason."""
    db = Database(live.settings.database_url)

    def rows(channel: str) -> list[tuple[str, str | None]]:
        query = sa.text("SELECT status, reason FROM inbox WHERE channel_id = :channel ORDER BY sequence")
        with db.reading() as connection:
            return [(row.status, row.reason) for row in connection.execute(query, {"channel": channel})]

    yield rows
    db.dispose()


def channel(client: TestClient, kind: str, **more: Any) -> str:
    body = {"kind": kind, "name": "Quay", "config": CONFIGS[kind], "secrets": SECRETS[kind], **more}
    made = client.post(f"/v1/bots/{BOT}/channels", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def deliver(anybody: TestClient, kind: str, channel: str, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    """As the platform does, with its proof unless other headers are given."""
    shown = headers or signed(kind, body, int(time.time()))
    return anybody.post(f"/v1/channels/{channel}/webhook", content=body, headers=list(shown))


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_what_is_proven_is_kept_once_and_answered(
    client: TestClient, anybody: TestClient, kept: Kept, kind: str
) -> None:
    there, body = channel(client, kind), recorded(BODIES[kind])
    headers = (*signed(kind, body, int(time.time())), (b"idempotency-key", b"m-1"))
    first, again = (deliver(anybody, kind, there, body, *headers) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.text == again.text == ("EVENT_RECEIVED" if kind in (*META, "webhook") else "")
    assert len(kept(there)) == {"messenger": 7, "whatsapp": 10}.get(kind, 1)


def test_only_one_who_was_heard_waits_for_an_answer(client: TestClient, anybody: TestClient, kept: Kept) -> None:
    there = channel(client, "messenger")
    deliver(anybody, "messenger", there, recorded("messenger_batch"))
    ignored = [reason for status, reason in kept(there) if status == "ignored"]
    assert ignored == ["echo", "delivery", "other_page"]


@pytest.mark.parametrize("kind", [*sorted(BODIES), "rest"])
def test_what_is_not_proven_leaves_nothing_behind(
    client: TestClient, anybody: TestClient, kept: Kept, kind: str
) -> None:
    there, body = channel(client, kind), recorded(BODIES.get(kind, "webhook_message")).replace(b"8wMs", b"9wMs")
    stale = (b"x-slack-request-timestamp", b"1531420618")
    for headers in ([(b"accept", b"*/*")], [(b"x-hub-signature", b"sha1=" + b"0" * 40)], [stale]):
        refused = deliver(anybody, kind, there, body, *headers)
        expected = "webhook_timestamp_stale" if kind == "slack" else "webhook_signature_invalid"
        assert code(refused) == (401, expected)
    assert kept(there) == []


def test_beyond_what_may_wait_nothing_is_kept_until_there_is_room(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = Live.at(tmp_path_factory.mktemp("full"), new_database())
    bounds = replace(made.own.delivery, turns_at_once=0, waiting_events=1)
    with replace(made, own=replace(made.own, tend_seconds=0.05, delivery=bounds)).open() as full:
        first, second = (recorded("telegram_message").replace(b"10000", number) for number in (b"10001", b"10002"))
        there, outside = channel(full, "telegram"), stranger(full)
        assert deliver(outside, "telegram", there, first).status_code == 200
        backlog = full.app.app.state.floor.delivery.tending  # type: ignore[attr-defined]
        wait_for(lambda: backlog.backlog.events == 1, "what waits is counted")
        refused = deliver(outside, "telegram", there, second)
        assert (code(refused), refused.headers["Retry-After"]) == ((503, "overloaded"), "10")
        assert deliver(outside, "telegram", there, second, (b"x", b"y")).status_code == 401
        db = made.database()
        with db.writing() as connection:
            connection.execute(sa.text("UPDATE inbox SET status = 'ignored' WHERE status = 'pending'"))
            assert connection.execute(sa.text("SELECT count(*) FROM inbox")).scalar_one() == 1
        db.dispose()
        wait_for(lambda: backlog.backlog.events == 0, "there is room again")
        assert deliver(outside, "telegram", there, second).status_code == 200


def test_calls_are_counted_by_what_came_of_them(client: TestClient, anybody: TestClient) -> None:
    there, stale = channel(client, "slack"), (b"x-slack-request-timestamp", b"1531420618")

    def count(outcome: str) -> float:
        line = f'greenroom_live_webhooks_total{{kind="slack",outcome="{outcome}"}} '
        return sum(float(one.removeprefix(line)) for one in client.get("/metrics").text.splitlines() if line in one)

    before = count("kept"), count("webhook_timestamp_stale")
    deliver(anybody, "slack", there, recorded("slack_message"))
    deliver(anybody, "slack", there, recorded("slack_message"), stale)
    assert (count("kept"), count("webhook_timestamp_stale")) == (before[0] + 1, before[1] + 1)


def test_another_channels_secret_proves_nothing(client: TestClient, anybody: TestClient) -> None:
    other = channel(client, "messenger", secrets={**SECRETS["messenger"], "app_secret": "of another app"})
    assert deliver(anybody, "messenger", other, recorded("messenger_batch")).status_code == 401


@pytest.mark.parametrize("kind", ["messenger", "slack", "telegram", "whatsapp"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000, b'{"entry":7,"update_id":[],"event":null}', b"\0"])
def test_content_that_makes_no_sense_is_kept_as_ignored(
    client: TestClient, anybody: TestClient, kept: Kept, kind: str, body: bytes
) -> None:
    there = channel(client, kind)
    assert deliver(anybody, kind, there, body).status_code == 200
    assert [status for status, _ in kept(there)] == ["ignored"]


def test_a_channel_that_is_gone_or_never_was_is_not_there(client: TestClient, anybody: TestClient) -> None:
    gone = channel(client, "telegram")
    body = recorded("telegram_message")
    assert deliver(anybody, "telegram", gone, body).status_code == 200
    client.delete(f"/v1/bots/{BOT}/channels/{gone}")
    for name in (gone, "ch_absent"):
        refused = deliver(anybody, "telegram", name, body)
        assert code(refused) == (404, "not_found")
        assert refused.json()["detail"] == f"There is no channel {name!r}."
        assert code(anybody.get(f"/v1/channels/{name}/webhook")) == (404, "not_found")


def test_while_it_is_switched_off_what_comes_is_ignored_and_meta_is_answered(
    client: TestClient, anybody: TestClient, kept: Kept
) -> None:
    there = channel(client, "whatsapp", enabled=False)
    assert deliver(anybody, "whatsapp", there, recorded("whatsapp_batch")).status_code == 200
    assert {reason for _, reason in kept(there)} == {"channel_disabled"}
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "verify-me"}
    assert anybody.get(f"/v1/channels/{there}/webhook", params=asked).text == "1158201444"


@pytest.mark.parametrize("kind", META)
def test_metas_challenge_is_given_back_as_plain_text(client: TestClient, anybody: TestClient, kind: str) -> None:
    path = f"/v1/channels/{channel(client, kind)}/webhook"
    asked = {"hub.mode": "subscribe", "hub.challenge": "<script>", "hub.verify_token": "verify-me"}
    answer = anybody.get(path, params=asked)
    assert (answer.status_code, answer.text) == (200, "<script>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    refused = anybody.get(path, params={**asked, "hub.verify_token": "vérify-me"})
    assert code(refused) == (403, "webhook_token_mismatch")


def test_slacks_challenge_is_given_back_only_when_it_is_signed(client: TestClient, anybody: TestClient) -> None:
    there, body = channel(client, "slack"), b'{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRN","token":"t"}'
    assert deliver(anybody, "slack", there, body).text == "3eZbrw1aBm2rZgRN"
    assert deliver(anybody, "slack", there, body, (b"x-slack-signature", b"v0=0")).status_code == 401


def test_a_retry_of_slack_is_no_second_message(client: TestClient, anybody: TestClient, kept: Kept) -> None:
    there, body = channel(client, "slack"), recorded("slack_message")
    proof = signed("slack", body, int(time.time()))
    retried = (*proof, (b"x-slack-retry-num", b"1"), (b"x-slack-retry-reason", b"http_timeout"))
    assert deliver(anybody, "slack", there, body, *retried).status_code == 200
    assert deliver(anybody, "slack", there, body, *proof).status_code == 200
    assert len(kept(there)) == 1


def test_slacks_taps_come_as_forms(client: TestClient, anybody: TestClient, kept: Kept) -> None:
    there, body = channel(client, "slack"), form(recorded("slack_tap"))
    proof = (*signed("slack", body, int(time.time())), (b"content-type", b"application/x-www-form-urlencoded"))
    assert deliver(anybody, "slack", there, body, *proof).status_code == 200
    assert [reason for _, reason in kept(there)] == [None, "link"]


def test_a_replaced_secret_is_good_for_as_long_as_was_said(client: TestClient, anybody: TestClient) -> None:
    there, body = channel(client, "messenger"), recorded("messenger_batch")
    path = f"/v1/bots/{BOT}/channels/{there}"
    change = {"secrets": {"app_secret": "the next one"}, "accept_previous_minutes": 60}
    changed = client.patch(path, json=change).json()
    assert changed["previous_accepted_until"] is not None
    assert deliver(anybody, "messenger", there, body).status_code == 200
    client.patch(path, json={"secrets": {"app_secret": "the last one"}})
    assert deliver(anybody, "messenger", there, body).status_code == 401


def test_a_body_beyond_the_limit_is_refused_before_it_is_proven(client: TestClient, anybody: TestClient) -> None:
    there = channel(client, "telegram")
    large = b"[" + b" " * (3 << 20) + b"]"
    assert deliver(anybody, "telegram", there, large).status_code == 200
    assert code(deliver(anybody, "telegram", there, large + b" " * (2 << 20))) == (413, "body_too_large")


@pytest.mark.parametrize("kind", sorted(BODIES))
@pytest.mark.parametrize("value", [b"", b"\xff\xfe", "é".encode(), b"sha256=" + b"0" * 10_000, b"v0=\xe9", b"9" * 300])
def test_no_header_makes_it_fail(client: TestClient, anybody: TestClient, kind: str, value: bytes) -> None:
    there, body = channel(client, kind), recorded(BODIES[kind]).replace(b"8wMs", b"9wMs")
    names = [b"x-hub-signature-256", b"x-slack-signature", b"x-slack-request-timestamp", b"content-type"]
    for name in (*names, b"x-telegram-bot-api-secret-token", b"idempotency-key"):
        assert deliver(anybody, kind, there, body, (name, value), (b"accept", b"*/*")).status_code == 401


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_no_forgery_gets_in_or_breaks_anything(client: TestClient, anybody: TestClient, kept: Kept, kind: str) -> None:
    there, drawn = channel(client, kind), random.Random(f"forgeries of {kind} over HTTP")
    for _ in range(FORGERIES // 10):
        body, *headers = forge(drawn, kind, int(time.time()))
        assert deliver(anybody, kind, there, body, *headers, (b"accept", b"*/*")).status_code == 401, (body, headers)
    assert kept(there) == []
