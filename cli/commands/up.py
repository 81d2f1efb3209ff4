"""`greenroom up`: every process of the embedded set-up, until told to stop."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.credentials import settle_credentials, settle_secrets_key
from cli.outcome import USAGE, CommandError
from cli.supervision.folder import held, usable
from cli.supervision.ports import claim
from cli.supervision.services import child_specs, urls_of
from cli.supervision.supervisor import Supervisor

Port = typer.Option(min=0, max=65535, help="0 picks a free one.")


def up(
    data: Annotated[Path, typer.Option(envvar="GREENROOM_DATA", help="Where everything is kept.")] = Path("data"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    draft_port: Annotated[int, Port] = 8001,
    live_port: Annotated[int, Port] = 8002,
    publisher_port: Annotated[int, Port] = 8003,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Live processes; more than 1 needs PostgreSQL.")] = 1,
    preview: Annotated[bool, typer.Option("--preview", help="A preview too: a second live, to rehearse.")] = False,
    preview_port: Annotated[int, Port] = 8004,
) -> None:
    """Start draft, live and the publisher (and a preview), and keep them running until SIGTERM or Ctrl-C."""
    _refuse_workers_on_sqlite(workers)
    data = data.absolute()
    with held(data):
        wanted = {"draft": draft_port, "live": live_port, "publisher": publisher_port}
        ports = claim(host, wanted | ({"preview": preview_port} if preview else {}))
        urls = urls_of(host, ports)
        with usable(data):
            settle_secrets_key(data)
            credentials = settle_credentials(data, urls)
        specs = child_specs(data, host, ports, credentials, workers)
        Supervisor(specs, data, say=_say, when_ready=lambda without: _announce(urls, data, without)).run()


def _announce(urls: Mapping[str, str], data: Path, without: Sequence[str]) -> None:
    others = ", ".join(f"{service} {url}" for service, url in urls.items() if service != "publisher")
    ready = f"ready without {' and '.join(without)}" if without else "ready"
    print(
        f"Greenroom is {ready}: start page {urls['publisher']}/, {others}, keys in {data / 'credentials'}", flush=True
    )


def _say(line: str) -> None:
    with suppress(OSError):
        print(f"greenroom: {line}", file=sys.stderr, flush=True)


def _refuse_workers_on_sqlite(workers: int) -> None:
    url = os.environ.get("GREENROOM_LIVE_DATABASE_URL", "sqlite:")
    if workers > 1 and not url.startswith("postgres"):
        raise CommandError(
            "--workers above 1 needs PostgreSQL: one process owns each SQLite file.",
            USAGE,
            hint="Set GREENROOM_LIVE_DATABASE_URL to a postgresql+psycopg:// address.",
        )
