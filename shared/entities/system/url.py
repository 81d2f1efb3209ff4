"""Addresses on the web, with or without `https://` in front."""

import re
from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.dates.phrases import BEGINS, ENDS, HOST, TOP_LEVEL, WORD
from shared.entities.reading import SPACELESS, Reading

_TOP = (
    "com|org|net|edu|gov|info|biz|io|ai|app|dev|shop|online|site|eu|be|nl|fr|de|es|uk|ie|it|pt|at|ch|lu|pl|se|no|dk|"
    "fi|cz|gr|us|ca|mx|br|ar|au|nz|jp|cn|in|za|tv|me|co"
)
# In a sentence without spaces a part of a path may be of its script, but does not go over into it: not of /menuです.
_STOPS = r"\s<>\"、。「」『』【】《》〈〉"
_PART = rf"[/?#=&_+\-][{SPACELESS}]\w{{0,500}}|(?:[^\w{_STOPS}]|_)[^\W_{SPACELESS}]{{0,500}}"
_REST = rf"(?::\d{{1,5}})?(?:(?=[/?#])(?:{_PART}){{1,500}})?"
# Where nothing says that a host begins, each part of it is of one kind of script.
_SPACED = rf"[^\W_{SPACELESS}](?:(?:{WORD}|-){{0,61}}[^\W_{SPACELESS}])?"
_BARE = rf"(?:(?:{_SPACED}|[{SPACELESS}]{{1,63}})\.){{1,8}}"
_NAMED = rf"{HOST}(?:[^\W_{SPACELESS}]{{2,24}}|[{SPACELESS}]{{2,24}})"
_URL = re.compile(
    rf"{BEGINS}(?<![@.\-/])(?:(?P<scheme>https?)://(?:{_NAMED}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|localhost){_REST}"
    rf"|www\.{HOST}{TOP_LEVEL}{_REST}|{_BARE}(?:{_TOP}){ENDS}(?![@\-]){_REST})"
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
