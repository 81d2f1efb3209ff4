"""Whatever the OpenAPI document allows, and much that it does not: draft never stumbles."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.testclient import TestClient

from tests.draft_api.draft_service import ADMIN_KEY, bearer, draft_service, make_trainable


def tamed(case: Any) -> Any:
    """Aimed at the bot that is there, which stays."""
    places = case.path_parameters or {}
    if "bot" in places:
        gone = (case.method, case.path) == ("DELETE", "/v1/bots/{bot}")
        places["bot"] = "nobody" if gone else "Harbour Café"
    if "key_id" in places:
        places["key_id"] = "key_nothing"
    return case


@pytest.mark.generated
def test_no_request_brings_draft_down(draft: TestClient) -> None:
    make_trainable(draft)
    # A generated request may ask for a training; that trainings end is told elsewhere.
    draft.app.state.desk.jobs.start = lambda _kind, _job: None  # type: ignore[attr-defined]
    contract = schemathesis.openapi.from_asgi("/openapi.json", draft.app)
    operations = [found.ok() for found in contract.get_all_operations()]
    assert len(operations) > 40
    answers = [status for operation in operations for status in knock(operation)]
    assert {200, 201, 204, 404, 422} <= set(answers)


def knock(operation: Any) -> list[int]:
    statuses: list[int] = []

    @seed(1599)
    @settings(
        max_examples=5,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def try_door(case: Any) -> None:
        answer = tamed(case).call(headers=bearer(ADMIN_KEY))
        statuses.append(answer.status_code)
        assert answer.status_code < 500, case.as_curl_command()

    try_door()
    return statuses


def test_the_contract_is_kept_where_the_explorer_finds_it(tmp_path: Path) -> None:
    with draft_service(tmp_path) as client:
        document = client.get("/openapi.json", headers={"Authorization": ""}).json()
    assert document["info"]["title"] == "Greenroom draft"
    assert "/v1/bots/{bot}/trainings" in document["paths"]
