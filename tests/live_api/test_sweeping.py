"""What live keeps and what it sweeps (P19)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from services.live_api.expiry import Bounds, Dated, artifacts_to_sweep, releases_to_sweep
from services.live_api.roster import Roster
from services.live_api.settings import LiveSettings
from services.live_api.sweeping import Sweeper
from services.live_api.tables import conversations
from shared.artifacts import StoredArtifacts
from shared.contracts import Release
from shared.db import Database
from shared.digest import digest_of
from tests.live_api.theatre import (
    BOT,
    Live,
    Trained,
    activate,
    bring,
    code,
    publish,
    quay,
    release,
    say,
    stage,
    wait_for,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = timedelta(days=100)


def ago(days: float, digest: str) -> Dated:
    return Dated(digest, NOW - timedelta(days=days))


# -- the decision ------------------------------------------------------------------


def test_the_last_activations_are_kept_however_old_they_are() -> None:
    staged = [ago(400 + n, f"r{n}") for n in range(5)]
    assert releases_to_sweep(staged, staged, set(), NOW, Bounds(activations=3)) == {"r3", "r4"}


def test_all_of_the_last_days_are_kept_however_many_they_are() -> None:
    staged = [ago(n, f"r{n}") for n in range(2, 7)]
    assert releases_to_sweep(staged, staged, set(), NOW, Bounds(activations=1, days=4)) == {"r5", "r6"}


def test_a_candidate_that_came_just_now_is_kept_and_an_old_one_is_not() -> None:
    staged = [ago(0.9, "fresh"), ago(1.1, "stale")]
    assert releases_to_sweep(staged, [], set(), NOW, Bounds()) == {"stale"}


def test_an_old_release_that_was_activated_again_is_kept() -> None:
    staged = [ago(400, "old"), ago(300, "new")]
    log = [ago(1, "old"), ago(300, "new"), ago(400, "old")]
    assert releases_to_sweep(staged, log, set(), NOW, Bounds(activations=1)) == {"new"}


DATED = st.lists(st.builds(ago, st.integers(0, 200), st.sampled_from("abcdefgh")), max_size=20)


@given(DATED, DATED, st.sets(st.sampled_from("abcdefgh")), st.integers(0, 5), st.integers(0, 120))
def test_nothing_that_somebody_may_ask_for_is_ever_swept(
    staged: list[Dated], log: list[Dated], spared: set[str], activations: int, days: int
) -> None:
    log = sorted(log, key=lambda one: one.at, reverse=True)
    swept = releases_to_sweep(staged, log, spared, NOW, Bounds(activations, days))
    assert swept <= {one.digest for one in staged}
    assert not swept & spared
    assert not swept & {one.digest for one in log[:activations]}
    assert not swept & {one.digest for one in log if one.at >= NOW - timedelta(days=days)}


def test_artifacts_that_a_document_needs_or_that_came_just_now_are_kept() -> None:
    stored = [ago(5, "needed"), ago(0.5, "fresh"), ago(5, "orphan")]
    assert artifacts_to_sweep(stored, {"needed"}, NOW, Bounds()) == ["orphan"]


# -- the doing ---------------------------------------------------------------------


@pytest.fixture
def sweeper(live: Live) -> Iterator[Sweeper]:
    db = Database(live.settings.database_url)
    artifacts = StoredArtifacts(live.settings.artifacts_url)
    yield Sweeper(db, artifacts, Roster(db, artifacts), Bounds(activations=2))
    db.dispose()


def history(client: TestClient, trained: Trained | None, number: int) -> Sequence[Release]:
    releases = [release(trained, flows=quay(f"Every {n} hours.")) for n in range(number)]
    publish(client, trained, releases[0])
    for before, after in pairwise(releases):
        publish(client, None, after, before.digest)
    return releases


def kept(client: TestClient, releases: Sequence[Release]) -> list[bool]:
    paths = (f"/v1/bots/{BOT}/releases/{one.digest}" for one in releases)
    return [client.get(path).status_code == 200 for path in paths]


def test_old_documents_go_and_the_log_stays(client: TestClient, trained: Trained, sweeper: Sweeper) -> None:
    releases = history(client, trained, 5)
    sweeper.sweep()
    assert kept(client, releases) == [True] * 5
    sweeper.sweep(datetime.now(UTC) + LATER)
    assert kept(client, releases) == [False, False, False, True, True]
    assert len(client.get(f"/v1/bots/{BOT}/releases/log").json()["items"]) == 5
    back = activate(client, BOT, releases[3].digest, releases[4].digest, "undo", origin="rollback")
    assert back.status_code == 200
    gone = activate(client, BOT, releases[0].digest, releases[3].digest, "too-late", origin="rollback")
    assert code(gone) == (404, "release_not_staged")
    assert client.get(f"/v1/bots/{BOT}/active").json()["digest"] == releases[3].digest


def test_what_a_plan_names_and_what_somebody_talks_to_is_spared(
    client: TestClient, trained: Trained, sweeper: Sweeper
) -> None:
    first, *rest = [release(trained, flows=quay(f"Every {n} hours.")) for n in range(5)]
    publish(client, trained, first)
    for before, after in pairwise((first, *rest)):
        if before is rest[0]:
            say(client, "when is the next ferry")
        publish(client, None, after, before.digest)
    candidate = release(trained, flows=quay("Never."))
    stage(client, candidate)
    answer = client.put(f"/v1/bots/{BOT}/kept", json={"digests": [candidate.digest, digest_of(b"nothing")]})
    assert answer.json()["missing"] == [digest_of(b"nothing")]
    patient = Sweeper(sweeper.db, sweeper.artifacts, sweeper.roster, Bounds(activations=2, days=1, hours=48))
    patient.sweep(datetime.now(UTC) + timedelta(hours=47))
    assert kept(client, [first, *rest, candidate]) == [True] * 6
    sweeper.sweep(datetime.now(UTC) + LATER)
    assert kept(client, [first, *rest, candidate]) == [False, False, False, True, True, True]
    client.put(f"/v1/bots/{BOT}/kept", json={"digests": []})
    sweeper.sweep(datetime.now(UTC) + LATER)
    assert kept(client, [candidate]) == [False]


def test_a_release_that_a_conversation_had_a_moment_ago_is_spared(
    client: TestClient, trained: Trained, sweeper: Sweeper
) -> None:
    publish(client, trained, release(trained))
    assert say(client, "when is the next ferry").status_code == 200
    publish(client, None, release(trained, flows=quay("Never.")), release(trained).digest)
    strict = Sweeper(sweeper.db, sweeper.artifacts, sweeper.roster, Bounds(activations=0, days=0, hours=1))
    strict.sweep(datetime.now(UTC) + timedelta(minutes=59))
    assert kept(client, [release(trained)]) == [True]
    strict.sweep(datetime.now(UTC) + timedelta(minutes=61))
    assert kept(client, [release(trained)]) == [False]


def test_artifacts_go_with_the_last_document_that_needs_them(
    client: TestClient, trained: Trained, sweeper: Sweeper
) -> None:
    orphan = b"a rope that nobody asked for"
    client.put(f"/v1/blobs/{digest_of(orphan)}", content=orphan, headers={"Content-Type": "application/octet-stream"})
    history(client, trained, 3)
    sweeper.sweep()
    assert set(sweeper.artifacts.digests()) == {*trained.files, digest_of(orphan)}
    sweeper.sweep(datetime.now(UTC) + LATER)
    assert set(sweeper.artifacts.digests()) == set(trained.files), "what is active needs them"
    without = [release(None, flows=quay(f"By rowing boat {n}.")) for n in range(2)]
    active = release(trained, flows=quay("Every 2 hours.")).digest
    for one in without:
        publish(client, None, one, active)
        active = one.digest
    sweeper.sweep(datetime.now(UTC) + LATER)
    assert list(sweeper.artifacts.digests()) == []
    assert code(stage(client, release(trained))) == (409, "artifacts_missing")
    bring(client, trained)
    assert stage(client, release(trained)).status_code == 201


def test_who_stages_again_finds_it_there_for_another_day(
    client: TestClient, trained: Trained, sweeper: Sweeper
) -> None:
    candidate = release(trained)
    bring(client, trained)
    stage(client, candidate)
    short = Sweeper(sweeper.db, sweeper.artifacts, sweeper.roster, Bounds(hours=0))
    between = datetime.now(UTC)
    assert stage(client, candidate).status_code == 200
    short.sweep(between)
    assert kept(client, [candidate]) == [True]
    short.sweep(datetime.now(UTC) + timedelta(seconds=1))
    assert kept(client, [candidate]) == [False]


def test_who_has_a_candidate_proved_again_finds_it_there_for_another_day(
    client: TestClient, trained: Trained, sweeper: Sweeper
) -> None:
    candidate = release(trained)
    bring(client, trained)
    stage(client, candidate)
    short = Sweeper(sweeper.db, sweeper.artifacts, sweeper.roster, Bounds(hours=0))
    between, path = datetime.now(UTC), f"/v1/bots/{BOT}/releases/{candidate.digest}/proof"
    assert client.post(path).status_code == 200
    short.sweep(between)
    assert kept(client, [candidate]) == [True]
    short.sweep(datetime.now(UTC) + timedelta(seconds=1))
    assert client.post(path).status_code == 404


def test_a_process_sweeps_by_itself(tmp_path: Path, database_url: str) -> None:
    own = LiveSettings(first_sweep_seconds=0.1, sweep_seconds=0.2, keep=Bounds(activations=1, days=0, hours=0))
    with Live(Live.at(tmp_path, database_url).settings, own).open() as client:
        publish(client, None, release(None))
        publish(client, None, release(None, flows=quay("Never.")), release(None).digest)
        wait_for(lambda: kept(client, [release(None)]) == [False], "the first one is swept")
        assert client.get(f"/v1/bots/{BOT}/release").json()["number"] == 2


def test_the_publisher_alone_says_what_is_kept(client: TestClient) -> None:
    made = {"name": "website", "scopes": ["live:read", "live:edit"]}
    client.headers["Authorization"] = f"Bearer {client.post('/v1/keys', json=made).json()['key']}"
    assert code(client.put(f"/v1/bots/{BOT}/kept", json={"digests": []})) == (403, "forbidden")


# -- where conversations stand -----------------------------------------------------


def test_conversations_are_counted_by_the_block_that_they_stand_on(client: TestClient, trained: Trained) -> None:
    publish(client, trained, release(trained))
    path = f"/v1/bots/{BOT}/standing"
    assert client.get(path).json() == {"conversations": 0, "blocks": {}}
    for person in ("maud", "otto", "ida"):
        say(client, "when is the next ferry", person)
    say(client, "how much is a ticket", "ida")
    say(client, "?!", "otto")
    say(client, "?!", "nils")
    found = client.get(path).json()
    assert found == {"conversations": 4, "blocks": {"times": 1, "price": 1, "pardon": 1, "hello": 1}}
    assert code(client.get("/v1/bots/bot_tram/standing")) == (404, "never_published")


def test_who_has_been_silent_for_the_session_timeout_stands_nowhere(
    client: TestClient, trained: Trained, live: Live
) -> None:
    publish(client, trained, release(trained))
    for person in ("maud", "otto"):
        say(client, "when is the next ferry", person)
    db = Database(live.settings.database_url)
    with db.writing() as connection:
        asleep = datetime.now(UTC) - timedelta(minutes=16)
        connection.execute(conversations.update().where(conversations.c.id == "otto").values(last_at=asleep))
    db.dispose()
    assert client.get(f"/v1/bots/{BOT}/standing").json() == {"conversations": 1, "blocks": {"times": 1}}
