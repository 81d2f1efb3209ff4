"""What one of several processes behind a port does when it is told to end."""

import signal
from collections.abc import Iterator

import pytest

from shared.web import serve, stopping
from shared.web.stopping import is_stopping


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    stopping._told.cache_clear()


def test_a_worker_that_is_told_to_end_tells_the_answers_that_go_on_and_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "prepare_process", lambda: None)
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    serve.prepare_worker()
    assert not is_stopping()
    signal.raise_signal(signal.SIGTERM)
    assert is_stopping()
    assert heard == [signal.SIGTERM]
