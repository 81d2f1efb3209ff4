"""What a plan or a publication is asked to carry, from the options of a command."""

from typing import Annotated, Any, Literal

import typer

Mode = Literal["full", "nlp", "flows", "rollback"]
Target = Literal["live", "preview"]

OfMode = Annotated[
    Mode | None,
    typer.Option(help="full: everything; nlp: what it understands; flows: the flows; rollback: an earlier release."),
]
OfTarget = Annotated[Target, typer.Option(help="Live, or the preview of `greenroom up --preview`.")]
OfFlows = Annotated[
    list[str] | None, typer.Option("--flow", help="Only this flow, by id or name; may be given several times.")
]
OfLanguages = Annotated[
    list[str] | None, typer.Option("--language", help="Only this language; may be given several times.")
]


def wish(
    mode: Mode | None,
    target: Target = "live",
    flows: list[str] | None = None,
    languages: list[str] | None = None,
    to_release: int | None = None,
) -> dict[str, Any]:
    """The body of it. Without a mode, it is the one that has a use for what was given: flows, a release, or all."""
    elsewhere = None if target == "live" else target
    asked = {"target": elsewhere, "flows": flows, "languages": languages, "to_release": to_release}
    found = mode or ("rollback" if to_release else "flows" if flows else "full")
    return {"mode": found, **{name: value for name, value in asked.items() if value}}
