"""The command as a person runs it, against a Greenroom that answers as it was told."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.fake_greenroom import FakeGreenroom, fake_greenroom

KEY = "a-key-of-the-stationmaster"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def greenroom_api() -> Iterator[FakeGreenroom]:
    with fake_greenroom() as fake:
        yield fake


@pytest.fixture
def greenroom(
    greenroom_api: FakeGreenroom,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ended]:
    """`greenroom("bots")` runs the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("GREENROOM_KEY", KEY)
    monkeypatch.delenv("GREENROOM_DATA", raising=False)
    for service in ("DRAFT", "LIVE", "PUBLISHER", "PREVIEW"):
        monkeypatch.setenv(f"GREENROOM_{service}_URL", greenroom_api.url)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["greenroom", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    return run
