"""Going back, or changing flows alone, does not pay for the inspection of models again, not even after a restart."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.contracts import ModelManifest
from shared.nlp.inspection import Inspector
from tests.live_api.theatre import BOT, Live, Trained, bring, code, publish, quay, release, stage


def test_neither_a_kept_release_nor_new_flows_have_their_models_inspected_again(
    live: Live, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
    inspected: list[ModelManifest] = []
    monkeypatch.setattr(Inspector, "inspect", lambda _self, model, _read: inspected.append(model))
    with live.open() as client:
        assert stage(client, release(trained)).status_code == 200
        assert stage(client, release(trained, flows=quay("Never."))).status_code == 201
        assert not inspected
        assert stage(client, release(trained, bot="bot_gull", name="Gull Lines")).status_code == 201
    assert inspected == [trained.manifest], "another bot's models are looked at"


def test_a_candidate_that_comes_several_times_at_once_is_looked_at_once(
    live: Live, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan is weighed while it is published."""
    inspected: list[ModelManifest] = []

    def slowly(_self: Inspector, model: ModelManifest, _read: object) -> None:
        inspected.append(model)
        time.sleep(0.2)

    monkeypatch.setattr(Inspector, "inspect", slowly)
    with live.open() as client, ThreadPoolExecutor(4) as crowd:
        bring(client, trained)
        answers = list(crowd.map(lambda _: stage(client, release(trained)), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.text for answer in answers}) == 1
    assert inspected == [trained.manifest]


def test_a_candidate_that_waits_is_proved_again_by_its_name_alone(live: Live, trained: Trained) -> None:
    candidate = release(trained)
    path = f"/v1/bots/{BOT}/releases/{candidate.digest}/proof"
    with live.open() as client:
        assert code(client.post(path)) == (404, "release_not_staged")
        bring(client, trained)
        staged = stage(client, candidate)
        again = client.post(path)
        assert (again.status_code, again.json()) == (200, staged.json())
        assert again.json()["probes"]
    with live.open() as client:
        assert code(client.post(path)) == (404, "release_not_staged"), "what waited in memory is gone with the process"


def test_what_is_staged_while_it_is_served_waits_for_nothing(live: Live, trained: Trained) -> None:
    """A plan that is weighed after its publication has ended."""
    candidate = release(trained)
    with live.open() as client:
        publish(client, trained, candidate)
        assert stage(client, candidate).status_code == 200
        again = client.post(f"/v1/bots/{BOT}/releases/{candidate.digest}/proof")
        assert code(again) == (404, "release_not_staged")
