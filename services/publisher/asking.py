"""Whether a publication is taken up: judged at once, frozen, and written down in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from services.publisher import audit, plan_records, records
from services.publisher.answered import fingerprint, known_before
from services.publisher.bridge import BridgeParts
from services.publisher.check_nlp import needs_training, without_training
from services.publisher.checks import carried
from services.publisher.finding import blockers
from services.publisher.gather import read_lately
from services.publisher.judging import Situation, Verdict, accepted, judge
from services.publisher.plan_records import Plan
from services.publisher.prove import gather_provenance
from services.publisher.records import now, wish_columns
from services.publisher.tables import idempotency, publications
from services.publisher.wish import Mode, Target, Wish
from shared.audit import REQUEST
from shared.contracts import ActiveRelease, Finding, Language, Release
from shared.errors import ConflictError, InvalidError
from shared.flows.lint import environment_missing
from shared.flows.references import Need
from shared.ids import new_id
from shared.web.idempotency import once
from shared.web.keys import Principal

FlowName = Annotated[str, Field(min_length=1, max_length=200)]


class WishRequest(BaseModel):
    """`flows` and `languages` limit what is carried; `to_release` is where a rollback goes back to."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode
    target: Target = "live"
    flows: Annotated[list[FlowName], Field(min_length=1, max_length=2000)] | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    to_release: Annotated[int, Field(ge=1)] | None = None

    def wish(self) -> Wish:
        """Raises InvalidError `wish_unclear` for a part that the mode has no use for."""
        useless = [name for name in ("flows", "languages", "to_release") if self._useless(name)]
        if useless:
            detail = f"The mode {self.mode!r} has no use for {' and '.join(useless)}."
            raise InvalidError("wish_unclear", detail)
        return Wish(
            mode=self.mode,
            target=self.target,
            flows=tuple(self.flows) if self.flows else None,
            languages=tuple(self.languages) if self.languages else None,
            to_release=self.to_release,
        )

    def _useless(self, name: str) -> bool:
        used = {"flows": {"flows"}, "languages": {"full", "nlp"}, "to_release": {"rollback"}}
        return getattr(self, name) is not None and self.mode not in used[name]


class PublicationRequest(WishRequest):
    """`train: if_needed` trains first what is untrained, as part of the publication. `plan` publishes what it shows."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"mode": "full", "notes": "Friday's menu", "train": "if_needed"}]},
    )

    plan: str | None = None
    notes: Annotated[str, Field(max_length=2000)] | None = None
    train: Literal["if_needed"] | None = None
    accept: Annotated[list[Literal["live_drift", "regression_failed"]], Field(max_length=2)] = []

    def said(self) -> dict[str, Any]:
        """What the caller wrote, for the record."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"mode": self.mode}


@dataclass(frozen=True)
class Asked:
    """One request, judged or as a plan has frozen it. `candidate` is None while a training is awaited."""

    bot_id: str
    wish: Wish
    body: PublicationRequest
    live: ActiveRelease | None
    candidate: Release | None
    findings: tuple[Finding, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Also the same again is something to do where live cannot load it: its files are sent anew."""
        live = self.live
        return bool(self.candidate and live and self.candidate.digest == live.digest and not live.unavailable)


def judged(bot_id: str, wish: Wish, body: PublicationRequest, situation: Situation) -> Asked:
    """Raises InvalidError `publication_refused`."""
    verdict = judge(wish, situation)
    needed = plan_records.approvals_needed(wish, situation.approvals, situation.base, situation.draft)
    found = (*verdict.findings, *plan_records.approval_missing(needed, 0))
    trains = body.train == "if_needed" and needs_training(found)
    findings = accepted(without_training(found) if trains else found, body.accept)
    refuse_blocked(findings)
    return Asked(bot_id, wish, body, situation.live, None if trains else _publishable(verdict), findings)


def planned(
    plan: Plan,
    candidate: Release | None,
    body: PublicationRequest,
    live: ActiveRelease | None,
    env: Collection[Need] | None,
) -> Asked:
    """What the plan has frozen. `env` is what the environment has now, None where nothing of it is used.

    Raises InvalidError `publication_refused`.
    """
    findings = list(accepted(plan.all_findings(), body.accept))
    if candidate is not None and env is not None:
        # A value may have gone from the environment since, or come.
        blocks = [block for flow in read_lately(plan.bot_id, candidate.flows).values() for block in flow.blocks]
        findings = [f for f in findings if f.code != "environment_value_missing"] + environment_missing(
            carried(plan.wish, blocks), env, "blocker"
        )
    refuse_blocked(findings)
    return Asked(plan.bot_id, plan.wish, body, live, candidate, tuple(findings))


def _publishable(verdict: Verdict) -> Release:
    assert verdict.candidate is not None
    return verdict.candidate


def refuse_blocked(findings: Sequence[Finding]) -> None:
    blocking = blockers(findings)
    if blocking:
        detail = " ".join(finding.message for finding in blocking)
        raise InvalidError("publication_refused", detail, findings=records.as_json(findings))


def take_up(bridge: BridgeParts, asked: Asked, key: Principal, idempotency_key: str | None) -> str | dict[str, Any]:
    """The candidate is frozen and the row written in one transaction: from here on the job ends by itself."""
    provenance = _provenance(bridge, asked, key)
    try:
        with bridge.db.writing() as connection:
            if asked.candidate and provenance is not None:
                records.freeze(connection, asked.candidate, provenance)
            told: str | dict[str, Any] = once(
                connection,
                idempotency,
                key,
                "publications",
                idempotency_key,
                fingerprint(asked.bot_id, asked.body),
                lambda: _insert(connection, asked, key),
            )
    except IntegrityError:
        # Somebody was faster: with this very request, or with another publication of the bot.
        same = bridge, asked.bot_id, asked.wish.target, key, asked.body, idempotency_key
        known = known_before(bridge, asked.bot_id, key, asked.body, idempotency_key) or refuse_second(*same)
        if known is None:
            raise
        return known
    return told


def _provenance(bridge: BridgeParts, asked: Asked, key: Principal) -> dict[str, Any] | None:
    """What is frozen already, by a plan or as an earlier release, keeps the provenance that it has."""
    candidate = asked.candidate
    if candidate is None or asked.body.plan is not None or asked.wish.mode == "rollback":
        return None
    return gather_provenance(bridge.draft, candidate, key.name, asked.body.notes)


def _insert(connection: Connection, asked: Asked, key: Principal) -> str:
    publication, body = new_id("pub"), asked.body
    connection.execute(
        insert(publications).values(
            id=publication,
            bot_id=asked.bot_id,
            **wish_columns(asked.wish),
            plan=body.plan,
            accept=orjson.dumps(body.accept).decode(),
            train=body.train is not None,
            notes=body.notes,
            author=key.name,
            status="queued",
            percent=0.0,
            candidate=asked.candidate.digest if asked.candidate else None,
            base_digest=asked.live.digest if asked.live else None,
            findings=orjson.dumps(records.as_json(asked.findings)).decode(),
            draft_moved=False,
            cancel_requested=False,
            request_id=REQUEST.get(),
            created_at=now(),
        )
    )
    before, after = asked.live.digest if asked.live else None, asked.candidate.digest if asked.candidate else None
    attempt = audit.Attempt(asked.bot_id, body.said(), before, after)
    overridden = [f.code for f in asked.findings if f.code in body.accept and f.severity == "warning"]
    audit.publication_asked(connection, attempt, publication, overridden, key)
    return publication


def refuse_second(
    bridge: BridgeParts,
    bot_id: str,
    target: str,
    key: Principal,
    body: PublicationRequest,
    idempotency_key: str | None,
) -> str | None:
    """P11: one at a time per bot; the second is told the first. Unless this very request started it, a moment ago."""
    with bridge.db.reading() as connection:
        running = records.running(connection, bot_id, target)
    if running is None:
        return None
    known = known_before(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        detail = f"Publication {running.id} of this bot is {running.status}: wait for it, or cancel it."
        raise ConflictError("publication_running", detail, publication=running.id)
    return known
