"""What a training changed since the one before (T8). Pure."""

from collections.abc import Mapping

from services.draft_api.evaluation.by_intent import MOST_CONFUSIONS as MOST_LISTED
from services.draft_api.evaluation.document import Confusion, Evaluation, IntentScore, Named
from shared.document import Value

MOST_INTENTS = 20
MOST_CONFUSIONS = 20
_NOTABLE = 0.05
_FEWEST_MISTAKES = 2


class Moved(Named):
    """An intent whose F1 is another now."""

    before: float
    after: float


class Change(Value):
    """`within_chance` says that the difference of accuracies is smaller than chance alone would explain.

    Intents count as `worse` or `better` when their F1 moved by more than 0.05 and by more than one standard error of
    the difference: see docs/accuracy-log.md. The largest moves come first. `new_confusions` are pairs that were not
    confused before, at least twice now.
    """

    accuracy_before: float
    accuracy_after: float
    within_chance: bool
    ece_before: float
    ece_after: float
    expressions_before: int
    expressions_after: int
    worse: tuple[Moved, ...]
    better: tuple[Moved, ...]
    new_confusions: tuple[Confusion, ...]
    added: int
    removed: int


def change_between(before: Evaluation, after: Evaluation) -> Change:
    old, new = _by_id(before), _by_id(after)
    moved = [
        Moved(id=intent, name=new[intent].name, before=old[intent].f1, after=new[intent].f1)
        for intent in sorted(old.keys() & new.keys())
        if _notable(old[intent], new[intent])
    ]
    return Change(
        accuracy_before=before.accuracy,
        accuracy_after=after.accuracy,
        within_chance=_within_chance(before, after),
        ece_before=before.ece,
        ece_after=after.ece,
        expressions_before=before.expressions,
        expressions_after=after.expressions,
        worse=tuple(sorted((m for m in moved if m.after < m.before), key=lambda m: m.after - m.before)[:MOST_INTENTS]),
        better=tuple(sorted((m for m in moved if m.after > m.before), key=lambda m: m.before - m.after)[:MOST_INTENTS]),
        new_confusions=_new_confusions(before, after),
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
    )


def _by_id(evaluation: Evaluation) -> Mapping[str, IntentScore]:
    return {score.id: score for score in evaluation.intents}


def _within_chance(before: Evaluation, after: Evaluation) -> bool:
    """Two shares whose difference is less than two standard errors of it."""
    spread = sum(e.accuracy * (1 - e.accuracy) / e.expressions for e in (before, after))
    return bool(abs(after.accuracy - before.accuracy) <= 2 * spread**0.5)


def _notable(before: IntentScore, after: IntentScore) -> bool:
    """F1 taken for a share of both trainings' expressions, as if one intent had the same in both.

    One standard error is enough, since most expressions are the same in both and do not scatter anew.
    """
    counts = before.support, after.support
    share = (before.f1 * counts[0] + after.f1 * counts[1]) / max(sum(counts), 1)
    spread = share * (1 - share) * sum(1 / max(count, 1) for count in counts)
    return bool(abs(after.f1 - before.f1) > max(_NOTABLE, spread**0.5))


def _new_confusions(before: Evaluation, after: Evaluation) -> tuple[Confusion, ...]:
    """Of a large bot the rarest pairs are not listed: before, one might have been as frequent as the last that is."""
    known = {(pair.intent.id, pair.taken_for.id) for pair in before.confusions}
    unlisted = before.confusions[-1].count if len(before.confusions) >= MOST_LISTED else 0
    found = [
        pair
        for pair in after.confusions
        if pair.count >= unlisted + _FEWEST_MISTAKES and (pair.intent.id, pair.taken_for.id) not in known
    ]
    return tuple(found[:MOST_CONFUSIONS])
