"""Every call to a target, live or the preview, typed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from services.publisher import reading
from services.publisher.answers import Activation, EnvironmentNames, ListedBots, LogEntry
from services.publisher.asked_alike import PAGE, SOON_SECONDS, bots
from services.publisher.peer import Peer
from shared.cases import Case, CaseResult
from shared.contracts import ActiveRelease, Proof, Release, UserMessage
from shared.errors import ConflictError, InvalidError, NotFoundError


class Live:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def patiently(self) -> "Live":
        """The same, waited for by a job whatever it is asked."""
        return Live(self._peer.patiently())

    def bots(self, limit: int, cursor: str | None) -> ListedBots:
        """Those that it serves."""
        return bots(self._peer, limit, cursor)

    def active(self, bot: str, soon: bool = False) -> ActiveRelease | None:
        """`soon` is for what can be done without: a target that hangs counts as one that is away."""
        hurry = {"timeout": SOON_SECONDS} if soon else {}
        try:
            return self._peer.ask(reading.active_release, "GET", "bots", bot, "active", patient=False, **hurry)
        except NotFoundError:
            return None

    def has_blob(self, digest: str) -> bool:
        try:
            self._peer.call("HEAD", "blobs", digest)
        except NotFoundError:
            return False
        return True

    def put_blob(self, digest: str, data: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        self._peer.call("PUT", "blobs", digest, content=data, headers=headers)

    def stage(self, release: Release, provenance: dict[str, Any]) -> Proof:
        body = b'{"provenance":%b,"release":%b}' % (orjson.dumps(provenance), release.canonical())
        path = "bots", release.bot.id, "releases", release.digest
        headers = {"Content-Type": "application/json"}
        return self._peer.ask(reading.proof, "PUT", *path, content=body, headers=headers)

    def prove(self, release: Release) -> Proof | None:
        """Of a candidate that waits there for its switch; None where it has to be brought (again)."""
        path = "bots", release.bot.id, "releases", release.digest, "proof"
        try:
            return self._peer.ask(reading.proof, "POST", *path)
        except (NotFoundError, ConflictError, InvalidError):
            return None

    def run_cases(self, release: Release, cases: Mapping[str, Case]) -> list[CaseResult]:
        """On the release as it is staged there."""
        body = {"cases": {name: case.model_dump(mode="json") for name, case in cases.items()}}
        path = "bots", release.bot.id, "releases", release.digest, "cases"
        return self._peer.ask(reading.case_results, "POST", *path, json=body)

    def impact(self, release: Release, messages: int) -> dict[str, Any]:
        """What the staged release would make of the last messages, against what is live."""
        path = "bots", release.bot.id, "releases", release.digest, "impact"
        return self._peer.ask(reading.document, "POST", *path, json={"messages": messages})

    def activate(self, bot: str, base: str | None, body: dict[str, Any]) -> Activation:
        """Moves the pointer if it is still at `base`. Raises PreconditionError `live_moved` when it is not."""
        headers = {"If-Match": f'"{base}"' if base else "none"}
        return self._peer.ask(reading.activation, "PUT", "bots", bot, "active", json=body, headers=headers)

    def take_off(self, bot: str, digest: str) -> None:
        """Once. Raises PreconditionError `live_moved` when it serves another release than `digest`."""
        try:
            self._peer.call("DELETE", "bots", bot, "active", headers={"If-Match": f'"{digest}"'})
        except NotFoundError:
            # Done already: the answer to an earlier try was lost.
            return

    def log(self, bot: str, after: int) -> Iterator[LogEntry]:
        """Every activation after that number, in their order."""
        while True:
            params = {"after": after, "limit": PAGE}
            path = "bots", bot, "releases", "log"
            entries = self._peer.ask(reading.log_entries, "GET", *path, patient=False, params=params)
            yield from entries
            if len(entries) < PAGE:
                return
            after = entries[-1].number

    def release(self, bot: str, digest: str) -> Release | None:
        try:
            return self._peer.ask(reading.release, "GET", "bots", bot, "releases", digest, patient=False)
        except NotFoundError:
            return None

    def environment(self, bot: str) -> EnvironmentNames:
        try:
            return self._peer.ask(reading.environment, "GET", "bots", bot, patient=False)
        except NotFoundError:
            return EnvironmentNames()

    def standing(self, bot: str) -> dict[str, int]:
        """Conversations of the last minutes, counted by the block that they stand on."""
        try:
            return self._peer.ask(reading.standing, "GET", "bots", bot, "standing", patient=False)
        except NotFoundError:
            return {}

    def keep(self, bot: str, digests: Sequence[str]) -> None:
        """Names releases that must not be swept, beside those that live keeps by itself."""
        self._peer.call("PUT", "bots", bot, "kept", patient=False, json={"digests": list(digests)})

    def personal(self, bot: str, user: str) -> list[dict[str, Any]]:
        """A person's conversations, with what was said in them."""
        return self._peer.ask(reading.conversations, "POST", "bots", bot, "exports", json={"user": user})

    def erase(self, bot: str, user: str) -> None:
        self._peer.call("POST", "bots", bot, "erasures", json={"user": user})

    def messages(self, bot: str, after: int, limit: int) -> list[UserMessage]:
        params = {"after": after, "limit": limit}
        return self._peer.ask(reading.messages, "GET", "bots", bot, "messages", params=params)
