"""Quick fixes to what is live (E2): each makes a release of its own, and is answered when live serves it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.live_api.composing import edited, items_between
from services.live_api.floor import FloorParts
from services.live_api.keeping import keep
from services.live_api.pointer import Move, Pointer, move_pointer
from services.live_api.presence import wait_for_others
from services.live_api.roster import Serving
from services.live_api.tables import audit
from shared.audit import Entry, note
from shared.brain import Brain
from shared.contracts import Release
from shared.errors import PreconditionError, UnconfirmedError
from shared.failpoints import reach
from shared.web.keys import Principal

Change = Callable[[Serving], Release]
"""From what is live to what shall be; raises when that cannot be."""

_RACES = 10
_CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Signature:
    """That somebody means to change what is live, and why."""

    notes: str | None


@dataclass(frozen=True)
class Edited:
    """What is live after an edit. `behind` are the processes that did not serve it in time."""

    serving: Serving
    changed: bool
    behind: list[str]
    environment: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Warning": f'299 greenroom "{self._warning}"'}

    @property
    def _warning(self) -> str:
        where, number = self.environment.upper(), self.serving.pointer.number
        if not self.changed:
            return f"Nothing changed: {where} serves this already, as release {number}."
        late = f" {len(self.behind)} processes follow later." if self.behind else ""
        return f"This changed {where}: people are answered by release {number} from now on.{late}"


def _signed(
    live_edit: Annotated[str | None, Header(description="`confirmed`: yes, change what is live.")] = None,
    live_edit_notes: Annotated[str | None, Header(max_length=4000)] = None,
) -> Signature:
    if live_edit != _CONFIRMED:
        detail = "This changes what real users talk to. If that is meant, send the header `Live-Edit: confirmed`."
        raise UnconfirmedError("live_edit_unconfirmed", detail)
    notes = _unicode(live_edit_notes)[:2000] if live_edit_notes else None
    return Signature(notes)


Signed = Annotated[Signature, Depends(_signed)]


def edit(floor: FloorParts, bot: str, key: Principal, signature: Signature, change: Change) -> Edited:
    """Makes the change on whatever is live when it is written. What changes nothing makes no release.

    Raises what `change` raises; PreconditionError `live_moved` when live keeps moving meanwhile.
    """
    for _ in range(_RACES):
        serving = floor.serving(bot, key)
        brain = edited(serving.brain, change(serving))
        if brain.digest == serving.brain.digest:
            return Edited(serving, False, [], floor.settings.environment)
        pointer = _activate(floor, serving, brain, key.name, signature)
        if pointer is not None:
            reach("live.edit.after_commit")
            floor.roster.serve(pointer, brain)
            behind = wait_for_others(floor.db, floor.process, pointer.epoch, floor.settings.lagging_seconds)
            return Edited(Serving(pointer, brain), True, behind, floor.settings.environment)
        floor.roster.follow()
    raise PreconditionError("live_moved", "Live was changed by others all the while: look at it and try again.")


def _activate(floor: FloorParts, serving: Serving, brain: Brain, author: str, signature: Signature) -> Pointer | None:
    """None when live no longer is what was edited."""
    before = serving.brain
    move = Move(
        bot=serving.pointer.bot,
        name=brain.release.bot.name,
        digest=brain.digest,
        origin="live_edit",
        publication=None,
        notes=signature.notes,
        author=author,
        rollback_of=None,
    )
    try:
        with floor.db.writing() as connection:
            pointer = move_pointer(connection, move, before.digest, floor.db.is_sqlite)
            if pointer is None:
                return None
            _record(connection, before, brain, move, pointer)
            reach("live.edit.before_commit")
            return pointer
    except IntegrityError:
        return None


def _record(connection: Connection, before: Brain, after: Brain, move: Move, pointer: Pointer) -> None:
    items = items_between(before.release, after.release)
    keep(connection, after.release, {"origin": "live_edit", "base": before.digest, "items": items})
    entry = Entry(
        action="live_edit",
        author=move.author or "",
        bot=move.bot,
        detail={"items": items, "number": pointer.number, "notes": move.notes},
        before=before.digest,
        after=after.digest,
    )
    note(connection, audit, entry)


def _unicode(header: str) -> str:
    """Headers arrive as Latin-1; whoever sends more sends UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header
