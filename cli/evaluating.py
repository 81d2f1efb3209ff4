"""How good a bot is, in lines for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.counting import counted

Found = Mapping[str, Any]

_MOST_OF_A_TEXT = 80

THRESHOLDS = ("intent_threshold", "scope_threshold", "margin")


def accuracy_line(found: Found) -> str:
    """The headline of an evaluation, as the service gives it."""
    evaluation = found["evaluation"]
    sampled = "a sample of " if evaluation["sampled"] else ""
    if len(evaluation["intents"]) == 1:
        said = counted(evaluation["expressions"], "expression", "expressions")
        return f"{found['language']}: 1 intent of {sampled}{said}, and no other that it could be taken for"
    return (
        f"{found['language']}: {evaluation['accuracy']:.1%} right in cross-validation "
        f"({evaluation['accuracy_low']:.1%} to {evaluation['accuracy_high']:.1%}), "
        f"{sampled}{counted(evaluation['expressions'], 'expression', 'expressions')} of "
        f"{counted(len(evaluation['intents']), 'intent', 'intents')}"
    )


def confidence_line(found: Found) -> str:
    """What chance makes of few answers stands beside it; an evaluation of an earlier version does not know."""
    evaluation = found["evaluation"]
    chance = f" ({evaluation['ece_by_chance']:.1%} by chance alone)" if evaluation["ece_by_chance"] else ""
    return f"confidence is off by {evaluation['ece']:.1%} on average{chance}"


def change_line(change: Found | None) -> str:
    if change is None:
        return "the first training"
    points = 100 * (change["accuracy_after"] - change["accuracy_before"])
    chance = ", within what chance explains" if change["within_chance"] and points else ""
    return f"{points:+.1f} points since the training before{chance}"


def change_lines(change: Found | None) -> list[str]:
    """What got worse, where there is such."""
    if change is None:
        return []
    worse = [f"{moved['name']} ({moved['before']:.0%} -> {moved['after']:.0%})" for moved in change["worse"][:5]]
    fresh = [f"{c['intent']['name']} for {c['taken_for']['name']} ({c['count']})" for c in change["new_confusions"][:5]]
    return [
        *([f"worse since then: {'; '.join(worse)}"] if worse else []),
        *([f"confused newly: {'; '.join(fresh)}"] if fresh else []),
    ]


def advice_lines(advice: Sequence[Found], most: int) -> list[str]:
    return [f"{number}. {found['message']}" for number, found in enumerate(advice[:most], start=1)]


def brief(text: str) -> str:
    """As much of an expression as a narrow column takes in four lines or five; the report has all of it."""
    return text if len(text) <= _MOST_OF_A_TEXT else text[: _MOST_OF_A_TEXT - 1] + "…"


def threshold_rows(thresholds: Found) -> list[tuple[str, ...]]:
    """What becomes of messages as it is, and with each suggestion, side by side: eight columns would be too wide."""
    suggestions = [_threshold_column(name, thresholds[name], thresholds["now"]) for name in THRESHOLDS]
    titles = ("", "now", "suggested", "right", "wrong", "asked", "not understood", "strangers answered")
    return list(zip(titles, ("as it is", "", "", *_shares(thresholds["now"])), *suggestions, strict=True))


def _threshold_column(name: str, advised: Found, now: Found) -> tuple[str, ...]:
    kept = advised["suggested"] == advised["now"]
    chosen = now if kept else next(c for c in advised["choices"] if c["value"] == advised["suggested"])
    return (
        name,
        f"{advised['now']:.3g}",
        "-" if kept else f"{advised['suggested']:.3g}",
        *_shares(chosen),
    )


def _shares(found: Found) -> tuple[str, ...]:
    strangers = found["strangers_answered"]
    ours = (f"{found[kind]:.1%}" for kind in ("right", "wrong", "asked", "not_understood"))
    return (*ours, "" if strangers is None else f"{strangers:.1%}")


def asks_nobody(found: Found) -> bool:
    """Whether a margin is suggested to a bot that has no block to ask with."""
    return not found["asks"] and found["thresholds"]["margin"]["suggested"] > 0
