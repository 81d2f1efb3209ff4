"""The three services as children: what each is started with, and what each may know."""

import os
from collections.abc import Mapping
from pathlib import Path

from cli.credentials import Credentials
from cli.supervision.child import ChildSpec

SERVICES = ("draft", "live", "publisher")
MODULES = {"draft": "services.draft_api", "live": "services.live_api", "publisher": "services.publisher"}


def urls_of(host: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Where the services are reached from this machine."""
    reached = reachable(host)
    shown = f"[{reached}]" if ":" in reached else reached
    return {service: f"http://{shown}:{port}" for service, port in ports.items()}


def reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def child_specs(
    data: Path,
    host: str,
    ports: Mapping[str, int],
    credentials: Credentials,
    workers: int = 1,
    environ: Mapping[str, str] = os.environ,
) -> list[ChildSpec]:
    return [
        ChildSpec(
            name=service,
            module=MODULES[service],
            arguments=_arguments(service, host, ports[service], workers),
            environ=_environ(service, data, credentials, environ),
            host=reachable(host),
            port=ports[service],
        )
        for service in SERVICES
    ]


def _arguments(service: str, host: str, port: int, workers: int) -> tuple[str, ...]:
    more = ("--workers", str(workers)) if service == "live" and workers > 1 else ()
    return ("--host", host, "--port", str(port), *more)


def _environ(service: str, data: Path, credentials: Credentials, environ: Mapping[str, str]) -> dict[str, str]:
    """Only the publisher learns where the others are, and nobody learns where another one's database is."""
    foreign = tuple(f"GREENROOM_{other.upper()}_" for other in SERVICES if other != service)
    known = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    known["GREENROOM_DATA"] = str(data)
    known["GREENROOM_ADMIN_KEY"] = credentials.admin_key
    known["GREENROOM_PEER_KEY"] = credentials.peer_key
    if service == "publisher":
        known["GREENROOM_DRAFT_URL"] = credentials.urls["draft"]
        known["GREENROOM_LIVE_URL"] = credentials.urls["live"]
        known["GREENROOM_LIVE_PUBLIC_URL"] = environ.get("GREENROOM_LIVE_PUBLIC_URL", credentials.urls["live"])
    return known
