"""What a program hears from live about a text."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient

from shared.contracts import BotSettings, Release
from tests.live_api.theatre import ADMIN, BOT, NAME, Live, Trained, code, publish, quay, release

PATH = f"/v1/bots/{BOT}/classify"
TEXTS = ["when is the next ferry", "WHEN is the next ferry?!", "price for a bicycle", "umbrela gone", "", "qqqq zzzz"]


published = pytest.mark.usefixtures("ferry")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """On SQLite alone: classifying asks no database."""
    return Live.at(tmp_path, f"sqlite:///{tmp_path}/live.db")


@pytest.fixture
def ferry(client: TestClient, trained: Trained) -> Release:
    candidate = release(trained)
    publish(client, trained, candidate)
    return candidate


def test_a_text_is_understood_and_the_answer_names_its_release(client: TestClient, ferry: Release) -> None:
    response = client.post(PATH, json={"text": "what time does the next boat leave"})
    answer = response.json()
    assert response.status_code == 200
    assert response.headers["Greenroom-Environment"] == "live"
    assert answer["understood"]
    assert answer["intent"]["name"] == answer["ranking"][0]["name"] == "ferry_times"
    assert (answer["release"], answer["release_digest"]) == (1, ferry.digest)
    assert answer["model"] == ferry.models["en"].digest
    assert answer["language"] == "en"


@published
def test_an_expression_is_understood_whatever_its_case_and_punctuation(client: TestClient) -> None:
    answer = client.post(PATH, json={"text": "  FERRY schedule: please!! "}).json()
    assert (answer["intent"]["name"], answer["intent"]["confidence"]) == ("ferry_times", 1.0)


def test_a_text_scores_alike_alone_and_in_any_company(client: TestClient, ferry: Release) -> None:
    alone = [client.post(PATH, json={"text": text}).json() for text in TEXTS]
    many = client.post(PATH, json={"texts": TEXTS}).json()
    assert (many["release"], many["release_digest"]) == (1, ferry.digest)
    assert many["results"] == [{k: v for k, v in one.items() if not k.startswith("release")} for one in alone]


def test_a_text_that_is_not_understood_says_why_and_ranks_all_the_same(client: TestClient, trained: Trained) -> None:
    publish(client, trained, release(trained, settings=BotSettings(intent_threshold=0.99)))
    answer = client.post(PATH, json={"text": "can one sail to the moon on a ticket"}).json()
    assert (answer["understood"], answer["intent"], answer["reason"]) == (False, None, "low_confidence")
    assert len(answer["ranking"]) == 3


@published
def test_a_text_that_is_too_long_is_not_classified(client: TestClient) -> None:
    answer = client.post(PATH, json={"text": "ferry " * 200}).json()
    assert (answer["understood"], answer["reason"], answer["ranking"]) == (False, "message_too_long", [])


def test_a_bot_without_a_model_understands_nothing_and_says_so(client: TestClient) -> None:
    publish(client, None, release(None))
    answer = client.post(PATH, json={"text": "when is the next ferry"}).json()
    assert (answer["understood"], answer["reason"], answer["ranking"]) == (False, "no_model", [])


@published
def test_a_bot_is_found_by_its_name_too(client: TestClient) -> None:
    by_id, by_name = (client.post(f"/v1/bots/{bot}/classify", json={"text": "price"}).json() for bot in (BOT, NAME))
    assert by_id == by_name


@published
@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"text": "hello", "language": "nl"}, 422, "unknown_language"),
        ({"text": "hello", "texts": ["hello"]}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"texts": []}, 422, "invalid_request"),
        ({"texts": ["hello"] * 257}, 422, "invalid_request"),
        ({"text": 7}, 422, "invalid_request"),
        ({"text": "hello", "colour": "red"}, 422, "unknown_field"),
        ({"text": "nul\0l"}, 422, "invalid_text"),
        (["hello"], 422, "invalid_request"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: TestClient, body: object, status: int, problem: str) -> None:
    assert code(client.post(PATH, json=body)) == (status, problem)


@published
@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"{", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
        (b'{"text": "\xff"}', 400, "malformed_json"),
        (b'{"text": "a", "text": "b"}', 400, "json_limits"),
        (b'{"text": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "json_limits"),
        (b'{"text": "' + b"a" * (1 << 20) + b'"}', 413, "body_too_large"),
    ],
)
def test_bytes_that_are_no_question_are_refused(client: TestClient, body: bytes, status: int, problem: str) -> None:
    response = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert code(response) == (status, problem)
    assert response.headers["Greenroom-Environment"] == "live"


@published
def test_a_body_that_says_nothing_of_its_kind_is_refused(client: TestClient) -> None:
    response = client.post(PATH, content=b'{"text": "hello"}', headers={"Content-Type": "text/plain"})
    assert code(response) == (415, "unsupported_media_type")


@published
@pytest.mark.parametrize("body", [{"text": "price"}, {"texts": TEXTS}, {"text": 7}, {"text": "a", "language": "nl"}])
def test_the_shortcut_and_the_ordinary_way_give_the_same_answer(client: TestClient, body: object) -> None:
    """A request that is out of the ordinary, by its content type say, is answered by FastAPI."""
    content = orjson.dumps(body)
    kinds = ("application/json", "application/json; charset=utf-8", "Application/JSON")
    plain, *ordinary = (client.post(PATH, content=content, headers={"Content-Type": kind}) for kind in kinds)
    for response in ordinary:
        assert response.status_code == plain.status_code
        assert response.headers["Greenroom-Environment"] == plain.headers["Greenroom-Environment"] == "live"
        assert response.headers["Content-Type"] == plain.headers["Content-Type"]
        same = [{**answer.json(), "instance": None} for answer in (plain, response)]
        assert same[0] == same[1]
    counted = f'route="/v1/bots/{{bot}}/classify",status="{plain.status_code}"}} 3.0'
    assert counted in client.get("/metrics").text


@published
def test_headers_beyond_all_measure_are_refused(client: TestClient) -> None:
    response = client.post(PATH, json={"text": "price"}, headers={"X-Long": "x" * 20_000})
    assert code(response) == (431, "headers_too_large")


@published
@pytest.mark.parametrize("hosts", [["live.test", "draft.test"], ["live test"]])
def test_the_shortcut_too_wants_one_proper_host(client: TestClient, hosts: list[str]) -> None:
    response = client.post(PATH, json={"text": "price"}, headers=[("Host", host) for host in hosts])
    assert code(response) == (400, "bad_request")


@published
def test_who_has_no_key_is_turned_away_before_the_body_is_read(client: TestClient) -> None:
    for shown in ("", "Bearer", "Bearer wrong-key-of-a-stranger", f"Basic {ADMIN}"):
        response = client.post(PATH, content=b"{", headers={"Authorization": shown})
        assert code(response) == (401, "unauthenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"


@published
def test_a_key_does_what_its_scopes_say_for_the_bot_that_it_is_for(client: TestClient) -> None:
    def asks(scopes: list[str], bot: str | None) -> tuple[int, str | None]:
        made = client.post("/v1/keys", json={"name": "website", "scopes": scopes, "bot": bot}).json()["key"]
        response = client.post(PATH, json={"text": "price"}, headers={"Authorization": f"Bearer {made}"})
        return response.status_code, response.json().get("code")

    assert asks(["live:classify"], None) == (200, None)
    assert asks(["live:classify"], BOT) == (200, None)
    assert asks(["live:read"], None) == (403, "forbidden")
    assert asks(["live:classify"], "bot_of_a_rival") == (404, "never_published")


def test_a_bot_that_was_never_published_is_not_told_from_an_unknown_one(client: TestClient) -> None:
    assert code(client.post(PATH, json={"text": "hello"})) == (404, "never_published")


@published
def test_no_other_method_is_allowed(client: TestClient) -> None:
    response = client.get(PATH)
    assert code(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


def test_two_bots_do_not_mix(client: TestClient, trained: Trained, ferry: Release) -> None:
    other = release(trained, bot="bot_tram", name="Tram", flows=quay("Every five minutes."))
    publish(client, trained, other)
    tram = client.post("/v1/bots/Tram/classify", json={"text": "price"}).json()
    ours = client.post(PATH, json={"text": "price"}).json()
    assert (tram["release_digest"], ours["release_digest"]) == (other.digest, ferry.digest)
    assert tram["ranking"] == ours["ranking"]


def test_a_restart_changes_no_answer(live: Live, trained: Trained) -> None:
    with live.open() as client:
        publish(client, trained, release(trained))
        before = client.post(PATH, json={"texts": TEXTS}).json()
    with live.open() as client:
        assert client.post(PATH, json={"texts": TEXTS}).json() == before


@published
def test_answers_under_load_are_bit_equal_to_those_alone(client: TestClient) -> None:
    alone = {text: client.post(PATH, json={"text": text}).content for text in TEXTS}
    with ThreadPoolExecutor(16) as crowd:
        asked = TEXTS * 20
        found = list(crowd.map(lambda text: client.post(PATH, json={"text": text}).content, asked))
    assert all(answer == alone[text] for text, answer in zip(asked, found, strict=True))
