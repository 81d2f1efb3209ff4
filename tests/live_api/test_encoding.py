"""One thread scores everything, text by text, and says at once when too much waits."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from services.live_api.encoding import Encoding
from shared.errors import BusyError


@pytest.fixture
def encoding() -> Iterator[Encoding]:
    made = Encoding(capacity=10)
    made.start()
    yield made
    made.stop()


def test_texts_are_scored_in_order_by_one_thread(encoding: Encoding) -> None:
    seen: set[str] = set()

    def score(text: str) -> str:
        seen.add(threading.current_thread().name)
        return text.upper()

    async def ask() -> None:
        assert await encoding.one(score, "ahoy") == "AHOY"
        many = await asyncio.gather(*(encoding.each(score, [f"a{n}", f"b{n}"]) for n in range(5)))
        assert many == [[f"A{n}", f"B{n}"] for n in range(5)]

    asyncio.run(ask())
    assert seen == {"encoder"}


def test_a_list_takes_turns_with_everybody_else(encoding: Encoding) -> None:
    order: list[str] = []
    gate = threading.Event()

    def score(text: str) -> str:
        gate.wait(10)
        order.append(text)
        return text

    async def ask() -> None:
        many = asyncio.create_task(encoding.each(score, ["list-1", "list-2", "list-3"]))
        await asyncio.sleep(0.05)
        single = asyncio.create_task(encoding.one(score, "single"))
        await asyncio.sleep(0.05)
        gate.set()
        await asyncio.gather(many, single)

    asyncio.run(ask())
    assert order == ["list-1", "single", "list-2", "list-3"]


def test_a_full_queue_says_so_at_once_and_serves_again_when_it_is_not(encoding: Encoding) -> None:
    gate = threading.Event()

    def score(text: str) -> str:
        gate.wait(10)
        return text

    async def ask() -> None:
        waiting = asyncio.create_task(encoding.each(score, ["x"] * 8))
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError) as refusal:
            await encoding.each(score, ["y"] * 3)
        assert (refusal.value.code, refusal.value.headers) == ("overloaded", {"Retry-After": "1"})
        fits = asyncio.create_task(encoding.each(score, ["z"] * 2))
        await asyncio.sleep(0.05)
        gate.set()
        assert await waiting == ["x"] * 8
        assert await fits == ["z"] * 2
        assert await encoding.each(score, ["y"] * 3) == ["y"] * 3

    asyncio.run(ask())


def test_a_list_longer_than_the_queue_is_served_when_nothing_else_waits(encoding: Encoding) -> None:
    assert asyncio.run(encoding.each(str.upper, ["a"] * 50)) == ["A"] * 50


def test_one_text_that_breaks_harms_no_other(encoding: Encoding) -> None:
    def score(text: str) -> int:
        return 1 // len(text)

    async def ask() -> None:
        found = await asyncio.gather(
            encoding.one(score, "a"), encoding.one(score, ""), encoding.one(score, "b"), return_exceptions=True
        )
        assert [type(one) for one in found] == [int, ZeroDivisionError, int]

    asyncio.run(ask())


def test_who_went_away_is_not_worked_for(encoding: Encoding) -> None:
    scored: list[str] = []
    gate = threading.Event()

    def score(text: str) -> str:
        gate.wait(10)
        scored.append(text)
        return text

    async def ask() -> None:
        patient = asyncio.create_task(encoding.one(score, "patient"))
        gone = asyncio.create_task(encoding.each(score, ["gone"] * 5))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0)
        gate.set()
        await patient
        await encoding.one(score, "next")

    asyncio.run(ask())
    assert scored == ["patient", "next"]
