"""`greenroom secrets`: tokens and keys that a bot's blocks name, each kept sealed in one environment."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.bot_ids import live_id
from cli.credentials import read_credentials, secrets_file, write_secrets_keys
from cli.outcome import USAGE, CommandError
from cli.peer import Peer
from cli.tables import show_table
from cli.wishes import Target
from shared.counting import counted
from shared.secrets import new_key

What = Literal["list", "set", "remove", "rotate"]


@connected
def secrets(
    access: Access,
    what: Annotated[What, typer.Argument(help="`rotate` changes the key that seals them all, while all runs.")],
    bot: Annotated[str | None, typer.Argument(help="Its name or id.")] = None,
    name: Annotated[str | None, typer.Argument(help="The secret; its value is read from standard input.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Those of draft instead of live.")] = False,
    target: Annotated[Target | None, typer.Option(help="Live, unless said, or the preview.")] = None,
) -> None:
    """List, set or remove the secrets of a bot. A publication never carries them, and nobody can read them back."""
    if draft and target:
        raise CommandError("Draft, or a target: not both.", USAGE)
    if what == "rotate":
        _rotate(access)
        return
    if bot is None or (name is None) != (what == "list"):
        raise CommandError("secrets list BOT, secrets set BOT NAME, or secrets remove BOT NAME.", USAGE)
    peer, where = (access.draft, "draft") if draft else (access.target(target or "live"), target or "live")
    bot_id = live_id(access, bot)
    if what == "set":
        peer.put("bots", bot_id, "secrets", name or "", body={"value": _read_value()})
    if what == "remove":
        peer.delete("bots", bot_id, "secrets", name or "")
    found = peer.items("bots", bot_id, "secrets")
    access.answer({"bot": bot, "environment": where, "secrets": found}, lambda: _show(where, found))


def _read_value() -> str:
    """Not an argument: those stand in the history of the shell and in the list of processes."""
    if sys.stdin.isatty():
        return str(typer.prompt("Value", hide_input=True))
    return sys.stdin.read().removesuffix("\n")


def _show(where: str, found: Sequence[dict[str, Any]]) -> None:
    if not found:
        print(f"The bot has no secrets in {where}.")
        return
    show_table((f"secret in {where}", "set by", "at"), ((s["name"], s["author"], s["updated_at"]) for s in found))


def _rotate(access: Access) -> None:
    """A new key seals, the old ones still open; they go once every service has sealed anew whatever it has."""
    if "GREENROOM_SECRETS_KEY" in os.environ:
        raise CommandError(
            "The keys are in GREENROOM_SECRETS_KEY, not in the data folder.",
            hint="Put a new one in front there, restart all services, take the old one away, restart them again.",
        )
    keys = _keys(access.data)
    if len(keys) == 1:
        keys = [new_key(), *keys]
        write_secrets_keys(access.data, keys)
    services, asleep = _sealing(access)
    count = 0
    while resealed := sum(service.post("secrets", "reseal")["resealed"] for service in services):
        count += resealed
    if not asleep:
        write_secrets_keys(access.data, keys[:1])
    document = {"resealed": count, "old_keys_kept": asleep}
    access.answer(document, lambda: _tell(count, asleep))


def _keys(data: Path) -> list[str]:
    try:
        return secrets_file(data).read_text().split()
    except OSError:
        hint = "Say with --data where `greenroom up` keeps them."
        raise CommandError(f"There are no keys in {secrets_file(data)}.", hint=hint) from None


def _sealing(access: Access) -> tuple[list[Peer], bool]:
    """The services that seal; and whether there is a preview that does not run, which still needs the old keys."""
    known = read_credentials(access.data)
    previewing = known is not None and "preview" in known.urls
    services = [access.draft, access.live, access.publisher, *([access.preview] if previewing else [])]
    return services, not previewing and (access.data / "preview.db").exists()


def _tell(count: int, asleep: bool) -> None:
    print(f"{counted(count, 'secret or key is', 'secrets and keys are')} sealed with a new key.")
    if asleep:
        print("The preview does not run, so its key was kept: start it with `greenroom up --preview` and rotate again.")
