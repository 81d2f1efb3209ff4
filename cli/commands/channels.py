"""`greenroom channels`: the ways in and out that a bot has in one environment."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.bot_ids import live_id
from cli.outcome import USAGE, CommandError
from cli.peer import Peer
from cli.tables import show_table
from cli.wishes import Target

What = Literal["list", "add", "change", "enable", "disable", "remove"]
Channel = dict[str, Any]

_SENTENCES = (
    "channels list BOT, channels add BOT KIND NAME, or one of change, enable, disable and remove with BOT CHANNEL."
)


@connected
def channels(
    access: Access,
    what: Annotated[What, typer.Argument(help="What to do.")],
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    channel: Annotated[str | None, typer.Argument(help="To add: its kind. Otherwise: its name or id.")] = None,
    name: Annotated[str | None, typer.Argument(help="To add: what to call it.")] = None,
    config: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A value of its config; NAME= takes it away.")
    ] = None,
    secrets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its secrets as a JSON object; - for standard input.")
    ] = None,
    target: Annotated[Target | None, typer.Option(help="Live, unless said, or the preview.")] = None,
) -> None:
    """List a bot's channels, add one, change, enable, disable or remove it. Secrets never come back."""
    if (channel is None) != (what == "list") or (name is None) != (what != "add"):
        raise CommandError(_SENTENCES, USAGE)
    peer, where = access.target(target or "live"), target or "live"
    place = ("bots", live_id(access, bot), "channels")
    written = {"config": parse_config(config or ()), "secrets": _read_secrets(secrets)}
    if what == "list":
        found = peer.items(*place)
        access.answer({"bot": bot, "environment": where, "channels": found}, lambda: _list(where, found))
        return
    if what == "add":
        shown = _add(peer, place, {"kind": channel, "name": name, **written})
    else:
        shown = _act(peer, place, _found(peer.items(*place), channel or ""), what, written)
    access.answer(shown, lambda: _show(what, shown))


def parse_config(pairs: Sequence[str]) -> dict[str, str | list[str] | None]:
    """`NAME=VALUE`; `NAME=[...]` is a JSON list, and `NAME=` null. Raises CommandError."""
    parsed: dict[str, str | list[str] | None] = {}
    for pair in pairs:
        name, joint, value = pair.partition("=")
        if not joint or not name:
            raise CommandError(f"{pair!r} is not NAME=VALUE.", USAGE)
        try:
            parsed[name] = json.loads(value) if value.startswith("[") else value or None
        except ValueError:
            raise CommandError(f"{pair!r}: the list is not JSON.", USAGE) from None
    return parsed


def _read_secrets(file: Path | None) -> dict[str, Any]:
    """From a file or a pipe, not from arguments: those stand in the history of the shell."""
    if file is None:
        return {}
    try:
        found = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CommandError(f"{file}: secrets are a JSON object, by name.", USAGE)
    return found


def _add(peer: Peer, place: tuple[str, ...], body: dict[str, Any]) -> Channel:
    """What is missing of its secrets is asked for, where there is somebody to ask."""
    made: Channel = peer.post(*place, body=body)
    if made["missing_secrets"] and sys.stdin.isatty():
        asked = {name: str(typer.prompt(name, hide_input=True)) for name in made["missing_secrets"]}
        made = peer.patch(*place, made["id"], body={"secrets": asked, "enabled": True})
    return made


def _act(peer: Peer, place: tuple[str, ...], channel: Channel, what: What, written: dict[str, Any]) -> Channel:
    if what == "remove":
        peer.delete(*place, channel["id"])
        return channel
    switch = {"enable": {"enabled": True}, "disable": {"enabled": False}}.get(what, {})
    changed: Channel = peer.patch(*place, channel["id"], body={**written, **switch})
    return changed


def _found(channels: Sequence[Channel], named: str) -> Channel:
    """Raises CommandError for none, or for several of one name."""
    found = [channel for channel in channels if named in (channel["id"], channel["name"])]
    if len(found) == 1:
        return found[0]
    several = f"The bot has several channels called {named!r}: say which by its id."
    raise CommandError(several if found else f"The bot has no channel {named!r}.", hint="greenroom channels list BOT")


def _list(where: str, found: Sequence[Channel]) -> None:
    if not found:
        print(f"The bot has no channels in {where}.")
        return
    rows = ((c["name"], c["kind"], _state(c), c["id"]) for c in found)
    show_table((f"channel in {where}", "kind", "state", "id"), rows)


def _state(channel: Channel) -> str:
    if channel["missing_secrets"]:
        return f"needs {', '.join(channel['missing_secrets'])}"
    return "enabled" if channel["enabled"] else "disabled"


def _show(what: What, channel: Channel) -> None:
    if what == "remove":
        print(f"{channel['name']} is removed.")
        return
    print(f"{channel['name']} ({channel['kind']}, {channel['id']}): {_state(channel)}.")
    print(f"The platform calls {channel['webhook_url']}")
