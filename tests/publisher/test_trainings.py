"""What a training means to a publication: one that it waits for, its own or somebody else's, and a worse one."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.draft_api import trainings
from services.draft_api.training_job import TrainingCancelledError, TrainingJob
from shared.errors import ConflictError
from tests.house import House
from tests.publisher.conftest import Cafe


@pytest.fixture
def kiln(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Trainings take until it is set, or they are cancelled."""
    learn: Callable[..., None] = TrainingJob._run_child
    warm = threading.Event()

    def slowly(self: TrainingJob, training: str, *more: Any) -> None:
        while not warm.wait(0.01):
            if self._cancelled(training):
                raise TrainingCancelledError
        learn(self, training, *more)

    monkeypatch.setattr(TrainingJob, "_run_child", slowly)
    yield warm
    warm.set()


def waiting(house: House, cafe: Cafe, target: str = "live") -> dict[str, Any]:
    """A publication that waits for a training, as it stands once it does."""
    body = {"mode": "full", "train": "if_needed", "target": target}
    asked = house.publisher.post(f"/v1/bots/{cafe.id}/publications", json=body)
    state: dict[str, Any] = asked.json()
    while state["step"] != "train":
        time.sleep(0.005)
        state = house.publisher.get(f"/v1/publications/{state['id']}").json()
    return state


def cancelled(house: House, publication: dict[str, Any]) -> str:
    house.publisher.post(f"/v1/publications/{publication['id']}/cancel", json={})
    return str(house.ended(publication)["status"])


def ended(house: House, training: str) -> str:
    while (state := house.draft.get(f"/v1/trainings/{training}").json()["status"]) in {"queued", "running"}:
        time.sleep(0.005)
    return str(state)


def test_a_cancelled_publication_leaves_somebody_elses_training_alone(
    at_home: House, cafe: Cafe, kiln: threading.Event
) -> None:
    cafe.learns("soup", "is there any bouillabaisse")
    training = at_home.draft.post(f"/v1/bots/{cafe.id}/trainings", json={}).json()["id"]
    assert cancelled(at_home, waiting(at_home, cafe)) == "cancelled"
    kiln.set()
    assert ended(at_home, training) == "succeeded"


@pytest.mark.usefixtures("kiln")
def test_a_cancelled_publication_cancels_the_training_that_it_began(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "is there any bouillabaisse")
    assert cancelled(at_home, waiting(at_home, cafe)) == "cancelled"
    (training, *_) = at_home.draft.get(f"/v1/bots/{cafe.id}/trainings").json()["items"]
    assert ended(at_home, training["id"]) == "cancelled"


@pytest.mark.usefixtures("kiln")
def test_the_status_shows_what_goes_to_live_and_to_the_preview_side_by_side(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "is there any bouillabaisse")
    preview, live = waiting(at_home, cafe, "preview"), waiting(at_home, cafe)
    status = at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()
    assert (status["running"]["id"], status["preview_running"]["id"]) == (live["id"], preview["id"])
    assert {cancelled(at_home, live), cancelled(at_home, preview)} == {"cancelled"}


def test_a_training_that_ends_in_the_very_moment_is_not_waited_for(
    at_home: House, cafe: Cafe, kiln: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draft refuses to begin another, and can no longer say which one runs."""
    cafe.learns("soup", "is there any bouillabaisse")
    training = at_home.draft.post(f"/v1/bots/{cafe.id}/trainings", json={}).json()["id"]
    told: list[str] = []

    def just_ended(*_asked: Any) -> ConflictError:
        kiln.set()
        told.append(ended(at_home, training))
        return ConflictError("training_running", "This bot is being trained already.", training=None)

    monkeypatch.setattr(trainings, "_running", just_ended)
    assert at_home.publish(cafe.id, train="if_needed")["status"] == "live"
    assert told == ["succeeded"]


MUDDLE = ["is there soup", "soup please", "what is the soup", "do you have soup today", "the soup of today"]


def warned(findings: list[dict[str, Any]]) -> list[str]:
    return [found["code"] for found in findings if found["code"] == "accuracy_dropped"]


def test_a_model_that_is_less_often_right_is_told_wherever_one_asks(at_home: House, cafe: Cafe) -> None:
    cafe.learns("ferry", *MUDDLE)
    at_home.train(cafe.id)
    told = ["accuracy_dropped"]
    assert warned(at_home.plan(cafe.id, "nlp")["findings"]) == told
    assert warned(at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["findings"]) == told
    asked = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "nlp"}).json()
    assert warned(asked["findings"]) == told
    assert warned(at_home.ended(asked)["findings"]) == told
    back = at_home.publish(cafe.id, "rollback", to_release=1)
    assert (back["status"], warned(back["findings"])) == ("live", [])


def test_a_model_that_a_publication_trains_itself_is_told_at_its_end(at_home: House, cafe: Cafe) -> None:
    cafe.learns("ferry", *MUDDLE)
    ended = at_home.publish(cafe.id, train="if_needed")
    assert (ended["status"], warned(ended["findings"])) == ("live", ["accuracy_dropped"])


def test_approvals_that_are_asked_for_during_a_training_hold_for_the_publication_that_waits_for_it(
    at_home: House, cafe: Cafe, kiln: threading.Event
) -> None:
    cafe.learns("soup", "is there any bouillabaisse")
    publication = waiting(at_home, cafe)
    cafe.set(approvals=1)
    kiln.set()
    done = at_home.ended(publication)
    assert done["status"] == "refused"
    assert "approval_missing" in {finding["code"] for finding in done["findings"]}
    assert at_home.active(cafe.id)["number"] == 1
