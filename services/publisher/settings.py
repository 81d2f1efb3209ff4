"""What the publisher alone must know: where its two neighbours are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.settings import ServiceSettings, service_settings


@dataclass(frozen=True)
class PublisherSettings:
    """The public URLs are where people reach draft and live; they are shown, never called."""

    service: ServiceSettings
    draft_url: str
    live_url: str
    draft_public_url: str
    live_public_url: str
    patience_seconds: float


def publisher_settings(environ: Mapping[str, str] = os.environ) -> PublisherSettings:
    draft = environ.get("GREENROOM_DRAFT_URL", "http://127.0.0.1:8001")
    live = environ.get("GREENROOM_LIVE_URL", "http://127.0.0.1:8002")
    return PublisherSettings(
        service=service_settings("publisher", environ),
        draft_url=draft,
        live_url=live,
        draft_public_url=environ.get("GREENROOM_DRAFT_PUBLIC_URL", draft),
        live_public_url=environ.get("GREENROOM_LIVE_PUBLIC_URL", live),
        patience_seconds=float(environ.get("GREENROOM_PEER_PATIENCE_SECONDS", 120)),
    )
