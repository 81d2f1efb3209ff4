"""A plan has its candidate brought to where it would be published, which is then little more than the switch."""

from pathlib import Path
from typing import Any

import pytest

from services.publisher.draft import Draft
from services.publisher.live import Live
from shared.contracts import Proof, Release
from tests.house import House, house
from tests.live_api.theatre import wait_for
from tests.publisher.conftest import Cafe, says
from tests.publisher.test_damaged import rot


class Carrier:
    """Notes what is carried to a target, and which models draft is asked to prove."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.carried: list[str] = []
        stage, put, proof = Live.stage, Live.put_blob, Draft.proof

        def staging(live: Live, release: Release, provenance: dict[str, Any]) -> Proof:
            self.carried.append("release")
            return stage(live, release, provenance)

        def putting(live: Live, digest: str, data: bytes) -> None:
            self.carried.append("file")
            put(live, digest, data)

        def proving(draft: Draft, bot: str, model: str, again: bool = True) -> Proof:
            self.carried += ["proof"] if again else []
            return proof(draft, bot, model, again)

        patch.setattr(Live, "stage", staging)
        patch.setattr(Live, "put_blob", putting)
        patch.setattr(Draft, "proof", proving)

    def since_then(self) -> list[str]:
        found, self.carried = self.carried, []
        return found


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Carrier:
    return Carrier(monkeypatch)


def brought(at: House, plan: dict[str, Any], to: str = "live") -> dict[str, Any]:
    """The plan, once its candidate waits at the target."""
    path = f"/v1/bots/{plan['bot']}/releases/{plan['candidate']['digest']}/proof"
    wait_for(lambda: getattr(at, to).post(path).status_code == 200, "the candidate of the plan")
    return plan


def test_the_publication_of_a_plan_carries_nothing_a_second_time(at_home: House, cafe: Cafe, carrier: Carrier) -> None:
    cafe.learns("soup", "is there any chowder")
    at_home.train(cafe.id)
    plan = brought(at_home, at_home.plan(cafe.id, "nlp"))
    assert set(carrier.since_then()) == {"release", "file", "proof"}
    done = at_home.publish(cafe.id, "nlp", plan=plan["id"])
    assert (done["status"], done["release"]) == ("live", 2)
    assert done["proof"]["digests_equal"]
    assert done["proof"]["probes"] > 0
    assert carrier.since_then() == []


def test_so_it_is_for_the_first_publication_of_a_bot_and_for_flows_that_are_understood_alike(
    new_home: House, carrier: Carrier
) -> None:
    cafe = Cafe(new_home)
    new_home.train(cafe.id)
    plan = brought(new_home, new_home.plan(cafe.id))
    assert plan["impact"]["reason"] == "never_published"
    carrier.since_then()
    assert new_home.publish(cafe.id, plan=plan["id"])["status"] == "live"
    assert carrier.since_then() == []
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    plan = brought(new_home, new_home.plan(cafe.id, "flows"))
    assert plan["impact"]["reason"] == "understands_alike"
    carrier.since_then()
    assert new_home.publish(cafe.id, "flows", plan=plan["id"])["status"] == "live"
    assert carrier.since_then() == []
    assert cafe.said_live()["menu"] == ["Leek soup."]


def test_a_plan_brings_its_candidate_to_its_own_target(at_home: House, cafe: Cafe, carrier: Carrier) -> None:
    plan = brought(at_home, at_home.plan(cafe.id, target="preview"), to="preview")
    carrier.since_then()
    assert at_home.publish(cafe.id, target="preview", plan=plan["id"])["status"] == "live"
    assert carrier.since_then() == []


def test_a_candidate_that_live_has_forgotten_is_brought_again(tmp_path: Path, carrier: Carrier) -> None:
    """Everybody was started anew between the plan and its publication."""
    with house(tmp_path) as opened:
        cafe = Cafe(opened)
        opened.train(cafe.id)
        plan = brought(opened, opened.plan(cafe.id))
    carrier.since_then()
    with house(tmp_path) as opened:
        assert opened.publish(cafe.id, plan=plan["id"])["status"] == "live"
        assert set(carrier.since_then()) == {"proof", "release"}, "the files are there"
        assert Cafe(opened, like=cafe).said_live()["menu"] == ["Pea soup."]


def test_files_that_have_rotted_since_the_plan_are_sent_again(
    at_home: House, cafe: Cafe, carrier: Carrier, tmp_path: Path
) -> None:
    cafe.learns("soup", "is there any chowder")
    at_home.train(cafe.id)
    plan = brought(at_home, at_home.plan(cafe.id, "nlp"))
    carrier.since_then()
    rot(tmp_path / "house" / "live" / "artifacts")
    done = at_home.publish(cafe.id, "nlp", plan=plan["id"])
    assert (done["status"], done["proof"]["digests_equal"]) == ("live", True)
    assert "file" in carrier.since_then()


def test_a_plan_of_what_is_live_already_brings_nothing(at_home: House, cafe: Cafe, carrier: Carrier) -> None:
    at_home.plan(cafe.id)
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    brought(at_home, at_home.plan(cafe.id, "flows"))
    assert carrier.since_then().count("release") == 1
