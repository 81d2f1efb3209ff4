"""Three processes for a whole module, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.conftest import NewDatabase
from tests.journeys.theatre import Theatre


@pytest.fixture(scope="module")
def theatres(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    urls = {f"GREENROOM_{name}_DATABASE_URL": new_database() for name in ("DRAFT", "LIVE", "PUBLISHER")}
    opened = Theatre(tmp_path_factory.mktemp("theatre"), urls).open()
    yield opened
    opened.close()
