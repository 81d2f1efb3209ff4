"""What the page of a web chat is given: sessions for the sites that may, and one conversation for each."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from services.live_api.webchat.page import page, page_headers
from services.live_api.webchat.transcript import Cursor
from services.live_api.webchat.watching import Watchers
from tests.live_api.theatre import BOT, ROOT, Live, code, stranger, wait_for
from tests.live_api.webchat import add_chat, bearer, open_chat

SITE = "https://ferry.example"
Session = dict[str, Any]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    folder = tmp_path_factory.mktemp("webchat")
    return Live.at(folder, f"sqlite:///{folder}/live.db")


@pytest.fixture(scope="module")
def client(live: Live) -> Iterator[TestClient]:
    with live.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def anybody(client: TestClient) -> TestClient:
    return stranger(client)


@pytest.fixture(scope="module")
def chat(client: TestClient) -> str:
    return open_chat(client, allowed_origins=[SITE])


def arrive(anybody: TestClient, chat: str, **headers: str) -> Session:
    opened = anybody.post(f"{chat}/sessions", json={}, headers=headers)
    assert opened.status_code == 201, opened.text
    session: Session = opened.json()
    return session


def say(anybody: TestClient, chat: str, session: Session, text: str, **more: str) -> None:
    message = {"id": more.pop("id", f"m-{time.monotonic_ns()}"), "text": text, **more}
    taken = anybody.post(f"{chat.removesuffix('/webchat')}/webhook", json=message, headers=bearer(session))
    assert (taken.status_code, taken.json()) == (200, {"status": "received"})


def transcript(anybody: TestClient, chat: str, session: Session, after: str | None = None) -> dict[str, Any]:
    told = anybody.get(f"{chat}/messages", params={"after": after} if after else {}, headers=bearer(session))
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()
    return found


def heard(anybody: TestClient, chat: str, session: Session, count: int) -> list[dict[str, Any]]:
    wait_for(lambda: len(transcript(anybody, chat, session)["items"]) >= count, f"{count} messages")
    found: list[dict[str, Any]] = transcript(anybody, chat, session)["items"]
    return found


def test_what_is_said_is_answered_once_however_often_it_is_sent(anybody: TestClient, chat: str) -> None:
    session = arrive(anybody, chat)
    for _ in range(3):
        say(anybody, chat, session, "hello", id="m-1")
    say(anybody, chat, session, "Ferry times", payload=payload_of(heard(anybody, chat, session, 1), "Ferry times"))
    items = heard(anybody, chat, session, 2)
    assert [item["text"] for item in items] == ["hello", "Ferry times"]
    assert [reply["text"] for reply in items[1]["replies"]] == ["Every hour, on the hour."]
    assert transcript(anybody, chat, session, items[0]["cursor"])["items"] == items[1:]
    assert transcript(anybody, chat, session, items[1]["cursor"]) == {"items": [], "cursor": items[1]["cursor"]}


def payload_of(items: list[dict[str, Any]], title: str) -> str:
    (found,) = (
        b["payload"] for reply in items[-1]["replies"] for b in reply.get("buttons") or () if b["title"] == title
    )
    return str(found)


def test_a_session_opens_its_own_conversation_and_no_other(anybody: TestClient, client: TestClient, chat: str) -> None:
    maud, otto = arrive(anybody, chat), arrive(anybody, chat)
    say(anybody, chat, maud, "I am Maud")
    heard(anybody, chat, maud, 1)
    assert transcript(anybody, chat, otto)["items"] == []
    other = add_chat(client)
    for path, headers in [
        (chat, {}),
        (chat, {"Authorization": "Bearer nonsense"}),
        (chat, {"Authorization": "Bearer é".encode()}),
        (other, bearer(maud)),
    ]:
        for asked in ("messages", "events?after=0-0"):
            refused = anybody.get(f"{path}/{asked}", headers=headers)  # type: ignore[arg-type]
            assert code(refused) == (401, "webchat_session_invalid")


def test_a_session_is_renewed_for_the_same_conversation(anybody: TestClient, chat: str) -> None:
    first = arrive(anybody, chat)
    again = arrive(anybody, chat, **bearer(first))
    assert again["conversation"] == first["conversation"]
    assert datetime.fromisoformat(again["expires_at"]) > datetime.now(UTC)
    assert arrive(anybody, chat, Authorization="Bearer nonsense")["conversation"] != first["conversation"]


def test_only_the_sites_that_are_named_may_open_a_chat(anybody: TestClient, chat: str) -> None:
    arrive(anybody, chat, Origin=SITE)
    arrive(anybody, chat, Origin="http://testserver")
    for origin in ("https://elsewhere.example", "null", f"{SITE}.evil.example", "http://ferry.example"):
        assert code(anybody.post(f"{chat}/sessions", json={}, headers={"Origin": origin})) == (
            403,
            "origin_not_allowed",
        )
    policy = anybody.get(chat).headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {SITE}" in policy
    assert "'unsafe" not in policy


def test_a_chat_that_is_switched_off_opens_for_nobody(client: TestClient, anybody: TestClient, chat: str) -> None:
    off = add_chat(client)
    channel = off.split("/")[3]
    assert client.patch(f"/v1/bots/{BOT}/channels/{channel}", json={"enabled": False}).status_code == 200
    assert code(anybody.post(f"{off}/sessions", json={})) == (403, "channel_disabled")


def test_only_web_chats_have_a_page(client: TestClient, anybody: TestClient, chat: str) -> None:
    rest = client.post(f"/v1/bots/{BOT}/channels", json={"kind": "rest", "name": "Programs", "config": {}}).json()["id"]
    for path in (f"/v1/channels/{rest}/webchat", "/v1/channels/ch_nobody/webchat"):
        for asked in ("", "/webchat.js", "/messages"):
            assert anybody.get(f"{path}{asked}").status_code == 404
        assert anybody.post(f"{path}/sessions", json={}).status_code == 404
    assert anybody.get(f"{chat}/routes.py").status_code == 404


def test_a_title_is_text_whatever_it_says() -> None:
    shown = page('</title><script>alert(1)</script>"', "#123456")
    assert "<script>alert" not in shown
    assert len(re.findall("<script", shown)) == 1
    assert page_headers([])["Content-Security-Policy"].endswith("frame-ancestors 'self'")


@pytest.mark.parametrize("file", ["webchat.js", "webchat.css"])
def test_a_file_of_the_page_is_what_is_served_and_parses_nothing_as_html(
    anybody: TestClient, chat: str, file: str
) -> None:
    served = anybody.get(f"{chat}/{file}")
    assert served.text == (ROOT / "services" / "live_api" / "webchat" / file).read_text()
    assert served.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", served.text)


@pytest.mark.parametrize("after", ["", "1", "a-b", "-", "1-2-3", f"{10**19}-0", "١-٢", "-1-0"])
def test_a_cursor_that_nobody_gave_is_refused(anybody: TestClient, chat: str, after: str) -> None:
    answer = anybody.get(f"{chat}/messages", params={"after": after}, headers=bearer(arrive(anybody, chat)))
    assert code(answer) == (422, "invalid_cursor")


def test_a_page_that_comes_back_reads_what_was_said_lately(anybody: TestClient, chat: str, live: Live) -> None:
    session = arrive(anybody, chat)
    for number in range(60):
        say(anybody, chat, session, f"line {number}")
    wait_for(
        lambda: transcript(anybody, chat, session)["items"][-1:] != [] and last(anybody, chat, session) == 59, "all"
    )
    items = transcript(anybody, chat, session)["items"]
    assert [item["text"] for item in items] == [f"line {number}" for number in range(10, 60)]


def last(anybody: TestClient, chat: str, session: Session) -> int:
    return int(transcript(anybody, chat, session)["items"][-1]["text"].split()[1])


def test_what_a_person_writes_stands_among_what_the_bot_says(
    anybody: TestClient, client: TestClient, chat: str
) -> None:
    session = arrive(anybody, chat)
    say(anybody, chat, session, "is there a human?")
    (first,) = heard(anybody, chat, session, 1)
    db = client.app.app.state.floor.db  # type: ignore[attr-defined]
    write = sa.text(
        "INSERT INTO agent_messages (id, bot_id, conversation, author, reply, sent_at, body_hash) "
        "VALUES ('agent_1', :bot, :conversation, 'Anna', :reply, :now, 'x')"
    )
    named = f"{chat.split('/')[3]}:{session['conversation']}"
    with db.writing() as connection:
        reply = orjson.dumps({"text": "Yes: Anna."}).decode()
        connection.execute(write, {"bot": BOT, "conversation": named, "reply": reply, "now": "2099-01-01 00:00:00"})
    told = transcript(anybody, chat, session)["items"]
    assert [(item["text"], item["replies"][0]["text"][:5]) for item in told] == [
        ("is there a human?", "Ahoy!"),
        (None, "Yes: "),
    ]
    assert Cursor(*map(int, first["cursor"].split("-"))).message > 0


def test_a_page_is_told_as_it_is_said(client: TestClient, anybody: TestClient, chat: str) -> None:
    session = arrive(anybody, chat)
    waiting = Waiting(client, f"{chat.split('/')[3]}:{session['conversation']}")
    say(anybody, chat, session, "hello")
    waiting.end()


def test_pages_that_wait_are_let_go_when_live_ends(
    client: TestClient, anybody: TestClient, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting(client, f"{chat.split('/')[3]}:{arrive(anybody, chat)['conversation']}")
    monkeypatch.setattr("services.live_api.webchat.watching.is_stopping", lambda: True)
    waiting.end()


class Waiting:
    """A page in a thread of its own that waits for news of one conversation."""

    def __init__(self, client: TestClient, conversation: str) -> None:
        self._watchers: Watchers = client.app.app.state.watchers  # type: ignore[attr-defined]
        self._conversation = conversation
        self._told = False
        assert client.portal is not None
        self._thread = threading.Thread(target=client.portal.call, args=(self._wait,))
        self._thread.start()

    async def _wait(self) -> None:
        async with self._watchers.watch(BOT, self._conversation, Cursor()) as watch:
            await watch.news.wait()
            self._told = True

    def end(self) -> None:
        self._thread.join(20)
        assert self._told
        assert not self._watchers._watches
