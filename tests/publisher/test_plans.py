"""A plan is what is published, and nothing else (P14)."""

from urllib.parse import quote

import pytest

from tests.house import House
from tests.publisher.conftest import Cafe, says

LEEK = says("soup", "Leek soup.", intent="soup")


def test_a_plan_shows_the_change_in_the_bots_own_terms_and_leaves_live_alone(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    plan = at_home.plan(cafe.id)
    assert plan["publishable"]
    assert plan["changes"]["blocks"]["changed"] == [{"id": "soup", "name": "soup"}]
    assert plan["changes"]["flows"]["changed"] == [{"id": "menu", "name": "Menu"}]
    assert plan["changes"]["intents"] == {"added": [], "removed": [], "changed": [], "renamed": []}
    assert plan["base"] == {"number": 1, "digest": at_home.active(cafe.id)["digest"]}
    assert at_home.publisher.get(f"/v1/plans/{plan['id']}").json() == plan


def test_a_plan_tells_a_setting_with_the_value_it_had_and_the_one_it_gets(at_home: House, cafe: Cafe) -> None:
    cafe.set(intent_threshold=0.4)
    (changed,) = at_home.plan(cafe.id)["changes"]["settings"]["changed"]
    assert changed == {"id": "intent_threshold", "name": "intent_threshold", "before": 0.0, "after": 0.4}


def test_publishing_a_plan_publishes_what_it_showed_though_draft_went_on(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    plan = at_home.plan(cafe.id)
    cafe.flow("menu", says("soup", "No soup at all.", intent="soup"))
    assert at_home.publisher.get(f"/v1/plans/{plan['id']}").json()["draft_moved"]
    published = at_home.publish(cafe.id, plan=plan["id"])
    assert (published["status"], published["release_digest"]) == ("live", plan["candidate"]["digest"])
    assert published["draft_moved"]
    assert cafe.said_live()["menu"] == ["Leek soup."]


def test_a_plan_is_stale_when_live_has_moved_and_only_then(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    plan, same = at_home.plan(cafe.id), at_home.plan(cafe.id)
    at_home.publish(cafe.id, plan=same["id"])
    stale = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full", "plan": plan["id"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "plan_stale")
    shown = at_home.publisher.get(f"/v1/plans/{plan['id']}").json()
    assert (shown["stale"], shown["publishable"]) == (True, False)


def test_a_plan_with_blockers_shows_its_changes_and_is_refused_with_its_findings(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "do you serve chowder")
    cafe.flow("menu", says("soup", "Chowder.", intent="soup", next="nowhere"))
    plan = at_home.plan(cafe.id)
    assert (plan["publishable"], plan["candidate"]) == (False, None)
    assert [named["name"] for named in plan["changes"]["intents"]["changed"]] == ["soup"]
    codes = [finding["code"] for finding in plan["findings"] if finding["severity"] == "blocker"]
    assert sorted(codes) == ["dangling_reference", "nlp_stale"]
    assert at_home.refused(cafe.id, plan=plan["id"]) == codes


def test_a_plan_belongs_to_its_bot_mode_and_target(at_home: House, cafe: Cafe) -> None:
    plan = at_home.plan(cafe.id, "flows", flows=["menu"])
    for body in (
        {"mode": "full"},
        {"mode": "flows", "target": "preview"},
        {"mode": "flows", "train": "if_needed"},
        {"mode": "flows", "flows": ["quay"]},
    ):
        answer = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={**body, "plan": plan["id"]})
        assert (answer.status_code, answer.json()["code"]) == (422, "plan_mismatch"), body
    missing = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full", "plan": "plan_no"})
    assert missing.status_code == 404


def test_a_plan_is_published_by_what_made_it_in_any_order_and_by_any_name(at_home: House, cafe: Cafe) -> None:
    for flows in (["Menu", "quay"], ["quay", "menu", "Menu"], ["Quay", "menu"]):
        cafe.flow("menu", says("soup", f"The soup of {'and'.join(flows)}.", intent="soup"))
        if flows == ["Quay", "menu"]:
            at_home.draft.delete(f"/v1/bots/{cafe.id}/flows/quay")
        plan = at_home.plan(cafe.id, "flows", flows=["Menu", "Quay"])
        renamed = {"name": "Menu of tomorrow", "blocks": [LEEK]}
        at_home.draft.put(f"/v1/bots/{cafe.id}/flows/menu", json=renamed)
        ended = at_home.publish(cafe.id, "flows", flows=flows, plan=plan["id"])
        assert (ended["status"], ended["release_digest"]) == ("live", plan["candidate"]["digest"]), flows


def test_a_plan_that_cannot_be_published_says_why_by_whichever_names(at_home: House, cafe: Cafe) -> None:
    cafe.flow("night", says("late", "We are closed.", next="nowhere"))
    plan = at_home.plan(cafe.id, "flows", flows=["Night"])
    assert at_home.refused(cafe.id, "flows", flows=["Night"], plan=plan["id"]) == ["dangling_reference"]


def test_a_part_that_the_mode_has_no_use_for_is_refused(at_home: House, cafe: Cafe) -> None:
    for body in (
        {"mode": "full", "flows": ["menu"]},
        {"mode": "flows", "to_release": 1},
        {"mode": "rollback", "languages": ["en"]},
    ):
        answer = at_home.publisher.post(f"/v1/bots/{cafe.id}/plans", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "wish_unclear"), body


def test_nothing_to_do_makes_no_release_and_keeps_the_new_notes(at_home: House, cafe: Cafe) -> None:
    plan = at_home.plan(cafe.id)
    answer = at_home.publisher.post(
        f"/v1/bots/{cafe.id}/publications", json={"mode": "full", "plan": plan["id"], "notes": "checked again"}
    )
    assert (answer.status_code, answer.json()["release"], answer.json()["id"]) == (200, 1, None)
    (release,) = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]
    assert release["notes"] == "checked again"


def test_a_bot_that_wants_approvals_is_published_by_an_approved_plan_alone(at_home: House, cafe: Cafe) -> None:
    cafe.set(approvals=1)
    cafe.flow("menu", LEEK)
    assert at_home.refused(cafe.id) == ["approval_missing"]
    plan = at_home.plan(cafe.id)
    assert not plan["publishable"]
    assert at_home.refused(cafe.id, plan=plan["id"]) == ["approval_missing"]
    own = at_home.publisher.post(f"/v1/plans/{plan['id']}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "own_plan")
    made = at_home.publisher.post("/v1/keys", json={"name": "Otis", "scopes": ["publish:approve", "publish:plan"]})
    otis = {"Authorization": f"Bearer {made.json()['key']}"}
    for _ in range(2):
        approved = at_home.publisher.post(f"/v1/plans/{plan['id']}/approve", headers=otis).json()
    assert [approval["author"] for approval in approved["approvals"]] == ["Otis"]
    assert approved["publishable"]
    assert at_home.publish(cafe.id, plan=plan["id"])["status"] == "live"
    cafe.set(approvals=0)
    assert at_home.refused(cafe.id) == ["approval_missing"], "who wants fewer must ask for it, too"
    back = at_home.publish(cafe.id, "rollback", to_release=1)
    assert back["status"] == "live", "going back at night needs nobody's leave"
    assert at_home.refused(cafe.id) == ["approval_missing"], "what was agreed upon outlives going back"
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish", json={}).status_code in {200, 202, 204}
    assert at_home.refused(cafe.id) == ["approval_missing"], "and being taken off"


def test_a_plan_needs_the_approvals_that_are_asked_for_by_the_time_it_is_published(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    plan = at_home.plan(cafe.id)
    cafe.set(approvals=2)
    shown = at_home.publisher.get(f"/v1/plans/{plan['id']}").json()
    assert (shown["approvals_needed"], shown["publishable"]) == (2, False)
    assert at_home.publisher.get(f"/v1/bots/{cafe.id}/plans").json()["items"] == [shown]
    assert at_home.refused(cafe.id, plan=plan["id"]) == ["approval_missing"]


def test_nobody_approves_with_a_second_key(at_home: House, cafe: Cafe) -> None:
    cafe.set(approvals=1)
    plan = at_home.plan(cafe.id)
    made = at_home.publisher.post("/v1/keys", json={"name": "admin", "scopes": ["publish:approve", "publish:plan"]})
    same = {"Authorization": f"Bearer {made.json()['key']}"}
    own = at_home.publisher.post(f"/v1/plans/{plan['id']}/approve", headers=same)
    assert (own.status_code, own.json()["code"]) == (403, "own_plan")


def test_a_plan_of_one_language_shows_what_is_said_in_that_one(at_home: House, cafe: Cafe) -> None:
    place = f"/v1/bots/{cafe.id}/intents/{cafe.soup}/expressions"
    at_home.draft.patch(f"/v1/bots/{cafe.id}", json={"languages": ["en", "nl"]})
    for texts in (("welke soep is er", "is de soep warm"), ("een kom snert",)):
        at_home.draft.post(place, json={"expressions": [{"text": text, "language": "nl"} for text in texts]})
        at_home.train(cafe.id)
        if len(texts) > 1:
            assert at_home.publish(cafe.id)["status"] == "live"
    cafe.learns("soup", "is there any bouillabaisse")
    (soup,) = at_home.plan(cafe.id, languages=["en"])["changes"]["intents"]["changed"]
    assert [one["text"] for one in soup["expressions"]["added"]] == ["is there any bouillabaisse"]
    (soup,) = at_home.plan(cafe.id)["changes"]["intents"]["changed"]
    assert sorted(one["text"] for one in soup["expressions"]["added"]) == [
        "een kom snert",
        "is there any bouillabaisse",
    ]


def test_plans_of_a_bot_are_listed_newest_first(at_home: House, cafe: Cafe) -> None:
    first, second = at_home.plan(cafe.id), at_home.plan(cafe.id, "flows")
    items = at_home.publisher.get(f"/v1/bots/{cafe.id}/plans").json()["items"]
    assert [plan["id"] for plan in items] == [second["id"], first["id"]]


def test_the_plans_of_a_bot_can_be_read_though_it_is_gone_from_draft_and_never_was_live(at_home: House) -> None:
    bot = at_home.draft.post("/v1/bots", json={"name": "Understudy"}).json()["id"]
    plan = at_home.plan(bot)
    assert at_home.draft.delete(f"/v1/bots/{bot}").status_code == 204
    assert [item["id"] for item in at_home.publisher.get(f"/v1/bots/{bot}/plans").json()["items"]] == [plan["id"]]
    assert at_home.publisher.get(f"/v1/plans/{plan['id']}").json()["changes"] == plan["changes"]


def test_a_key_of_another_bot_sees_no_plan(at_home: House, cafe: Cafe) -> None:
    plan = at_home.plan(cafe.id)
    assert at_home.draft.post("/v1/bots", json={"name": "Other Café"}).status_code == 201
    body = {"name": "stranger", "scopes": ["publish:plan"], "bot": "Other Café"}
    stranger = {"Authorization": f"Bearer {at_home.publisher.post('/v1/keys', json=body).json()['key']}"}
    assert at_home.publisher.get(f"/v1/plans/{plan['id']}", headers=stranger).status_code == 404


@pytest.mark.parametrize("name", ["Why? Because #1; 50% off", "Zoë's café & bar", "a+b=c", "fish/soup; v1.5"])
def test_a_bot_is_found_by_whatever_its_name_holds(at_home: House, cafe: Cafe, name: str) -> None:
    assert at_home.draft.patch(f"/v1/bots/{cafe.id}", json={"name": name}).status_code == 200
    status = at_home.publisher.get(f"/v1/bots/{quote(name, safe='')}/status")
    assert (status.status_code, status.json()["live"]["number"]) == (200, 1)


def test_live_and_publisher_make_a_key_for_the_bot_that_is_named_by_its_name(at_home: House, cafe: Cafe) -> None:
    for service, scope in ((at_home.live, "live:read"), (at_home.publisher, "publish:plan")):
        body = {"name": "keeper", "scopes": [scope], "bot": "Harbour Café"}
        made = service.post("/v1/keys", json=body).json()
        assert made["bot"] == cafe.id
        path = "release" if service is at_home.live else "status"
        shown = service.get(f"/v1/bots/{cafe.id}/{path}", headers={"Authorization": f"Bearer {made['key']}"})
        assert shown.status_code == 200
        assert service.post("/v1/keys", json={**body, "bot": "Café of Elsewhere"}).status_code == 404
