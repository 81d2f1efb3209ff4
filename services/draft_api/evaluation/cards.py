"""The four figures at the top of the report. Pure."""

from services.draft_api.evaluation.change import Change
from services.draft_api.evaluation.document import Evaluation
from services.draft_api.evaluation.html import percent
from shared.counting import counted


def cards(evaluation: Evaluation, change: Change | None) -> str:
    right, sure = _right(evaluation)
    moved, since = _moved(change) if change else ("new", "the first training")
    chance = f"; by chance alone, with so few answers, {percent(evaluation.ece_by_chance)}"
    calibration = f"off on average{chance if evaluation.ece_by_chance else ''}"
    of = counted(len(evaluation.intents), "intent", "intents")
    asked = f"expressions asked{' (a sample)' if evaluation.sampled else ''}, of {of}"
    found = (
        f'<section class="first"><b>{right}</b><span>{sure}</span></section>',
        f"<section><b>{moved}</b><span>{since}</span></section>",
        f"<section><b>{percent(evaluation.ece)}</b><span>is what confidence is {calibration}</span></section>",
        f"<section><b>{evaluation.expressions:,}</b><span>{asked}</span></section>",
    )
    return f'<div class="cards">{"".join(found)}</div>'


def _right(evaluation: Evaluation) -> tuple[str, str]:
    """Of a single intent there is nothing to be right about."""
    if len(evaluation.intents) == 1:
        return "1 intent", "and no other that it could be taken for: there is nothing to measure yet"
    low, high = percent(evaluation.accuracy_low), percent(evaluation.accuracy_high)
    sure = f"right in cross-validation: asked of models that had not seen them. Between {low} and {high}, most likely"
    return percent(evaluation.accuracy), sure


def _moved(change: Change) -> tuple[str, str]:
    points = 100 * (change.accuracy_after - change.accuracy_before)
    since = "points since the training before"
    if change.within_chance:
        return f"{points:+.1f}", f"{since}{', within what chance explains' if points else ''}"
    return f'<i class="{"up" if points > 0 else "down"}">{points:+.1f}</i>', since
