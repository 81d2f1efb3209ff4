"""A hot-fix at night: deliberate, kept, pulled home, never lost silently (E2 to E4)."""

from typing import Any

import pytest

from tests.house import House
from tests.publisher.conftest import Cafe, says

CONFIRMED = {"Live-Edit": "confirmed", "Live-Edit-Notes": "the kitchen is flooded"}


def closes_at_night(house: House, cafe: Cafe, text: str = "We are closed tonight.") -> dict[str, Any]:
    body = {"name": "Menu", "blocks": [says("soup", text, intent="soup")]}
    put = house.live.put(f"/v1/bots/{cafe.id}/flows/menu", json=body, headers=CONFIRMED)
    assert put.status_code == 200, put.text
    found: dict[str, Any] = put.json()
    return found


def test_an_edit_is_a_release_of_its_own_with_its_author_and_notes(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    newest = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"][0]
    assert (newest["number"], newest["origin"], newest["author"]) == (2, "live_edit", "admin")
    assert newest["notes"] == "the kitchen is flooded"
    told = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"][0]
    assert (told["action"], told["request_id"]) == ("live_edited", None), "live's own trail has the request"
    (edit,) = at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["live_edits"]
    assert (edit["item"], edit["release"]) == ("flow:menu", 2)


def test_publishing_over_an_edit_is_refused_until_that_is_accepted_by_name(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    cafe.flow("quay", says("ferry", "Once a day.", intent="ferry"))
    answer = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full"})
    (finding,) = (found for found in answer.json()["findings"] if found["severity"] == "blocker")
    assert (finding["code"], finding["subjects"][0]["item"]) == ("live_drift", "flow:menu")
    assert cafe.said_live()["menu"] == ["We are closed tonight."]
    done = at_home.publish(cafe.id, accept=["live_drift"])
    assert done["status"] == "live"
    assert cafe.said_live() == {"menu": ["Pea soup."], "quay": ["Once a day."]}
    overridden = [
        e for e in at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"] if e["action"] == "overridden"
    ]
    assert overridden[0]["detail"]["codes"] == ["live_drift"]


def test_what_would_not_touch_the_edit_is_not_held_up_by_it(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    cafe.flow("quay", says("ferry", "Once a day.", intent="ferry"))
    assert at_home.publish(cafe.id, "flows", flows=["quay"])["status"] == "live"
    cafe.learns("soup", "do you serve chowder")
    at_home.train(cafe.id)
    assert at_home.publish(cafe.id, "nlp")["status"] == "live"
    assert cafe.said_live()["menu"] == ["We are closed tonight."]


def test_an_edit_that_was_pulled_home_goes_out_again_with_what_draft_did_meanwhile(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    cafe.flow("menu", says("soup", "Pea soup.", intent="soup"), says("bread", "Rye."))
    pulled = at_home.publisher.post(f"/v1/bots/{cafe.id}/drift/pull").json()
    assert [item["item"] for item in pulled["items"]] == ["flow:menu"]
    assert pulled["snapshot"]
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/drift/pull").json() == {"items": [], "snapshot": None}
    told = [item["action"] for item in at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"]]
    assert told.count("pulled") == 1, "pulling nothing is nothing to tell"
    blocks = at_home.draft.get(f"/v1/bots/{cafe.id}/flows/menu").json()["blocks"]
    assert [block["messages"][0]["text"] for block in blocks] == ["We are closed tonight.", "Rye."]
    assert at_home.publish(cafe.id)["status"] == "live"
    assert cafe.said_live()["menu"] == ["We are closed tonight.", "Rye."]
    undone = at_home.draft.post(f"/v1/bots/{cafe.id}/snapshots/{pulled['snapshot']}/restore")
    assert undone.status_code == 200
    blocks = at_home.draft.get(f"/v1/bots/{cafe.id}/flows/menu").json()["blocks"]
    assert [block["messages"][0]["text"] for block in blocks] == ["Pea soup.", "Rye."]


def pull(house: House, cafe: Cafe, **body: Any) -> dict[str, Any]:
    answer = house.publisher.post(f"/v1/bots/{cafe.id}/drift/pull", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_edit_that_was_pulled_and_then_taken_back_in_live_does_not_come_again(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    pull(at_home, cafe)
    closes_at_night(at_home, cafe, "Pea soup.")
    assert at_home.refused(cafe.id) == ["live_drift"]
    assert [item["release"] for item in pull(at_home, cafe)["items"]] == [3]
    assert cafe.said_draft()["menu"] == ["Pea soup."]


def test_an_edit_that_was_made_before_and_pulled_is_not_known_for_ever(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    pull(at_home, cafe)
    at_home.publish(cafe.id)
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    at_home.publish(cafe.id)
    closes_at_night(at_home, cafe)
    assert at_home.refused(cafe.id) == ["live_drift"]


def test_publishing_nothing_new_agrees_to_no_edit_to_come(at_home: House, cafe: Cafe) -> None:
    at_home.publish(cafe.id)
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    at_home.publish(cafe.id)
    closes_at_night(at_home, cafe, "Pea soup.")
    assert at_home.refused(cafe.id) == ["live_drift"]


def test_undoing_a_pull_brings_the_edit_back_and_it_can_be_pulled_again(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    snapshot = pull(at_home, cafe)["snapshot"]
    at_home.draft.post(f"/v1/bots/{cafe.id}/snapshots/{snapshot}/restore")
    assert at_home.refused(cafe.id) == ["live_drift"]
    (edit,) = at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["live_edits"]
    assert edit["item"] == "flow:menu"
    pull(at_home, cafe)
    assert cafe.said_draft()["menu"] == ["We are closed tonight."]
    assert at_home.plan(cafe.id)["publishable"]


def test_a_second_edit_after_a_pull_is_no_clash_where_draft_touched_nothing_of_it(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    pull(at_home, cafe)
    soup = says("soup", "We are closed tonight.", intent="soup")
    cafe.flow("menu", soup, says("bread", "Rye."))
    closes_at_night(at_home, cafe, "Closed until Monday.")
    pull(at_home, cafe)
    assert cafe.said_draft()["menu"] == ["Closed until Monday.", "Rye."]


def test_a_threshold_of_one_language_that_was_set_in_live_comes_home(at_home: House, cafe: Cafe) -> None:
    strict = {"languages": {"en": {"intent_threshold": 0.8}}}
    changed = at_home.live.patch(f"/v1/bots/{cafe.id}/settings", json=strict, headers=CONFIRMED)
    assert changed.status_code == 200, changed.text
    plan = at_home.plan(cafe.id)
    (setting,) = plan["changes"]["settings"]["changed"]
    assert (setting["id"], setting["before"], setting["after"]) == ("languages.en", {"intent_threshold": 0.8}, {})
    assert [item["item"] for item in pull(at_home, cafe)["items"]] == ["setting:languages"]
    settings = at_home.draft.get(f"/v1/bots/{cafe.id}").json()["settings"]
    assert settings["languages"]["en"]["intent_threshold"] == 0.8
    assert not at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["changed"]


def test_an_edit_for_an_intent_that_draft_deleted_says_so_by_its_name(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    at_home.draft.delete(f"/v1/bots/{cafe.id}/intents/soup", params={"unlink": True})
    pulled = at_home.publisher.post(f"/v1/bots/{cafe.id}/drift/pull", json={"prefer": "live"})
    assert (pulled.status_code, pulled.json()["code"]) == (422, "unknown_intent")
    assert "'soup' (block soup)" in pulled.json()["detail"]


def test_a_clash_is_told_with_both_sides_and_writes_nothing_until_it_is_decided(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    clash = at_home.publisher.post(f"/v1/bots/{cafe.id}/drift/pull")
    assert (clash.status_code, clash.json()["code"]) == (409, "drift_conflict")
    (told,) = clash.json()["clashes"]
    assert (told["item"], told["part"]) == ("flow:menu", "block:soup")
    assert [told[side]["messages"][0]["text"] for side in ("base", "live", "draft")] == [
        "Pea soup.",
        "We are closed tonight.",
        "Leek soup.",
    ]
    assert (
        at_home.draft.get(f"/v1/bots/{cafe.id}/flows/menu").json()["blocks"][0]["messages"][0]["text"] == "Leek soup."
    )
    decided = at_home.publisher.post(f"/v1/bots/{cafe.id}/drift/pull", json={"prefer": "draft"})
    assert decided.status_code == 200
    assert at_home.publish(cafe.id)["status"] == "live"
    assert cafe.said_live()["menu"] == ["Leek soup."]


def test_an_edit_that_is_taken_back_is_no_drift(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    closes_at_night(at_home, cafe, "Pea soup.")
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    assert at_home.publish(cafe.id)["release"] == 4


def test_a_rollback_over_an_edit_warns_and_a_rollback_to_it_brings_the_drift_back(at_home: House, cafe: Cafe) -> None:
    closes_at_night(at_home, cafe)
    back = at_home.publish(cafe.id, "rollback", to_release=1)
    assert [(f["code"], f["severity"]) for f in back["findings"]] == [("live_drift", "warning")]
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    assert at_home.plan(cafe.id)["drift"] == []
    at_home.publish(cafe.id, "rollback", to_release=2)
    assert [item["item"] for item in at_home.plan(cafe.id)["drift"]] == ["flow:menu"]


def test_settings_drift_one_by_one(at_home: House, cafe: Cafe) -> None:
    changed = at_home.live.patch(f"/v1/bots/{cafe.id}/settings", json={"margin": 0.2}, headers=CONFIRMED)
    assert changed.status_code == 200, changed.text
    cafe.set(max_message_length=500)
    assert at_home.refused(cafe.id) == ["live_drift"]
    assert at_home.refused(cafe.id, "nlp") == ["live_drift"], "nlp carries thresholds"
    cafe.set(margin=0.2)
    assert at_home.publish(cafe.id)["status"] == "live"
    assert at_home.active(cafe.id)["settings"]["margin"] == 0.2


def test_a_value_of_the_environment_must_be_there_before_a_flow_that_says_it(new_home: House) -> None:
    fresh = Cafe(new_home)
    fresh.flow("menu", says("soup", "Come to {{ env.address }}", intent="soup"))
    new_home.train(fresh.id)
    assert new_home.refused(fresh.id) == ["environment_value_missing"]
    plan = new_home.plan(fresh.id)
    set_ = new_home.live.patch(f"/v1/bots/{fresh.id}", json={"env": {"address": "Quay 4"}})
    assert set_.status_code == 200, set_.text
    assert new_home.publish(fresh.id, plan=plan["id"])["status"] == "live", "the plan's candidate was sound all along"
    said = new_home.live.post(f"/v1/bots/{fresh.id}/conversations/ann/messages", json={"text": "soup of the day"})
    assert said.json()["replies"][0]["text"] == "Come to Quay 4"
    assert "Quay 4" not in new_home.publisher.get(f"/v1/bots/{fresh.id}/releases/1").text


@pytest.mark.parametrize("target", ["live", "preview"])
def test_each_environment_has_values_of_its_own(at_home: House, cafe: Cafe, target: str) -> None:
    cafe.flow("menu", says("soup", "Come to {{ env.address }}", intent="soup"))
    other = {"live": at_home.preview, "preview": at_home.live}[target]
    other.patch(f"/v1/bots/{cafe.id}", json={"env": {"address": "Quay 4"}})
    assert at_home.refused(cafe.id, target=target) == ["environment_value_missing"]


def test_a_release_comes_back_into_draft_whole_and_publishing_it_gives_its_digest(at_home: House, cafe: Cafe) -> None:
    first = at_home.active(cafe.id)["digest"]
    cafe.learns("soup", "do you serve chowder")
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    cafe.set(margin=0.2)
    at_home.publish(cafe.id, train="if_needed")
    cafe.intent("bill", ["the bill please", "can I pay"])
    for path in ("releases/1/restore", "inbox-syncs"):
        assert at_home.publisher.post(f"/v1/bots/{cafe.id}/{path}", json={"x": 1}).status_code == 422
    restored = at_home.publisher.post(f"/v1/bots/{cafe.id}/releases/1/restore")
    assert restored.status_code == 200, restored.text
    texts = at_home.draft.get(f"/v1/bots/{cafe.id}/nlp/export?format=jsonl").text
    assert "chowder" not in texts
    assert "bill" not in texts
    assert at_home.draft.get(f"/v1/bots/{cafe.id}/nlp").json()["languages"]["en"]["status"] == "trained"
    done = at_home.publish(cafe.id)
    assert (done["release"], done["release_digest"]) == (3, first)
    undone = at_home.draft.post(f"/v1/bots/{cafe.id}/snapshots/{restored.json()['snapshot']}/restore")
    assert undone.status_code == 200, undone.text
    assert "the bill please" in at_home.draft.get(f"/v1/bots/{cafe.id}/nlp/export?format=jsonl").text


def test_what_was_trained_is_trained_again_when_a_restoration_is_undone(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "do you serve chowder")
    at_home.train(cafe.id)
    newest = at_home.draft.get(f"/v1/bots/{cafe.id}/nlp").json()["languages"]["en"]["model"]
    restored = at_home.publisher.post(f"/v1/bots/{cafe.id}/releases/1/restore").json()
    at_home.draft.post(f"/v1/bots/{cafe.id}/snapshots/{restored['snapshot']}/restore")
    again = at_home.draft.get(f"/v1/bots/{cafe.id}/nlp").json()["languages"]["en"]
    assert (again["status"], again["model"]) == ("trained", newest)


def test_an_edit_that_a_publication_found_in_draft_too_is_agreed_upon(at_home: House, cafe: Cafe) -> None:
    leek, onion = says("soup", "Leek soup.", intent="soup"), says("soup", "Onion soup.", intent="soup")
    closes_at_night(at_home, cafe, "Leek soup.")
    cafe.flow("menu", leek)
    bill = cafe.intent("bill", ["the bill please"])
    at_home.train(cafe.id)
    assert at_home.draft.delete(f"/v1/bots/{cafe.id}/intents/{bill}").status_code == 204
    same = at_home.publish(cafe.id, train="if_needed", notes="leek it is")
    assert (same["status"], same["release"]) == ("live", 2), "after a training, nothing is new"
    assert "leek it is" in at_home.publisher.get(f"/v1/bots/{cafe.id}/releases/2").json()["notes"]
    cafe.flow("menu", onion)
    assert at_home.publish(cafe.id)["status"] == "live"
