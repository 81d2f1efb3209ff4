from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import draft_service


@pytest.fixture
def draft(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    with draft_service(tmp_path, GREENROOM_DRAFT_DATABASE_URL=database_url) as client:
        yield client
