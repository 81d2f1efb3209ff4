"""The services as children: what each is started with, and what each may know. A preview is a second live."""

import os
from collections.abc import Mapping
from pathlib import Path

from cli.credentials import Credentials
from cli.supervision.child import ChildSpec

MODULES = {
    "draft": "services.draft_api",
    "live": "services.live_api",
    "preview": "services.live_api",
    "publisher": "services.publisher",
}


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
    """One for each service that has a port."""
    return [
        ChildSpec(
            name=service,
            module=MODULES[service],
            arguments=_arguments(service, host, ports[service], workers),
            environ=_environ(service, data, credentials, environ),
            host=reachable(host),
            port=ports[service],
            # Whoever talks to a bot needs live, and live needs none of the others.
            vital=service == "live",
        )
        for service in MODULES
        if service in ports
    ]


def _arguments(service: str, host: str, port: int, workers: int) -> tuple[str, ...]:
    more = ("--workers", str(workers)) if service == "live" and workers > 1 else ()
    return ("--host", host, "--port", str(port), *more)


def _environ(service: str, data: Path, credentials: Credentials, environ: Mapping[str, str]) -> dict[str, str]:
    """Only the publisher learns where the others are, and nobody where another one's database is."""
    foreign = tuple(f"GREENROOM_{other.upper()}_" for other in MODULES if other != service)
    known = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    known["GREENROOM_DATA"] = str(data)
    known["GREENROOM_ADMIN_KEY"] = credentials.admin_key
    known["GREENROOM_PEER_KEY"] = credentials.peer_key
    if MODULES[service] == MODULES["live"]:
        known["GREENROOM_ENVIRONMENT"] = service
    if service == "preview":
        known |= _preview(data, credentials, environ)
    if service == "publisher":
        known |= _neighbours(credentials, environ)
    return known


def _preview(data: Path, credentials: Credentials, environ: Mapping[str, str]) -> dict[str, str]:
    """What live reads, with the preview's own database, artifacts and key in it."""
    artifacts = (data / "preview" / "artifacts").as_uri()
    return {
        "GREENROOM_LIVE_DATABASE_URL": environ.get("GREENROOM_PREVIEW_DATABASE_URL", f"sqlite:///{data}/preview.db"),
        "GREENROOM_LIVE_ARTIFACTS_URL": environ.get("GREENROOM_PREVIEW_ARTIFACTS_URL", artifacts),
        "GREENROOM_PEER_KEY": environ.get("GREENROOM_PREVIEW_PEER_KEY", credentials.peer_key),
    }


def _neighbours(credentials: Credentials, environ: Mapping[str, str]) -> dict[str, str]:
    """A preview elsewhere, which is named in the environment, is one too."""
    told = {"GREENROOM_DRAFT_URL": credentials.urls["draft"], "GREENROOM_LIVE_URL": credentials.urls["live"]}
    if "preview" in credentials.urls:
        told["GREENROOM_PREVIEW_URL"] = credentials.urls["preview"]
    shown = ("DRAFT_PUBLIC_URL", "LIVE_PUBLIC_URL", "PREVIEW_PUBLIC_URL", "PREVIEW_PEER_KEY", "PREVIEW_URL")
    given = {f"GREENROOM_{name}": environ.get(f"GREENROOM_{name}") for name in shown}
    return {name: value for name, value in given.items() if value} | told
