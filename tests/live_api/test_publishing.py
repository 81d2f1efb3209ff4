"""What a publisher meets at live's door: blobs, candidates, and one pointer that moves if nobody else moved it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from fastapi.testclient import TestClient

from shared.contracts import Flow, IntentMark, ModelManifest, Release
from shared.digest import digest_of
from tests.live_api.theatre import (
    BOT,
    PEER,
    Live,
    Trained,
    activate,
    bring,
    code,
    publish,
    quay,
    release,
    stage,
)

OCTETS = {"Content-Type": "application/octet-stream"}


def with_model(candidate: Release, **changes: object) -> Release:
    model = candidate.models["en"].model_copy(update=changes)
    return candidate.model_copy(update={"models": {"en": model}})


# -- blobs -----------------------------------------------------------------------


def test_bytes_are_kept_under_their_digest(client: TestClient) -> None:
    data = b"a rope, a bell and a lantern" * 1000
    path = f"/v1/blobs/{digest_of(data)}"
    assert client.head(path).status_code == 404
    assert client.put(path, content=data, headers=OCTETS).status_code == 201
    assert client.put(path, content=data, headers=OCTETS).status_code == 200
    assert client.head(path).status_code == 200


def test_bytes_that_changed_on_the_way_are_refused_and_not_kept(client: TestClient) -> None:
    path = f"/v1/blobs/{digest_of(b'lantern')}"
    assert code(client.put(path, content=b"lamtern", headers=OCTETS)) == (422, "artifact_digest_mismatch")
    assert client.head(path).status_code == 404


def test_a_blob_beyond_the_limit_is_refused_while_it_arrives(
    live: Live, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = Live.at(live.settings.data, live.settings.database_url, GREENROOM_MAX_BLOB_BYTES="1000")
    data = b"x" * 1001
    with small.open() as client:
        path = f"/v1/blobs/{digest_of(data)}"
        assert code(client.put(path, content=data, headers=OCTETS)) == (413, "body_too_large")
        chunks = (data[start : start + 100] for start in range(0, len(data), 100))
        assert code(client.put(path, content=chunks, headers=OCTETS)) == (413, "body_too_large")
        assert client.head(path).status_code == 404


@pytest.mark.parametrize("name", ["sha256:abc", "md5:" + "0" * 64, "sha256:" + "A" * 64])
def test_a_name_that_is_no_digest_reaches_nothing(client: TestClient, name: str) -> None:
    assert client.head(f"/v1/blobs/{name}").status_code == 422
    assert code(client.put(f"/v1/blobs/{name}", content=b"x", headers=OCTETS)) == (422, "invalid_digest")


# -- candidates ------------------------------------------------------------------


def test_a_candidate_may_be_brought_to_a_bot_by_its_name(client: TestClient, trained: Trained) -> None:
    first = release(trained)
    publish(client, trained, first)
    second = first.model_copy(update={"settings": first.settings.model_copy(update={"margin": 0.2})})
    assert stage(client, second, bot=first.bot.name).status_code == 201
    assert client.get(f"/v1/bots/{first.bot.name}/releases/{second.digest}").status_code == 200
    assert code(stage(client, second, bot="bot_tug")) == (422, "manifest_invalid")


def test_the_log_of_a_bot_that_nobody_knows_is_not_found(client: TestClient) -> None:
    assert code(client.get("/v1/bots/nope/releases/log")) == (404, "never_published")
    not_yet = client.get("/v1/bots/bot_nsqlv4vjs3kbvbjjpwwmkrk2ge/releases/log")
    assert (not_yet.status_code, not_yet.json()["items"]) == (200, [])


def test_a_candidate_is_proven_before_it_shows(client: TestClient, trained: Trained) -> None:
    candidate = release(trained)
    bring(client, trained)
    first, again = stage(client, candidate), stage(client, candidate)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    proof = first.json()
    assert proof["files"] == {digest: digest for digest in trained.files}
    expected = {(probe.text, probe.intent, probe.confidence, probe.scope) for probe in trained.manifest.probes}
    assert {(p["text"], p["intent"], p["confidence"], p["scope"]) for p in proof["probes"]} == expected
    assert proof["warnings"] == []
    assert code(client.get(f"/v1/bots/{BOT}/active")) == (404, "never_published")
    assert code(client.post(f"/v1/bots/{BOT}/classify", json={"text": "price"})) == (404, "never_published")


def test_a_candidate_whose_bytes_are_not_here_names_them(client: TestClient, trained: Trained) -> None:
    response = stage(client, release(trained))
    assert code(response) == (409, "artifacts_missing")
    assert response.json()["missing"] == sorted(trained.files)


def test_a_candidate_under_a_wrong_name_is_refused(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    response = stage(client, release(trained), digest=release(trained, flows={}).digest)
    assert code(response) == (422, "release_digest_mismatch")


def test_a_candidate_of_another_bot_is_refused(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    assert code(stage(client, release(trained), bot="bot_tram")) == (422, "manifest_invalid")


@pytest.mark.parametrize(
    ("written", "meant", "answer"),
    [
        ('"Quay"', '"Quay", "name": "Pier"', (400, "json_limits")),
        ('"Every hour."', '"Every \\u0000 hour."', (422, "invalid_text")),
        ('"Every hour."', "1" + 65 * "0", (400, "json_limits")),
        ('"Every hour."', 70 * "[" + 70 * "]", (400, "json_limits")),
    ],
)
def test_a_candidate_that_reads_differently_than_its_name_says_is_refused(
    client: TestClient, written: str, meant: str, answer: tuple[int, str]
) -> None:
    candidate = release(None, intents=(), flows=quay())
    body = '{"release":' + candidate.canonical().decode().replace(written, meant) + "}"
    path = f"/v1/bots/{BOT}/releases/{candidate.digest}"
    response = client.put(path, content=body, headers={"Content-Type": "application/json"})
    assert code(response) == answer
    assert client.get(path).status_code == 404


def test_a_document_that_is_no_release_is_refused_with_what_is_wrong(client: TestClient, trained: Trained) -> None:
    document = release(trained).model_dump(mode="json") | {"schema_version": 2, "secret": "x"}
    response = client.put(f"/v1/bots/{BOT}/releases/{release(trained).digest}", json={"release": document})
    assert code(response) == (422, "manifest_invalid")
    assert {error["pointer"] for error in response.json()["errors"]} == {"/release/schema_version", "/release/secret"}


def test_labels_that_are_not_the_intents_are_refused(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    whole = release(trained)
    fewer = whole.model_copy(update={"intents": whole.intents[1:]})
    response = stage(client, fewer)
    assert code(response) == (422, "intent_mismatch")
    assert response.json()["unknown"] == [whole.intents[0].id]
    more = (*whole.intents, IntentMark(id="int_pier", name="pier", expressions=whole.intents[0].expressions))
    response = stage(client, whole.model_copy(update={"intents": more}))
    assert response.json()["missing"] == ["int_pier"]


def test_an_intent_without_expressions_is_no_label(client: TestClient, trained: Trained) -> None:
    whole = release(trained)
    more = (*whole.intents, IntentMark(id="int_pier", name="pier", expressions={}))
    bring(client, trained)
    assert stage(client, whole.model_copy(update={"intents": more})).status_code == 201


@pytest.mark.parametrize("change", [{"intent": "int_umbrella"}, {"confidence": 0.002}, {"scope": -0.002}])
def test_a_probe_that_is_answered_differently_is_refused(
    client: TestClient, trained: Trained, change: dict[str, object]
) -> None:
    bring(client, trained)
    probe = trained.manifest.probes[0]
    moved = {k: v if isinstance(v, str) else getattr(probe, k) + v for k, v in change.items()}  # type: ignore[operator]
    candidate = with_model(release(trained), probes=(replace(probe, **moved), *trained.manifest.probes[1:]))
    response = stage(client, candidate)
    assert code(response) == (422, "probe_mismatch")
    assert response.json()["probes"] == [probe.text]


def test_a_probe_that_differs_by_a_hair_is_another_processor(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    probe = trained.manifest.probes[0]
    hair = replace(probe, confidence=probe.confidence + 1e-6)
    response = stage(client, with_model(release(trained), probes=(hair,)))
    assert (response.status_code, response.json()["warnings"]) == (201, ["cpu_differs"])


def test_a_model_for_a_newer_runtime_is_refused(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    newer = trained.manifest.runtime.model_copy(update={"opset": 999})
    assert code(stage(client, with_model(release(trained), runtime=newer))) == (422, "runtime_unsupported")


def test_a_block_that_leads_nowhere_is_refused(client: TestClient) -> None:
    lost = {"id": "times", "kind": "message", "intent": "int_tides", "messages": [{"text": "?"}], "next": "pier"}
    response = stage(client, release(None, flows={"quay": Flow(id="quay", name="Quay", blocks=(lost,))}))
    assert code(response) == (422, "dangling_reference")
    assert {ref["target"] for ref in response.json()["references"]} == {"int_tides", "pier"}


def test_a_file_that_is_no_model_is_refused(client: TestClient, trained: Trained) -> None:
    bring(client, trained)
    junk = b"<html>not a model</html>"
    assert client.put(f"/v1/blobs/{digest_of(junk)}", content=junk, headers=OCTETS).status_code == 201
    files = tuple(
        file.model_copy(update={"digest": digest_of(junk), "size_bytes": len(junk)})
        if file.name == "head.onnx"
        else file
        for file in trained.manifest.files
    )
    assert code(stage(client, with_model(release(trained), files=files))) == (422, "model_invalid")


def test_a_candidate_is_never_larger_than_what_may_be_uploaded(client: TestClient) -> None:
    body = b'{"release": "' + b"x" * (2 << 20) + b'"}'
    headers = {"Content-Type": "application/json"}
    path = f"/v1/bots/{BOT}/releases/{digest_of(b'')}"
    assert code(client.put(path, content=body, headers=headers)) == (422, "manifest_invalid")


# -- the pointer -----------------------------------------------------------------


def test_numbers_count_up_and_the_log_tells_how(client: TestClient, trained: Trained) -> None:
    old, new = release(trained), release(trained, flows=quay("Every other hour."))
    publish(client, trained, old)
    publish(client, trained, new, old.digest)
    back = activate(
        client, BOT, old.digest, new.digest, "undo", origin="rollback", rollback_of=1, notes="too slow", author="maud"
    ).json()
    assert (back["number"], back["digest"], back["lagging"]) == (3, old.digest, [])
    log = client.get(f"/v1/bots/{BOT}/releases/log").json()["items"]
    assert [(row["number"], row["digest"], row["origin"]) for row in log] == [
        (3, old.digest, "rollback"),
        (2, new.digest, "publication"),
        (1, old.digest, "publication"),
    ]
    assert (log[0]["rollback_of"], log[0]["notes"], log[0]["author"]) == (1, "too slow", "maud")
    assert log[0]["activated_at"] == back["activated_at"]


def test_the_log_is_read_page_by_page(client: TestClient) -> None:
    releases = [release(None, flows=quay(f"Every {n} hours.")) for n in range(5)]
    publish(client, None, releases[0])
    for before, after in pairwise(releases):
        publish(client, None, after, before.digest)
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/bots/{BOT}/releases/log?limit=2{cursor and '&cursor=' + cursor}").json()
        seen += [row["number"] for row in page["items"]]
        cursor = page["next"]
    assert seen == [5, 4, 3, 2, 1]
    assert code(client.get(f"/v1/bots/{BOT}/releases/log?cursor=yesterday")) == (422, "invalid_cursor")


def test_who_caught_up_to_a_number_is_told_what_came_after_it(client: TestClient) -> None:
    releases = [release(None, flows=quay(f"Every {n} hours.")) for n in range(5)]
    publish(client, None, releases[0])
    for before, after in pairwise(releases):
        publish(client, None, after, before.digest)
    path = f"/v1/bots/{BOT}/releases/log"
    seen, after_number = [], 1
    while page := client.get(path, params={"after": after_number, "limit": 3}).json()["items"]:
        seen += page
        after_number = page[-1]["number"]
    assert [row["number"] for row in seen] == [2, 3, 4, 5]
    assert [row["previous_digest"] for row in seen] == [one.digest for one in releases[:4]]
    first = client.get(path, params={"after": 0, "limit": 2}).json()
    rest = client.get(path, params={"after": 0, "cursor": first["next"]}).json()
    assert [row["number"] for row in (*first["items"], *rest["items"])] == [1, 2, 3, 4, 5]
    assert (first["items"][0]["previous_digest"], rest["next"]) == (None, None)
    assert client.get(path, params={"after": 5}).json() == {"items": [], "next": None}


def test_what_is_active_is_the_document_that_was_staged(client: TestClient, trained: Trained) -> None:
    candidate = release(trained)
    publish(client, trained, candidate)
    response = client.get(f"/v1/bots/{BOT}/active")
    active = response.json()
    assert (active["number"], active["digest"]) == (1, candidate.digest)
    assert Release.model_validate(active["release"]) == candidate
    assert response.headers["ETag"] == f'"{candidate.digest}"'
    document = client.get(f"/v1/bots/{BOT}/releases/{candidate.digest}").content
    assert digest_of(document) == candidate.digest


def test_who_saw_another_release_moves_nothing(client: TestClient, trained: Trained) -> None:
    old, new = release(trained), release(trained, flows=quay("Never."))
    publish(client, trained, old)
    stage(client, new)
    for base in (None, new.digest):
        response = activate(client, BOT, new.digest, base, f"late-{base}")
        assert code(response) == (412, "live_moved")
        assert response.json()["current"] == {"number": 1, "digest": old.digest}
    assert client.get(f"/v1/bots/{BOT}/active").json()["number"] == 1


def test_the_first_publication_says_that_it_is_the_first(client: TestClient, trained: Trained) -> None:
    candidate = release(trained)
    bring(client, trained)
    stage(client, candidate)
    response = activate(client, BOT, candidate.digest, digest_of(b"a guess"), "first")
    assert code(response) == (412, "live_moved")
    assert response.json()["current"] is None
    body = {"digest": candidate.digest, "origin": "publication", "publication": "first"}
    assert code(client.put(f"/v1/bots/{BOT}/active", json=body)) == (428, "if_match_required")


def test_what_was_not_staged_is_not_activated(client: TestClient) -> None:
    assert code(activate(client, BOT, digest_of(b"nothing"), None, "first")) == (404, "release_not_staged")


def test_a_publication_that_asks_again_is_answered_as_before(client: TestClient, trained: Trained) -> None:
    old, new = release(trained), release(trained, flows=quay("Never."))
    bring(client, trained)
    for candidate in (old, new):
        stage(client, candidate)
    first = activate(client, BOT, old.digest, None, "one").json()
    second = activate(client, BOT, new.digest, old.digest, "two").json()
    assert activate(client, BOT, new.digest, old.digest, "two").json() == second
    assert activate(client, BOT, old.digest, None, "one").json() == first
    assert client.get(f"/v1/bots/{BOT}/active").json()["number"] == 2
    assert code(activate(client, BOT, old.digest, new.digest, "two")) == (409, "publication_reused")


def test_of_many_publishers_at_once_one_wins(client: TestClient, trained: Trained) -> None:
    old = release(trained)
    publish(client, trained, old)
    rivals = [release(trained, flows=quay(f"Every {n} hours.")) for n in range(2, 8)]
    for rival in rivals:
        stage(client, rival)
    with ThreadPoolExecutor(len(rivals)) as crowd:
        answers = list(crowd.map(lambda r: activate(client, BOT, r.digest, old.digest, r.digest[-20:]), rivals))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (len(rivals) - 1)
    (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert winner["number"] == 2
    assert client.get(f"/v1/bots/{BOT}/release").json()["digest"] == winner["digest"]


def test_the_same_publication_many_times_at_once_is_one(client: TestClient, trained: Trained) -> None:
    candidate = release(trained)
    bring(client, trained)
    stage(client, candidate)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: activate(client, BOT, candidate.digest, None, "same"), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.content for answer in answers}) == 1
    assert len(client.get(f"/v1/bots/{BOT}/releases/log").json()["items"]) == 1


def test_the_release_that_is_served_is_shown_to_people(client: TestClient, trained: Trained) -> None:
    candidate = release(trained)
    publish(client, trained, candidate)
    shown = client.get(f"/v1/bots/{BOT}/release").json()
    assert (shown["number"], shown["digest"], shown["origin"]) == (1, candidate.digest, "publication")
    assert shown["models"] == {"en": trained.manifest.digest}
    assert shown["flows"]["quay"]["name"] == "Quay"
    assert shown["settings"]["profile"] == "fast"


def test_bots_are_listed_with_what_belongs_to_this_environment(client: TestClient, trained: Trained) -> None:
    publish(client, trained, release(trained))
    publish(client, trained, release(trained, bot="bot_tram", name="Tram"))
    changed = client.patch("/v1/bots/Tram", json={"enabled": False, "retention_days": 7, "env": {"desk": "pier 3"}})
    assert changed.status_code == 200
    listed = {bot["name"]: bot for bot in client.get("/v1/bots").json()["items"]}
    assert listed["Tram"] == changed.json() == client.get("/v1/bots/bot_tram").json()
    assert (listed["Tram"]["enabled"], listed["Tram"]["retention_days"]) == (False, 7)
    assert listed["Ferry & Co"]["enabled"]
    again = release(trained, bot="bot_tram", name="Tram", flows=quay("Never."))
    publish(client, trained, again, release(trained, bot="bot_tram", name="Tram").digest)
    assert client.get("/v1/bots/bot_tram").json()["env"] == {"desk": "pier 3"}
    assert code(client.patch("/v1/bots/Tram", json={"number": 9})) == (422, "unknown_field")
    assert code(client.patch("/v1/bots/Metro", json={"enabled": True})) == (404, "never_published")


def test_of_two_bots_of_one_name_it_means_the_one_that_took_it_last(live: Live) -> None:
    """Draft lets a name go as soon as a bot is renamed there; live serves it so until that is published."""

    def meant(client: TestClient) -> str:
        found: str = client.get("/v1/bots/Shop").json()["id"]
        return found

    old, new = release(None, bot="bot_old", name="Shop"), release(None, bot="bot_new", name="Shop")
    with live.open() as client:
        publish(client, None, old)
        publish(client, None, new)
        assert meant(client) == "bot_new"
        assert client.patch("/v1/bots/bot_old", json={"retention_days": 30}).status_code == 200
        edited = release(None, bot="bot_old", name="Shop", flows=quay("Never."))
        publish(client, None, edited, old.digest)
        assert meant(client) == "bot_new"
    with live.open() as client:
        assert meant(client) == "bot_new"
        assert client.delete("/v1/bots/bot_new/active").status_code == 204
        assert meant(client) == "bot_old"
        publish(client, None, release(None, bot="bot_new", name="Shop", flows=quay("Soon.")))
        assert meant(client) == "bot_new"
        publish(client, None, release(None, bot="bot_old", name="Old Shop"), edited.digest)
        assert (meant(client), client.get("/v1/bots/Old Shop").json()["id"]) == ("bot_new", "bot_old")


def test_a_bot_that_was_renamed_is_found_under_its_new_name_alone(client: TestClient, trained: Trained) -> None:
    old, new = release(trained), release(trained, name="Ferry & Daughters")
    publish(client, trained, old)
    publish(client, trained, new, old.digest)
    assert client.get("/v1/bots/Ferry & Daughters").json()["id"] == BOT
    assert code(client.get("/v1/bots/Ferry & Co")) == (404, "never_published")


def test_publishing_is_for_the_publisher(client: TestClient, trained: Trained) -> None:
    website = client.post("/v1/keys", json={"name": "website", "scopes": ["live:classify", "live:read"]}).json()["key"]
    candidate = release(trained)
    for shown, wanted in ((website, 403), (PEER, 404)):
        client.headers["Authorization"] = f"Bearer {shown}"
        assert client.get(f"/v1/bots/{BOT}/active").status_code == wanted
        assert client.head(f"/v1/blobs/{digest_of(b'')}").status_code == wanted
        assert activate(client, BOT, candidate.digest, None, "x").status_code == wanted
    assert code(client.post(f"/v1/bots/{BOT}/classify", json={"text": "hello"})) == (403, "forbidden")


def test_manifests_say_what_the_runtime_must_have(client: TestClient, trained: Trained) -> None:
    able = client.get("/v1/capabilities").json()
    needed: ModelManifest = trained.manifest
    assert able["schema_version"] == 1
    assert needed.runtime.opset <= able["opset"]
    assert needed.runtime.ir_version <= able["ir_version"]
