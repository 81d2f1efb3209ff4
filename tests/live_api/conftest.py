"""A trained ferry bot, and a live service on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.inline_inspection import look_once
from tests.live_api.theatre import Live, Trained, train


@pytest.fixture(scope="package", autouse=True)
def _models_are_looked_at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        look_once(patch)
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("training"))


@pytest.fixture
def live(tmp_path: Path, database_url: str) -> Live:
    return Live.at(tmp_path, database_url)


@pytest.fixture
def client(live: Live) -> Iterator[TestClient]:
    with live.open() as opened:
        yield opened
