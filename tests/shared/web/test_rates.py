"""A limit on how often somebody asks: off unless it is set, by key, by address where no key is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shared.errors import MisconfiguredError
from shared.web.rates import Buckets, Rate, rate_of
from tests.draft_api.draft_service import assert_problem, bearer, draft_service, make_key
from tests.house import house


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[TestClient]:
    """Ten requests an hour."""
    with draft_service(tmp_path, GREENROOM_RATE_LIMIT="10/h") as client:
        yield client


def statuses(client: TestClient, times: int, **asked: object) -> list[int]:
    return [client.get("/v1/bots", **asked).status_code for _ in range(times)]


def test_a_key_that_asks_too_often_is_told_when_to_come_again(narrow: TestClient) -> None:
    gull = make_key(narrow, "draft:read")
    # The first request shows whose key it is, and is the address's.
    assert statuses(narrow, 11, headers=gull) == [200] * 11
    refused = narrow.get("/v1/bots", headers=gull)
    assert_problem(refused, 429, "rate_limited")
    assert 300 <= int(refused.headers["retry-after"]) <= 360
    assert statuses(narrow, 1) == [200]


def test_whoever_tries_keys_is_counted_by_the_address(narrow: TestClient) -> None:
    tried = [narrow.get("/v1/bots", headers=bearer(f"guess-{n}-of-a-thief")).status_code for n in range(11)]
    assert tried == [401] * 10 + [429]


def test_health_is_told_to_whoever_asks_however_often(narrow: TestClient) -> None:
    assert {narrow.get("/healthz").status_code for _ in range(30)} == {200}


def test_there_is_no_limit_unless_it_is_set(tmp_path: Path) -> None:
    with draft_service(tmp_path) as client:
        assert set(statuses(client, 200)) == {200}


def test_a_limit_holds_on_the_busiest_path_of_live_too(tmp_path: Path) -> None:
    with house(tmp_path, GREENROOM_RATE_LIMIT="10/h") as opened:
        asked = [opened.live.post("/v1/bots/nobody/classify", json={"text": "ahoy"}) for _ in range(12)]
    assert [answer.status_code for answer in asked] == [404] * 11 + [429]
    assert asked[-1].headers["greenroom-environment"] == "live"


def test_a_bucket_fills_evenly_and_never_over_its_brim() -> None:
    buckets = Buckets(Rate(2, 1))
    assert [buckets.wait("maud", 0.0) for _ in range(3)] == [0, 0, 0.5]
    assert buckets.wait("bert", 0.0) == 0
    assert buckets.wait("maud", 0.5) == 0
    assert buckets.wait("maud", 0.5) > 0
    assert [buckets.wait("maud", 60.0) for _ in range(3)] == [0, 0, 0.5]


@pytest.mark.parametrize("text", ["100", "0/s", "fast", "10/d", "-1/s", "1.5/s"])
def test_a_limit_that_cannot_be_read_says_how_it_is_written(text: str) -> None:
    with pytest.raises(MisconfiguredError, match=r"as in 100/s"):
        rate_of(text)
