"""Each mode over HTTP: what it carries, what it leaves, and what it is refused for (P1 to P10)."""

from pathlib import Path
from typing import Any

import pytest

from services.publisher import publications
from services.publisher.live import Live
from shared.digest import digest_of
from tests.house import House
from tests.publisher.conftest import Cafe, says

LEEK, DAILY = says("soup", "Leek soup.", intent="soup"), says("ferry", "Once a day.", intent="ferry")


def test_flows_carries_the_named_flow_and_neither_the_other_nor_the_nlp(at_home: House, cafe: Cafe) -> None:
    before = at_home.active(cafe.id)
    cafe.flow("menu", LEEK)
    cafe.flow("quay", DAILY)
    cafe.learns("soup", "do you serve chowder")
    at_home.train(cafe.id)
    assert at_home.publish(cafe.id, "flows", flows=["Menu"])["release"] == 2
    after = at_home.active(cafe.id)
    assert cafe.said_live() == {"menu": ["Leek soup."], "quay": ["Every hour."]}
    assert after["models"] == before["models"]


def test_flows_does_not_ask_for_trained_nlp(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "do you serve chowder")
    cafe.flow("menu", LEEK)
    assert at_home.publish(cafe.id, "flows", flows=["menu"])["status"] == "live"


def test_nlp_carries_the_model_and_no_flow(at_home: House, cafe: Cafe) -> None:
    before = at_home.active(cafe.id)
    cafe.flow("menu", LEEK)
    cafe.learns("soup", "do you serve chowder")
    at_home.train(cafe.id)
    assert at_home.publish(cafe.id, "nlp")["status"] == "live"
    after = at_home.active(cafe.id)
    assert after["flows"] == before["flows"]
    assert after["models"] != before["models"]
    chowder = at_home.live.post(f"/v1/bots/{cafe.id}/classify", json={"text": "Do you serve chowder?"}).json()
    assert chowder["intent"]["name"] == "soup"


def test_flows_and_nlp_and_rollback_wait_for_a_first_full_publication(new_home: House) -> None:
    fresh = Cafe(new_home)
    for body in ({"mode": "flows"}, {"mode": "nlp"}, {"mode": "rollback", "to_release": 1}):
        assert new_home.refused(fresh.id, **body) == ["never_published"], body


def test_a_flow_that_draft_deleted_goes_when_it_is_named(at_home: House, cafe: Cafe) -> None:
    at_home.draft.delete(f"/v1/bots/{cafe.id}/flows/quay")
    assert at_home.publish(cafe.id, "flows", flows=["quay"])["status"] == "live"
    assert set(cafe.said_live()) == {"menu"}


def test_flows_that_need_each_other_are_refused_alone_and_pass_together(at_home: House, cafe: Cafe) -> None:
    cafe.flow("wine", says("wine", "Red or white?"))
    cafe.flow("menu", {**LEEK, "next": "wine"})
    answer = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "flows", "flows": ["menu"]})
    (finding,) = answer.json()["findings"]
    assert finding["code"] == "dangling_reference"
    (also,) = (subject["flows"] for subject in finding["subjects"] if subject["kind"] == "closure")
    assert at_home.publish(cafe.id, "flows", flows=["menu", *also])["status"] == "live"


def test_a_rollback_is_a_new_number_with_the_old_content_and_says_from_where(at_home: House, cafe: Cafe) -> None:
    first = at_home.active(cafe.id)
    cafe.flow("menu", LEEK)
    at_home.publish(cafe.id)
    done = at_home.publish(cafe.id, "rollback", to_release=1, notes="the soup was wrong")
    assert (done["status"], done["release"], done["release_digest"]) == ("live", 3, first["digest"])
    live = at_home.active(cafe.id)
    assert (live["number"], live["origin"], live["flows"]) == (3, "rollback", first["flows"])
    rows = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"]
    assert [(row["number"], row["origin"], row["rollback_of"]) for row in rows] == [
        (3, "rollback", 1),
        (2, "publication", None),
        (1, "publication", None),
    ]
    assert at_home.publish(cafe.id, "rollback", to_release=2)["release"] == 4, "a rollback of the rollback"


def test_a_rollback_needs_neither_draft_nor_training(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    at_home.publish(cafe.id)
    assert at_home.draft.delete(f"/v1/bots/{cafe.id}").status_code == 204
    assert at_home.publish(cafe.id, "rollback", to_release=1)["status"] == "live"
    assert at_home.publish("Harbour Café", "rollback", to_release=2)["status"] == "live", "by its name too"


@pytest.mark.parametrize("number", [7, None])
def test_a_release_that_never_was_cannot_be_gone_back_to(at_home: House, cafe: Cafe, number: int | None) -> None:
    assert at_home.refused(cafe.id, "rollback", to_release=number) == ["unknown_release"]


def test_going_back_to_what_is_live_is_nothing_to_do(at_home: House, cafe: Cafe) -> None:
    answer = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "rollback", "to_release": 1})
    assert (answer.status_code, answer.json()["status"], answer.json()["release"]) == (200, "live", 1)


def test_a_change_that_was_undone_is_no_change(at_home: House, cafe: Cafe) -> None:
    digest = at_home.active(cafe.id)["digest"]
    cafe.flow("menu", LEEK)
    cafe.flow("menu", says("soup", "Pea soup.", intent="soup"))
    assert at_home.publish(cafe.id)["release_digest"] == digest
    assert at_home.refused(cafe.id, "nlp") == ["nlp_unchanged"]


def test_an_intent_that_was_renamed_is_renamed_and_one_made_again_is_another(at_home: House, cafe: Cafe) -> None:
    at_home.draft.patch(f"/v1/bots/{cafe.id}/intents/soup", json={"name": "broth"})
    renamed = at_home.plan(cafe.id)["changes"]["intents"]
    assert renamed["renamed"] == [{"id": cafe.soup, "before": "soup", "after": "broth"}]
    at_home.draft.delete(f"/v1/bots/{cafe.id}/intents/broth?unlink=true")
    again = cafe.intent("soup", ["what soup is there"])
    intents = at_home.plan(cafe.id)["changes"]["intents"]
    assert [named["id"] for named in intents["removed"]] == [cafe.soup]
    assert [named["id"] for named in intents["added"]] == [again]


def test_a_threshold_alone_goes_live_with_nlp_and_without_a_training(at_home: House, cafe: Cafe) -> None:
    cafe.set(intent_threshold=0.4)
    assert at_home.publish(cafe.id, "nlp")["status"] == "live"
    assert at_home.active(cafe.id)["settings"]["intent_threshold"] == 0.4


def test_the_preview_gets_a_draft_without_touching_live(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    done = at_home.publish(cafe.id, target="preview")
    assert (done["status"], done["release"]) == ("live", 1)
    said = at_home.preview.post(f"/v1/bots/{cafe.id}/conversations/ann/messages", json={"text": "soup of the day"})
    assert said.json()["replies"][0]["text"] == "Leek soup."
    assert cafe.said_live()["menu"] == ["Pea soup."]
    rows = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases", params={"target": "preview"}).json()["items"]
    assert [row["number"] for row in rows] == [1]


def test_releases_are_compared_with_each_other_with_draft_and_with_live(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", LEEK)
    at_home.publish(cafe.id)
    cafe.flow("quay", DAILY)
    url = f"/v1/bots/{cafe.id}/releases"
    for path, flows in (
        ("1/compare/2", ["menu"]),
        ("1/compare/draft", ["menu", "quay"]),
        ("2/compare/draft", ["quay"]),
    ):
        changes = at_home.publisher.get(f"{url}/{path}").json()["changes"]
        assert [named["id"] for named in changes["flows"]["changed"]] == flows, path
    assert at_home.publisher.get(f"{url}/2/compare/live").json()["changes"]["flows"]["changed"] == []
    assert at_home.publisher.get(f"{url}/1/compare/9").status_code == 404
    assert at_home.publisher.get(f"{url}/1/compare/yesterday").status_code == 422


BEYOND = 2**63


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{BEYOND}"),
        ("GET", f"{BEYOND}/compare/1"),
        ("GET", f"1/compare/{BEYOND}"),
        ("POST", f"{BEYOND}/restore"),
    ],
)
def test_a_release_whose_number_cannot_be_kept_is_out_of_range(new_home: House, method: str, path: str) -> None:
    answer = new_home.publisher.request(method, f"/v1/bots/nobody/releases/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")


@pytest.mark.parametrize("release", ["1", True, 1.5])
def test_a_rollback_goes_to_a_number_and_to_nothing_that_looks_like_one(new_home: House, release: object) -> None:
    body = {"mode": "rollback", "to_release": release}
    answer = new_home.publisher.post("/v1/bots/nobody/publications", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_audit_trail_tells_who_did_what_and_what_was_refused(at_home: House, cafe: Cafe) -> None:
    cafe.learns("soup", "do you serve chowder")
    at_home.refused(cafe.id)
    at_home.publish(cafe.id, "rollback", to_release=1)
    cafe.flow("menu", LEEK)
    at_home.publish(cafe.id, "flows", notes="leek is in season")
    trail = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"]
    actions = [entry["action"] for entry in reversed(trail)]
    assert actions == ["publication_asked", "published", "publication_refused", "publication_asked", "published"]
    assert trail[0]["detail"]["notes"] == "leek is in season"
    assert trail[0]["after"] == at_home.active(cafe.id)["digest"]
    assert trail[2]["detail"]["codes"] == ["nlp_stale"]
    assert {entry["author"] for entry in trail} == {"admin"}


def test_what_was_swept_while_it_was_looked_for_is_sent_again(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    cafe.learns("soup", "do you serve chowder")
    at_home.train(cafe.id)
    truly, swept = Live.has_blob, set[str]()

    def seen_then_swept(live: Live, digest: str) -> bool:
        first = digest not in swept
        swept.add(digest)
        return first or truly(live, digest)

    monkeypatch.setattr(Live, "has_blob", seen_then_swept)
    assert at_home.publish(cafe.id)["status"] == "live"
    assert swept


def test_what_rotted_while_it_was_served_is_sent_again(at_home: House, cafe: Cafe, tmp_path: Path) -> None:
    served = at_home.live.get(f"/v1/bots/{cafe.id}/active").json()["release"]["models"]["en"]["files"]
    head = next(file["digest"] for file in served if file["name"] == "head.onnx")
    path = next(path for path in tmp_path.rglob(head.removeprefix("sha256:")) if "live" in path.parts)
    path.write_bytes(path.read_bytes()[:-1])
    cafe.flow("menu", LEEK)
    assert at_home.publish(cafe.id, "flows")["status"] == "live"
    assert digest_of(path.read_bytes()) == head


def test_what_was_done_leads_back_to_the_request_that_asked_for_it(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    asked = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "flows"})
    assert at_home.ended(asked.json())["status"] == "live"
    trail = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"]
    request = asked.headers["request-id"]
    assert [(e["action"], e["request_id"]) for e in trail[:2]] == [
        ("published", request),
        ("publication_asked", request),
    ]
    taken = at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish")
    newest = at_home.publisher.get(f"/v1/bots/{cafe.id}/audit").json()["items"][0]
    assert (newest["action"], newest["request_id"]) == ("unpublished", taken.headers["request-id"])


def test_a_request_that_had_nothing_to_do_is_told_the_same_when_it_is_sent_again(at_home: House, cafe: Cafe) -> None:
    def ask() -> Any:
        headers = {"Idempotency-Key": "friday's menu"}
        return at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full"}, headers=headers)

    first = ask()
    assert (first.status_code, first.json()["id"], first.json()["release"]) == (200, None, 1)
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    again = ask()
    assert (again.status_code, again.json()) == (200, first.json())
    assert at_home.active(cafe.id)["number"] == 1


def test_a_copy_of_a_request_that_comes_late_is_told_the_publication_though_that_has_ended(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> Any:
        headers = {"Idempotency-Key": "friday's menu"}
        body = {"mode": "full", "notes": "Leek again"}
        return at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json=body, headers=headers)

    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    look, faster = publications.refuse_second, []

    def overtaken(*given: Any) -> Any:
        if not faster:
            faster.append(None)
            faster.append(at_home.ended(ask().json()))
        return look(*given)

    monkeypatch.setattr(publications, "refuse_second", overtaken)
    late = ask()
    assert (late.status_code, late.json()["id"], late.json()["status"]) == (202, faster[1]["id"], "live")
    newest = at_home.publisher.get(f"/v1/bots/{cafe.id}/releases").json()["items"][0]
    assert (newest["number"], newest["notes"]) == (2, "Leek again")
