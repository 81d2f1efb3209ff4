"""Drawing with SVG elements. Every text and every value is escaped. Pure."""

from collections.abc import Iterable
from html import escape


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """`inside` is SVG already. In names of attributes `_` stands for `-`, and one at the end is left off."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>"


def words(x: float, y: float, text: str, **attributes: str | float) -> str:
    return element("text", escape(text), x=x, y=y, **attributes)


def drawing(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """`title` is what somebody hears who does not see it."""
    body = element("title", escape(title)), *parts
    return element("svg", *body, viewBox=f"0 0 {width:g} {height:g}", role="img", style=f"max-width:{width:g}px")


def path(points: Iterable[tuple[float, float]], close: bool = False) -> str:
    """The `d` of a line through the points."""
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{line}{'Z' if close else ''}"


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _value(value: str | float) -> str:
    return escape(value, quote=True) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
