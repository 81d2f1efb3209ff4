"""DATA/credentials: the keys that `up` makes once, and where its services are."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.outcome import CommandError
from cli.supervision.folder import write_atomically

SHORTEST_KEY = 16


@dataclass(frozen=True)
class Credentials:
    """`urls` maps draft, live, publisher and perhaps preview to where they were started last."""

    admin_key: str
    peer_key: str
    urls: Mapping[str, str]


def read_credentials(data: Path) -> Credentials | None:
    """None when there are none yet; raises CommandError when the file cannot be read or understood."""
    path = data / "credentials"
    try:
        return Credentials(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise CommandError(f"{path} belongs to another user.") from None
    except (OSError, ValueError, TypeError):
        raise CommandError(f"{path} is not what `greenroom up` wrote: remove it to have new keys made.") from None


def settle_credentials(data: Path, urls: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Credentials:
    """The keys of `data`, made when there are none; GREENROOM_ADMIN_KEY and GREENROOM_PEER_KEY win."""
    known = read_credentials(data)
    settled = Credentials(
        admin_key=_key("GREENROOM_ADMIN_KEY", environ, known.admin_key if known else None),
        peer_key=_key("GREENROOM_PEER_KEY", environ, known.peer_key if known else None),
        urls=dict(urls),
    )
    write_atomically(data / "credentials", json.dumps(asdict(settled), indent=2) + "\n", mode=0o600)
    return settled


def _key(name: str, environ: Mapping[str, str], known: str | None) -> str:
    given = environ.get(name)
    if given is not None and len(given) < SHORTEST_KEY:
        raise CommandError(f"{name} is too short to be safe: at least {SHORTEST_KEY} characters.")
    return given or known or f"gr_{secrets.token_urlsafe(32)}"
