"""What thresholds would do, tried on out-of-fold answers: who would be refused, which wrong answers remain. Pure.

The decision is that of serving (`shared.nlp.decision`, T2 and T11), on whole columns at once.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from services.draft_api.evaluation.answers import OUTCOME, Flags, Floats, OutcomeRows
from shared.contracts import BotSettings
from shared.document import Value

OFFERED = 3
"""How many intents *did you mean* offers."""
QUESTION = 0.25
"""What such a question is worth with the right intent among them, beside 1 for a right answer."""
STRANGERS = 0.05
"""The share of messages that are taken to be about something that the bot does not know."""
_LEAST_GAIN, _NEAR_ENOUGH, _STANDARD_ERRORS = 0.01, 0.002, 2
_INTENT_CHOICES = tuple(step / 20 for step in range(20))
_MARGIN_CHOICES = tuple(step / 40 for step in range(13))
_SCOPE_QUANTILES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


class Thresholds(Value):
    intent_threshold: float
    scope_threshold: float
    margin: float


class TradeOff(Value):
    """Shares of messages that belong to an intent, one in all: answered `right`, answered `wrong`, `asked` which of

    several was meant, and `not_understood`. `strangers_answered` is the share of messages about something that the
    bot does not know which would be answered all the same, guessed by hiding each intent from its own expressions;
    None where there is no other intent.
    """

    right: float
    wrong: float
    asked: float
    not_understood: float
    strangers_answered: float | None


class Choice(TradeOff):
    value: float


class Advised(Value):
    """One threshold; the other two are those of the bot. `gain` is what `suggested` adds to the worth of a message."""

    now: float
    suggested: float
    gain: float
    choices: tuple[Choice, ...]


class ThresholdAdvice(Value):
    """`fitted_scope` is what a scope threshold of "auto" means for this model."""

    now: TradeOff
    fitted_scope: float
    intent_threshold: Advised
    scope_threshold: Advised
    margin: Advised


def unpack(data: bytes) -> OutcomeRows:
    return np.frombuffer(data, OUTCOME)


def thresholds_of(settings: BotSettings, fitted_scope: float) -> Thresholds:
    scope = fitted_scope if settings.scope_threshold == "auto" else float(settings.scope_threshold)
    return Thresholds(intent_threshold=settings.intent_threshold, scope_threshold=scope, margin=settings.margin)


def advise(outcomes: OutcomeRows, settings: BotSettings, fitted_scope: float) -> ThresholdAdvice:
    now = thresholds_of(settings, fitted_scope)
    scopes = {round(float(scope), 3) for scope in np.quantile(outcomes["scope"], _SCOPE_QUANTILES)}

    def tried(name: str, values: Sequence[float]) -> Advised:
        return _advised(getattr(now, name), values, lambda value: now.model_copy(update={name: value}), outcomes)

    return ThresholdAdvice(
        now=trade_off(outcomes, now),
        fitted_scope=fitted_scope,
        intent_threshold=tried("intent_threshold", _INTENT_CHOICES),
        scope_threshold=tried("scope_threshold", sorted({*scopes, fitted_scope} - {round(fitted_scope, 3)})),
        margin=tried("margin", _MARGIN_CHOICES),
    )


def trade_off(outcomes: OutcomeRows, thresholds: Thresholds) -> TradeOff:
    answered, asked = _decided(outcomes, "", thresholds)
    right = outcomes["place"] == 0
    strangers = outcomes["stranger_scope"]
    known = not np.isnan(strangers).any()
    return TradeOff(
        right=_share(answered & right),
        wrong=_share(answered & ~right),
        asked=_share(asked),
        not_understood=_share(~answered & ~asked),
        strangers_answered=_share(_decided(outcomes, "stranger_", thresholds)[0]) if known else None,
    )


def worths(outcomes: OutcomeRows, thresholds: Thresholds) -> Floats:
    """Of each message: a right answer counts 1, a wrong one -1, a question with the right intent on offer 0.25, to a

    stranger -1.
    """
    answered, asked = _decided(outcomes, "", thresholds)
    right = outcomes["place"] == 0
    offered = asked & (outcomes["place"] < OFFERED)
    ours: Floats = np.where(answered, np.where(right, 1.0, -1.0), 0.0) + QUESTION * offered
    if np.isnan(outcomes["stranger_scope"]).any():
        return ours
    return (1 - STRANGERS) * ours - STRANGERS * _decided(outcomes, "stranger_", thresholds)[0]


def _advised(
    now: float, values: Sequence[float], with_value: Callable[[float], Thresholds], outcomes: OutcomeRows
) -> Advised:
    found = {value: worths(outcomes, with_value(value)) for value in (*values, now)}
    gained = {value: each - found[now] for value, each in found.items()}
    suggested = _suggested(gained, now)
    choices = (Choice(value=value, **trade_off(outcomes, with_value(value)).model_dump()) for value in values)
    return Advised(now=now, suggested=suggested, gain=float(gained[suggested].mean()), choices=tuple(choices))


def _suggested(gained: Mapping[float, Floats], now: float) -> float:
    """The nearest of the best values. What is in force stays unless a point is to be won, and not by chance.

    The models that were asked had learnt less than the one that is served, and so promise more of a threshold than
    it keeps: see docs/accuracy-log.md.
    """
    gains = {value: float(each.mean()) for value, each in gained.items()}
    best = max(gains.values())
    if best < _LEAST_GAIN:
        return now
    near_enough = (value for value, gain in gains.items() if gain >= best - _NEAR_ENOUGH)
    nearest = min(near_enough, key=lambda value: abs(value - now))
    return nearest if _beyond_chance(gained[nearest]) else now


def _beyond_chance(gained: Floats) -> bool:
    """Paired, message by message: the mean is more than two standard errors above nothing."""
    if len(gained) < 2:
        return False
    return bool(gained.mean() > _STANDARD_ERRORS * gained.std(ddof=1) / len(gained) ** 0.5)


def _decided(outcomes: OutcomeRows, whose: str, thresholds: Thresholds) -> tuple[Flags, Flags]:
    """Who is answered, and who is asked what was meant."""
    confidence = outcomes[f"{whose}confidence"]
    sure: Flags = confidence > thresholds.intent_threshold
    known: Flags = sure & (outcomes[f"{whose}scope"] > thresholds.scope_threshold)
    close: Flags = known & (confidence - outcomes[f"{whose}runner_up"] < thresholds.margin)
    return known & ~close, close


def _share(flags: Flags) -> float:
    return float(flags.mean())
