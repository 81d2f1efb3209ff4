"""A disk that is full costs lines of the log, and nothing else."""

import json
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from shared.web.serve import prepare_process

FULL = "/dev/full"


@pytest.fixture(autouse=True)
def _as_a_service() -> Iterator[None]:
    before = structlog.get_config()
    prepare_process()
    yield
    structlog.configure(**before)


@pytest.mark.skipif(not os.path.exists(FULL), reason="no device that is always full")
def test_what_is_logged_onto_a_full_disk_is_lost_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    log, said = structlog.get_logger(), 0
    with pytest.raises(OSError, match="No space"), open(FULL, "w") as disk:
        monkeypatch.setattr(sys, "stderr", disk)
        for say in (log.debug, log.info, log.warning, log.error, log.exception, log.critical):
            say("ship_sank", ship="vasa")
            said += 1
        monkeypatch.undo()
        # Closing it tries once more to write what was not.
    assert said == 6


def test_a_line_is_written_whole_wherever_standard_error_leads_now(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("ship_sank", ship="vasa")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["ship"], line["level"]) == ("ship_sank", "vasa", "warning")


def test_a_standard_error_that_was_closed_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    structlog.get_logger().error("ship_sank", ship="vasa")
