"""So many turns at a time, and not one more or less for what is broken off."""

import asyncio

from services.live_api.pace import Pace, Stride


def test_no_more_walk_at_a_time_than_there_is_room_for() -> None:
    async def main() -> None:
        pace, walking, most = Pace(3), 0, 0

        async def walk() -> None:
            nonlocal walking, most
            async with Stride(pace):
                walking += 1
                most = max(most, walking)
                await asyncio.sleep(0)
                walking -= 1

        await asyncio.gather(*(walk() for _ in range(20)))
        assert most == 3

    asyncio.run(main())


def test_who_waits_for_somebody_outside_makes_room() -> None:
    async def main() -> None:
        pace, answered = Pace(1), asyncio.Event()

        async def call() -> None:
            async with Stride(pace) as stride, stride.aside():
                await answered.wait()

        waiting = [asyncio.create_task(call()) for _ in range(5)]
        await asyncio.sleep(0)
        async with asyncio.timeout(1), Stride(pace):
            answered.set()
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_who_is_broken_off_on_the_way_back_leaves_the_room_as_it_was() -> None:
    async def main() -> None:
        pace, gone = Pace(1), asyncio.Event()

        async def call() -> None:
            async with Stride(pace) as stride, stride.aside():
                gone.set()

        first = Stride(pace)
        caller = asyncio.create_task(call())
        await gone.wait()
        async with first:
            await asyncio.sleep(0)
            caller.cancel()
            await asyncio.wait([caller])
            assert pace.room.locked()
        assert not pace.room.locked()
        async with asyncio.timeout(1), Stride(pace):
            assert pace.room.locked()

    asyncio.run(main())
