"""What live shows of itself on /metrics, beside what every service does."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from services.live_api.floor import FloorParts


def add_measures(registry: CollectorRegistry, floor: FloorParts) -> None:
    _gauge(registry, "greenroom_live_waiting_texts", "Texts that wait to be scored.", lambda: floor.encoding.waiting)
    _gauge(registry, "greenroom_live_waiting_writes", "Messages that wait to be kept.", lambda: floor.group.waiting)
    _gauge(registry, "greenroom_live_bots", "Bots that live has.", lambda: len(floor.roster.everyone()))
    _gauge(
        registry,
        "greenroom_live_bots_unavailable",
        "Bots whose active release cannot be loaded: look at the log.",
        lambda: len(floor.roster.unavailable()),
    )


def _gauge(registry: CollectorRegistry, name: str, what: str, read: Callable[[], float]) -> None:
    Gauge(name, what, registry=registry).set_function(read)
