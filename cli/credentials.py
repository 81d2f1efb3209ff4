"""DATA/credentials: the keys that `up` makes once, and where its services are."""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.outcome import CommandError
from cli.supervision.folder import write_atomically
from shared.secrets import new_key

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


def settle_secrets_key(data: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Makes the key that seals secrets when there is none; GREENROOM_SECRETS_KEY wins. It is no credential: nobody

    shows it, and a backup of the databases is worth nothing without it. Raises CommandError when it was lost.
    """
    path = secrets_file(data)
    if "GREENROOM_SECRETS_KEY" in environ:
        return
    if not path.exists():
        write_secrets_keys(data, [new_key()])
    elif not path.read_text(errors="replace").strip():
        raise CommandError(
            f"{path} is empty: nothing can be read that was sealed with the key in it.",
            hint="Put it back from a backup. Where there is none, remove it: a new key opens nothing of before.",
        )


def secrets_file(data: Path) -> Path:
    return data / "secrets-key"


def write_secrets_keys(data: Path, keys: Sequence[str]) -> None:
    """One a line; the first seals."""
    write_atomically(secrets_file(data), "".join(f"{key}\n" for key in keys), mode=0o600)


def _key(name: str, environ: Mapping[str, str], known: str | None) -> str:
    given = environ.get(name)
    if given is not None and len(given) < SHORTEST_KEY:
        raise CommandError(f"{name} is too short to be safe: at least {SHORTEST_KEY} characters.")
    return given or known or f"gr_{secrets.token_urlsafe(32)}"
