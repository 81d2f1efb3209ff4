"""Where a release is made ready while another one plays: on threads that let those go first who serve people."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from shared.priority import BACKSTAGE, step_aside

Done = TypeVar("Done")

_THREADS = 4


class Backstage:
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "backstage", partial(step_aside, BACKSTAGE))

    async def run(self, work: Callable[..., Done], *given: object) -> Done:
        """Raises what `work` raises. What has begun is finished, even if whoever asked has gone."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
