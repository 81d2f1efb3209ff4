"""What a training tells of how good it is (T8). Bounded: longest lists first, however large the bot is.

Shares, confidences and similarities are 0..1. Fields that a model of an earlier version lacks have defaults.
"""

from shared.document import Value


class Named(Value):
    """An intent, by the name that it had at the training."""

    id: str
    name: str


class IntentScore(Named):
    """`support` counts the expressions that were held out and asked."""

    precision: float
    recall: float
    f1: float
    support: int


class ThinIntent(Named):
    expressions: int


class Mistake(Value):
    """An expression that was taken for another intent, and how sure the model was of that."""

    text: str
    confidence: float


class Confusion(Value):
    """`expressions` are the surest of the `count` mistakes."""

    intent: Named
    taken_for: Named
    count: int
    expressions: tuple[Mistake, ...] = ()


class Matrix(Value):
    """`counts[i][j]`: how often an expression of intent i was taken for intent j, among the worst intents."""

    intents: tuple[Named, ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()


class ReliabilityBin(Value):
    """Of `count` answers with a confidence in (low, high], averaging `confidence`, the share `accuracy` was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Reliability(Value):
    """Before: another model, the first view alone as it comes. After: mixed and calibrated, as it is served."""

    before: tuple[ReliabilityBin, ...] = ()
    after: tuple[ReliabilityBin, ...] = ()


class Suspect(Value):
    """An expression that heads which had not seen it place elsewhere, for sure."""

    text: str
    intent: Named
    likely: Named
    confidence: float
    own_confidence: float


class NearDuplicate(Value):
    """Two expressions that say almost the same under different intents."""

    text: str
    intent: Named
    other_text: str
    other_intent: Named
    similarity: float


class Evaluation(Value):
    """By cross-validation: every expression is answered by heads that have not seen it.

    `accuracy_low` and `accuracy_high` are the 95 % interval of Wilson; `sampled` says that only a part was asked.
    `ece` is that of the bins of `reliability.after`, `ece_by_chance` what so few answers would make it if confidence
    meant exactly what it says.
    """

    expressions: int
    accuracy: float
    accuracy_low: float = 0.0
    accuracy_high: float = 1.0
    ece: float
    ece_before: float
    ece_by_chance: float = 0.0
    sampled: bool = False
    reliability: Reliability = Reliability()
    intents: tuple[IntentScore, ...]
    confusions: tuple[Confusion, ...]
    matrix: Matrix = Matrix()
    suspects: tuple[Suspect, ...] = ()
    suspect_count: int = 0
    near_duplicates: tuple[NearDuplicate, ...] = ()
    near_duplicate_count: int = 0
    thin_intents: tuple[ThinIntent, ...]
    thin_count: int = 0
