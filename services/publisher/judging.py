"""What a publication would do, and whether it may: everything that a plan shows. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.publisher.checks import ReadFlows, check
from services.publisher.compose import compose
from services.publisher.drift import DriftItem, Edit, Edits, drift, items
from services.publisher.finding import blocker, warning
from services.publisher.wish import Wish
from shared.contracts import ActiveRelease, Finding, Release, Snapshot
from shared.counting import counted
from shared.diff import Changes, diff
from shared.flows.references import Need, read_flows

ACCEPTABLE = ("live_drift", "regression_failed")
# What stands in the way without being wrong with the candidate itself: a plan freezes it all the same.
_PASSING = {*ACCEPTABLE, "approval_missing", "environment_value_missing"}
_ACCURACY_LOSS = 0.01


@dataclass(frozen=True)
class Situation:
    """What a wish is judged by. `draft` is None where none is needed; `earlier` is what a rollback goes back to.

    `env` is what the environment has; `standing` counts conversations by the block that they stand on;
    `rolled_back` is what the last rollback took away, and what it gave instead; `accuracies` are by model digest, from
    cross-validation; `taken_off` is what was served last where nothing is served now, and `edits` stand in that then;
    `approvals` are as many as were agreed upon; `read` reads flows, and may know those that were read before.
    """

    draft: Snapshot | None
    live: ActiveRelease | None
    earlier: Release | None = None
    env: Collection[Need] = ()
    edits: Edits = field(default_factory=dict[str, Edit])
    rolled_back: tuple[Release, Release] | None = None
    standing: Mapping[str, int] = field(default_factory=dict[str, int])
    accuracies: Mapping[str, float] = field(default_factory=dict[str, float])
    taken_off: Release | None = None
    approvals: int = 0
    read: ReadFlows = read_flows

    @property
    def base(self) -> Release | None:
        return self.live.release if self.live else None


@dataclass(frozen=True)
class Verdict:
    """`outcome` is what live would become even where that is refused; `candidate` only what could be published."""

    outcome: Release | None
    changes: Changes
    findings: tuple[Finding, ...]
    drift: tuple[DriftItem, ...]
    conversations: int

    @property
    def candidate(self) -> Release | None:
        wrong = any(f.severity == "blocker" and f.code not in _PASSING for f in self.findings)
        return None if wrong else self.outcome


def judge(wish: Wish, situation: Situation) -> Verdict:
    base = situation.base
    outcome = compose(wish, situation.draft, base, situation.earlier)
    changes = diff(base, outcome) if outcome else Changes()
    before = base or situation.taken_off
    drifted = drift(situation.edits, before, outcome) if outcome and before else ()
    affected = _affected(changes, situation.standing)
    findings = [
        *check(wish, situation.draft, base, situation.earlier, situation.env, situation.read),
        *_drifted(wish, drifted, base),
        *_conversations(affected),
        *_accuracy(base, outcome, situation.accuracies),
        *_renamed(base, outcome),
        *_damaged(situation.live),
    ]
    if wish.mode != "rollback":
        findings += _reintroduced(base, outcome, situation.rolled_back)
    ordered = tuple(sorted(findings, key=lambda finding: finding.severity))
    return Verdict(outcome, changes, ordered, drifted, sum(affected.values()))


def accepted(findings: Collection[Finding], accept: Collection[str]) -> tuple[Finding, ...]:
    """What the caller takes upon itself by name is a warning from then on."""
    return tuple(
        finding.model_copy(update={"severity": "warning", "message": f"{finding.message} Accepted by name."})
        if finding.code in accept and finding.code in ACCEPTABLE and finding.severity == "blocker"
        else finding
        for finding in findings
    )


def _drifted(wish: Wish, drifted: tuple[DriftItem, ...], base: Release | None) -> list[Finding]:
    if not drifted:
        return []
    names = ", ".join(f"{item.kind} {item.name!r} (release {item.release}, by {item.author})" for item in drifted)
    subjects = [item.model_dump() for item in drifted]
    if wish.mode == "rollback":
        return [warning("live_drift", f"Edited in live, and not in the release that comes back: {names}.", subjects)]
    # What was taken off can be pulled once it is back.
    pull = "Pull" if base else "Go back to what was taken off and pull"
    message = f"Edited in live since it was published: {names}. {pull} the edits into draft, or accept that they go."
    return [blocker("live_drift", message, subjects)]


def _damaged(live: ActiveRelease | None) -> list[Finding]:
    if live is None or not live.unavailable:
        return []
    message = f"Release {live.number} cannot be loaded where it is served: publish again, and its files are sent anew."
    return [warning("release_unavailable", message, [{"kind": "release", "id": str(live.number)}])]


def _renamed(base: Release | None, outcome: Release | None) -> list[Finding]:
    if base is None or outcome is None or base.bot.name == outcome.bot.name:
        return []
    old, new = base.bot.name, outcome.bot.name
    message = f"The bot is called {new!r} from then on: addresses with {old!r} end, those with its id stay."
    return [warning("bot_renamed", message, [{"kind": "bot", "id": outcome.bot.id, "before": old, "after": new}])]


def _affected(changes: Changes, standing: Mapping[str, int]) -> dict[str, int]:
    moved = {block.id for block in (*changes.blocks.changed, *changes.blocks.removed)}
    return {block: count for block, count in standing.items() if block in moved and count}


def _conversations(affected: Mapping[str, int]) -> list[Finding]:
    if not affected:
        return []
    standing = counted(sum(affected.values()), "conversation stands", "conversations stand")
    message = f"{standing} on blocks that would change or go."
    subjects = [{"kind": "block", "id": block, "conversations": count} for block, count in sorted(affected.items())]
    return [warning("conversations_affected", message, subjects)]


def _accuracy(base: Release | None, outcome: Release | None, accuracies: Mapping[str, float]) -> list[Finding]:
    """By cross-validation, so only a drop of more than a point is worth a word."""
    found = []
    for language, model in (outcome.models if outcome else {}).items():
        old = base.models.get(language) if base else None
        before = accuracies.get(old.digest) if old else None
        after = accuracies.get(model.digest)
        if before is not None and after is not None and before - after > _ACCURACY_LOSS:
            message = f"The model of {language!r} was right in {before:.1%} of cross-validation, now {after:.1%}."
            subject = {"kind": "language", "id": language, "before": before, "after": after}
            found.append(warning("accuracy_dropped", message, [subject]))
    return found


def _reintroduced(
    base: Release | None, outcome: Release | None, rolled_back: tuple[Release, Release] | None
) -> list[Finding]:
    """Items that a rollback took away and that would come back just as they were."""
    if base is None or outcome is None or rolled_back is None:
        return []
    now, then, bad, good = (_content(release) for release in (base, outcome, *rolled_back))
    taken = {item: value for item, value in bad.items() if good.get(item) != value}
    back = sorted(item for item, value in taken.items() if now.get(item) != value and then.get(item) == value)
    if not back:
        return []
    names = {item: _called(item, outcome) for item in back}
    told = ", ".join(names.values())
    message = f"The last rollback took these away, and they would come back unchanged: {told}."
    return [
        warning("reintroduces_rolled_back", message, [{"kind": "item", "id": i, "name": n} for i, n in names.items()])
    ]


def _content(release: Release) -> dict[str, object]:
    return items(release) | {f"model:{language}": model.digest for language, model in release.models.items()}


def _called(item: str, release: Release) -> str:
    """`the flow 'Menu'`, for people."""
    kind, _, name = item.partition(":")
    return f"the {kind} {(release.flows[name].name if kind == 'flow' else name)!r}"
