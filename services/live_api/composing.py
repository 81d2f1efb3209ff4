"""What a live edit makes of the release that is live. Pure; never its NLP (E2)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from shared.brain import Brain
from shared.contracts import Flow, Release
from shared.digest import same
from shared.errors import InvalidError, NotFoundError
from shared.flows.dialogue import Dialogue
from shared.flows.references import Need, Reference, declared, missing, needs, placed, spoken_need
from shared.flows.writing import FlowBody, compose_flow, refuse_duplicate_blocks
from shared.web.bot_settings import merged_settings

# So many of what leads nowhere are told in words; `references` has fifty.
_NAMED = 5

# What is decided in draft alone: codes and details.
_NOT_OURS = {
    # It decides what a training makes.
    "profile": ("nlp_not_editable", "The profile belongs to the NLP: change it in DRAFT, train and publish."),
    # One person could do without the others, who have to approve of asking fewer of them (P21).
    "approvals": ("approvals_not_editable", "How many approve is decided together: change it in DRAFT and publish."),
}


def with_flow(release: Release, flow_id: str, body: FlowBody) -> Release:
    """Raises what `parse_blocks` raises; InvalidError `unknown_intent`, ConflictError `duplicate_block`."""
    flow = compose_flow(flow_id, body, {mark.id: mark.name for mark in release.intents})
    refuse_duplicate_blocks(flow, release.flows)
    return _with_flows(release, {**release.flows, flow_id: flow})


def without_flow(release: Release, flow_id: str) -> Release:
    """Raises NotFoundError `not_found`."""
    flow_of(release, flow_id)
    return _with_flows(release, {name: flow for name, flow in release.flows.items() if name != flow_id})


def with_settings(release: Release, changes: Mapping[str, Any]) -> Release:
    """Raises InvalidError `nlp_not_editable`, `approvals_not_editable`, `unknown_field`, `invalid_settings`,
    `unknown_language`.
    """
    for name in _NOT_OURS.keys() & changes.keys():
        raise InvalidError(*_NOT_OURS[name])
    settings = merged_settings(release.settings.model_dump(), changes, release.languages)
    return release.model_copy(update={"settings": settings})


def flow_of(release: Release, flow_id: str) -> Flow:
    """Raises NotFoundError `not_found`."""
    found = release.flows.get(flow_id)
    if found is None:
        raise NotFoundError("not_found", f"The release that is live has no flow {flow_id!r}.")
    return found


def refuse_missing_values(flow: Flow, available: Collection[Need]) -> None:
    """Raises `environment_value_missing` when a block uses a value or a secret that this environment lacks (E4)."""
    lacking = {need: at for need, at in sorted(needs(placed({flow.id: flow})).items()) if need not in available}
    if lacking:
        detail = f"This environment does not have {', '.join(map(spoken_need, lacking))}."
        told = [{"kind": kind, "name": n, "blocks": [block for _, block in at]} for (kind, n), at in lacking.items()]
        raise InvalidError("environment_value_missing", detail, values=told[:50])


def edited(brain: Brain, release: Release) -> Brain:
    """The same models with other flows or settings. Raises InvalidError `dangling_reference`."""
    dialogue = Dialogue.of(release.flows, release.languages, release.variables, like=brain.dialogue)
    refuse_dangling(release, dialogue)
    return replace(brain, digest=release.digest, release=release, dialogue=dialogue)


def items_between(before: Release, after: Release) -> list[str]:
    """What drift is counted in: `flow:<id>` and `setting:<name>` that differ."""
    flows = sorted(before.flows.keys() | after.flows.keys())
    ours, theirs = before.settings.model_dump(), after.settings.model_dump()
    return [
        *(f"flow:{flow}" for flow in flows if not same(before.flows.get(flow), after.flows.get(flow))),
        *(f"setting:{name}" for name in sorted(ours) if ours[name] != theirs[name]),
    ]


def _with_flows(release: Release, flows: Mapping[str, Flow]) -> Release:
    return release.model_copy(update={"flows": dict(sorted(flows.items()))})


def refuse_dangling(release: Release, dialogue: Dialogue) -> None:
    """No block leads to an intent, entity, variable or block that the release lacks. Raises `dangling_reference`."""
    names = {mark.id: mark.name for mark in release.intents}
    found = missing(dialogue.placed, declared(release.flows.values()), names, release.entities, release.variables)
    if found:
        subjects = [{"kind": ref.kind, "target": ref.target, "block": ref.block} for ref in found[:50]]
        detail = f"These would lead nowhere: {'; '.join(map(_spoken, found[:_NAMED]))}{_more(len(found) - _NAMED)}."
        raise InvalidError("dangling_reference", detail, references=subjects)


def _spoken(ref: Reference) -> str:
    return f"block {ref.flow}/{ref.block} refers to the {ref.kind} {ref.target!r}"


def _more(count: int) -> str:
    return f"; and {count} more" if count > 0 else ""
