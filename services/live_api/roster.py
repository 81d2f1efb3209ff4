"""Which release every bot is served with: a dict of immutable values, read once by each request.

A switch is one store into the dict; whoever took the old value finishes with the old release, whole (P13).
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from services.live_api.pointer import Pointer, pointers_after
from services.live_api.tables import releases
from shared.artifacts import Artifacts
from shared.brain import Brain, build_brain
from shared.contracts import BotSettings, Flow, Release
from shared.db import Database
from shared.digest import digest_of
from shared.errors import BusyError, GreenroomError, InvalidError, NotFoundError
from shared.nlp.model import Model, SharedParts

log = structlog.get_logger()

_STAGED = 4
_HELD = 16
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Serving:
    """A pointer with what it points to: a request that holds one holds one complete release (R1)."""

    pointer: Pointer
    brain: Brain


class Roster:
    """Reading is free of locks; whatever changes the roster does so under one."""

    def __init__(self, db: Database, artifacts: Artifacts) -> None:
        self._db, self._artifacts = db, artifacts
        self._shared = SharedParts()
        self._serving: dict[str, Serving] = {}
        self._ids: dict[str, str] = {}
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        self._failed: dict[str, Pointer] = {}
        self._staged: OrderedDict[tuple[str, str], Brain] = OrderedDict()
        self._held: OrderedDict[tuple[str, str], Brain] = OrderedDict()
        self._lock = threading.RLock()
        self._epoch = 0

    # -- what requests ask -----------------------------------------------------

    def serving(self, bot: str) -> Serving:
        """`bot` is an id or a name. Raises `never_published`, or BusyError `release_unavailable`."""
        found = self._serving.get(bot) or self._serving.get(self._ids.get(bot, ""))
        if found is not None:
            return found
        self.pointer(bot)
        detail = "This bot's release cannot be loaded just now; it is being tried again."
        raise BusyError("release_unavailable", detail, retry_after=_RETRY_AFTER_SECONDS)

    def pointer(self, bot: str) -> Pointer:
        """Also of a bot that cannot be served just now. Raises `never_published`."""
        pointer = self.known(self.bot_id(bot))
        if pointer is None:
            raise never_published(bot)
        return pointer

    def known(self, bot_id: str) -> Pointer | None:
        serving = self._serving.get(bot_id)
        return serving.pointer if serving else self._failed.get(bot_id)

    def bot_id(self, bot: str) -> str:
        """The id for an id or a name; what is unknown here is taken for an id."""
        return self._ids.get(bot, bot)

    def everyone(self) -> list[Pointer]:
        """The pointers of all bots, those that cannot be served included."""
        served = {serving.pointer.bot: serving.pointer for serving in list(self._serving.values())}
        return list((served | dict(self._failed)).values())

    def unavailable(self) -> list[str]:
        """The bots whose active release could not be loaded; one that served before goes on with the old one."""
        return sorted(self._failed)

    def lacks(self, pointer: Pointer) -> bool:
        """Whether this is a release that could not be loaded here."""
        failed = self._failed.get(pointer.bot)
        return failed is not None and failed.digest == pointer.digest

    def served_epoch(self) -> int:
        """Every move of a pointer up to this one is served here."""
        return min([self._epoch, *(pointer.epoch - 1 for pointer in list(self._failed.values()))])

    # -- what changes it -------------------------------------------------------

    def follow(self) -> None:
        """Takes up every pointer that moved since the last look; a bot that cannot be loaded stops no other."""
        with self._lock:
            with self._db.reading() as connection:
                moved = pointers_after(connection, self._epoch)
            for pointer in moved:
                if pointer.serving:
                    self._take_up(pointer)
                else:
                    self._take_off(pointer)
                self._epoch = pointer.epoch

    def retry(self) -> None:
        """Tries again what could not be loaded."""
        with self._lock:
            for pointer in list(self._failed.values()):
                self._take_up(pointer)

    def serve(self, pointer: Pointer, brain: Brain) -> None:
        """The switch. An older pointer than the one that is served changes nothing."""
        with self._lock:
            current = self._serving.get(pointer.bot)
            if current is not None and current.pointer.epoch >= pointer.epoch:
                return
            before = self._latest(pointer.bot)
            self._serving[pointer.bot] = Serving(pointer, brain)
            if current is not None:
                self._hold(current.brain)
            self._failed.pop(pointer.bot, None)
            self._name(before, pointer)
            self._staged.pop((pointer.bot, pointer.digest), None)

    def build(self, release: Release) -> Brain:
        """Loads a candidate beside what is served, and shares with it what is the same. Raises what

        `build_brain` raises.
        """
        current = self._serving.get(release.bot.id)
        return build_brain(release, self._artifacts.read, self._shared, current.brain if current else None)

    def staged(self, bot: str, digest: str) -> Brain | None:
        """A candidate that waits in memory for its switch."""
        return self._staged.get((bot, digest))

    def candidate(self, release: Release) -> Brain:
        """As it was staged before, or is served, or loaded."""
        name = release.bot.id, release.digest
        return self._served(*name) or self.staged(*name) or self.build(release)

    def stage(self, brain: Brain) -> None:
        """Keeps a candidate for the switch; the last ones that somebody was about to use."""
        name = brain.release.bot.id, brain.digest
        with self._lock:
            if self._served(*name):
                # Whoever planned it comes late: it would only outlive its being served.
                return
            self._staged[name] = brain
            self._staged.move_to_end(name)
            while len(self._staged) > _STAGED:
                self._staged.popitem(last=False)

    def loaded(self, bot: str) -> dict[str, Model]:
        """The models that serve the bot, by digest."""
        current = self._serving.get(bot)
        return current.brain.loaded if current else {}

    def flows(self, bot: str) -> Mapping[str, Flow]:
        """The flows that serve the bot, by id."""
        current = self._serving.get(bot)
        return current.brain.release.flows if current else {}

    def settings(self, bot: str) -> BotSettings:
        """Those that serve the bot; what every bot begins with while nothing does."""
        current = self._serving.get(bot)
        return current.brain.release.settings if current else BotSettings()

    def drop(self, bot: str, digests: Set[str]) -> None:
        """Candidates that are no longer kept."""
        with self._lock:
            for digest in digests:
                self._staged.pop((bot, digest), None)

    def brain(self, bot: str, digest: str) -> Brain:
        """From memory, or loaded and verified anew. Raises NotFoundError `release_not_staged`."""
        with self._lock:
            known = self._served(bot, digest) or self._staged.get((bot, digest))
        return known or self.build(self._document(bot, digest))

    def _served(self, bot: str, digest: str) -> Brain | None:
        current = self._serving.get(bot)
        return current.brain if current and current.brain.digest == digest else None

    def held(self, bot: str, digest: str) -> Brain:
        """A release that was served before, for conversations that finish with it (P20). Raises what `brain` does."""
        known = self._held.get((bot, digest)) or self.brain(bot, digest)
        self._hold(known)
        return known

    def _hold(self, brain: Brain) -> None:
        with self._lock:
            name = brain.release.bot.id, brain.digest
            self._held[name] = brain
            self._held.move_to_end(name)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)

    def _document(self, bot: str, digest: str) -> Release:
        here = releases.c.bot_id == bot, releases.c.digest == digest
        with self._db.reading() as connection:
            document = connection.execute(select(releases.c.document).where(*here)).scalar()
        if document is None:
            raise not_staged(digest)
        if digest_of(document.encode()) != digest:
            raise InvalidError("artifact_digest_mismatch", "The stored release is not what its name says.")
        return Release.model_validate_json(document)

    def _take_up(self, pointer: Pointer) -> None:
        try:
            self.serve(pointer, self.brain(pointer.bot, pointer.digest))
        except Exception as error:
            # Whatever it is, the other bots go on, and this one is tried again.
            code = error.code if isinstance(error, GreenroomError) else type(error).__name__
            log.error("release_unavailable", bot=pointer.bot, digest=pointer.digest, code=code)
            before = self._latest(pointer.bot)
            self._failed[pointer.bot] = pointer
            self._name(before, pointer)

    def _take_off(self, pointer: Pointer) -> None:
        """Whoever took it up before finishes with it."""
        before = self._latest(pointer.bot)
        self._serving.pop(pointer.bot, None)
        self._failed.pop(pointer.bot, None)
        self._name(before)

    def _latest(self, bot: str) -> Pointer | None:
        return self._failed.get(bot) or self.known(bot)

    def _name(self, before: Pointer | None, after: Pointer | None = None) -> None:
        """A bot that was renamed is found under its old name no more; of two that have one, whoever took it last is."""
        if before is not None:
            self._named[before.name].discard(before.bot)
        if after is not None:
            self._named[after.name].add(after.bot)
        for name in {pointer.name for pointer in (before, after) if pointer}:
            holders = [pointer for bot in self._named[name] if (pointer := self._latest(bot))]
            if holders:
                self._ids[name] = max(holders, key=lambda pointer: pointer.named_epoch).bot
            else:
                self._ids.pop(name, None)
                del self._named[name]


def not_staged(digest: str) -> NotFoundError:
    return NotFoundError("release_not_staged", f"No release {digest} of this bot is staged here.")


def never_published(bot: str) -> NotFoundError:
    return NotFoundError("never_published", f"No bot {bot!r} was ever published here.")
