"""Drawing with SVG elements. Every text and every value is escaped. Pure."""

from collections.abc import Iterable
from html import escape

_SMALLEST = 0.75


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """`inside` is SVG already. In names of attributes `_` stands for `-`, and one at the end is left off."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def words(x: float, y: float, text: str, **attributes: str | float) -> str:
    return element("text", escape(text), x=x, y=y, **attributes)


def drawing(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """`title` is what somebody hears who does not see it. On a narrow screen it is moved about, not made illegible."""
    body = element("title", escape(title)), *parts
    size = f"max-width:{width:g}px;min-width:{_SMALLEST * width:g}px"
    picture = element("svg", *body, viewBox=f"0 0 {width:g} {height:g}", role="img", style=size)
    return f'<div class="wide">{picture}</div>'


def path(points: Iterable[tuple[float, float]], close: bool = False) -> str:
    """The `d` of a line through the points."""
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{line}{'Z' if close else ''}"


def shortened(text: str, most: int) -> str:
    """In the middle: names of intents often begin alike."""
    tail = most // 2
    return text if len(text) <= most else f"{text[: most - tail - 1]}…{text[-tail:]}"


def _value(value: str | float) -> str:
    return escape(value, quote=True) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
