"""What a message answers to a question: the value to keep, in one spelling whichever way it was written. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from shared.contracts import FoundEntity
from shared.entities.asked import Asked
from shared.entities.reading import read
from shared.entities.recognisers import recognisers
from shared.flows.steps import Moment

_SAYS_SOMETHING = re.compile(r"\w")

Expected = Literal["text", "number", "date", "email", "phone", "url", "entity"]


@dataclass(frozen=True)
class Answered:
    """`whole`: the message says this and nothing else. `used` are the mentions that are not to be used again."""

    value: Any
    whole: bool
    used: tuple[FoundEntity, ...] = ()


def mentioned(entity: str, moment: Moment) -> Answered | None:
    """The first mention of an entity that nothing was made of yet."""
    found = next((mention for mention in moment.mentions if mention.entity == entity), None)
    if found is None:
        return None
    rest = moment.text[: found.start] + moment.text[found.end :]
    return Answered(found.value, whole=not _SAYS_SOMETHING.search(rest), used=(found,))


def answer_in(moment: Moment, expected: Expected, entity: str | None) -> Answered | None:
    """None for a message that does not answer. What is said in one piece is answered with all of it."""
    if expected == "text":
        said = moment.text.strip()
        return Answered(said, whole=True, used=moment.mentions) if said else None
    found = mentioned(entity or "", moment) if expected == "entity" else _recognised(moment, expected)
    return replace(found, used=moment.mentions) if found and found.whole else found


def _recognised(moment: Moment, kind: str) -> Answered | None:
    """As the system entity of that name finds it: the first one in the message."""
    reading = read(moment.text)
    found = next(recognisers()[kind](reading, Asked(moment.language, moment.at)), None)
    if found is None:
        return None
    rest = reading.folded[: found.start] + reading.folded[found.end :]
    return Answered(found.value, whole=not _SAYS_SOMETHING.search(rest))
