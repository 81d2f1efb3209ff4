"""Databases for the tests, and an honest word at the end about what was left out."""

from collections.abc import Iterator
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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind that the project supports."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
