"""Where the services are and with which key, found once for a command; and how it hands over its answer."""

import inspect
import json
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.credentials import Credentials, read_credentials
from cli.outcome import CommandError
from cli.peer import Peer

PORTS = {"draft": 8001, "live": 8002, "publisher": 8003, "preview": 8004}
FOLDER = Path("data")


@dataclass(frozen=True)
class Access:
    """What every command that talks to the services is given. `again` are the options that the next one needs too."""

    urls: Mapping[str, str]
    key: str | None
    as_json: bool = False
    again: tuple[str, ...] = ()
    data: Path = FOLDER

    @property
    def draft(self) -> Peer:
        return Peer("draft", self.urls["draft"], self.key)

    @property
    def live(self) -> Peer:
        return Peer("live", self.urls["live"], self.key)

    @property
    def publisher(self) -> Peer:
        return Peer("publisher", self.urls["publisher"], self.key)

    @property
    def preview(self) -> Peer:
        return Peer("preview", self.urls["preview"], self.key)

    def target(self, name: str) -> Peer:
        """Live, or the preview, which is a live of its own."""
        return self.preview if name == "preview" else self.live

    def command(self, *words: str) -> str:
        """A command to type next, as it has to be typed."""
        return shlex.join(["greenroom", *words, *self.again])

    def named(self, bot: str) -> str:
        """What stands for `BOT` in a hint that was written before anybody knew which."""
        return shlex.join([bot, *self.again])

    def answer(self, document: Any, show: Callable[[], None]) -> None:
        """The document for a script, or `show` for a person; both on standard output."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False), flush=True)
        else:
            show()


def find_access(
    data: Annotated[Path, typer.Option(envvar="GREENROOM_DATA", help="The folder of `greenroom up`.")] = FOLDER,
    draft_url: Annotated[str | None, typer.Option(envvar="GREENROOM_DRAFT_URL", help="Where draft is.")] = None,
    live_url: Annotated[str | None, typer.Option(envvar="GREENROOM_LIVE_URL", help="Where live is.")] = None,
    publisher_url: Annotated[
        str | None, typer.Option(envvar="GREENROOM_PUBLISHER_URL", help="Where the publisher is.")
    ] = None,
    preview_url: Annotated[
        str | None, typer.Option(envvar="GREENROOM_PREVIEW_URL", help="Where the preview is.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar=["GREENROOM_KEY", "GREENROOM_ADMIN_KEY"], help="The key to show.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for a script.")] = False,
) -> Access:
    """What is not given is taken from the credentials in the data folder; without a key, the service says so."""
    known = read_credentials(data)
    given = {"draft": draft_url, "live": live_url, "publisher": publisher_url, "preview": preview_url}
    urls = {service: url or _known_url(known, service) for service, url in given.items()}
    return Access(
        {service: url.rstrip("/") for service, url in urls.items()},
        key or (known.admin_key if known else None),
        as_json,
        () if data == FOLDER or str(data) == os.environ.get("GREENROOM_DATA") else ("--data", str(data)),
        data,
    )


def _known_url(known: Credentials | None, service: str) -> str:
    return (known.urls.get(service) if known else None) or f"http://127.0.0.1:{PORTS[service]}"


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of `find_access` behind its own, given the Access that they make."""
    shared = inspect.signature(find_access, eval_str=True).parameters
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    def run(**given: Any) -> None:
        access = find_access(**{name: given.pop(name) for name in shared})
        try:
            command(access, **given)
        except CommandError as error:
            if given.get("bot"):
                error.bot = access.named(given["bot"])
            if access.as_json:
                print(json.dumps(error.problem, ensure_ascii=False), flush=True)
            raise

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared.values())]
    run.__doc__, run.__name__ = command.__doc__, command.__name__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
