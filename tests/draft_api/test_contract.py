"""Whatever the OpenAPI document allows, and much that it does not: draft never stumbles."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from starlette.testclient import TestClient

from tests.draft_api.draft_service import ADMIN_KEY, bearer, draft_service, make_trainable


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with draft_service(tmp_path_factory.mktemp("draft")) as client:
        make_trainable(client)
        # A generated request may ask for a training; that trainings end is told elsewhere.
        client.app.state.desk.jobs.start = lambda _kind, _job: None  # type: ignore[attr-defined]
        yield client


@pytest.fixture(scope="module")
def described(furnished: TestClient) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", furnished.app)


schema = schemathesis.pytest.from_fixture("described")


@pytest.mark.generated
@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_brings_draft_down(case: Any) -> None:
    if "bot" in (case.path_parameters or {}):
        case.path_parameters["bot"] = "Harbour Café"
    if (case.method, case.path) == ("DELETE", "/v1/bots/{bot}"):
        case.path_parameters["bot"] = "nobody"
    if "key_id" in (case.path_parameters or {}):
        case.path_parameters["key_id"] = "key_nothing"
    case.call_and_validate(headers=bearer(ADMIN_KEY), checks=[not_a_server_error])


def test_the_contract_is_kept_where_the_explorer_finds_it(tmp_path: Path) -> None:
    with draft_service(tmp_path) as client:
        document = client.get("/openapi.json", headers={"Authorization": ""}).json()
    assert document["info"]["title"] == "Greenroom draft"
    assert "/v1/bots/{bot}/trainings" in document["paths"]
