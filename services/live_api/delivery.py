"""Messages through live: taken in, taken through their turns, sent. Put together here, once, at start."""

from dataclasses import dataclass
from typing import Any

from services.live_api.crew import Crew
from services.live_api.inbox import Inbox
from services.live_api.processing import Processing
from services.live_api.sending import Sending
from services.live_api.tending import Tending


@dataclass(frozen=True)
class Delivery:
    inbox: Inbox
    processing: Processing
    sending: Sending
    tending: Tending

    def start(self) -> None:
        """From the event loop."""
        for crew in self._crews:
            crew.start()

    def wake(self) -> None:
        """There may be something to do that nobody was told of. From the event loop."""
        for crew in self._crews:
            crew.wake()

    async def stop(self) -> None:
        """First those who make work for the others."""
        for crew in self._crews:
            await crew.stop()

    @property
    def _crews(self) -> "tuple[Crew[Any], ...]":
        return self.processing.crew, self.sending.crew
