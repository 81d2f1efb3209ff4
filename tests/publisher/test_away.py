"""A neighbour that is away for a moment fails no publication, and what it did is not forgotten (P17, P18)."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from services.publisher import activating, history
from services.publisher.asked_alike import SOON_SECONDS
from services.publisher.peer import Peer
from services.publisher.tables import inbox_schedules, publications, releases
from shared.db import Database
from shared.errors import BusyError
from tests.house import House, Neighbour
from tests.publisher.conftest import Cafe, says

Asked = Callable[[str, str, dict[str, Any]], bool]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[Asked, int], list[str]]:
    """Calls that match find nobody, so many times; which did is told."""
    request = Neighbour.request

    def leave(matches: Asked, times: int) -> list[str]:
        missed: list[str] = []

        def maybe(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
            if len(missed) < times and matches(method, str(url), asked):
                missed.append(str(url))
                raise httpx.ConnectError("connection refused")
            return request(self, method, url, **asked)

        monkeypatch.setattr(Neighbour, "request", maybe)
        return missed

    return leave


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment stands for the two minutes that a publication waits."""
    made = Peer.__init__

    def hasty(self: Peer, name: str, client: httpx.Client, _patience: float, always: bool = False) -> None:
        made(self, name, client, 0.2, always)

    monkeypatch.setattr(Peer, "__init__", hasty)


def changed(cafe: Cafe) -> None:
    cafe.flow("hello", says("hello", "Good evening.", system="introduction"))


def test_live_may_be_away_right_after_the_switch(
    at_home: House, cafe: Cafe, away: Callable[[Asked, int], list[str]]
) -> None:
    """It has said what it took: nothing more is asked of it."""
    changed(cafe)
    switched: list[bool] = []

    def after_the_switch(method: str, url: str, _asked: dict[str, Any]) -> bool:
        switched.append(method == "PUT" and url.endswith("/active"))
        return any(switched[:-1])

    missed = away(after_the_switch, 1000)
    ended = at_home.publish(cafe.id)
    assert (len(missed), ended["status"], ended["release"]) == (0, "live", 2)
    away(after_the_switch, 0)
    assert at_home.active(cafe.id)["number"] == 2
    assert [release["number"] for release in at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]] == [
        2,
        1,
    ]


@pytest.mark.usefixtures("impatient")
def test_what_live_took_is_live_and_is_recorded_once_live_is_back(
    at_home: House, cafe: Cafe, away: Callable[[Asked, int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where our record may lack more than this switch, live's log is asked."""
    monkeypatch.setattr(history, "follows", lambda *_: False)
    changed(cafe)
    switched: list[bool] = []

    def ever_after(method: str, url: str, _asked: dict[str, Any]) -> bool:
        switched.append(method == "PUT" and url.endswith("/active"))
        return any(switched[:-1]) and "/releases/log" in url

    missed = away(ever_after, 1_000)
    ended = at_home.publish(cafe.id)
    assert missed
    assert (ended["status"], ended["release"]) == ("live", at_home.active(cafe.id)["number"])
    away(lambda *_: False, 0)
    newest = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"][0]
    assert (newest["number"], newest["publication"]) == (ended["release"], ended["id"])


def test_another_request_may_write_the_switch_down_first(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it may on PostgreSQL, where two transactions write at once: the later one finds the entry there."""
    changed(cafe)
    record, late = activating._record, []

    def overtaken(db: Database, *given: Any, **ended: Any) -> None:
        if not late:
            late.append(given)
            listed = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]
            assert listed[0]["number"] == 2
            raise IntegrityError("INSERT INTO releases", {}, Exception("duplicate key"))
        record(db, *given, **ended)

    monkeypatch.setattr(activating, "_record", overtaken)
    ended = at_home.publish(cafe.id)
    assert (len(late), ended["status"], ended["release"]) == (1, "live", 2)
    listed = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]
    assert [(item["number"], item["publication"] == ended["id"]) for item in listed] == [(2, True), (1, False)]
    trail = at_home.publisher.get("/v1/audit", params={"bot": cafe.id}).json()["items"]
    assert [entry["action"] for entry in trail].count("published") == 2


def test_live_may_be_away_when_a_training_ends(
    at_home: House, cafe: Cafe, away: Callable[[Asked, int], list[str]]
) -> None:
    cafe.learns("soup", "is there any bouillabaisse")
    polled: list[bool] = []

    def once_it_trained(_method: str, url: str, _asked: dict[str, Any]) -> bool:
        polled.append("/trainings/" in url)
        return any(polled) and url.endswith("/active")

    missed = away(once_it_trained, 3)
    ended = at_home.publish(cafe.id, train="if_needed")
    assert (len(missed), ended["status"]) == (3, "live")


def test_a_rollback_waits_for_no_draft_that_hangs(at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch) -> None:
    first = at_home.active(cafe.id)["number"]
    changed(cafe)
    assert at_home.publish(cafe.id)["status"] == "live"
    patience: list[float | None] = []
    request = Neighbour.request

    def hanging(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
        if self.app is at_home.draft.app:
            patience.append(asked.get("timeout"))
            raise httpx.ReadTimeout("no answer")
        return request(self, method, url, **asked)

    monkeypatch.setattr(Neighbour, "request", hanging)
    for named in (cafe.id, "Harbour Café"):
        assert at_home.publish(named, "rollback", to_release=first)["status"] == "live"
    assert set(patience) == {SOON_SECONDS}


@pytest.mark.usefixtures("impatient")
def test_a_switch_whose_answer_is_lost_is_live_as_soon_as_live_can_be_asked(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(cafe)
    monkeypatch.setattr(activating, "_PAUSE_SECONDS", 0.01)
    request, cut, missed = Neighbour.request, [False], []

    def cut_at_the_switch(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
        if cut[0] and self.app is at_home.live.app:
            missed.append(str(url))
            raise httpx.ConnectError("connection refused")
        answer = request(self, method, url, **asked)
        if method == "PUT" and str(url).endswith("/active"):
            cut[0] = True
            raise httpx.ReadTimeout("no answer")
        return answer

    monkeypatch.setattr(Neighbour, "request", cut_at_the_switch)
    asked = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full"}).json()
    while not any("/releases/log" in url for url in missed):
        time.sleep(0.01)
    waiting = at_home.publisher.get(f"/v1/publications/{asked['id']}").json()
    assert (waiting["status"], waiting["step"]) == ("running", "activate")
    monkeypatch.setattr(Neighbour, "request", request)
    ended = at_home.ended(asked)
    assert (ended["status"], ended["release"], ended["error"]) == ("live", at_home.active(cafe.id)["number"], None)


def test_a_publication_that_was_given_up_for_lost_is_live_once_lives_log_names_it(at_home: House, cafe: Cafe) -> None:
    changed(cafe)
    ended = at_home.publish(cafe.id)
    with at_home.publisher.app.state.bridge.db.writing() as connection:
        connection.execute(delete(releases).where(releases.c.number == ended["release"]))
        connection.execute(delete(inbox_schedules))
        error = '{"code":"live_unreachable","detail":"The live service is away."}'
        lost = {"status": "failed", "step": "activate", "release": None, "release_digest": None, "error": error}
        connection.execute(update(publications).where(publications.c.id == ended["id"]).values(**lost))
    listed = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"][0]
    settled = at_home.publisher.get(f"/v1/publications/{ended['id']}").json()
    assert listed["publication"] == settled["id"]
    told = ("status", "release", "release_digest", "error")
    assert [settled[name] for name in told] == ["live", ended["release"], ended["release_digest"], None]
    trail = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"]
    assert [entry["action"] for entry in trail[:2]] == ["published", "publication_settled"]
    assert (trail[1]["detail"]["was"], trail[1]["detail"]["error"]["code"]) == ("failed", "live_unreachable")
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/inbox-schedule").json()["enabled"]


LOGIN_PAGE = httpx.Response(200, html="<html>Please log in</html>")
SOMEBODY_ELSE = httpx.Response(200, json={"ok": True})
ELSEWHERE = httpx.Response(302, headers={"Location": "/login"})


@pytest.fixture
def draft_answers(at_home: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[httpx.Response], None]:
    request = Neighbour.request

    def answer(given: httpx.Response) -> None:
        def odd(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
            return given if self.app is at_home.draft.app else request(self, method, url, **asked)

        monkeypatch.setattr(Neighbour, "request", odd)

    return answer


@pytest.mark.parametrize("answer", [httpx.Response(500), LOGIN_PAGE, SOMEBODY_ELSE, ELSEWHERE, httpx.Response(401)])
def test_a_draft_that_answers_nonsense_is_needed_neither_to_roll_back_nor_to_take_off(
    at_home: House, cafe: Cafe, draft_answers: Callable[[httpx.Response], None], answer: httpx.Response
) -> None:
    changed(cafe)
    assert at_home.publish(cafe.id)["status"] == "live"
    draft_answers(answer)
    assert at_home.publish("Harbour Café", "rollback", to_release=1)["status"] == "live"
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={}).status_code == 200


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(500, json={"code": "internal"}), "it answered 500 internal."),
        (LOGIN_PAGE, "it answered what cannot be read (text/html; charset=utf-8)."),
        (SOMEBODY_ELSE, "it answered what cannot be read (application/json)."),
        (ELSEWHERE, "it answered 302."),
    ],
)
def test_what_draft_answered_is_told_to_who_needs_it(
    at_home: House,
    cafe: Cafe,
    draft_answers: Callable[[httpx.Response], None],
    answer: httpx.Response,
    why: str,
) -> None:
    draft_answers(answer)
    refused = at_home.publisher.get(f"/v1/bots/{cafe.id}/status")
    assert (refused.status_code, refused.json()["code"]) == (503, "draft_unreachable")
    assert f"The draft service is away: {why}" in refused.json()["detail"]


def test_whom_an_erasure_is_about_is_known_until_draft_has_done_it(
    at_home: House, cafe: Cafe, draft_answers: Callable[[httpx.Response], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = at_home.publisher.app.state.bridge
    started: list[str] = []
    monkeypatch.setattr(bridge.jobs, "start", lambda _kind, job: started.append(job))
    draft_answers(LOGIN_PAGE)
    erasure = at_home.publisher.post("/v1/erasures", json={"bot": cafe.id, "user": "maud"}).json()["id"]
    with pytest.raises(BusyError):
        bridge.jobs._kinds["erasure"](erasure)
    assert at_home.publisher.get(f"/v1/erasures/{erasure}").json()["status"] == "running"
    monkeypatch.undo()
    bridge.jobs._kinds["erasure"](erasure)
    assert at_home.publisher.get(f"/v1/erasures/{erasure}").json()["status"] == "succeeded"


def test_a_preview_that_hangs_is_named_and_lives_status_told(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["preview_away"] is None
    patience: list[float | None] = []
    request = Neighbour.request

    def hanging(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
        if self.app is at_home.preview.app:
            patience.append(asked["timeout"])
            raise httpx.ReadTimeout("no answer")
        return request(self, method, url, **asked)

    monkeypatch.setattr(Neighbour, "request", hanging)
    status = at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()
    assert (status["live"]["number"], status["preview"]) == (1, None)
    assert status["preview_away"] == "The preview service is away: no answer."
    assert patience == [SOON_SECONDS]
