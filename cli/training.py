"""Training a bot of draft, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.access import Access
from cli.following import finish
from cli.outcome import CommandError
from cli.problems import next_step


def train_bot(access: Access, bot: str, languages: Sequence[str] = ()) -> dict[str, Any]:
    """The training as it ended, with `models`: language -> digest, profile and accuracy (None when not measured).

    Raises CommandError when it did not succeed.
    """
    asked = {"languages": list(languages)} if languages else {}
    started = access.draft.post("bots", bot, "trainings", body=asked)
    training = finish(access.draft, "trainings", started, "Training")
    if training["status"] != "succeeded":
        raise _unsuccessful(training)
    models = {language: model_summary(access, bot, digest) for language, digest in sorted(training["models"].items())}
    return {**training, "models": models}


def model_summary(access: Access, bot: str, digest: str) -> dict[str, Any]:
    model = access.draft.get("bots", bot, "models", digest)
    return {
        "digest": digest,
        "profile": model["manifest"]["profile"],
        "accuracy": model["evaluation"].get("accuracy"),
    }


def accuracy_words(model: Mapping[str, Any]) -> str:
    """The cross-validated accuracy of a summary, in words."""
    if model["accuracy"] is None:
        return "accuracy not measured (too few expressions)"
    return f"{model['accuracy']:.1%} right in cross-validation"


def _unsuccessful(training: Mapping[str, Any]) -> CommandError:
    error = training.get("error") or {}
    code = error.get("code", f"training_{training['status']}")
    detail = error.get("detail", f"Training {training['id']} was {training['status']}.")
    return CommandError(f"{code}: {detail}", hint=next_step([code]), problem=training)
