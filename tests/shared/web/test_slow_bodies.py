"""A body that comes by drops is not waited for; a large one on a slow line is."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from fastapi import Request
from starlette.types import Message

from shared.web import routing
from shared.web.routing import SlowBodyError

Drop = tuple[float, int]
"""Seconds that pass before it, and its bytes."""


def read(drops: Sequence[Drop]) -> int:
    """How many bytes are read of a body that comes so."""
    coming: Iterator[Drop] = iter(drops)

    async def receive() -> Message:
        seconds, size = next(coming, (0.0, 0))
        await asyncio.sleep(seconds)
        return {"type": "http.request", "body": b"x" * size, "more_body": bool(size)}

    async def whole() -> int:
        request = Request({"type": "http", "headers": []}, receive)
        return len(await Request(request.scope, routing._bounded(request, 1 << 20)).body())

    return asyncio.run(whole())


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "_BODY_SECONDS", 0.1)


def test_drops_do_not_add_up_to_more_time() -> None:
    with pytest.raises(SlowBodyError):
        read([(0.04, 1)] * 20)


def test_a_body_that_stops_is_not_waited_for() -> None:
    with pytest.raises(SlowBodyError):
        read([(0.0, 40), (30.0, 1)])


def test_a_large_body_on_a_slow_line_may_take_its_time() -> None:
    """Five thousand bytes are ten seconds more."""
    assert read([(0.0, 5_000), *[(0.04, 1)] * 10]) == 5_010


def test_who_listens_whether_somebody_has_gone_may_do_so_for_long() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def twice() -> str:
        bounded = routing._bounded(Request({"type": "http", "headers": []}, receive), 100)
        await bounded()
        await asyncio.sleep(0.2)
        return str((await bounded())["type"])

    assert asyncio.run(twice()) == "http.request"
