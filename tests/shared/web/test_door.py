"""What every request meets first: marks, refusals, limits, and who may know what."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message

from shared.db import Database
from shared.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    GreenroomError,
    InvalidError,
    MalformedError,
    MediaTypeError,
    NotFoundError,
    PreconditionError,
    TooLargeError,
    UnauthenticatedError,
    UnconfirmedError,
)
from shared.web.door import Door, Measures
from shared.web.routing import Router, scopes_of
from tests.draft_api.draft_service import assert_problem, bearer, make_bot, make_intent, make_key

JSON = {"Content-Type": "application/json"}
BAD_KEY = bearer("a-key-that-nobody-was-given")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (MalformedError, 400), (UnauthenticatedError, 401), (ForbiddenError, 403), (NotFoundError, 404),
        (ConflictError, 409), (PreconditionError, 412), (TooLargeError, 413), (MediaTypeError, 415),
        (InvalidError, 422), (UnconfirmedError, 428), (BusyError, 503),
    ],
)  # fmt: skip
def test_every_kind_of_refusal_is_told_in_the_same_form(
    broken: TestClient, kind: type[GreenroomError], status: int
) -> None:
    broken.app.state.raises = kind("stage_on_fire", "The stage is on fire.", exits=["left", "right"])  # type: ignore[attr-defined]
    told = assert_problem(broken.get("/v1/stage"), status, "stage_on_fire")
    assert told["detail"] == "The stage is on fire."
    assert told["exits"] == ["left", "right"]


def test_an_unforeseen_error_says_nothing_of_the_inside_and_is_marked(broken: TestClient) -> None:
    broken.app.state.raises = ZeroDivisionError("SELECT secret FROM /etc/greenroom")  # type: ignore[attr-defined]
    answer = broken.get("/v1/stage")
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_a_database_that_is_away_is_told_as_such(broken: TestClient) -> None:
    away = Database("sqlite:////nowhere/at/all.db")
    broken.app.state.raises = away.ping  # type: ignore[attr-defined]
    answer = broken.get("/v1/stage")
    assert_problem(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"]
    assert "nowhere" not in answer.text


def test_a_database_that_has_no_connection_left_is_told_as_one_that_is_away(broken: TestClient) -> None:
    def full() -> None:
        raise NoConnectionError("QueuePool limit of size 10 overflow 20 reached")

    broken.app.state.raises = full  # type: ignore[attr-defined]
    assert_problem(broken.get("/v1/stage"), 503, "store_unavailable")


@pytest.fixture(scope="module")
def broken(draft: TestClient) -> TestClient:
    """Draft with a route that fails as it is told to."""
    router = Router()

    @router.get("/v1/stage")
    def stage() -> None:
        raises: Any = app.state.raises
        if callable(raises):
            raises()
        raise raises

    app = draft.app
    assert isinstance(app, FastAPI)
    app.include_router(router)
    return draft


MALFORMED: dict[str, tuple[bytes, int, str]] = {
    "malformed": (b"{name}", 400, "malformed_json"),
    "byte order mark": (b'\xef\xbb\xbf{"name": "x"}', 400, "malformed_json"),
    "bad UTF-8": (b'{"name": "\xff"}', 400, "malformed_json"),
    "empty": (b"", 400, "malformed_json"),
    "trailing": (b'{"name": "x"}}', 400, "malformed_json"),
    "65 deep": (b'{"settings":' + b"[" * 64 + b"]" * 64 + b"}", 400, "json_limits"),
    "twice": (b'{"name": "x", "name": "y"}', 400, "json_limits"),
    "NaN": (b'{"name": NaN}', 400, "json_limits"),
    "1e999": (b'{"name": 1e999}', 400, "json_limits"),
    "lone surrogate": (b'{"name": "\\ud800"}', 400, "json_limits"),
    "NUL": (b'{"name": "a\\u0000b"}', 422, "invalid_text"),
    "2 to the 63rd": (b'{"name": 9223372036854775808}', 422, "out_of_range"),
    "list": (b"[]", 422, "invalid_request"),
    "null": (b"null", 422, "invalid_request"),
    "text": (b'"bot"', 422, "invalid_request"),
    "unknown field": (b'{"name": "x", "role": "admin"}', 422, "unknown_field"),
    "read-only field": (b'{"name": "x", "id": "bot_1"}', 422, "unknown_field"),
}


@pytest.mark.parametrize(("body", "status", "code"), MALFORMED.values(), ids=MALFORMED)
def test_a_bad_body_is_refused_by_name(draft: TestClient, body: bytes, status: int, code: str) -> None:
    assert_problem(draft.post("/v1/bots", content=body, headers=JSON), status, code)


MISTYPED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "number as text": ("PATCH", "", {"retention_days": "30"}),
    "yes as text": ("PUT", "/variables/table", {"sensitive": "yes"}),
    "yes as number": ("PUT", "/variables/table", {"sensitive": 1}),
    "number as truth": ("PATCH", "", {"retention_days": True}),
    "fraction for a whole number": ("PATCH", "", {"retention_days": 30.5}),
    "move as text": ("POST", "/intents/soup/expressions", {"expressions": [{"text": "soup", "move": "yes"}]}),
    "text as number": ("POST", "/intents", {"name": 7}),
}


@pytest.mark.parametrize(("method", "path", "body"), MISTYPED.values(), ids=MISTYPED)
def test_a_value_of_another_type_is_not_taken_for_what_it_could_mean(
    draft: TestClient, soup_bot: str, method: str, path: str, body: dict[str, Any]
) -> None:
    assert_problem(draft.request(method, f"{soup_bot}{path}", json=body), 422, "invalid_request")


SETTINGS = {"intent_threshold": "0.5", "margin": True, "max_message_length": "500", "detect_language": "no"}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_another_type_is_not_taken_for_what_it_could_mean(
    draft: TestClient, soup_bot: str, name: str
) -> None:
    answer = draft.patch(soup_bot, json={"settings": {name: SETTINGS[name]}})
    assert_problem(answer, 422, "invalid_settings")
    assert name in answer.json()["detail"]


def test_a_whole_number_will_do_for_a_fraction(draft: TestClient, soup_bot: str) -> None:
    answer = draft.patch(soup_bot, json={"settings": {"intent_threshold": 1, "languages": {"en": {"margin": 0}}}})
    assert answer.json()["settings"]["intent_threshold"] == 1


@pytest.fixture(scope="module")
def soup_bot(draft: TestClient) -> str:
    bot = make_bot(draft, "Soup of the Day")
    make_intent(draft, bot, "soup", "what soup is there")
    return bot


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/xml", "text/json", "application/x-www-form-urlencoded"]
)
def test_only_json_is_read_where_json_is_expected(draft: TestClient, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert_problem(draft.post("/v1/bots", content=b'{"name": "x"}', headers=headers), 415, "unsupported_media_type")


def test_json_with_its_character_set_named_is_json(draft: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = draft.post("/v1/bots", content='{"name": "Bäckerei"}'.encode(), headers=headers)
    assert answer.json()["name"] == "Bäckerei"


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip"])
def test_an_encoded_body_is_not_unpacked(draft: TestClient, encoding: str) -> None:
    answer = draft.post("/v1/bots", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": encoding})
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        BAD_KEY,
        {"Authorization": "Basic c3RhZ2U6ZG9vcg=="},
        {"Authorization": "Bearer caf\xe9".encode("latin-1")},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."},
    ],
)
def test_who_is_unknown_is_not_read(draft: TestClient, headers: dict[str, Any]) -> None:
    answer = draft.post("/v1/bots", content=b"{not json", headers={**JSON, **headers})
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_who_may_not_write_is_not_read(draft: TestClient) -> None:
    reader = make_key(draft, "draft:read")
    answer = draft.post("/v1/bots", content=b"[" * (2 << 20), headers={**JSON, **reader})
    assert_problem(answer, 403, "forbidden")


def test_a_key_in_the_query_opens_nothing(draft: TestClient) -> None:
    key = make_key(draft, "draft:read")["Authorization"].split()[1]
    answer = draft.get("/v1/bots", params={"key": key, "access_token": key}, headers={"Authorization": ""})
    assert_problem(answer, 401, "unauthenticated")


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size >> 16):
        yield b" " * (1 << 16)


@pytest.mark.parametrize("body", [b" " * ((1 << 20) + 1), chunks(3 << 20)], ids=["with its length", "in chunks"])
def test_a_body_beyond_the_limit_ends_the_connection(draft: TestClient, body: Any) -> None:
    answer = draft.post("/v1/bots", content=body, headers=JSON)
    assert_problem(answer, 413, "body_too_large")
    assert answer.headers["connection"] == "close"


def test_a_body_of_just_the_limit_is_read(draft: TestClient) -> None:
    body = b'{"name": "Brimful"}'
    answer = draft.post("/v1/bots", content=body + b" " * ((1 << 20) - len(body)), headers=JSON)
    assert answer.status_code == 201


def test_an_upload_may_be_larger(draft: TestClient) -> None:
    bot = make_bot(draft, "Large Library")
    lines = b"text,intent\n" + b"".join(b"where is book number %d,find_book\n" % n for n in range(50_000))
    assert len(lines) > 1 << 20
    answer = draft.post(f"{bot}/nlp/import", content=lines, headers={"Content-Type": "text/csv"})
    assert answer.json()["added"] == 50_000


@pytest.mark.parametrize(
    "headers",
    [{"X-Long": "x" * (17 << 10)}, {f"X-{n}": "1" for n in range(120)}],
    ids=["long", "many"],
)
def test_headers_have_a_limit(draft: TestClient, headers: dict[str, str]) -> None:
    assert_problem(draft.get("/healthz", headers=headers), 431, "headers_too_large")


def knock(hosts: list[str], version: str = "1.1") -> int:
    """The status that somebody gets who names these hosts."""
    heard: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        heard.append(message)

    headers = [(b"host", host.encode()) for host in hosts]
    scope = {"type": "http", "http_version": version, "method": "GET", "path": "/", "raw_path": b"/"}
    door = Door(PlainTextResponse("come in"), "draft", Measures(CollectorRegistry()))
    asyncio.run(door({**scope, "query_string": b"", "headers": headers}, receive, send))
    return int(heard[0]["status"])


@pytest.mark.parametrize(
    "hosts",
    [[], ["a.test", "b.test"], ["a.test", "a.test"], ["a b"], ["a.test/x"], [""], ["[::1"], ["a:port"], ["ann@a.test"]],
)
def test_a_request_says_once_and_properly_whom_it_is_for(hosts: list[str]) -> None:
    assert knock(hosts) == 400


@pytest.mark.parametrize("host", ["draft_api:8001", "127.0.0.1", "[::1]:8001", "bot.example.test.", "DRAFT"])
def test_whatever_name_a_service_is_given_will_do(host: str) -> None:
    assert knock([host]) == 200


def test_those_who_speak_as_it_was_before_hosts_had_names_need_not_say_one() -> None:
    assert knock([], version="1.0") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/v1", "/v1/bots/", "//v1/bots", "/v1//bots", "/v1/%2e%2e/v1/bots", "/v1/bots%00", "/v1/bots;x=1",
        "/v1/bots/%2e%2e", "/v1/bots/a%2Fb", "/v1/b%6Ft", "/v1/bots/a%2f..%2F..%2Fkeys", "/v1%2Fbots", "/v1/bots%2Fa",
        "/v1/bots;x=1/a", "/assets%2Fdoor.py", "/assets/a%2Fb", "/assets/%2e%2e/door.py", "/assets/nothing.js",
        "/v1/bots/%ff", "/v1/bots/%ed%a0%80",
    ],
)  # fmt: skip
def test_an_odd_path_leads_nowhere(draft: TestClient, path: str) -> None:
    scope_path = draft.build_request("GET", "http://testserver/").url.copy_with(raw_path=path.encode())
    assert_problem(draft.get(scope_path), 404, "not_found")


SPELT = ["fish/soup", "soup;hot", "v1.5", "fish/", "//", "50% off"]


@pytest.mark.parametrize("name", SPELT)
def test_an_intent_is_found_by_its_name_whatever_stands_in_it(draft: TestClient, soup_bot: str, name: str) -> None:
    make_intent(draft, soup_bot, name)
    for spelt in (quote(name, safe=""), quote(name, safe=";").replace(".", "%2E")):
        assert draft.get(f"{soup_bot}/intents/{spelt}").json()["name"] == name
    assert draft.delete(f"{soup_bot}/intents/{quote(name, safe='')}").status_code == 204


def test_a_slash_in_a_name_leads_to_no_other_route(draft: TestClient) -> None:
    """Not even where the name says what is a path of its own."""
    bot = make_bot(draft, "Globe")
    make_intent(draft, bot, "buy", "two tickets")
    assert_problem(draft.delete("/v1/bots/Globe%2Fintents%2Fbuy"), 404, "not_found")
    assert_problem(draft.get("/v1/bots/Globe%2Fbundle"), 404, "not_found")
    made = make_bot(draft, "Globe/bundle")
    assert draft.get("/v1/bots/Globe%2Fbundle").json()["id"] == made.rpartition("/")[2]
    assert draft.get("/v1/bots/Globe%2Fbundle/intents").json()["items"] == []
    assert draft.get(f"{bot}/intents/buy").status_code == 200


def test_nul_in_the_query_is_invalid_text(draft: TestClient) -> None:
    assert_problem(draft.get("/v1/bots?cursor=a%00b"), 422, "invalid_text")


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=-1", "limit=many", "limit=9223372036854775807"])
def test_a_page_has_one_to_five_hundred_items(draft: TestClient, query: str) -> None:
    assert_problem(draft.get(f"/v1/bots?{query}"), 422, "invalid_request")


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" * 5000])
def test_a_whole_number_beyond_64_bits_is_out_of_range_wherever_it_stands(draft: TestClient, number: str) -> None:
    assert_problem(draft.get(f"/v1/bots?limit={number}"), 422, "out_of_range")


def test_a_wrong_method_is_told_which_are_right(draft: TestClient) -> None:
    answer = draft.put("/v1/bots")
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "POST"}


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/assets/swagger-ui.css"]
)
def test_what_needs_no_key_is_marked_like_everything_else(draft: TestClient, path: str) -> None:
    answer = draft.get(path, headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["greenroom-environment"] == "draft"
    assert answer.headers["request-id"].startswith("req_")


def test_every_request_has_an_id_of_its_own(draft: TestClient) -> None:
    ids = {draft.get("/healthz").headers["request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_a_service_that_has_started_is_ready(draft: TestClient) -> None:
    assert draft.get("/readyz").json() == {"status": "ready", "checks": {"database": True, "started": True}}


def test_metrics_count_routes_and_not_paths(draft: TestClient) -> None:
    draft.get("/v1/bots/the-secret-bot")
    text = draft.get("/metrics").text
    assert 'route="/v1/bots/{bot}"' in text
    assert "the-secret-bot" not in text


def test_the_explorer_needs_nobody_else_and_says_where_one_is(draft: TestClient) -> None:
    page = draft.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    assert "DRAFT · nothing here is seen by users" in page
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"assets/{asset}" in page
        assert draft.get(f"/assets/{asset}").status_code == 200


def test_every_route_of_the_contract_says_who_may_use_it(draft: TestClient) -> None:
    paths = draft.get("/openapi.json").json()["paths"]
    open_doors = [
        f"{method} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/v1") and path != "/v1/stage" and "Scope: `" not in operation.get("description", "")
    ]
    assert open_doors == []
    assert scopes_of.__doc__
