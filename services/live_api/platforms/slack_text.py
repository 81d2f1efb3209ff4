"""What people typed in Slack, which marks up what it recognises and escapes three characters:
https://docs.slack.dev/messaging/formatting-message-text.
"""

import html
import re
from urllib.parse import unquote

_MARKED = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_ADDRESSED = re.compile(r"\s*<@[A-Z0-9]+(\|[^<>]*)?>\s*")
_SAYS_NOTHING = re.compile(r"[\W_]")
_UNSEEN = ("mailto:", "tel:")


def as_typed(text: str, bot: str) -> str:
    """Without the mention that it begins with, or one of the `bot`: these only say to whom it is said."""
    said = text[found.end() :] if (found := _ADDRESSED.match(text)) else text
    if bot:
        said = re.sub(rf"\s*<@{re.escape(bot)}(\|[^<>]*)?>", "", said)
    return html.unescape(_MARKED.sub(lambda marked: _typed(marked[1], marked[2] or ""), said))


def _typed(what: str, label: str) -> str:
    sign, name = what[0], what[1:]
    if sign == "!":
        return _special(name, label)
    if sign in "@#":
        return sign + (label or name).removeprefix(sign)
    return _link(what, label)


def _special(name: str, label: str) -> str:
    """`here`, `subteam^ID`, `date^...`. Dates have words to fall back to; all others call upon people."""
    if label and name.startswith("date^"):
        return label
    return "@" + (label or name.rpartition("^")[2]).removeprefix("@")


def _link(address: str, label: str) -> str:
    """The label is what was typed, unless a person put a link behind other words: then both were."""
    bare = next((address.removeprefix(scheme) for scheme in _UNSEEN if address.startswith(scheme)), address)
    if not label:
        return bare
    return label if _letters(label) in _letters(address) else f"{label} {bare}"


def _letters(text: str) -> str:
    return _SAYS_NOTHING.sub("", unquote(html.unescape(text)).casefold())
