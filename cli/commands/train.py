"""`greenroom train`: what was written becomes a model."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.evaluating import advice_lines, change_line
from cli.training import accuracy_words, train_bot

_ADVICE = 3


@connected
def train(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    language: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
) -> None:
    """Train a bot of draft, wait until it is done, and say what would make it better."""
    training = train_bot(access, bot, language or [])
    found = {spoken: access.draft.get("bots", bot, "evaluation", language=spoken) for spoken in training["models"]}
    told = {spoken: {"change": e["change"], "advice": e["advice"][:_ADVICE]} for spoken, e in found.items()}
    models = {spoken: {**model, **told[spoken]} for spoken, model in training["models"].items()}
    document = {**training, "models": models}
    access.answer(document, lambda: _show(document, access.command("evaluate", bot)))


def _show(training: Mapping[str, Any], evaluate: str) -> None:
    print(f"Trained ({training['id']}).")
    for language, model in training["models"].items():
        print(f"{language}: {accuracy_words(model)}, {change_line(model['change'])}")
        print(f"    profile {model['profile']}, {model['digest']}")
        for line in advice_lines(model["advice"], _ADVICE):
            print(f"    {line}")
    print(f"More: {evaluate}")
