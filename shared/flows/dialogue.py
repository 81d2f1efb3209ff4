"""A bot's flows, compiled once: what a turn looks up is in a dict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts import Flow
from shared.flows.block import Block
from shared.flows.fields import Choice
from shared.flows.references import Placed, ReadFlow, read_flows

Place = Block | str
"""A block, or the role whose built-in text is said because the bot has no block for it."""


@dataclass(frozen=True)
class Dialogue:
    """Immutable. Where flows contradict each other the first wins, in order of flow id, then of block."""

    read: Mapping[str, ReadFlow]
    blocks: Mapping[str, Block]
    flow_of: Mapping[str, str]
    by_intent: Mapping[str, tuple[Block, ...]]
    by_role: Mapping[str, Block]
    by_payload: Mapping[str, Choice]
    languages: tuple[str, ...]
    defaults: Mapping[str, Any]
    sensitive: frozenset[str]

    @classmethod
    def of(
        cls,
        flows: Mapping[str, Flow],
        languages: tuple[str, ...],
        variables: Mapping[str, Mapping[str, Any]],
        like: "Dialogue | None" = None,
    ) -> "Dialogue":
        """Flows that are the same in `like` are shared with it. Raises InvalidError as `parse_blocks` does."""
        read = read_flows(flows, like.read if like else {})
        homes: dict[str, Placed] = {}
        for here in (here for flow in read.values() for here in flow.blocks):
            homes.setdefault(here.block.id, here)
        blocks = {name: here.block for name, here in homes.items()}
        first = tuple(reversed(blocks.values()))
        by_intent: dict[str, list[Block]] = {}
        for block in blocks.values():
            if block.intent:
                by_intent.setdefault(block.intent, []).append(block)
        return cls(
            read=read,
            blocks=blocks,
            flow_of={name: here.flow for name, here in homes.items()},
            by_intent={intent: tuple(answering) for intent, answering in by_intent.items()},
            by_role={block.system: block for block in first if block.system},
            by_payload={choice.payload: choice for block in first for choice in block.choices()},
            languages=languages,
            defaults={name: variable.get("default") for name, variable in variables.items()},
            sensitive=frozenset(name for name, variable in variables.items() if variable.get("sensitive")),
        )

    @property
    def placed(self) -> tuple[Placed, ...]:
        return tuple(here for flow in self.read.values() for here in flow.blocks)

    @property
    def first_language(self) -> str:
        return self.languages[0] if self.languages else ""

    def at(self, block_id: str) -> Place:
        """The block, or not understood where it is gone: never an error (P20)."""
        return self.blocks.get(block_id) or self.role("not_understood")

    def told(self, block_id: str, why: str) -> str:
        """Why `at` gave what it gave."""
        return why if block_id in self.blocks else f"{why}, but block {block_id!r} is gone"

    def role(self, *roles: str) -> Place:
        """The block of the first role that has one, else the first role itself."""
        return next((self.by_role[role] for role in roles if role in self.by_role), roles[0])

    def triggered(self, intent: str, contexts: Mapping[str, int]) -> Block | None:
        """C2: of the blocks whose contexts are all open, the one with the context that lives longest.

        Where that does not decide: the one that requires more contexts, then the first.
        """

        def preference(block: Block) -> tuple[int, int]:
            lives = [contexts[name] for name in block.required_contexts]
            return max(lives, default=0), len(lives)

        candidates = (b for b in self.by_intent.get(intent, ()) if contexts.keys() >= set(b.required_contexts))
        return max(candidates, key=preference, default=None)
