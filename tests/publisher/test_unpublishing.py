"""A bot is taken off: nobody is answered by it any more, and nothing that it was is lost."""

from typing import Any

from tests.house import House
from tests.publisher.conftest import Cafe, says


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def ask(house: House, bot: str) -> Any:
    return house.live.post(f"/v1/bots/{bot}/classify", json={"text": "soup of the day"})


def test_what_is_taken_off_answers_nobody_and_comes_back_under_the_next_number(at_home: House, cafe: Cafe) -> None:
    at_home.live.post(f"/v1/bots/{cafe.id}/conversations/maud/messages", json={"text": "soup of the day"})
    at_home.live.patch(f"/v1/bots/{cafe.id}", json={"env": {"desk": "pier 3"}})
    done = at_home.publisher.post("/v1/bots/Harbour Café/unpublish", json={"notes": "the season is over"})
    assert done.status_code == 200, done.text
    assert (done.json()["bot"], done.json()["release"]) == (cafe.id, 1)
    for bot in (cafe.id, "Harbour Café"):
        assert code(ask(at_home, bot)) == (404, "never_published")
        say = at_home.live.post(f"/v1/bots/{bot}/conversations/maud/messages", json={"text": "soup"})
        assert code(say) == (404, "never_published")
    assert at_home.live.get("/v1/bots").json()["items"] == []
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["live"] is None
    assert at_home.refused(cafe.id, "nlp") == ["never_published"]
    listed = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]
    assert [release["number"] for release in listed] == [1]

    back = at_home.publish(cafe.id)
    assert (back["status"], back["release"], back["release_digest"]) == ("live", 2, done.json()["release_digest"])
    assert ask(at_home, "Harbour Café").json()["release"] == 2
    assert at_home.live.get(f"/v1/bots/{cafe.id}").json()["env"] == {"desk": "pier 3"}
    history = at_home.live.get(f"/v1/bots/{cafe.id}/conversations/maud/messages").json()["items"]
    assert [message["text"] for message in history] == ["soup of the day"]


def test_what_was_taken_off_can_come_back_as_an_earlier_release(at_home: House, cafe: Cafe) -> None:
    at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={})
    plan = at_home.plan(cafe.id, "rollback", to_release=1)
    assert (plan["base"], plan["publishable"], plan["to_release"]) == (None, True, 1)
    back = at_home.publish(cafe.id, "rollback", plan=plan["id"])
    assert (back["status"], back["release"]) == ("live", 2)
    assert ask(at_home, cafe.id).json()["release"] == 2


def test_an_edit_of_live_is_not_lost_by_taking_the_bot_off(at_home: House, cafe: Cafe) -> None:
    body = {"name": "Menu", "blocks": [says("soup", "We are closed tonight.", intent="soup")]}
    at_home.live.put(f"/v1/bots/{cafe.id}/flows/menu", json=body, headers={"Live-Edit": "confirmed"})
    at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={})
    assert at_home.refused(cafe.id) == ["live_drift"]
    back = at_home.publish(cafe.id, "rollback", to_release=2)
    assert (back["status"], back["findings"]) == ("live", [])
    at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={})
    assert at_home.publish(cafe.id, accept=["live_drift"])["status"] == "live"
    assert at_home.refused(cafe.id, "nlp") == ["nlp_unchanged"], "what was let go is gone"


def test_a_bot_that_draft_deleted_shows_what_live_still_serves(at_home: House, cafe: Cafe) -> None:
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/status").json()["in_draft"]
    assert at_home.draft.delete(f"/v1/bots/{cafe.id}").status_code == 204
    status = at_home.publisher.get("/v1/bots/Harbour Café/status").json()
    assert (status["name"], status["in_draft"], status["live"]["number"]) == ("Harbour Café", False, 1)
    assert not status["changed"]
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish").status_code == 200
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/status").status_code == 404


def test_who_took_it_off_and_why_is_on_record(at_home: House, cafe: Cafe) -> None:
    at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={"notes": "the season is over"})
    entry = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit?action=unpublished").json()["items"][0]
    assert entry["author"] == "admin"
    assert entry["detail"] == {"target": "live", "release": 1, "notes": "the season is over"}
    assert at_home.live.get("/v1/audit?action=taken_off").json()["items"][0]["before"] == entry["before"]


def test_another_release_than_the_one_that_is_meant_stays(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", says("soup", "Fish soup.", intent="soup"))
    at_home.publish(cafe.id)
    refused = at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={"release": 1})
    assert code(refused) == (412, "live_moved")
    assert refused.json()["current"]["number"] == 2
    stale = at_home.live.delete(f"/v1/bots/{cafe.id}/active", headers={"If-Match": '"sha256:other"'})
    assert code(stale) == (412, "live_moved")
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={"release": 2}).status_code == 200


def test_what_is_not_live_cannot_be_taken_off(at_home: House, cafe: Cafe) -> None:
    path = f"/v1/bots/{cafe.id}/unpublish"
    assert code(at_home.publisher.post(path, json={"target": "preview"})) == (404, "never_published")
    assert at_home.publisher.post(path).status_code == 200
    assert code(at_home.publisher.post(path)) == (404, "never_published")
    assert code(at_home.publisher.post("/v1/bots/atlantis/unpublish")) == (404, "not_found")
    assert at_home.publisher.post(path, json={"force": True}).status_code == 422


def test_the_preview_is_taken_off_alone(at_home: House, cafe: Cafe) -> None:
    at_home.publish(cafe.id, target="preview")
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={"target": "preview"}).status_code == 200
    assert ask(at_home, cafe.id).status_code == 200
    assert at_home.preview.get(f"/v1/bots/{cafe.id}/release").status_code == 404


def test_a_key_that_may_not_publish_may_not_take_off(at_home: House, cafe: Cafe) -> None:
    made = at_home.publisher.post("/v1/keys", json={"name": "reader", "scopes": ["publish:plan"]}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", headers=headers).status_code == 403
