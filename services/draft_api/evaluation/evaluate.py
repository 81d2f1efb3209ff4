"""How good a training is, from answers that heads gave to expressions they had not seen. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.draft_api.evaluation import by_intent
from services.draft_api.evaluation.answers import Answers, Labels
from services.draft_api.evaluation.calibration import calibration_error, error_by_chance, interval, reliability
from services.draft_api.evaluation.document import Evaluation, Named, Reliability
from services.draft_api.evaluation.suspects import Pair, near_duplicates, suspects


@dataclass(frozen=True)
class Written:
    """All that the training read: `intents` names each label, `silent` are those without an expression."""

    texts: Sequence[str]
    labels: Labels
    intents: Sequence[Named]
    silent: Sequence[Named] = ()


def evaluate(answers: Answers, asked: Sequence[str], written: Written, pairs: Sequence[Pair]) -> Evaluation:
    """`asked` are the texts of the answers, which may be a sample; `pairs` number the rows of `written`."""
    right = answers.right
    low, high = interval(int(right.sum()), len(answers))
    doubtful, doubts = suspects(answers, asked, written.intents)
    alike, likenesses = near_duplicates(pairs, written.texts, written.labels, written.intents)
    # Labels are places among those that have expressions: the silent ones follow, and nothing counts for them.
    thin, thins = by_intent.thin(written.labels, [*written.intents, *written.silent])
    before, after = reliability(answers.plain, answers.plain_right), reliability(answers.said.confidence, right)
    return Evaluation(
        expressions=len(answers),
        accuracy=float(right.mean()),
        accuracy_low=low,
        accuracy_high=high,
        ece=calibration_error(after),
        ece_before=calibration_error(before),
        ece_by_chance=error_by_chance(after),
        sampled=len(answers) < len(written.texts),
        reliability=Reliability(before=before, after=after),
        intents=by_intent.scores(answers, written.intents),
        confusions=by_intent.confusions(answers, asked, written.intents),
        matrix=by_intent.matrix(answers, written.intents),
        suspects=doubtful,
        suspect_count=doubts,
        near_duplicates=alike,
        near_duplicate_count=likenesses,
        thin_intents=thin,
        thin_count=thins,
    )
