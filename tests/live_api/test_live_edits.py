"""Quick fixes to what is live: meant, warned about, never lost, each a release of its own (E2)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from shutil import rmtree
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from shared.failpoints import armed
from tests.live_api.theatre import BOT, PEER, Live, Trained, code, publish, quay, release, say, wait_for

FLOWS, SETTINGS, LOG = f"/v1/bots/{BOT}/flows", f"/v1/bots/{BOT}/settings", f"/v1/bots/{BOT}/releases/log"
CONFIRMED = {"Live-Edit": "confirmed"}


@pytest.fixture
def ferry(client: TestClient, trained: Trained) -> TestClient:
    publish(client, trained, release(trained))
    return client


def blocks(times: str = "Every hour.") -> list[dict[str, Any]]:
    return list(quay(times)["quay"].blocks)


def write(
    client: TestClient, written: list[dict[str, Any]], flow: str = "quay", name: str = "Quay", **headers: str
) -> httpx2.Response:
    body = {"name": name, "blocks": written}
    return client.put(f"{FLOWS}/{flow}", json=body, headers={**CONFIRMED, **headers})


def message(block: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": block, "kind": "message", "messages": [{"text": text}], **more}


def origins(client: TestClient) -> list[str]:
    return [row["origin"] for row in client.get(LOG, params={"after": 0}).json()["items"]]


def test_an_edit_that_nobody_confirmed_changes_nothing(ferry: TestClient) -> None:
    body = {"name": "Quay", "blocks": blocks("Never.")}
    for headers in ({}, {"Live-Edit": "yes"}):
        assert code(ferry.put(f"{FLOWS}/quay", json=body, headers=headers)) == (428, "live_edit_unconfirmed")
        assert code(ferry.delete(f"{FLOWS}/quay", headers=headers)) == (428, "live_edit_unconfirmed")
        changes = {"intent_threshold": 0.9}
        assert code(ferry.patch(SETTINGS, json=changes, headers=headers)) == (428, "live_edit_unconfirmed")
    assert origins(ferry) == ["publication"]
    assert say(ferry, "when is the next ferry").json()["replies"][0]["text"] == "Every hour."


def test_an_edited_flow_is_served_when_the_answer_arrives_and_is_a_release_of_its_own(ferry: TestClient) -> None:
    before = ferry.get(f"/v1/bots/{BOT}/release").json()
    answer = write(ferry, blocks("Storm: no ferries today."), **{"Live-Edit-Notes": "Sturm über Ærø".encode()})  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    assert answer.json()["blocks"][0]["messages"] == [{"text": "Storm: no ferries today."}]
    assert answer.headers["Warning"].startswith('299 greenroom "This changed LIVE')
    assert "release 2" in answer.headers["Warning"]
    assert say(ferry, "when is the next ferry").json()["replies"][0]["text"] == "Storm: no ferries today."
    after = ferry.get(f"/v1/bots/{BOT}/release").json()
    assert (after["number"], after["origin"], after["models"]) == (2, "live_edit", before["models"])
    (entry,) = ferry.get(LOG, params={"after": 1}).json()["items"]
    assert (entry["origin"], entry["author"], entry["notes"]) == ("live_edit", "admin", "Sturm über Ærø")
    assert (entry["digest"], entry["previous_digest"]) == (after["digest"], before["digest"])
    kept = ferry.get(f"/v1/bots/{BOT}/releases/{after['digest']}").json()
    assert kept["flows"]["quay"]["blocks"] == after["flows"]["quay"]["blocks"]


def test_an_edit_that_changes_nothing_makes_no_release(ferry: TestClient) -> None:
    answer = write(ferry, blocks())
    assert answer.status_code == 200
    assert "Nothing changed" in answer.headers["Warning"]
    assert ferry.patch(SETTINGS, json={"margin": 0}, headers=CONFIRMED).status_code == 200
    assert origins(ferry) == ["publication"]


def test_who_read_another_version_overwrites_nothing(ferry: TestClient) -> None:
    seen = ferry.get(f"{FLOWS}/quay").headers["ETag"]
    first = write(ferry, blocks("Every two hours."), **{"If-Match": seen})
    assert first.status_code == 200
    assert code(write(ferry, blocks("Every three hours."), **{"If-Match": seen})) == (412, "precondition_failed")
    assert write(ferry, blocks("Never."), **{"If-Match": first.headers["ETag"]}).status_code == 200
    assert code(write(ferry, [], flow="pier", **{"If-Match": seen})) == (412, "precondition_failed")
    seen = ferry.get(SETTINGS).headers["ETag"]
    headers = {**CONFIRMED, "If-Match": seen}
    assert ferry.patch(SETTINGS, json={"margin": 0.1}, headers=headers).status_code == 200
    assert code(ferry.patch(SETTINGS, json={"margin": 0.2}, headers=headers)) == (412, "precondition_failed")
    headers = {**CONFIRMED, "If-Match": seen}
    assert code(ferry.delete(f"{FLOWS}/quay", headers=headers)) == (412, "precondition_failed")


def test_a_new_flow_may_use_an_intent_by_its_name_and_jump_to_other_flows(ferry: TestClient) -> None:
    found = message("umbrella", "At the desk.", intent="lost_umbrella", next="price")
    answer = write(ferry, [found], flow="lost", name="Lost things")
    assert answer.json()["blocks"][0]["intent"] == "int_umbrella"
    texts = [reply["text"] for reply in say(ferry, "i lost my umbrella").json()["replies"]]
    assert texts == ["At the desk.", "Four crowns."]
    listed = ferry.get(FLOWS).json()["items"]
    assert [flow["id"] for flow in listed] == ["lost", "quay"]


def test_what_would_lead_nowhere_is_refused(ferry: TestClient) -> None:
    lost = write(ferry, [message("pier", "?", next="harbour")], flow="pier")
    assert code(lost) == (422, "dangling_reference")
    assert "block pier/pier refers to the block 'harbour'" in lost.json()["detail"]
    assert lost.json()["references"] == [{"kind": "block", "target": "harbour", "block": "pier"}]
    assert code(write(ferry, [message("pier", "?", intent="int_tides")], flow="pier")) == (422, "unknown_intent")
    assert code(write(ferry, [message("price", "Five.")], flow="pier")) == (409, "duplicate_block")
    assert code(write(ferry, [{"id": "pier", "kind": "poem"}], flow="pier")) == (422, "invalid_block")
    assert write(ferry, [message("pier", "Here.", next="price")], flow="pier").status_code == 200
    assert code(ferry.delete(f"{FLOWS}/quay", headers=CONFIRMED)) == (422, "dangling_reference")
    assert origins(ferry) == ["publication", "live_edit"]


def test_a_deleted_flow_is_gone_from_what_people_hear(ferry: TestClient) -> None:
    write(ferry, [message("umbrella", "At the desk.", intent="int_umbrella")], flow="lost")
    gone = ferry.delete(f"{FLOWS}/lost", headers=CONFIRMED)
    assert (gone.status_code, gone.content) == (204, b"")
    assert "This changed LIVE" in gone.headers["Warning"]
    assert say(ferry, "i lost my umbrella").json()["block"] != "umbrella"
    assert code(ferry.delete(f"{FLOWS}/lost", headers=CONFIRMED)) == (404, "not_found")
    assert code(ferry.get(f"{FLOWS}/lost")) == (404, "not_found")
    first, _, last = ferry.get(LOG, params={"after": 0}).json()["items"]
    assert last["digest"] == first["digest"], "what it was before has its old name again"


def test_a_value_that_this_environment_lacks_is_named(ferry: TestClient) -> None:
    desk = message("umbrella", "At {{ env.desk }}.", intent="int_umbrella")
    refused = write(ferry, [desk], flow="lost")
    assert code(refused) == (422, "environment_value_missing")
    assert refused.json()["values"] == [{"kind": "env", "name": "desk", "blocks": ["umbrella"]}]
    ferry.patch(f"/v1/bots/{BOT}", json={"env": {"desk": "pier 3"}})
    assert write(ferry, [desk], flow="lost").status_code == 200
    assert say(ferry, "i lost my umbrella").json()["replies"][0]["text"] == "At pier 3."


def test_a_setting_takes_effect_at_once_and_needs_no_training(ferry: TestClient) -> None:
    ask = {"text": "what time does the boat leave, please"}
    assert ferry.post(f"/v1/bots/{BOT}/classify", json=ask).json()["understood"]
    answer = ferry.patch(SETTINGS, json={"intent_threshold": 1.0, "max_message_length": 200}, headers=CONFIRMED)
    assert (answer.status_code, answer.json()["intent_threshold"]) == (200, 1.0)
    assert "This changed LIVE" in answer.headers["Warning"]
    found = ferry.post(f"/v1/bots/{BOT}/classify", json=ask).json()
    assert (found["understood"], found["release"]) == (False, 2)
    assert ferry.get(SETTINGS).json() == answer.json()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"profile": "default"}, "nlp_not_editable"),
        ({"approvals": 0}, "approvals_not_editable"),
        ({"colour": "red"}, "unknown_field"),
        ({"intent_threshold": 2}, "invalid_settings"),
    ],
)
def test_a_setting_that_is_none_is_refused(ferry: TestClient, changes: dict[str, Any], refusal: str) -> None:
    assert code(ferry.patch(SETTINGS, json=changes, headers=CONFIRMED)) == (422, refusal)
    assert origins(ferry) == ["publication"]


def test_edits_at_once_are_all_there_afterwards(ferry: TestClient) -> None:
    def fix(n: int) -> int:
        return write(ferry, [message(f"pier_{n}", f"Pier {n}.")], flow=f"pier_{n}").status_code

    with ThreadPoolExecutor(5) as crowd:
        assert list(crowd.map(fix, range(5))) == [200] * 5
    flows = ferry.get(f"/v1/bots/{BOT}/release").json()["flows"]
    assert set(flows) == {"quay", *(f"pier_{n}" for n in range(5))}
    assert origins(ferry) == ["publication", *["live_edit"] * 5]


def test_a_publication_made_before_an_edit_does_not_overwrite_it(ferry: TestClient, trained: Trained) -> None:
    base = release(trained).digest
    write(ferry, blocks("Storm."))
    body = {"digest": base, "origin": "rollback", "publication": "late"}
    late = ferry.put(f"/v1/bots/{BOT}/active", json=body, headers={"If-Match": f'"{base}"'})
    assert code(late) == (412, "live_moved")


def test_an_edit_survives_a_restart(live: Live, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
        write(client, blocks("Storm."))
    with live.open() as client:
        assert say(client, "when is the next ferry").json()["replies"][0]["text"] == "Storm."


def test_editing_needs_its_own_scope(ferry: TestClient) -> None:
    reader = ferry.post("/v1/keys", json={"name": "desk", "scopes": ["live:read"]}).json()["key"]
    other = ferry.post("/v1/keys", json={"name": "tram", "scopes": ["live:edit"], "bot": "bot_tram"}).json()["key"]
    for key, refusal in ((reader, (403, "forbidden")), (PEER, (403, "forbidden")), (other, (404, "never_published"))):
        answer = write(ferry, blocks("Never."), Authorization=f"Bearer {key}")
        assert code(answer) == refusal
    assert origins(ferry) == ["publication"]


def test_who_edited_what_is_in_the_audit_trail(ferry: TestClient) -> None:
    answer = write(ferry, blocks("Storm."), **{"Live-Edit-Notes": "storm"})
    ferry.patch(f"/v1/bots/{BOT}", json={"env": {"desk": "pier 3"}, "enabled": True})
    made = ferry.post("/v1/keys", json={"name": "website", "scopes": ["live:classify"]}).json()
    ferry.delete(f"/v1/keys/{made['id']}")
    revoked, key_made, changed, edited = ferry.get("/v1/audit").json()["items"]
    first, second = ferry.get(LOG, params={"after": 0}).json()["items"]
    assert (edited["action"], edited["author"], edited["bot"]) == ("live_edit", "admin", BOT)
    assert (edited["before"], edited["after"]) == (first["digest"], second["digest"])
    assert edited["request_id"] == answer.headers["Request-Id"]
    assert edited["detail"] == {"items": ["flow:quay"], "number": 2, "notes": "storm"}
    assert (changed["action"], changed["detail"]) == ("environment_changed", {"env": ["desk"]})
    assert [one["detail"]["key"] for one in (key_made, revoked)] == [made["id"]] * 2


@pytest.mark.postgres
def test_every_process_serves_an_edit_when_it_is_answered_wherever_it_was_made(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, trained: Trained
) -> None:
    live = Live.at(tmp_path_factory.mktemp("pair"), postgres_url)
    with live.open() as first, live.open() as second:
        publish(first, trained, release(trained))
        wait_for(lambda: second.get(FLOWS).status_code == 200, "the other one follows")
        for n, (here, there) in enumerate([(first, second), (second, first)] * 2):
            assert write(here, blocks(f"Every {n + 2} hours.")).status_code == 200
            assert there.get(f"{FLOWS}/quay").json()["blocks"][0]["messages"][0]["text"] == f"Every {n + 2} hours."
        first.patch(f"/v1/bots/{BOT}", json={"env": {"desk": "pier 3"}})
        desk = message("umbrella", "At {{ env.desk }}.", intent="int_umbrella")
        assert write(second, [desk], flow="lost").status_code == 200

        def fix(n: int) -> int:
            return write((first, second)[n % 2], [message(f"pier_{n}", "Pier.")], flow=f"pier_{n}").status_code

        with ThreadPoolExecutor(4) as crowd:
            assert list(crowd.map(fix, range(8))) == [200] * 8
        assert len(first.get(FLOWS).json()["items"]) == 10


def test_flows_of_a_bot_that_was_never_published_are_none(client: TestClient) -> None:
    assert code(client.get(FLOWS)) == (404, "never_published")
    assert code(write(client, [])) == (404, "never_published")


def test_a_bot_without_a_model_can_be_edited_too(client: TestClient) -> None:
    publish(client, None, release(None))
    hello = [block for block in blocks() if block["id"] != "hello"] + [message("hi", "Hi!", system="introduction")]
    assert write(client, hello).status_code == 200
    assert say(client, "anyone?").json()["replies"][0]["text"] == "Hi!"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def fail_at(point: str) -> None:
        monkeypatch.setenv("GREENROOM_FAILPOINT", f"{point}:1:raise")
        armed.cache_clear()

    yield fail_at
    armed.cache_clear()


def test_an_edit_that_fails_before_it_is_written_leaves_no_trace(
    ferry: TestClient, failing: Callable[[str], None]
) -> None:
    failing("live.edit.before_commit")
    assert code(write(ferry, blocks("Storm."))) == (500, "internal")
    assert origins(ferry) == ["publication"]
    assert ferry.get(f"{FLOWS}/quay").json()["blocks"] == blocks()
    assert write(ferry, blocks("Storm.")).status_code == 200


def test_an_edit_whose_answer_was_lost_is_served_all_the_same(
    ferry: TestClient, failing: Callable[[str], None]
) -> None:
    failing("live.edit.after_commit")
    assert code(write(ferry, blocks("Storm."))) == (500, "internal")
    assert "Nothing changed" in again(ferry)
    assert origins(ferry) == ["publication", "live_edit"]
    assert say(ferry, "when is the next ferry").json()["replies"][0]["text"] == "Storm."


def again(client: TestClient) -> str:
    """The same edit once more, as a client does that heard nothing; the follower may be quicker or slower than it."""
    wait_for(lambda: len(origins(client)) == 2, "it is written")
    return write(client, blocks("Storm.")).headers["Warning"]


def test_a_rollback_between_releases_with_the_same_models_reads_no_artifact(ferry: TestClient, live: Live) -> None:
    """What is loaded was verified when it was loaded: nothing is copied, read or inspected again (P18)."""
    write(ferry, blocks("Storm."))
    base, edited = (row["digest"] for row in ferry.get(LOG, params={"after": 0}).json()["items"])
    rmtree(live.artifacts)
    body = {"digest": base, "origin": "rollback", "publication": "undo", "rollback_of": 1}
    back = ferry.put(f"/v1/bots/{BOT}/active", json=body, headers={"If-Match": f'"{edited}"'})
    assert (back.status_code, back.json()["number"]) == (200, 3)
    assert say(ferry, "when is the next ferry").json()["replies"][0]["text"] == "Every hour."
