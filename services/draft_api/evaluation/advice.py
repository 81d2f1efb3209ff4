"""What would help most, in a builder's words, the most useful first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.draft_api.evaluation.document import Confusion, Evaluation, Named
from services.draft_api.evaluation.thresholds import Choice, ThresholdAdvice, TradeOff
from shared.counting import counted
from shared.document import Value

MOST = 10
NOBODY_ASKS = " The bot has no did_you_mean block to ask with: write one, or the likeliest is answered unasked."
_MOST_PAIRS = 5
_HONEST = 0.05
_ENOUGH_TO_TELL = 100

# What a threshold keeps of the gain that cross-validation promises, measured: see docs/accuracy-log.md.
_KEPT_IN_LETTERS, _KEPT_EMBEDDED = 0.5, 0.25

Kind = Literal[
    "one_intent", "profile", "move", "tell_apart", "near_duplicates", "write_more", "threshold", "calibration"
]


class Advice(Value):
    """`weight` counts the expressions that it is about, or as many messages in their number."""

    kind: Kind
    message: str
    weight: int


@dataclass(frozen=True)
class Circumstances:
    """What the advice must know of the bot beside its figures.

    `foreign` says that its encoder does not know the language while that of `multilingual` does, which may be
    `installed` or not; `asks`, that there is a block to ask with which intent was meant.
    """

    language: str
    profile: str
    foreign: bool
    installed: bool
    asks: bool


def advise_builder(
    evaluation: Evaluation, thresholds: ThresholdAdvice | None, bot: Circumstances
) -> tuple[Advice, ...]:
    found = [
        *_one_intent(evaluation),
        *_profile(evaluation, bot),
        *_move(evaluation),
        *_tell_apart(evaluation),
        *_near_duplicates(evaluation),
        *_write_more(evaluation),
        *(_thresholds(thresholds, evaluation.expressions, bot) if thresholds else ()),
        *_calibration(evaluation),
    ]
    # What an encoder that cannot read the language makes of it is not to be mended expression by expression.
    return tuple(sorted(found, key=lambda advice: (advice.kind != "profile", -advice.weight))[:MOST])


def _one_intent(evaluation: Evaluation) -> Iterator[Advice]:
    """Whatever is said is understood as it, so that every figure is perfect."""
    if len(evaluation.intents) != 1:
        return
    message = (
        f"All expressions are of {evaluation.intents[0].name!r}: there is no other intent that they could be taken "
        "for, so the figures say nothing yet. Write expressions for what else users will ask."
    )
    yield Advice(kind="one_intent", message=message, weight=evaluation.expressions)


def _profile(evaluation: Evaluation, bot: Circumstances) -> Iterator[Advice]:
    """First of all, and about all that was missed: what else is advised may be settled by it."""
    if not bot.foreign:
        return
    build = "" if bot.installed else "run `greenroom encoder build --profile multilingual`, "
    message = (
        f"The bot speaks {bot.language!r}, and the encoder of its profile {bot.profile!r} does not: {build}set "
        "the profile to 'multilingual', and train again. All languages of the bot share its profile."
    )
    missed = round((1 - evaluation.accuracy) * evaluation.expressions)
    yield Advice(kind="profile", message=message, weight=max(missed, 1))


def _move(evaluation: Evaluation) -> Iterator[Advice]:
    if not evaluation.suspects:
        return
    first = evaluation.suspects[0]
    message = (
        f"{counted(evaluation.suspect_count, 'expression looks', 'expressions look')} as if under the wrong intent; "
        f"first {first.text!r}, in {first.intent.name!r}, which looks like {first.likely.name!r} "
        f"({first.confidence:.0%} sure). Move what is misplaced."
    )
    yield Advice(kind="move", message=message, weight=evaluation.suspect_count)


def _tell_apart(evaluation: Evaluation) -> Iterator[Advice]:
    """Both directions of a pair are one matter."""
    pairs: dict[tuple[str, str], list[Confusion]] = {}
    for confusion in evaluation.confusions:
        one, other = sorted((confusion.intent.id, confusion.taken_for.id))
        pairs.setdefault((one, other), []).append(confusion)
    counted = sorted(pairs.values(), key=lambda found: -sum(confusion.count for confusion in found))
    for found in counted[:_MOST_PAIRS]:
        count, (one, other) = sum(confusion.count for confusion in found), _names(found[0])
        if count > 1:
            message = (
                f"{one!r} and {other!r} are taken for each other {count} times. Give each expressions that the other "
                "could not have, or make them one intent."
            )
            yield Advice(kind="tell_apart", message=message, weight=count)


def _near_duplicates(evaluation: Evaluation) -> Iterator[Advice]:
    if not evaluation.near_duplicates:
        return
    first = evaluation.near_duplicates[0]
    message = (
        f"{counted(evaluation.near_duplicate_count, 'pair of expressions says', 'pairs of expressions say')} almost "
        f"the same under two intents; first {first.text!r} in {first.intent.name!r} and {first.other_text!r} in "
        f"{first.other_intent.name!r}. Keep each meaning in one intent."
    )
    yield Advice(kind="near_duplicates", message=message, weight=evaluation.near_duplicate_count)


def _write_more(evaluation: Evaluation) -> Iterator[Advice]:
    """As much as the mistakes that thin intents make."""
    if not evaluation.thin_intents:
        return
    thin = {intent.id for intent in evaluation.thin_intents}
    missed = sum(round((1 - score.recall) * score.support) for score in evaluation.intents if score.id in thin)
    first = evaluation.thin_intents[0]
    has = "intent has" if evaluation.thin_count == 1 else "intents have"
    message = (
        f"{evaluation.thin_count} {has} fewer than 10 expressions; the thinnest is {first.name!r} with "
        f"{first.expressions}. Write more, in words that your users would choose; the inbox has them."
    )
    yield Advice(kind="write_more", message=message, weight=max(missed, 1))


def _thresholds(found: ThresholdAdvice, expressions: int, bot: Circumstances) -> Iterator[Advice]:
    """Only the one that gains the most: they are not independent of each other. It weighs what it will keep."""
    named = {name: getattr(found, name) for name in ("intent_threshold", "scope_threshold", "margin")}
    name, advised = max(named.items(), key=lambda item: item[1].gain)
    choice = next((c for c in advised.choices if c.value == advised.suggested), None)
    if choice is None or advised.suggested == advised.now:
        return
    kept, share = (_KEPT_IN_LETTERS, "half") if bot.profile == "fast" else (_KEPT_EMBEDDED, "a quarter")
    message = (
        f"Setting {name} to {advised.suggested:g} (now {advised.now:g}) would bring wrong answers from "
        f"{found.now.wrong:.1%} to {choice.wrong:.1%} of messages, right ones from {found.now.right:.1%} to "
        f"{choice.right:.1%}; {_rest(found.now, choice)}. That is of models which had learnt less than the one that "
        f"serves: expect {share} of it.{NOBODY_ASKS if choice.asked and not bot.asks else ''}"
    )
    yield Advice(kind="threshold", message=message, weight=max(1, round(kept * advised.gain * expressions)))


def _rest(now: TradeOff, choice: Choice) -> str:
    """What becomes of messages that are not answered, and of those that should not be."""
    asked = f"{choice.asked:.1%} would be asked which intent was meant, " if choice.asked else ""
    rest = f"{asked}{choice.not_understood:.1%} would not be understood"
    if now.strangers_answered is None or choice.strangers_answered is None:
        return rest
    return f"{rest}, and strangers answered go from {now.strangers_answered:.1%} to {choice.strangers_answered:.1%}"


def _calibration(evaluation: Evaluation) -> Iterator[Advice]:
    if evaluation.ece <= _HONEST + evaluation.ece_by_chance or evaluation.expressions < _ENOUGH_TO_TELL:
        return
    message = (
        f"Confidence is off by {evaluation.ece:.1%} on average: be careful with thresholds until there are more "
        "expressions."
    )
    yield Advice(kind="calibration", message=message, weight=1)


def _names(confusion: Confusion) -> tuple[str, str]:
    pair: tuple[Named, Named] = confusion.intent, confusion.taken_for
    return pair[0].name, pair[1].name
