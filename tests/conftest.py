"""Databases for the tests, and an honest word at the end about what was left out."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import postgres


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.prepare()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.clean_up()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} left out: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh database on a real PostgreSQL."""
    try:
        server = postgres.server_url()
    except postgres.UnavailableError as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    with postgres.fresh_database(server) as url:
        yield url


NewDatabase = Callable[[], str]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Gives the URL of a fresh database at every call, of each kind in turn, for a whole module."""
    if request.param == "sqlite":
        folder, numbers = tmp_path_factory.mktemp("databases"), itertools.count()
        yield lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}"
        return
    try:
        server = postgres.server_url()
    except postgres.UnavailableError as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    with ExitStack() as opened:
        yield lambda: opened.enter_context(postgres.fresh_database(server))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind that the project supports."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
