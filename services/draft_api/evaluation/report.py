"""The evaluation as one HTML page that loads nothing. What users and builders wrote is escaped. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from services.draft_api.evaluation.advice import NOBODY_ASKS, Advice
from services.draft_api.evaluation.cards import cards
from services.draft_api.evaluation.change import Change, Moved
from services.draft_api.evaluation.document import Evaluation
from services.draft_api.evaluation.html import block, bullets, cell, folded, key, number, percent, quoted, table
from services.draft_api.evaluation.plots import (
    history_plot,
    intent_bars,
    matrix_plot,
    reliability_plot,
    trade_off_plot,
)
from services.draft_api.evaluation.style import STYLE
from services.draft_api.evaluation.thresholds import Advised, ThresholdAdvice

_WORST, _ROWS = 40, 25
_STACK = (
    ("right", "right"),
    ("asked", "asked which was meant"),
    ("not_understood", "not understood"),
    ("wrong", "wrong"),
)


@dataclass(frozen=True)
class Subject:
    """What the page is about; `others` are languages of the bot that have pages of their own."""

    bot: str
    language: str
    profile: str
    trained_at: datetime
    model: str
    others: tuple[str, ...] = ()


def report(
    subject: Subject,
    evaluation: Evaluation,
    thresholds: ThresholdAdvice | None,
    change: Change | None,
    history: Sequence[tuple[datetime, float]],
    advice: Sequence[Advice],
    *,
    asks: bool,
) -> str:
    """`history` holds accuracies, newest first; `asks` says whether the bot can ask which intent was meant."""
    parts = [
        _header(subject),
        cards(evaluation, change),
        _advice(advice),
        '<div class="two">',
        _reliability(evaluation),
        _trade_off(thresholds.intent_threshold) if thresholds else "",
        "</div>",
        _thresholds(thresholds, asks) if thresholds else "",
        _change(change, history),
        _matrix(evaluation),
        _confusions(evaluation),
        _suspects(evaluation),
        _near_duplicates(evaluation),
        _intents(evaluation),
        _thin(evaluation),
    ]
    title = escape(f"{subject.bot}: how good is it?")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _header(subject: Subject) -> str:
    when = subject.trained_at.strftime("%d %B %Y, %H:%M UTC")
    also = f" alone (the bot also speaks {', '.join(subject.others)})" if subject.others else ""
    line = f"{subject.language}{also} · profile {subject.profile} · trained {when} · {subject.model}"
    return f'<header><h1 dir="auto">{escape(subject.bot)}</h1><p>{escape(line)}</p></header>'


def _advice(advice: Sequence[Advice]) -> str:
    if not advice:
        return block("What to do next", "Nothing stands out. What users say will tell: look into the inbox.", "")
    items = "".join(f'<li dir="auto">{escape(found.message)}</li>' for found in advice)
    return block("What to do next", "The most useful first.", f"<ol>{items}</ol>")


def _reliability(evaluation: Evaluation) -> str:
    note = (
        "Of the answers with a confidence of 0.8, about 80 % should be right: the line should follow the diagonal. "
        "Each dot is as many answers as the others."
    )
    keys = key(("right", "as it is served"), ("before", "the first part of the model alone, which guesses otherwise"))
    return block("Does confidence mean what it says?", note, reliability_plot(evaluation.reliability) + keys)


def _trade_off(advised: Advised) -> str:
    note = "A higher threshold turns wrong answers into ones that are not understood, and some right ones with them."
    return block("What would a threshold do?", note, trade_off_plot(advised, "intent_threshold") + key(*_STACK))


def _thresholds(found: ThresholdAdvice, asks: bool) -> str:
    note = (
        "Shares of messages that belong to an intent, if the threshold were set to the value and the others left "
        "alone. Strangers are messages about something that the bot does not know, guessed by hiding each intent from "
        f"its own expressions.{'' if asks else NOBODY_ASKS}"
    )
    named = (
        ("intent_threshold", found.intent_threshold),
        ("scope_threshold", found.scope_threshold),
        ("margin", found.margin),
    )
    return block("Thresholds", note, "".join(_threshold(name, advised) for name, advised in named))


def _threshold(name: str, advised: Advised) -> str:
    head = (f"#{name}", "#right", "#wrong", "#asked", "#not understood", "#strangers answered")
    rows = [
        (
            number(f"{choice.value:.3g}"),
            *(number(percent(share)) for share in (choice.right, choice.wrong, choice.asked, choice.not_understood)),
            number("" if choice.strangers_answered is None else percent(choice.strangers_answered)),
        )
        for choice in advised.choices
    ]
    chosen = next((place for place, c in enumerate(advised.choices) if c.value == advised.suggested), None)
    told = "stays as it is" if advised.suggested == advised.now else f"suggested {advised.suggested:.3g}"
    return folded(f"{name}: now {advised.now:.3g}, {told}", table(head, rows, chosen))


def _change(change: Change | None, history: Sequence[tuple[datetime, float]]) -> str:
    plot = history_plot(list(reversed(history)))
    if change is None and not plot:
        return ""
    chance = " The difference is within what chance alone would explain." if change and change.within_chance else ""
    note = f"Accuracy of the trainings so far.{chance} The figures are F1."
    return block("Since the training before", note, plot + (_moves(change) if change else ""))


def _moves(change: Change) -> str:
    def told(moved: Iterable[Moved]) -> list[str]:
        return [f"{m.name}: {m.before:.0%} → {m.after:.0%}" for m in moved]

    fresh = [f"{c.intent.name} taken for {c.taken_for.name} ({c.count} times)" for c in change.new_confusions]
    lists = (
        bullets("Worse", told(change.worse)),
        bullets("Better", told(change.better)),
        bullets("Confused newly", fresh),
    )
    return f'<div class="three">{"".join(lists)}</div>'


def _matrix(evaluation: Evaluation) -> str:
    note = "The intents that are taken for each other most. A row is what was meant, a column what it was taken for."
    plot = matrix_plot(evaluation.matrix)
    return block("Who is taken for whom", note, plot) if plot else ""


def _confusions(evaluation: Evaluation) -> str:
    rows = [
        (
            cell(found.intent.name),
            cell(found.taken_for.name),
            number(str(found.count)),
            quoted((mistake.text, f"{mistake.confidence:.0%}") for mistake in found.expressions),
        )
        for found in evaluation.confusions[:_ROWS]
    ]
    head = ("intent", "taken for", "#times", "expressions that cause it, with the confidence of the mistake")
    return block("Confusions", "The most frequent first.", table(head, rows)) if rows else ""


def _suspects(evaluation: Evaluation) -> str:
    rows = [
        (
            cell(found.text),
            cell(found.intent.name),
            cell(found.likely.name),
            number(f"{found.confidence:.0%}"),
            number(f"{found.own_confidence:.0%}"),
        )
        for found in evaluation.suspects[:_ROWS]
    ]
    head = ("expression", "stands under", "looks like", "#sure", "#of its own")
    note = (
        f"{evaluation.suspect_count} in all. Without it the model places each elsewhere, and next to never where it "
        "stands. Some are right there, and merely unlike the others: leave them, and write more like them."
    )
    return block("Likely under the wrong intent", note, table(head, rows)) if rows else ""


def _near_duplicates(evaluation: Evaluation) -> str:
    rows = [
        (
            cell(found.text),
            cell(found.intent.name),
            cell(found.other_text),
            cell(found.other_intent.name),
            number(f"{found.similarity:.2f}"),
        )
        for found in evaluation.near_duplicates[:_ROWS]
    ]
    head = ("expression", "intent", "says the same as", "intent", "#alike")
    note = f"{evaluation.near_duplicate_count} pairs in all. No model can tell apart what says the same."
    return block("Almost the same under two intents", note, table(head, rows)) if rows else ""


def _intents(evaluation: Evaluation) -> str:
    worst = sorted(evaluation.intents, key=lambda score: (score.f1, score.name))[:_WORST]
    title = "Intents, the worst first" if len(evaluation.intents) > _WORST else "Intents"
    note = (
        "The bar is F1. The blue mark is precision: of what was taken for the intent, the share that was. The amber "
        "one is recall: of what belongs to the intent, the share that was found."
    )
    return block(title, note, intent_bars(worst))


def _thin(evaluation: Evaluation) -> str:
    if not evaluation.thin_intents:
        return ""
    names = "; ".join(f"{intent.name} ({intent.expressions})" for intent in evaluation.thin_intents)
    more = evaluation.thin_count - len(evaluation.thin_intents)
    text = names + (f"; and {more} more" if more > 0 else "")
    return block("Thin intents", "Fewer than 10 expressions each.", f'<p dir="auto">{escape(text)}</p>')
