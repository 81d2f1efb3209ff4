"""A person's data, exported and erased everywhere with one call; nothing of it is left in any file (F5, D1, D2)."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from services.draft_api.forgetting import forget_old
from services.publisher.draft import Draft
from services.publisher.erasing import Erasing, ask_for_erasure
from services.publisher.tables import erasures
from shared.errors import BusyError
from shared.secrets import new_key
from tests.house import House, house
from tests.publisher.conftest import SOUP, says

OTHER = "bert wonders about the lighthouse"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Bot:
    """A bot that understands nothing but answers, in live and in the preview; `user` is known to it alone."""

    id: str
    user: str

    @property
    def canary(self) -> str:
        return f"the canary of {self.user} sings"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def at_home(folder: Path) -> Iterator[House]:
    """One house for all: each test has a bot and a person of its own."""
    with house(folder, GREENROOM_SECRETS_KEY=new_key()) as opened:
        yield opened


@pytest.fixture
def bot(at_home: House) -> Bot:
    number = next(_numbers)
    made = at_home.draft.post("/v1/bots", json={"name": f"Ferry {number}", "settings": {"profile": "fast"}}).json()
    blocks = [says("hello", "Ahoy!", system="introduction"), says("pardon", "Pardon?", system="not_understood")]
    at_home.draft.put(f"/v1/bots/{made['id']}/flows/quay", json={"name": "Quay", "blocks": blocks})
    for target in ("live", "preview"):
        assert at_home.publish(made["id"], target=target)["status"] == "live"
    return Bot(made["id"], f"maud-{number:03}")


def say(service: Any, bot: str, text: str, user: str | None, conversation: str | None = None) -> None:
    path = f"/v1/bots/{bot}/conversations/{conversation or user}/messages"
    said = service.post(path, json={"text": text, **({"user": user} if user else {})})
    assert said.status_code == 200, said.text


def sync(at_home: House, bot: str) -> None:
    asked = at_home.publisher.post(f"/v1/bots/{bot}/inbox-syncs").json()
    _follow(at_home, f"/v1/inbox-syncs/{asked['id']}")


def erase(at_home: House, bot: Bot, user: str | None = None) -> dict[str, Any]:
    asked = at_home.publisher.post("/v1/erasures", json={"bot": bot.id, "user": user or bot.user})
    assert asked.status_code == 202, asked.text
    return _follow(at_home, asked.headers["Location"])


def _follow(at_home: House, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (state := at_home.publisher.get(path).json())["status"] == "running":
        assert time.monotonic() < deadline, state
        time.sleep(0.01)
    found: dict[str, Any] = state
    return found


def holding(folder: Path, text: str) -> list[str]:
    """The files under the folder that have it, write-ahead logs and artifacts included."""
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def inbox(at_home: House, bot: str) -> dict[str, int]:
    return {row["text"]: row["count"] for row in at_home.draft.get(f"/v1/bots/{bot}/inbox").json()["items"]}


@pytest.fixture
def talkative(at_home: House, bot: Bot) -> Bot:
    """The person has spoken in live and the preview, Bert in live; draft has it all in its inbox."""
    say(at_home.live, bot.id, bot.canary, bot.user)
    say(at_home.live, bot.id, f"{bot.canary} again", None, conversation=bot.user)
    say(at_home.preview, bot.id, f"{bot.canary} in the preview", bot.user)
    say(at_home.live, bot.id, OTHER, "bert")
    say(at_home.live, bot.id, OTHER, bot.user, conversation=f"{bot.user}-2")
    sync(at_home, bot.id)
    return bot


def test_an_erased_person_is_in_no_file_any_more(at_home: House, talkative: Bot, folder: Path) -> None:
    assert holding(folder, talkative.canary) == []
    assert {"live.db-wal", "draft.db-wal"} & set(holding(folder, talkative.user))
    assert inbox(at_home, talkative.id) == {talkative.canary: 1, f"{talkative.canary} again": 1, OTHER: 2}
    done = erase(at_home, talkative)
    assert (done["status"], done["percent"]) == ("succeeded", 100)
    assert done["report"] == {
        "live": {"conversations": 2, "messages": 3},
        "preview": {"conversations": 1, "messages": 1},
        "draft": {"messages": 3},
        "expressions": [],
        "trained_on_erased": [],
    }
    assert holding(folder, talkative.user) == []
    assert inbox(at_home, talkative.id) == {OTHER: 1}
    assert at_home.live.get(f"/v1/bots/{talkative.id}/conversations/maud/messages").json()["items"] == []
    kept = at_home.live.get(f"/v1/bots/{talkative.id}/conversations/bert/messages").json()["items"]
    assert [message["text"] for message in kept] == [OTHER]


def test_who_asked_is_on_record_and_about_whom_is_not(at_home: House, talkative: Bot) -> None:
    done = erase(at_home, talkative)
    trail = at_home.publisher.get(f"/v1/bots/{talkative.id}/audit").json()["items"]
    assert [entry["action"] for entry in trail[:2]] == ["user_erased", "erasure_asked"]
    assert trail[0]["detail"]["erasure"] == done["id"]
    assert trail[0]["request_id"] == trail[1]["request_id"] is not None
    everywhere = [at_home.publisher, at_home.live, at_home.preview, at_home.draft]
    assert all(talkative.user not in service.get("/v1/audit").text for service in everywhere)


def test_erasing_again_finds_nothing_and_a_new_message_is_a_new_beginning(at_home: House, talkative: Bot) -> None:
    erase(at_home, talkative)
    again = erase(at_home, talkative)
    assert (again["status"], again["report"]["live"]) == ("succeeded", {"conversations": 0, "messages": 0})
    sync(at_home, talkative.id)
    assert inbox(at_home, talkative.id) == {OTHER: 1}
    say(at_home.live, talkative.id, "hello, new here", talkative.user)
    sync(at_home, talkative.id)
    assert inbox(at_home, talkative.id) == {OTHER: 1, "hello, new here": 1}


def test_what_builders_made_of_it_is_named_for_somebody_to_decide(at_home: House, talkative: Bot) -> None:
    made = {"name": "soup", "expressions": SOUP}
    soup = at_home.draft.post(f"/v1/bots/{talkative.id}/intents", json=made).json()["id"]
    rows = at_home.draft.get(f"/v1/bots/{talkative.id}/inbox").json()["items"]
    row = next(row["id"] for row in rows if row["text"] == talkative.canary)
    accepted = {"items": [{"id": row, "intent": "soup", "text": "is there soup at pier seven"}]}
    at_home.draft.post(f"/v1/bots/{talkative.id}/inbox/accept", json=accepted)
    model = at_home.train(talkative.id)["models"]["en"]
    report = erase(at_home, talkative)["report"]
    assert [(e["intent"], e["language"]) for e in report["expressions"]] == [(soup, "en")]
    assert report["trained_on_erased"] == [model]
    path = f"/v1/bots/{talkative.id}/intents/soup/expressions/{report['expressions'][0]['id']}"
    assert at_home.draft.delete(path).status_code == 204


def test_a_person_gets_everything_that_is_known_of_them(at_home: House, bot: Bot) -> None:
    say(at_home.live, bot.id, "?!", bot.user)
    say(at_home.live, bot.id, bot.canary, bot.user)
    sync(at_home, bot.id)
    told = at_home.publisher.post("/v1/exports", json={"bot": bot.id, "user": bot.user})
    assert told.status_code == 200, told.text
    found = told.json()
    conversation = found["live"]["conversations"][0]
    assert [message["text"] for message in conversation["messages"]] == ["?!", bot.canary]
    assert conversation["messages"][0]["replies"][0]["text"] == "Ahoy!"
    assert (found["user"], found["preview"]["conversations"]) == (bot.user, [])
    assert {row["text"]: row["said"] for row in found["draft"]["inbox"]} == {"?!": 1, bot.canary: 1}
    nobody = at_home.publisher.post("/v1/exports", json={"bot": bot.id, "user": "nobody"}).json()
    assert (nobody["live"]["conversations"], nobody["draft"]["inbox"]) == ([], [])


def test_what_makes_no_sense_erases_nothing(at_home: House, bot: Bot) -> None:
    say(at_home.live, bot.id, bot.canary, bot.user)
    senseless: list[tuple[dict[str, Any], int]] = [
        ({"bot": bot.id}, 422),
        ({"bot": bot.id, "user": ""}, 422),
        ({"bot": bot.id, "user": "x" * 201}, 422),
        ({"bot": bot.id, "user": bot.user, "all": True}, 422),
        ({"bot": "atlantis", "user": bot.user}, 404),
    ]
    for body, expected in senseless:
        for path in ("/v1/erasures", "/v1/exports"):
            assert at_home.publisher.post(path, json=body).status_code == expected, body
    assert at_home.live.get(f"/v1/bots/{bot.id}/conversations/{bot.user}/messages").json()["items"] != []


def test_a_bot_that_draft_has_no_more_is_erased_in_live_all_the_same(at_home: House, talkative: Bot) -> None:
    at_home.draft.delete(f"/v1/bots/{talkative.id}")
    report = erase(at_home, talkative)["report"]
    assert (report["live"]["messages"], report["draft"]) == (3, {"messages": 0})


def test_a_key_for_another_bot_erases_nothing(at_home: House, talkative: Bot) -> None:
    tram = at_home.draft.post("/v1/bots", json={"name": "Tram"}).json()["id"]
    made = {"name": "tram", "scopes": ["publish:execute", "publish:plan"], "bot": tram}
    key = at_home.publisher.post("/v1/keys", json=made).json()["key"]
    done = erase(at_home, talkative, "nobody")
    headers = {"Authorization": f"Bearer {key}"}
    body = {"bot": talkative.id, "user": talkative.user}
    for path in ("/v1/erasures", "/v1/exports"):
        assert at_home.publisher.post(path, json=body, headers=headers).status_code == 404
    assert at_home.publisher.get(f"/v1/erasures/{done['id']}", headers=headers).status_code == 404


def test_twenty_secrets_stand_in_no_file(at_home: House, bot: Bot, folder: Path) -> None:
    planted = [f"sk-canary-{number:02}-of-the-lighthouse" for number in range(20)]
    for number, value in enumerate(planted):
        service = (at_home.draft, at_home.live, at_home.preview)[number % 3]
        put = service.put(f"/v1/bots/{bot.id}/secrets/TOKEN_{number}", json={"value": value})
        assert put.status_code == 201, put.text
    told = [service.get(f"/v1/bots/{bot.id}/secrets").text for service in (at_home.draft, at_home.live)]
    told += [at_home.draft.get(f"/v1/bots/{bot.id}/bundle").text, at_home.live.get("/v1/audit").text]
    assert [value for value in planted if holding(folder, value) or any(value in text for text in told)] == []


def test_an_erasure_that_was_cut_short_goes_on_and_tells_what_there_was(
    at_home: House, talkative: Bot, folder: Path
) -> None:
    bridge = at_home.publisher.app.state.bridge
    with bridge.db.writing() as connection:
        erasure = ask_for_erasure(connection, talkative.id, talkative.user, "a lawyer")

    class Away(Draft):
        def erase(self, bot: str, user: str, conversations: Any) -> None:
            raise BusyError("draft_unreachable", "The draft service is away.")

    with pytest.raises(BusyError):
        Erasing(bridge.db, Away(bridge.draft._peer), bridge.targets).run(erasure)
    halfway = at_home.publisher.get(f"/v1/erasures/{erasure}").json()
    assert (halfway["status"], halfway["step"]) == ("running", "homing")
    assert {"draft.db", "draft.db-wal"} & set(holding(folder, talkative.user))
    Erasing(bridge.db, bridge.draft, bridge.targets).run(erasure)
    done = at_home.publisher.get(f"/v1/erasures/{erasure}").json()
    assert (done["status"], done["report"]["live"]["messages"], done["report"]["draft"]) == (
        "succeeded",
        3,
        {"messages": 3},
    )
    assert holding(folder, talkative.user) == []

    with bridge.db.writing() as connection:
        untold = update(erasures).where(erasures.c.id == erasure).values(status="running")
        connection.execute(untold)
    Erasing(bridge.db, bridge.draft, bridge.targets).run(erasure)
    assert at_home.publisher.get(f"/v1/erasures/{erasure}").json()["status"] == "succeeded"


def test_draft_keeps_what_was_said_for_as_long_as_it_is_told(at_home: House, talkative: Bot, folder: Path) -> None:
    changed = at_home.draft.patch(f"/v1/bots/{talkative.id}", json={"retention_days": 7})
    assert changed.json()["retention_days"] == 7
    db = at_home.draft.app.state.desk.db
    assert forget_old(db, datetime.now(UTC) + timedelta(days=6)) == {}
    assert forget_old(db, datetime.now(UTC) + timedelta(days=8)) == {talkative.id: 3}
    assert inbox(at_home, talkative.id) == {}
    assert "draft.db" not in "".join(holding(folder, talkative.user))
    sync(at_home, talkative.id)
    assert inbox(at_home, talkative.id) == {}
