"""The draft service in this process, over a database of its own, with an admin's key in hand."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.testclient import TestClient

from services.draft_api.app import draft_app
from services.draft_api.trainers import SILENCE_SECONDS, Trainers
from shared.settings import service_settings
from tests.inline_jobs import InlineJobs

ADMIN_KEY = "stage-door-admin-key-7f3a91c2"
PEER_KEY = "stage-door-peer-key-b81e64d0"


@contextmanager
def draft_service(data: Path, silence_seconds: float = SILENCE_SECONDS, **environ: str) -> Iterator[TestClient]:
    """No process waits for trainings: most tests ask for none. `Trainers.expect` is a mock meanwhile."""
    known = {"GREENROOM_DATA": str(data), "GREENROOM_ADMIN_KEY": ADMIN_KEY, "GREENROOM_PEER_KEY": PEER_KEY}
    app = draft_app(service_settings("draft", {**known, **environ}), InlineJobs(), silence_seconds)
    with (
        patch.object(Trainers, "expect"),
        TestClient(app, raise_server_exceptions=False, headers=bearer(ADMIN_KEY)) as client,
    ):
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make_key(client: TestClient, *scopes: str, bot: str | None = None) -> dict[str, str]:
    made = client.post("/v1/keys", json={"name": "usher", "scopes": list(scopes), "bot": bot})
    assert made.status_code == 201, made.text
    return bearer(made.json()["key"])


def make_bot(client: TestClient, name: str = "Harbour Café", **fields: Any) -> str:
    made = client.post("/v1/bots", json={"name": name, "settings": {"profile": "fast"}, **fields})
    assert made.status_code == 201, made.text
    return f"/v1/bots/{made.json()['id']}"


def make_intent(client: TestClient, bot: str, name: str, *expressions: str) -> str:
    made = client.post(f"{bot}/intents", json={"name": name, "expressions": list(expressions)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


FERRY = ("when does the ferry leave", "next boat please", "ferry times today", "what time is the boat")
SOUP = ("what soup is there", "soup of the day", "is the soup hot", "do you have fish soup")


def make_trainable(client: TestClient, name: str = "Harbour Café") -> str:
    bot = make_bot(client, name)
    make_intent(client, bot, "ferry_times", *FERRY)
    make_intent(client, bot, "soup", *SOUP)
    return bot


def nlp_status(client: TestClient, bot: str, language: str = "en") -> Mapping[str, Any]:
    found: Mapping[str, Any] = client.get(f"{bot}/nlp").json()["languages"][language]
    return found


def train(client: TestClient, bot: str, **body: Any) -> dict[str, Any]:
    """Starts a training and waits for its end."""
    asked = client.post(f"{bot}/trainings", json=body)
    assert asked.status_code == 202, asked.text
    return await_end(client, asked.json()["id"])


def await_end(client: TestClient, training: str) -> dict[str, Any]:
    for _ in range(1200):
        state: dict[str, Any] = client.get(f"/v1/trainings/{training}").json()
        if state["status"] not in {"queued", "running"}:
            return state
        time.sleep(0.05)
    raise AssertionError(f"still {state}")


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """A refusal as the contract spells it; gives its fields."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["code"] == code, found
    assert found["type"].endswith(code)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"] == answer.headers["request-id"]
    assert answer.headers["greenroom-environment"] == "draft"
    return found
