"""Settings come from the environment, read once at start, never at import."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServiceSettings:
    """Where one service keeps its things. URLs: SQLAlchemy for `database_url`, obstore for `artifacts_url`."""

    data: Path
    database_url: str
    artifacts_url: str
    admin_key: str | None
    peer_key: str | None
    secrets_key: str | None
    egress_allow: str
    egress_deny: str
    max_body_bytes: int
    max_upload_bytes: int
    max_blob_bytes: int
    rate_limit: str | None = None

    @property
    def secrets_file(self) -> Path:
        """Where `greenroom up` keeps the keys that seal secrets, unless `secrets_key` has them."""
        return self.data / "secrets-key"


def service_settings(service: str, environ: Mapping[str, str] = os.environ) -> ServiceSettings:
    """`service` is draft, live or publisher; everything lies under GREENROOM_DATA unless said otherwise.

    The peer key is the one that the publisher presents to draft and live.
    """
    data = Path(environ.get("GREENROOM_DATA", "data")).absolute()
    upper = service.upper()
    return ServiceSettings(
        data=data,
        database_url=environ.get(f"GREENROOM_{upper}_DATABASE_URL", f"sqlite:///{data / service}.db"),
        artifacts_url=environ.get(f"GREENROOM_{upper}_ARTIFACTS_URL", (data / service / "artifacts").as_uri()),
        admin_key=environ.get("GREENROOM_ADMIN_KEY"),
        peer_key=environ.get("GREENROOM_PEER_KEY"),
        secrets_key=environ.get("GREENROOM_SECRETS_KEY"),
        egress_allow=environ.get("GREENROOM_EGRESS_ALLOW", ""),
        egress_deny=environ.get("GREENROOM_EGRESS_DENY", ""),
        max_body_bytes=int(environ.get("GREENROOM_MAX_BODY_BYTES", 1 << 20)),
        max_upload_bytes=int(environ.get("GREENROOM_MAX_UPLOAD_BYTES", 64 << 20)),
        max_blob_bytes=int(environ.get("GREENROOM_MAX_BLOB_BYTES", 256 << 20)),
        rate_limit=environ.get("GREENROOM_RATE_LIMIT") or None,
    )
