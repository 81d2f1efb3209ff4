"""The pictures of the report. Pure: figures in, SVG out."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.draft_api.evaluation.document import IntentScore, Matrix, Reliability, ReliabilityBin
from services.draft_api.evaluation.svg import drawing, element, path, shortened, words
from services.draft_api.evaluation.thresholds import Advised

_NAME = 26
_LEFT, _TOP, _SIDE = 44.0, 12.0, 300.0
_BAR = 20.0


class _Square(NamedTuple):
    """A plot of 0..1 by 0..1, or of `low`..`high` across."""

    low: float = 0.0
    high: float = 1.0

    def x(self, value: float) -> float:
        return _LEFT + _SIDE * (value - self.low) / ((self.high - self.low) or 1.0)

    @staticmethod
    def y(value: float) -> float:
        return _TOP + _SIDE * (1 - value)


def reliability_plot(found: Reliability) -> str:
    """How often answers of each confidence are right; on the diagonal confidence means what it says."""
    square = _Square()
    parts = [
        *_frame(square, "confidence", "share that is right"),
        element("path", d=path([(square.x(0), square.y(0)), (square.x(1), square.y(1))]), class_="ideal"),
        *(_column(square, found_bin) for found_bin in found.after),
        _line(square, found.before, "before"),
        _line(square, found.after, "after"),
        *(_dot(square, found_bin) for found_bin in found.after),
    ]
    return drawing(_LEFT + _SIDE + 16, _TOP + _SIDE + 40, "Confidence against the share that is right", parts)


def trade_off_plot(advised: Advised, label: str) -> str:
    """What becomes of a hundred messages at each threshold, stacked: right, wrong, asked, not understood."""
    choices = sorted(advised.choices, key=lambda choice: choice.value)
    if len(choices) < 2:
        return ""
    square = _Square(choices[0].value, choices[-1].value)
    floors = [0.0] * len(choices)
    parts = list(_frame(square, label, "share of messages"))
    for kind in ("right", "asked", "not_understood", "wrong"):
        tops = [floor + getattr(choice, kind) for floor, choice in zip(floors, choices, strict=True)]
        edge = [(square.x(choice.value), square.y(top)) for choice, top in zip(choices, tops, strict=True)]
        floor = [(square.x(choice.value), square.y(under)) for choice, under in zip(choices, floors, strict=True)]
        parts.append(element("path", d=path([*edge, *reversed(floor)], close=True), class_=f"share {kind}"))
        floors = tops
    parts += _marker(square, advised.now, "now") if square.low <= advised.now <= square.high else []
    if advised.suggested != advised.now:
        parts += _marker(square, advised.suggested, "suggested")
    return drawing(_LEFT + _SIDE + 16, _TOP + _SIDE + 40, f"What {label} does to messages", parts)


def matrix_plot(matrix: Matrix) -> str:
    """Rows are what was meant, columns what was understood; the darker, the more of the row."""
    size = len(matrix.intents)
    if not size:
        return ""
    left, top, cell = 210.0, 150.0, 34.0
    parts = []
    for row, (intent, counts) in enumerate(zip(matrix.intents, matrix.counts, strict=True)):
        y = top + row * cell
        parts.append(words(left - 8, y + cell / 2 + 4, shortened(intent.name, _NAME), text_anchor="end", class_="name"))
        turned = f"translate({left + row * cell + cell / 2 + 4:g} {top - 8:g}) rotate(-55)"
        parts.append(words(0, 0, shortened(intent.name, 22), transform=turned, class_="name"))
        whole = max(sum(counts), 1)
        for column, count in enumerate(counts):
            kind = "hit" if column == row else "miss"
            parts.append(_cell(left + column * cell, y, cell, count, count / whole, kind))
    width = left + size * cell + 110
    return drawing(width, top + size * cell + 8, "Which intents are taken for which", parts)


def intent_bars(scores: Sequence[IntentScore]) -> str:
    """F1 of each, with precision and recall as marks."""
    left, wide = 210.0, 420.0
    parts = []
    for row, score in enumerate(scores):
        y = 8 + row * _BAR
        parts += [
            words(left - 8, y + 13, shortened(score.name, _NAME), text_anchor="end", class_="name"),
            element("rect", x=left, y=y + 3, width=wide, height=_BAR - 7, class_="track"),
            element("rect", x=left, y=y + 3, width=wide * score.f1, height=_BAR - 7, class_="f1"),
            _tick(left + wide * score.precision, y, "precision"),
            _tick(left + wide * score.recall, y, "recall"),
            words(left + wide + 8, y + 13, f"{score.f1:.0%} of {score.support}", class_="figure"),
        ]
    return drawing(left + wide + 90, 16 + len(scores) * _BAR, "How well each intent is understood", parts)


def history_plot(history: Sequence[tuple[datetime, float]]) -> str:
    """Accuracy of the trainings, oldest first, on a scale of its own."""
    if len(history) < 2:
        return ""
    wide, high = 620.0, 90.0
    values = [accuracy for _, accuracy in history]
    low, top = min(values) - 0.01, min(1.0, max(values) + 0.01)
    points = [
        (50 + (wide - 70) * place / (len(values) - 1), 10 + (high - 20) * (top - value) / (top - low))
        for place, value in enumerate(values)
    ]
    dots = [element("circle", cx=x, cy=y, r=3.5, class_="dot") for x, y in points]
    parts = [
        words(44, 16, f"{top:.1%}", text_anchor="end", class_="axis"),
        words(44, high - 6, f"{low:.1%}", text_anchor="end", class_="axis"),
        element("path", d=path(points), class_="after"),
        *dots,
    ]
    return drawing(wide, high, "Accuracy of the trainings so far", parts)


def _frame(square: _Square, across: str, up: str) -> list[str]:
    parts = [element("rect", x=_LEFT, y=_TOP, width=_SIDE, height=_SIDE, class_="track")]
    for step in range(0, 11, 2):
        share = step / 10
        value = square.low + (square.high - square.low) * share
        parts += [
            words(_LEFT - 6, square.y(share) + 4, f"{share:.0%}", text_anchor="end", class_="axis"),
            words(square.x(value), _TOP + _SIDE + 16, f"{value:.3g}", text_anchor="middle", class_="axis"),
            element("path", d=path([(_LEFT, square.y(share)), (_LEFT + _SIDE, square.y(share))]), class_="grid"),
        ]
    parts.append(words(_LEFT + _SIDE / 2, _TOP + _SIDE + 34, across, text_anchor="middle", class_="axis strong"))
    parts.append(words(-_TOP - _SIDE / 2, 10, up, text_anchor="middle", transform="rotate(-90)", class_="axis strong"))
    return parts


def _line(square: _Square, bins: Sequence[ReliabilityBin], kind: str) -> str:
    points = [(square.x(found.confidence), square.y(found.accuracy)) for found in bins]
    return element("path", d=path(points), class_=kind) if points else ""


def _dot(square: _Square, found: ReliabilityBin) -> str:
    said = f"{found.count} answers with {found.confidence:.0%}: {found.accuracy:.0%} right"
    place = {"cx": square.x(found.confidence), "cy": square.y(found.accuracy)}
    return element("circle", element("title", said), r=4, class_="dot", **place)


def _column(square: _Square, found: ReliabilityBin) -> str:
    """From the diagonal to what was right: the gap that calibration leaves."""
    gap = abs(found.accuracy - found.confidence)
    top = square.y(max(found.accuracy, found.confidence))
    return element("rect", x=square.x(found.confidence) - 7, y=top, width=14, height=_SIDE * gap, class_="gap")


def _marker(square: _Square, value: float, kind: str) -> list[str]:
    x = square.x(value)
    end = x > _LEFT + _SIDE * 0.7
    where = {"text_anchor": "end" if end else "start"}
    return [
        element("path", d=path([(x, _TOP), (x, _TOP + _SIDE)]), class_=f"marker {kind}"),
        words(x - 5 if end else x + 5, _TOP + (16 if kind == "now" else 34), kind, class_="strong", **where),
    ]


def _cell(x: float, y: float, side: float, count: int, share: float, kind: str) -> str:
    parts = [element("rect", x=x, y=y, width=side - 2, height=side - 2, class_="track")]
    if count:
        strength = 0.15 + 0.85 * min(1.0, share * (1 if kind == "hit" else 3))
        box = {"x": x, "y": y, "width": side - 2, "height": side - 2, "fill_opacity": strength}
        parts.append(element("rect", class_=kind, **box))
        tone = "count light" if strength > 0.55 else "count"
        parts.append(words(x + side / 2 - 1, y + side / 2 + 4, str(count), text_anchor="middle", class_=tone))
    return "".join(parts)


def _tick(x: float, y: float, kind: str) -> str:
    return element("rect", x=x - 1.5, y=y + 1, width=3, height=_BAR - 3, class_=kind)
