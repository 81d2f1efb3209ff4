"""A neighbour that is away for a moment fails no publication, and what it did is not forgotten (P17, P18)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.publisher import peers
from services.publisher.peer import Peer
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
    changed(cafe)
    switched: list[bool] = []

    def after_the_switch(method: str, url: str, _asked: dict[str, Any]) -> bool:
        switched.append(method == "PUT" and url.endswith("/active"))
        return any(switched[:-1]) and "/releases/log" in url

    missed = away(after_the_switch, 3)
    ended = at_home.publish(cafe.id)
    assert (len(missed), ended["status"], ended["release"]) == (3, "live", at_home.active(cafe.id)["number"])


@pytest.mark.usefixtures("impatient")
def test_what_live_took_is_live_and_is_recorded_once_live_is_back(
    at_home: House, cafe: Cafe, away: Callable[[Asked, int], list[str]]
) -> None:
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
    ended = at_home.publish(cafe.id, "rollback", to_release=first)
    assert ended["status"] == "live"
    assert set(patience) == {peers._SOON_SECONDS}
