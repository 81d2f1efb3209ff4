"""The examples of the three explorers run as they stand once the sample bot is there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.theatre import ROOT, Theatre, ok

pytestmark = pytest.mark.processes

SAMPLE = ROOT / "samples" / "railway"
RAILWAY = "/v1/bots/Tern Valley Railway"
# Examples that people miss when they are not there.
LEAST = {
    "draft": {
        ("post", f"{RAILWAY}/intents"),
        ("patch", f"{RAILWAY}/intents/bring_bicycle"),
        ("post", f"{RAILWAY}/intents/bring_bicycle/expressions"),
        ("post", "/v1/bots/import"),
        ("post", f"{RAILWAY}/snapshots"),
        ("post", f"{RAILWAY}/inbox/accept"),
        ("post", f"{RAILWAY}/inbox/dismiss"),
        ("post", f"{RAILWAY}/trainings"),
    },
    "live": {
        ("post", f"{RAILWAY}/classify"),
        ("put", f"{RAILWAY}/flows/my_refunds"),
        ("patch", f"{RAILWAY}/settings"),
        ("post", f"{RAILWAY}/channels"),
    },
    "publisher": {("post", f"{RAILWAY}/plans"), ("post", f"{RAILWAY}/publications"), ("post", "/v1/erasures")},
}


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    opened = Theatre(tmp_path_factory.mktemp("explorer")).open()
    bot = opened.make_bot(
        "Tern Valley Railway", (SAMPLE / "nlp.csv").read_text(), json.loads((SAMPLE / "flows.json").read_text())
    )
    described = json.loads((SAMPLE / "bot.json").read_text())
    for kind in ("entities", "variables"):
        for name, document in described.get(kind, {}).items():
            ok(opened.draft.put(f"/v1/bots/{bot}/{kind}/{name}", json=document))
    assert opened.publish(bot, train="if_needed")["status"] == "live"
    # As the demonstration leaves it: somebody has talked to the bot.
    ok(opened.live.post(f"/v1/bots/{bot}/conversations/demo/messages", json={"text": "hello"}))
    yield opened
    opened.close()


def runnable(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str], Any, dict[str, Any]]]:
    """Operations whose every required parameter and body has an example, deletions left out."""
    for path, operations in document["paths"].items():
        # What an example writes is there to be read.
        for method, operation in sorted(operations.items(), key=lambda pair: pair[0] == "get"):
            filled, headers = path, {}
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and "example" in parameter:
                    filled = filled.replace("{" + parameter["name"] + "}", parameter["example"])
                if parameter["in"] == "header" and "example" in parameter:
                    headers[parameter["name"]] = parameter["example"]
            body = example_of(document, operation)
            needs_body = "requestBody" in operation
            if "{" not in filled and (body is not None or not needs_body) and method != "delete":
                yield method, filled, headers, body, operation["responses"]


def example_of(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return content.get("example", (schema.get("examples") or [None])[0])


@pytest.mark.parametrize("service", ["draft", "live", "publisher"])
def test_every_example_of_an_explorer_runs_as_it_stands(theatre: Theatre, service: str) -> None:
    client = theatre.clients[service]
    document = ok(client.get("/openapi.json"))
    ran = set()
    for method, path, headers, body, told in runnable(document):
        answer = client.request(method, path, json=body, headers=headers)
        # Only the service knows the ids of what lies in the inbox.
        expected = {404} if "inbox_1" in json.dumps(body) else {200, 201, 202, 204}
        assert answer.status_code in expected, f"{method} {path} {body}: {answer.text}"
        kinds = told[str(answer.status_code)].get("content", {"": {}})
        assert answer.headers.get("content-type", "").split(";")[0] in kinds, f"{method} {path}"
        ran.add((method, path))
    assert LEAST[service] <= ran, LEAST[service] - ran


@pytest.mark.parametrize("service", ["draft", "live", "publisher"])
def test_an_explorer_needs_nothing_from_elsewhere(theatre: Theatre, service: str) -> None:
    page = theatre.clients[service].get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert "http://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert theatre.clients[service].get(f"/assets/{asset}").status_code == 200
    if service == "live":
        assert "#b3261e" in page.text
        assert "LIVE" in page.text


def test_the_start_page_links_the_three(theatre: Theatre) -> None:
    page = theatre.publisher.get("/", headers={"Authorization": ""}).text
    assert f"{theatre.draft.base_url}".rstrip("/") + "/docs" in page
    assert f"{theatre.live.base_url}".rstrip("/") + "/docs" in page
