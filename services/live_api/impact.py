"""What a candidate would make of what users said lately (P15). Only the examples that are shown leave live."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from services.live_api.encoding import Encoding
from services.live_api.floor import Floor, FloorParts, Releaser
from services.live_api.roster import Serving
from services.live_api.tables import messages
from shared.brain import Brain
from shared.errors import InvalidError
from shared.web.keys import Principal
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/releases/{digest}/impact", tags=["publishing"])

_EXAMPLES = 10
_AT_ONCE = 16

Said = tuple[str, str]
"""A language, and a text in it."""


class ImpactRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    messages: Annotated[int, Field(ge=1, le=10_000)] = 1000


class Meaning(BaseModel):
    """`intent` is a name; None when not understood."""

    understood: bool
    intent: str | None


class ImpactExample(BaseModel):
    """`count` is how often it is among the messages."""

    text: str
    language: str
    count: int
    before: Meaning
    after: Meaning


class Impact(BaseModel):
    """Of the last `messages`, against what `release` (a number) makes of them. Examples: the most frequent of each."""

    release: int
    messages: int
    change_intent: int
    become_understood: int
    cease_to_be_understood: int
    examples: list[ImpactExample]


@router.post("", summary="Weigh what a release would mean")
async def compare(bot: str, digest: str, body: ImpactRequest, floor: Floor, key: Releaser) -> Impact:
    """The last messages by what is live and by a staged candidate, text by text, behind the messages of people."""
    serving, candidate, said = await run_in_threadpool(_prepared, floor, bot, digest, body.messages, key)
    now = datetime.now(UTC)
    before = await _meanings(floor.encoding, serving.brain, list(said), now)
    after = await _meanings(floor.encoding, candidate, list(said), now)
    return impact(serving.pointer.number, said, before, after)


def impact(number: int, said: Mapping[Said, int], before: Sequence[Meaning], after: Sequence[Meaning]) -> Impact:
    """Pure. `before` and `after` are of the keys of `said`, which counts."""
    found: dict[str, list[ImpactExample]] = {
        "change_intent": [], "become_understood": [], "cease_to_be_understood": [],
    }  # fmt: skip
    for ((language, text), count), old, new in zip(said.items(), before, after, strict=True):
        kind = _kind(old, new)
        if kind:
            found[kind].append(ImpactExample(text=text, language=language, count=count, before=old, after=new))
    shown = (sorted(examples, key=lambda e: (-e.count, e.text))[:_EXAMPLES] for examples in found.values())
    return Impact(
        release=number,
        messages=sum(said.values()),
        **{kind: sum(example.count for example in examples) for kind, examples in found.items()},
        examples=[example for examples in shown for example in examples],
    )


def _kind(old: Meaning, new: Meaning) -> str | None:
    if old.understood != new.understood:
        return "become_understood" if new.understood else "cease_to_be_understood"
    return "change_intent" if old.intent != new.intent else None


def _prepared(
    floor: FloorParts, bot: str, digest: str, most: int, key: Principal
) -> tuple[Serving, Brain, Mapping[Said, int]]:
    """Raises NotFoundError `never_published`, `release_not_staged`."""
    serving = floor.serving(bot, key)
    bot_id = serving.pointer.bot
    candidate = floor.roster.brain(bot_id, digest)
    query = select(messages.c.language, messages.c.text).where(messages.c.bot_id == bot_id)
    with floor.db.reading() as connection:
        rows = connection.execute(query.order_by(messages.c.sequence.desc()).limit(most)).all()
    return serving, candidate, Counter((row.language, row.text) for row in rows if row.text.strip())


async def _meanings(encoding: Encoding, brain: Brain, said: Sequence[Said], now: datetime) -> list[Meaning]:
    found: list[Meaning] = []
    for start in range(0, len(said), _AT_ONCE):
        places = [str(place) for place in range(start, min(start + _AT_ONCE, len(said)))]
        found += await encoding.each(lambda place: _meaning(brain, *said[int(place)], now), places)
    return found


def _meaning(brain: Brain, language: str, text: str, now: datetime) -> Meaning:
    """A language that a release does not speak is one that it does not understand."""
    try:
        found = brain.classify(text, language, now)
    except InvalidError:
        return Meaning(understood=False, intent=None)
    return Meaning(understood=found.understood, intent=found.intent.name if found.intent else None)
