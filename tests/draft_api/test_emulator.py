"""The emulator with every kind of block: it asks, branches, calls with draft's own values, and shows its way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.draft_api.forgetting import forget_old
from shared.db import Database
from shared.secrets import new_key
from tests.draft_api.draft_service import assert_problem, draft_service, make_bot
from tests.oven import Oven, oven

ORDER: list[dict[str, Any]] = [
    {
        "id": "seat", "kind": "input", "system": "introduction", "variable": "seat", "expects": "number",
        "messages": [{"text": "Which row?"}], "next": "look",
    },
    {
        "id": "look", "kind": "action", "next": "free",
        "actions": [
            {
                "do": "http", "url": "{{ env.hall }}/rows/{{ seat }}", "headers": {"X-Key": {"secret": "HALL_KEY"}},
                "save": {"seats": "body.seats"}, "failed": "nowhere",
            }
        ],
    },
    {
        "id": "free", "kind": "goto", "next": "full",
        "branches": [{"when": {"variable": "seats", "operator": "not_empty"}, "next": "choose"}],
    },
    {"id": "choose", "kind": "message", "messages": [{"text": "Row {{ seat }}: {{ seats }}."}]},
    {"id": "full", "kind": "message", "messages": [{"text": "Row {{ seat }} is full."}]},
    {"id": "nowhere", "kind": "message", "messages": [{"text": "There is no row {{ seat }}."}]},
]  # fmt: skip


@pytest.fixture
def hall() -> Iterator[Oven]:
    with oven() as found:
        yield found


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[TestClient]:
    own = {"GREENROOM_EGRESS_ALLOW": "127.0.0.1", "GREENROOM_SECRETS_KEY": new_key()}
    with draft_service(tmp_path, **own) as client:
        yield client


@pytest.fixture
def bot(stage: TestClient, hall: Oven) -> str:
    made = make_bot(stage)
    assert stage.put(f"{made}/flows/seats", json={"name": "Seats", "blocks": ORDER}).status_code == 200
    assert stage.patch(made, json={"env": {"hall": hall.url}}).status_code == 200
    assert stage.put(f"{made}/secrets/HALL_KEY", json={"value": "curtain-call"}).status_code == 201
    return made


@pytest.mark.parametrize(
    ("row", "said", "way"),
    [
        ("7", "Row 7: 1, 4.", ["seat", "look", "free", "choose"]),
        ("8", "Row 8 is full.", ["seat", "look", "free", "full"]),
        ("99", "There is no row 99.", ["seat", "look", "nowhere"]),
    ],
)
def test_a_question_leads_through_a_call_and_a_branch_to_its_answer(
    stage: TestClient, bot: str, hall: Oven, row: str, said: str, way: list[str]
) -> None:
    hall.answers = {"/rows/7": (200, {"seats": [1, 4]}), "/rows/8": (200, {"seats": []})}
    asked = stage.post(f"{bot}/emulator", json={"text": "hello"}).json()
    assert asked["replies"] == [{"text": "Which row?"}]
    body = {"text": row, "conversation": asked["conversation"]}
    answer = stage.post(f"{bot}/emulator", json=body).json()
    assert answer["replies"] == [{"text": said}]
    assert [step["block"] for step in answer["trace"]] == way
    assert hall.asked[0][2]["x-key"] == "curtain-call"


def test_lint_tells_what_draft_lacks_for_a_call(stage: TestClient, bot: str) -> None:
    def lacking() -> list[str]:
        items = stage.get(f"{bot}/lint").json()["items"]
        return [item["message"] for item in items if item["code"] == "environment_value_missing"]

    assert lacking() == []
    stage.patch(bot, json={"env": {}})
    stage.delete(f"{bot}/secrets/HALL_KEY")
    assert lacking() == [
        "Block seats/look refers to env.hall, which this environment lacks: set it there first.",
        "Block seats/look refers to the secret 'HALL_KEY', which this environment lacks: set it there first.",
    ]


@pytest.mark.parametrize("url", ["http://[::1]/", "http://10.0.0.1/{{ seat }}", "http://169.254.169.254/latest"])
def test_a_call_that_leads_inside_is_refused_when_it_is_written(stage: TestClient, url: str) -> None:
    blocks = [{"id": "a", "kind": "action", "actions": [{"do": "http", "url": url}]}]
    refused = stage.put(f"{make_bot(stage)}/flows/seats", json={"name": "Seats", "blocks": blocks})
    assert assert_problem(refused, 422, "url_forbidden")["block"] == "a"


def test_a_message_that_is_sent_again_is_answered_as_before_and_said_once(
    stage: TestClient, bot: str, hall: Oven, tmp_path: Path
) -> None:
    hall.answers = {"/rows/7": (200, {"seats": [1, 4]})}
    first = {"Idempotency-Key": "message-1"}
    asked = stage.post(f"{bot}/emulator", json={"text": "hello"}, headers=first).json()
    assert stage.post(f"{bot}/emulator", json={"text": "hello"}, headers=first).json() == asked
    body, second = {"text": "7", "conversation": asked["conversation"]}, {"Idempotency-Key": "message-2"}
    answer = stage.post(f"{bot}/emulator", json=body, headers=second).json()
    assert answer["replies"] == [{"text": "Row 7: 1, 4."}]
    assert stage.post(f"{bot}/emulator", json=body, headers=second).json() == answer
    assert len(hall.asked) == 1
    other = stage.post(f"{bot}/emulator", json={**body, "text": "8"}, headers=second)
    assert_problem(other, 422, "idempotency_key_reused")
    assert not any(b"Row 7: 1, 4." in file.read_bytes() for file in tmp_path.glob("draft.db*"))


def test_what_was_answered_is_forgotten_with_the_conversation(stage: TestClient, bot: str, tmp_path: Path) -> None:
    again = {"Idempotency-Key": "message-1"}
    asked = stage.post(f"{bot}/emulator", json={"text": "hello"}, headers=again).json()
    forget_old(Database(f"sqlite:///{tmp_path / 'draft.db'}"), datetime.now(UTC) + timedelta(days=91))
    assert stage.post(f"{bot}/emulator", json={"text": "hello"}, headers=again).json() != asked
