"""What a publication or a user would stumble over. Pure: findings, with what to do about each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.contracts import Finding, Flow, Severity
from shared.flows.block import Block
from shared.flows.reach import circles, reachable
from shared.flows.references import Need, Placed, Reference, declared, missing, needs, placed, spoken_need
from shared.flows.template import literal_of
from shared.flows.text import Text

Blocks = Sequence[Placed]


def lint(
    flows: Mapping[str, Flow],
    intents: Mapping[str, str],
    entities: Mapping[str, Any],
    variables: Mapping[str, Any],
    languages: tuple[str, ...],
    available: Collection[Need] | None = None,
) -> list[Finding]:
    """Blockers first. `intents` maps ids to names; `available` is what the environment has, None for not to look.

    Raises InvalidError as `parse_blocks` does.
    """
    every = placed(flows)
    loose = missing(every, declared(flows.values()), intents, entities, variables)
    lacking = [] if available is None else environment_missing(every, available, "warning")
    return [*_dangling(loose), *lacking, *stumbling(every, intents, languages)]


def environment_missing(blocks: Blocks, available: Collection[Need], severity: Severity) -> list[Finding]:
    """E4: values and secrets belong to an environment and are never published."""
    return [
        Finding(
            code="environment_value_missing",
            severity=severity,
            message=f"{_refer(places)} to {spoken_need(need)}, which this environment lacks: set it there first.",
            subjects=({"kind": need[0], "id": need[1], "blocks": [{"flow": f, "block": b} for f, b in places]},),
        )
        for need, places in sorted(needs(blocks).items())
        if need not in available
    ]


def _refer(places: Collection[tuple[str, str]]) -> str:
    names = ", ".join(sorted({f"{flow}/{block}" for flow, block in places}))
    return f"Block {names} refers" if len(places) == 1 else f"Blocks {names} refer"


def stumbling(every: Blocks, intents: Mapping[str, str], languages: tuple[str, ...]) -> list[Finding]:
    """The warnings alone: what can be published, but users would stumble over."""
    first = {here.block.id: here for here in reversed(every)}
    blocks = [here for here in every if first[here.block.id] is here]
    return [
        *_duplicates(every, first),
        *_loops(blocks),
        *_ambiguous(blocks, intents),
        *_unreachable(blocks),
        *_unused(blocks, intents),
        *_untranslated(blocks, languages),
    ]


def _dangling(references: Iterable[Reference]) -> Iterator[Finding]:
    for found in references:
        yield Finding(
            code="dangling_reference",
            severity="blocker",
            message=f"Block {found.block!r} of flow {found.flow!r} refers to the {found.kind} {found.target!r}, "
            "which does not exist: make it, or change the block.",
            subjects=({"kind": found.kind, "id": found.target, "flow": found.flow, "block": found.block},),
        )


def _warning(code: str, message: str, *about: Placed, **more: Any) -> Finding:
    subjects = [{"kind": "block", "id": here.block.id, "flow": here.flow, **more} for here in about]
    return Finding(code=code, severity="warning", message=message, subjects=tuple(subjects))


def _duplicates(every: Blocks, first: Mapping[str, Placed]) -> Iterator[Finding]:
    for here in every:
        used = first[here.block.id]
        if used is not here:
            message = (
                f"Flows {used.flow!r} and {here.flow!r} both have a block {here.block.id!r}, and only the one in "
                f"{used.flow!r} is used: give one of them another id."
            )
            yield _warning("duplicate_block", message, used, here)


def _loops(blocks: Blocks) -> Iterator[Finding]:
    """What follows at once never comes to the user, if it goes round; a question whose variable has a value neither."""
    by_id = {here.block.id: here for here in blocks}
    for circle in _circles([here.block for here in blocks]):
        names = " -> ".join([*circle, circle[0]])
        message = f"{names} goes round without waiting for the user: let one of these blocks lead elsewhere."
        yield _warning("flow_cycle", message, *(by_id[block] for block in circle))


def _circles(blocks: Sequence[Block]) -> Iterator[list[str]]:
    """A question breaks a circle in which something takes its answer away again."""
    by_id = {block.id: block for block in blocks}
    for circle in circles({block.id: tuple(block.follows()) for block in blocks}):
        within = [by_id[name] for name in circle]
        forgotten = {name for block in within for name in block.forgets()}
        others = [block for block in within if block.asks() not in forgotten]
        if len(others) == len(within):
            yield circle
        else:
            yield from _circles(others)


def _ambiguous(blocks: Blocks, intents: Mapping[str, str]) -> Iterator[Finding]:
    seen: dict[tuple[str, frozenset[str]], Placed] = {}
    for here in blocks:
        if here.block.intent:
            used = seen.setdefault((here.block.intent, frozenset(here.block.required_contexts)), here)
            what = f"the intent {intents.get(here.block.intent, here.block.intent)!r} under the same contexts"
            yield from _second(used, here, what, "require a context in one of them")
        if here.block.system:
            used = seen.setdefault((f"system {here.block.system}", frozenset()), here)
            yield from _second(used, here, f"the system role {here.block.system!r}", "keep one of them")


def _second(used: Placed, here: Placed, what: str, remedy: str) -> Iterator[Finding]:
    if used is not here:
        message = f"Blocks {used.block.id!r} and {here.block.id!r} both answer {what}, and only the first is used: "
        yield _warning("ambiguous_trigger", f"{message}{remedy}.", used, here)


def _unreachable(blocks: Blocks) -> Iterator[Finding]:
    reached = reachable(here.block for here in blocks)
    for here in blocks:
        if here.block.id in reached:
            continue
        if here.block.intent:
            wanted = ", ".join(repr(name) for name in here.block.required_contexts)
            message = f"Block {here.block.id!r} waits for {wanted}, which nothing opens: open it, or do not require it."
        else:
            message = f"Nothing leads to block {here.block.id!r}: give it an intent, or jump to it."
        yield _warning("block_unreachable", message, here)


def _unused(blocks: Blocks, intents: Mapping[str, str]) -> Iterator[Finding]:
    used = {here.block.intent for here in blocks}
    for intent, name in sorted(intents.items()):
        if intent not in used:
            message = f"No block answers the intent {name!r}: give it to a block, or delete it."
            subject = {"kind": "intent", "id": intent, "name": name}
            yield Finding(code="intent_unused", severity="warning", message=message, subjects=(subject,))


def _untranslated(blocks: Blocks, languages: tuple[str, ...]) -> Iterator[Finding]:
    for here in blocks:
        lacking = {language for text in here.texts for language in _lacking(text, languages)}
        missing_ = [language for language in languages if language in lacking]
        if missing_:
            message = f"Block {here.block.id!r} lacks a text in {', '.join(missing_)}: {languages[0]} is said instead."
            yield _warning("translation_missing", message, here, languages=missing_)


def _lacking(text: Text, languages: tuple[str, ...]) -> set[str]:
    """A plain string is in the bot's first language, unless it has no words at all."""
    if isinstance(text, dict):
        return {language for language in languages if not text.get(language)}
    return set(languages[1:]) if any(letter.isalpha() for letter in literal_of(text)) else set()
