"""What a plan would mean to those who wrote lately (P15). Pure; `weighing` has it computed."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from services.publisher.compose import THRESHOLDS
from shared.contracts import Release


class Meaning(BaseModel):
    """`intent` is a name; None when not understood."""

    understood: bool
    intent: str | None


class ImpactExample(BaseModel):
    text: str
    language: str
    count: int
    before: Meaning
    after: Meaning


class Impact(BaseModel):
    """Of the last `messages` of users: how many would change intent, become understood, cease to be.

    `reason` says why it was skipped; the counts are there when it is done.
    """

    model_config = ConfigDict(extra="ignore")

    status: Literal["pending", "done", "skipped"]
    reason: str | None = None
    messages: int | None = None
    change_intent: int | None = None
    become_understood: int | None = None
    cease_to_be_understood: int | None = None
    examples: list[ImpactExample] = []


def begun(base: Release | None, candidate: Release | None) -> Impact:
    """Whether there is something to compute. Pure."""
    if candidate is None:
        return Impact(status="skipped", reason="nothing_to_publish")
    if base is None:
        return Impact(status="skipped", reason="never_published")
    if _understanding(base) == _understanding(candidate):
        return Impact(status="skipped", reason="understands_alike")
    return Impact(status="pending")


def _understanding(release: Release) -> dict[str, Any]:
    """Everything that decides whether and as what a message is understood."""
    settings = release.settings
    return {
        "models": {language: model.digest for language, model in release.models.items()},
        "names": {mark.id: mark.name for mark in release.intents},
        "languages": release.languages,
        "length": settings.max_message_length,
        "thresholds": {name: getattr(settings, name) for name in THRESHOLDS},
        "own": settings.languages,
    }
