"""Pieces of the report: sections, tables, keys. Whatever is a text is escaped. Pure."""

from collections.abc import Iterable, Sequence
from html import escape

_NUMBER = ' class="n"'


def block(title: str, note: str, body: str) -> str:
    """`body` is HTML already."""
    return f'<section><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>{body}</section>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], chosen: int | None = None) -> str:
    """`rows` are of `cell`, `number` and `quoted`; the row `chosen` stands out. A title that begins with # is that of

    a column of numbers.
    """
    titles = "".join(f"<th{_NUMBER if title[0] == '#' else ''}>{escape(title.lstrip('#'))}</th>" for title in head)
    marked = {chosen: ' class="chosen"'}
    lines = (f"<tr{marked.get(place, '')}>{''.join(cells)}</tr>" for place, cells in enumerate(rows))
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def folded(title: str, body: str) -> str:
    """Behind a title that opens it; `body` is HTML already."""
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def bullets(title: str, lines: Sequence[str]) -> str:
    items = "".join(f'<li dir="auto">{escape(line)}</li>' for line in lines)
    return f"<div><h3>{escape(title)}</h3><ul>{items}</ul></div>" if lines else ""


def cell(text: str) -> str:
    return f'<td dir="auto">{escape(text)}</td>'


def number(text: str) -> str:
    return f"<td{_NUMBER}>{escape(text)}</td>"


def quoted(said: Iterable[tuple[str, str]]) -> str:
    """Sentences, each with a remark."""
    lines = (f'<li><q dir="auto">{escape(text)}</q> {escape(remark)}</li>' for text, remark in said)
    return f'<td><ul class="plain">{"".join(lines)}</ul></td>'


def key(*meanings: tuple[str, str]) -> str:
    """What the colours mean: classes of the style sheet, and words."""
    items = (f'<span><i class="{kind}"></i>{escape(meaning)}</span>' for kind, meaning in meanings)
    return f'<div class="key">{"".join(items)}</div>'


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"
