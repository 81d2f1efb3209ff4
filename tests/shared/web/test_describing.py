"""What the OpenAPI documents of the three services say of their answers is what is answered."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.house import House, house

PROBLEM = "application/problem+json"
SERVICES = ("draft", "live", "publisher")


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("harbour")) as opened:
        yield opened


@pytest.fixture
def document(harbour: House, request: pytest.FixtureRequest) -> dict[str, Any]:
    return document_of(harbour, request.param)


def document_of(harbour: House, service: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(harbour, service).get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in document["paths"].items():
        for method, operation in found.items():
            yield method, path, operation


def headers_of(operation: dict[str, Any]) -> set[str]:
    return {found["name"] for found in operation.get("parameters", ()) if found["in"] == "header"}


@pytest.mark.parametrize("document", SERVICES, indirect=True)
def test_every_operation_tells_how_it_can_be_refused(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        told = operation["responses"]
        for status, answer in told.items():
            if status == "default" or status[0] in "45":
                assert list(answer["content"]) == [PROBLEM], (method, path, status)
        expected = {"422", "429", "503", "default"}
        expected |= {"401", "403"} if operation.get("security") else set()
        expected |= {"404"} if "{" in path else set()
        expected |= {"412"} if "if-match" in headers_of(operation) else set()
        expected |= {"428"} if "live-edit" in headers_of(operation) else set()
        expected |= {"413", "415"} if "requestBody" in operation else set()
        assert expected <= set(told), (method, path)


@pytest.mark.parametrize("document", SERVICES, indirect=True)
def test_what_only_reads_is_in_no_conflict(document: dict[str, Any]) -> None:
    reading = [op for method, path, op in operations(document) if method == "get" and "evaluation" not in path]
    assert all("409" not in operation["responses"] for operation in reading)


@pytest.mark.parametrize("document", SERVICES, indirect=True)
def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    summaries = [operation["summary"] for _, _, operation in operations(document)]
    assert len(set(summaries)) == len(summaries)
    assert all(len(summary.split()) > 1 for summary in summaries), summaries
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z_]+", found) for found in ids)


@pytest.mark.parametrize("document", SERVICES, indirect=True)
def test_a_document_keeps_to_the_rules_of_openapi(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]
    known = {"tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security"}
    assert all(key in known or key.startswith("x-") for _, _, found in operations(document) for key in found)


@pytest.mark.parametrize(
    ("service", "method", "path", "status", "types"),
    [
        ("draft", "get", "/v1/bots/{bot}/nlp/export", "200", {"text/csv", "application/x-ndjson"}),
        ("draft", "get", "/v1/bots/{bot}/entities/{entity}/values", "200", {"text/csv"}),
        ("draft", "get", "/v1/bots/{bot}/evaluation/report", "200", {"text/html"}),
        ("draft", "get", "/v1/blobs/{digest}", "200", {"application/octet-stream"}),
        ("draft", "get", "/v1/trainings/{training}/events", "200", {"text/event-stream"}),
        ("live", "get", "/v1/channels/{channel}/webchat/events", "200", {"text/event-stream"}),
        ("live", "head", "/v1/blobs/{digest}", "200", set()),
        ("live", "put", "/v1/blobs/{digest}", "200", set()),
        ("live", "put", "/v1/blobs/{digest}", "201", set()),
        ("live", "put", "/v1/bots/{bot}/releases/{digest}", "200", {"application/json"}),
        ("live", "put", "/v1/bots/{bot}/secrets/{name}", "201", {"application/json"}),
        ("publisher", "get", "/v1/publications/{publication}/events", "200", {"text/event-stream"}),
        ("publisher", "get", "/v1/erasures/{erasure}/events", "200", {"text/event-stream"}),
    ],
)
def test_what_is_no_json_is_not_told_as_json(
    harbour: House, service: str, method: str, path: str, status: str, types: set[str]
) -> None:
    answer = document_of(harbour, service)["paths"][path][method]["responses"][status]
    assert set(answer.get("content", {})) == types


def test_a_refusal_of_any_kind_is_as_it_was_told(harbour: House) -> None:
    def refused(service: str, method: str, path: str, status: int, code: str, /, template: str, **asked: Any) -> None:
        answer = getattr(harbour, service).request(method, path, **asked)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        document = document_of(harbour, service)
        told = document["paths"][template][method.lower()]["responses"]
        content = told[str(status)]["content"][answer.headers["content-type"]]
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validate(schema, answer.json())

    made = harbour.draft.post("/v1/bots", json={"name": "Harbour Café"})
    bot = made.json()["id"]
    harbour.draft.post(f"/v1/bots/{bot}/intents", json={"name": "ferry", "expressions": ["next boat please"]})
    one, every = "/v1/bots/{bot}", "/v1/bots"
    reader = harbour.draft.post("/v1/keys", json={"name": "gull", "scopes": ["draft:read"]}).json()["key"]
    gull, sent = {"Authorization": f"Bearer {reader}"}, {"Content-Type": "application/json"}
    refused("draft", "POST", every, 400, "malformed_json", every, content=b"{", headers=sent)
    refused("draft", "GET", every, 401, "unauthenticated", every, headers={"Authorization": ""})
    refused("draft", "POST", every, 403, "forbidden", every, json={"name": "Quay"}, headers=gull)
    refused("draft", "GET", "/v1/bots/nobody", 404, "not_found", one)
    refused("draft", "POST", every, 409, "duplicate_bot", every, json={"name": "Harbour Café"})
    refused("draft", "DELETE", f"/v1/bots/{bot}", 412, "precondition_failed", one, headers={"If-Match": '"old"'})
    refused("draft", "POST", every, 413, "body_too_large", every, content=b" " * (2 << 20), headers=sent)
    refused("draft", "POST", every, 415, "unsupported_media_type", every, content=b"name=Quay")
    refused("draft", "POST", every, 422, "unknown_field", every, json={"name": "Quay", "colour": "blue"})
    at, template = f"/v1/bots/{bot}/flows/menu", "/v1/bots/{bot}/flows/{flow}"
    refused("live", "PUT", at, 428, "live_edit_unconfirmed", template, json={"name": "Menu", "blocks": []})
    at, template = f"/v1/bots/{bot}/publications", "/v1/bots/{bot}/publications"
    refused("publisher", "POST", at, 422, "publication_refused", template, json={"mode": "full"})


@pytest.mark.parametrize("service", ["draft", "live"])
def test_the_bare_address_of_a_service_leads_to_its_explorer(harbour: House, service: str) -> None:
    begun = getattr(harbour, service).get("/", headers={"Authorization": ""}, follow_redirects=False)
    assert (begun.status_code, begun.headers["location"]) == (307, "docs")
    assert begun.headers["greenroom-environment"] == service
    page = getattr(harbour, service).get("/", headers={"Authorization": ""})
    assert (page.status_code, page.url.path) == (200, "/docs")
