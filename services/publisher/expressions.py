"""Which sentences a change of intents is about. Only draft knows them: here they pass by and are shown."""

from collections.abc import Sequence

from services.publisher.draft import Draft
from services.publisher.judging import Verdict
from services.publisher.wish import Wish
from shared.contracts import Release
from shared.diff import Changes, ExpressionChanges, with_expressions
from shared.errors import GreenroomError


def spelled_out(draft: Draft, bot: str, base: Release | None, verdict: Verdict, wish: Wish) -> Changes:
    """The verdict's changes, those of intents down to expressions; as they are where draft cannot say."""
    changes = verdict.changes
    if not changes.intents or verdict.outcome is None or wish.mode == "flows":
        return changes
    to = models_of(verdict.outcome) if wish.mode == "rollback" else None
    here = {k: m for k, m in (models_of(base) if base else {}).items() if wish.languages is None or k in wish.languages}
    return attach(draft, bot, changes, here, to, wish.languages)


def attach(
    draft: Draft,
    bot: str,
    changes: Changes,
    models: dict[str, str],
    to: dict[str, str] | None = None,
    languages: Sequence[str] | None = None,
) -> Changes:
    """From `models` (digests by language) to the models `to`, or to draft as it stands in `languages` (all)."""
    try:
        found = draft.expressions(bot, models, to, languages)["intents"]
    except GreenroomError:
        # Draft is away or the bot is gone from it: the change is shown without its sentences.
        return changes
    return with_expressions(changes, {i: ExpressionChanges.model_validate(change) for i, change in found.items()})


def models_of(release: Release) -> dict[str, str]:
    return {language: model.digest for language, model in release.models.items()}
