from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import draft_service
from tests.inline_training import train_here


@pytest.fixture
def draft(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    with draft_service(tmp_path, GREENROOM_DRAFT_DATABASE_URL=database_url) as client:
        yield client


@pytest.fixture(scope="module")
def trainings_here() -> Iterator[None]:
    """For modules that look at what comes of a training, and not at how it goes."""
    with pytest.MonkeyPatch.context() as patch:
        train_here(patch)
        yield
