"""What stands in the way of a publication: findings, as values. Pure.

Codes are those of the HTTP contract; a finding says what to do next and names its subjects.
"""

from collections.abc import Callable, Collection, Mapping

from services.publisher.check_flows import (
    dangling_references,
    incomplete_choice,
    missed_by_flows,
    names_of,
    stumbling_blocks,
    unknown_flows,
)
from services.publisher.check_nlp import (
    gone_intents,
    intents_removed,
    models_left_behind,
    training_findings,
    unchanged,
    unknown_languages,
)
from services.publisher.closure import loose_ends
from services.publisher.compose import compose, published
from services.publisher.finding import blocker
from services.publisher.wish import Wish
from shared.contracts import Finding, Flow, Release, Snapshot
from shared.flows.lint import Blocks, environment_missing
from shared.flows.references import Need, ReadFlow, read_flows

ReadFlows = Callable[[Mapping[str, Flow]], Mapping[str, ReadFlow]]
Findings = list[Finding]


def check(
    wish: Wish,
    draft: Snapshot | None,
    live: Release | None,
    earlier: Release | None = None,
    env: Collection[Need] | None = None,
    read: ReadFlows = read_flows,
) -> tuple[Finding, ...]:
    """Every finding at once, blockers first. `earlier` is what a rollback goes back to; `env` is what the
    environment has, None when that is not to be looked at. `read` may know flows that were read before.
    """
    if live is None and wish.mode != "full" and earlier is None:
        return (_nothing_live(wish),)
    outcome = compose(wish, draft, live, earlier)
    blocks = [here for flow in read(outcome.flows).values() for here in flow.blocks] if outcome else ()
    found = _of_mode(wish, draft, live, outcome, blocks)
    if env is not None and wish.mode != "nlp":
        found += environment_missing(carried(wish, blocks), env, "blocker")
    return tuple(sorted(found, key=lambda finding: finding.severity))


def carried(wish: Wish, blocks: Blocks) -> Blocks:
    """The blocks that a publication brings, of those that live would have; `flows` are ids."""
    return blocks if wish.flows is None else [here for here in blocks if here.flow in wish.flows]


def _of_mode(
    wish: Wish, draft: Snapshot | None, live: Release | None, outcome: Release | None, blocks: Blocks
) -> Findings:
    if wish.mode == "rollback":
        return [] if outcome else [_unknown_release(wish)]
    if draft is None or outcome is None:
        return []
    if wish.mode == "flows" and live is not None:
        return unknown_flows(wish, draft, live) + incomplete_choice(wish, draft, live, outcome, blocks)
    untrained = unknown_languages(draft, wish.languages) + training_findings(draft, wish.languages)
    left = models_left_behind(outcome, live, published(draft, wish.languages), wish.place)
    loose = loose_ends(outcome, blocks)
    if wish.mode == "nlp" and live is not None:
        # P5 alone reports intents that would go, not also P9.
        removed, gone = intents_removed(draft, live, wish.place), {mark.id for mark in gone_intents(draft, live)}
        beside = [end for end in loose if end.kind != "intent" or end.target not in gone]
        nlp = removed or left + unchanged(draft, live, wish)
        return untrained + nlp + missed_by_flows(beside, draft, live)
    return untrained + left + dangling_references(loose, names_of(draft, live)) + stumbling_blocks(outcome, blocks)


def _nothing_live(wish: Wish) -> Finding:
    message = "Nothing of this bot is live there: publish it in full, or go back to a release that was."
    return blocker("never_published", message, [{"kind": "target", "id": wish.target}])


def _unknown_release(wish: Wish) -> Finding:
    if wish.to_release is None:
        return blocker("unknown_release", "Say which release to go back to.", [])
    message = f"There is no release {wish.to_release} to go back to, or it is no longer kept."
    return blocker("unknown_release", message, [{"kind": "release", "id": wish.to_release}])
