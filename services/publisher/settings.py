"""What the publisher alone must know: where its two neighbours are."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.settings import ServiceSettings, service_settings


@dataclass(frozen=True)
class TargetSettings:
    """Where releases go to: `live`, and perhaps `preview`. `key` is for a target with a key of its own."""

    name: str
    url: str
    public_url: str
    key: str | None = None


@dataclass(frozen=True)
class PublisherSettings:
    """The public URLs are where people reach draft and live; they are shown, never called."""

    service: ServiceSettings
    draft_url: str
    draft_public_url: str
    targets: tuple[TargetSettings, ...]
    patience_seconds: float


def publisher_settings(environ: Mapping[str, str] = os.environ) -> PublisherSettings:
    draft = environ.get("GREENROOM_DRAFT_URL", "http://127.0.0.1:8001")
    return PublisherSettings(
        service=service_settings("publisher", environ),
        draft_url=draft,
        draft_public_url=environ.get("GREENROOM_DRAFT_PUBLIC_URL", draft),
        targets=tuple(_targets(environ)),
        patience_seconds=float(environ.get("GREENROOM_PEER_PATIENCE_SECONDS", 120)),
    )


def _targets(environ: Mapping[str, str]) -> Iterator[TargetSettings]:
    """A preview is there only when it is named."""
    live = environ.get("GREENROOM_LIVE_URL", "http://127.0.0.1:8002")
    yield TargetSettings(
        "live", live, environ.get("GREENROOM_LIVE_PUBLIC_URL", live), environ.get("GREENROOM_LIVE_PEER_KEY")
    )
    preview = environ.get("GREENROOM_PREVIEW_URL")
    if preview:
        public = environ.get("GREENROOM_PREVIEW_PUBLIC_URL", preview)
        yield TargetSettings("preview", preview, public, environ.get("GREENROOM_PREVIEW_PEER_KEY"))
