"""Addresses on the web, with or without `https://` in front."""

import re
from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.reading import Reading

_HOST = r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}"
_TOP = (
    "com|org|net|edu|gov|info|biz|io|ai|app|dev|shop|online|site|eu|be|nl|fr|de|es|uk|ie|it|pt|at|ch|lu|pl|se|no|dk|"
    "fi|cz|gr|us|ca|mx|br|ar|au|nz|jp|cn|in|za|tv|me|co"
)
_REST = r"(?::\d{1,5})?(?:[/?#][^\s<>\"]{0,2000})?"
_URL = re.compile(
    rf"(?<![\w@.\-/])(?:(?P<scheme>https?)://(?:{_HOST}[^\W_]{{2,24}}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|localhost){_REST}"
    rf"|www\.{_HOST}[^\W\d_]{{2,24}}{_REST}|{_HOST}(?:{_TOP})(?![\w@\-]){_REST})"
)
_TRAILING = re.compile(r"[.,;:!?'\"\]}>*]+$")


def find(reading: Reading, _: Asked) -> Iterator[Found]:
    """The value is the address with its scheme; `https` where none was written."""
    if "." not in reading.folded and "//" not in reading.folded:
        return
    for written in _URL.finditer(reading.folded):
        end = written.end() - _excess(written[0])
        address = reading.original(written.start(), end)
        yield Found(address if written["scheme"] else f"https://{address}", written.start(), end)


def _excess(written: str) -> int:
    """Punctuation at the end belongs to the sentence, and so does a bracket that was opened before."""
    kept = _TRAILING.sub("", written)
    while kept.endswith(")") and kept.count(")") > kept.count("("):
        kept = _TRAILING.sub("", kept[:-1])
    return len(written) - len(kept)
