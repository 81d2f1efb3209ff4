"""Going back, or changing flows alone, does not pay for the inspection of models again, not even after a restart."""

import pytest

from shared.contracts import ModelManifest
from shared.nlp.inspection import Inspector
from tests.live_api.theatre import Live, Trained, publish, quay, release, stage


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
