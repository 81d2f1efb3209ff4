"""What a publication or a user would stumble over. Pure: findings, with what to do about each."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts import Finding, Flow, Severity
from shared.flows.block import Block, block_kinds, parse_blocks
from shared.flows.references import dangling

Blocks = Mapping[str, tuple[str, Block]]
"""Block id to its flow and itself."""


def lint(
    flows: Mapping[str, Flow],
    intents: Mapping[str, str],
    entities: Mapping[str, Any],
    variables: Mapping[str, Any],
    languages: tuple[str, ...],
) -> list[Finding]:
    """`intents` maps ids to names. Blockers first."""
    blocks = {block.id: (flow.id, block) for flow in flows.values() for block in parse_blocks(flow.blocks)}
    found = [
        *_dangling(flows, intents, entities, variables),
        *_loops(blocks),
        *_ambiguous(blocks, intents),
        *_unreachable(blocks),
        *_unused(blocks, intents),
        *_untranslated(blocks, languages),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def _finding(code: str, severity: Severity, message: str, *subjects: dict[str, Any]) -> Finding:
    return Finding(code=code, severity=severity, message=message, subjects=subjects)


def _at(flow: str, block: str) -> dict[str, str]:
    return {"kind": "block", "id": block, "flow": flow}


def _dangling(
    flows: Mapping[str, Flow], intents: Mapping[str, str], entities: Mapping[str, Any], variables: Mapping[str, Any]
) -> Iterator[Finding]:
    for ref in dangling(flows, intents, entities, variables):
        message = (
            f"Block {ref.flow}/{ref.block} refers to the {ref.kind} {ref.target!r}, which does not exist: "
            "make it, or change the block."
        )
        target = {"kind": ref.kind, "id": ref.target}
        yield _finding("dangling_reference", "blocker", message, target, _at(ref.flow, ref.block))


def _loops(blocks: Blocks) -> Iterator[Finding]:
    """`next` is followed at once, so a circle of it never comes to the user."""
    told: set[str] = set()
    for start in sorted(blocks):
        path: list[str] = []
        at: str | None = start
        while at in blocks and at not in path:
            path.append(at)
            at = blocks[at][1].next
        if at in path and not told & set(path):
            circle = path[path.index(at) :]
            told.update(circle)
            names = " -> ".join([*circle, at])
            subjects = [_at(blocks[block][0], block) for block in circle]
            yield _finding("flow_cycle", "warning", f"{names} goes round without waiting for the user.", *subjects)


def _ambiguous(blocks: Blocks, intents: Mapping[str, str]) -> Iterator[Finding]:
    seen: dict[tuple[str, str, frozenset[str]], str] = {}
    for block_id, (flow, block) in sorted(blocks.items()):
        for kind, what in (("intent", block.intent), ("system", block.system)):
            if what is None:
                continue
            contexts = frozenset(block.required_contexts) if kind == "intent" else frozenset()
            first = seen.setdefault((kind, what, contexts), block_id)
            if first != block_id:
                message = (
                    f"Blocks {first!r} and {block_id!r} are both for {intents.get(what, what)!r} "
                    "under the same contexts: only the first is ever used."
                )
                yield _finding(
                    "ambiguous_trigger", "warning", message, _at(blocks[first][0], first), _at(flow, block_id)
                )


def _unreachable(blocks: Blocks) -> Iterator[Finding]:
    reached = {block_id for block_id, (_, block) in blocks.items() if block.intent or block.system}
    waiting = list(reached)
    while waiting:
        block = blocks[waiting.pop()][1]
        for target in block_kinds()[block.kind].jumps(block):  # type: ignore[attr-defined]
            if target in blocks and target not in reached:
                reached.add(target)
                waiting.append(target)
    for block_id in sorted(blocks.keys() - reached):
        message = f"Nothing leads to block {block_id!r}: give it an intent, or jump to it."
        yield _finding("block_unreachable", "warning", message, _at(blocks[block_id][0], block_id))


def _unused(blocks: Blocks, intents: Mapping[str, str]) -> Iterator[Finding]:
    used = {block.intent for _, block in blocks.values()}
    for intent, name in sorted(intents.items()):
        if intent not in used:
            message = f"No block answers the intent {name!r}: users who say it are not understood."
            yield _finding("intent_unused", "warning", message, {"kind": "intent", "id": intent, "name": name})


def _untranslated(blocks: Blocks, languages: tuple[str, ...]) -> Iterator[Finding]:
    for block_id, (flow, block) in sorted(blocks.items()):
        spoken = [t for t in block_kinds()[block.kind].texts(block) if isinstance(t, dict)]  # type: ignore[attr-defined]
        missing = sorted({language for text in spoken for language in languages if not text.get(language)})
        if missing:
            message = f"Block {block_id!r} lacks a text in {', '.join(missing)}: another language is said instead."
            yield _finding("translation_missing", "warning", message, _at(flow, block_id))
