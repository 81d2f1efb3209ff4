"""What both neighbours are asked alike."""

from services.publisher import reading
from services.publisher.answers import ListedBots
from services.publisher.peer import Peer

PAGE = 200
# For what can be had elsewhere, or done without, when a neighbour hangs.
SOON_SECONDS = 2.0


def bots(peer: Peer, limit: int, cursor: str | None) -> ListedBots:
    """A page. Draft's and live's are in one order, and a cursor of the one is good for the other."""
    params = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
    return peer.ask(reading.bots, "GET", "bots", patient=False, timeout=SOON_SECONDS, params=params)
