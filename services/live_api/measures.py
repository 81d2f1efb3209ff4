"""What live shows of itself on /metrics, beside what every service does."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.live_api.delivery import Delivery
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
    _add_delivery(registry, floor.delivery)


def _add_delivery(registry: CollectorRegistry, delivery: Delivery) -> None:
    sending, tending, name = delivery.sending, delivery.tending, "greenroom_live_{}".format
    _gauge(registry, name("inbox_waiting"), "Events that wait for their answer.", lambda: tending.backlog.events)
    _gauge(registry, name("inbox_age_seconds"), "The age of the oldest.", lambda: tending.backlog.events_age)
    _gauge(registry, name("outbox_waiting"), "Replies that wait to be sent.", lambda: tending.backlog.replies)
    _gauge(registry, name("outbox_age_seconds"), "The age of the oldest.", lambda: tending.backlog.replies_age)
    _gauge(registry, name("parked"), "Events and replies that were given up on.", lambda: tending.backlog.parked)
    _gauge(registry, name("turns"), "Turns under way in this process.", lambda: delivery.processing.crew.taken)
    _gauge(registry, name("sends"), "Conversations being sent to by this process.", lambda: sending.crew.taken)
    _gauge(registry, name("send_retries"), "Requests to platforms that failed.", lambda: sending.retries)
    _gauge(registry, name("circuits_open"), "Channels that are left alone for a while.", lambda: sending.left_alone)


def webhooks_counter(registry: CollectorRegistry) -> Counter:
    """`outcome` is `kept`, or the code of the refusal: many that are stale mean that a clock is wrong."""
    what = "Calls of platforms, by kind of channel and what came of them."
    return Counter("greenroom_live_webhooks", what, ["kind", "outcome"], registry=registry)


def _gauge(registry: CollectorRegistry, name: str, what: str, read: Callable[[], float]) -> None:
    Gauge(name, what, registry=registry).set_function(read)
