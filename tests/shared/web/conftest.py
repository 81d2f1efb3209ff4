"""The door is the same for the three services; draft's is the one that is knocked at here."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import draft_service


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with draft_service(tmp_path_factory.mktemp("draft")) as client:
        yield client
