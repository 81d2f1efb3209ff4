"""`greenroom train`: what was written becomes a model."""

from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.training import accuracy_words, train_bot


@connected
def train(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    language: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
) -> None:
    """Train a bot of draft, and wait until it is done."""
    training = train_bot(access, bot, language or [])
    access.answer(training, lambda: _show(training))


def _show(training: dict[str, Any]) -> None:
    print(f"Trained ({training['id']}).")
    for language, model in training["models"].items():
        print(f"{language}: {accuracy_words(model)}, profile {model['profile']}, {model['digest']}")
