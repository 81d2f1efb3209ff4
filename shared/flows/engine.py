"""One user message in, replies and the next state out. Pure: no clock, no network, no chance.

A turn: contexts age by one (C3); what was offered wins over what was understood; an understood message
goes to its block (C2), else to the introduction the first time, else to not understood (C5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts import Classification, Flow, Value
from shared.flows.block import Block, block_kinds, parse_blocks
from shared.flows.fallbacks import FALLBACK_TEXTS
from shared.flows.steps import Moment, Say

MOST_STEPS = 50


class Offer(Value):
    """A button or quick reply that the user may answer with by its title."""

    title: str
    next: str
    variables: dict[str, Any] = {}


class ConversationState(Value):
    """`contexts` holds how many user messages each is still open for. The default is a new conversation."""

    started: bool = False
    language: str | None = None
    contexts: dict[str, int] = {}
    variables: dict[str, Any] = {}
    offers: tuple[Offer, ...] = ()


class ChoiceReply(Value):
    title: str
    url: str | None = None


class Reply(Value):
    text: str
    buttons: tuple[ChoiceReply, ...] | None = None
    quick_replies: tuple[ChoiceReply, ...] | None = None


class TraceStep(Value):
    """Which block ran and why; `block` is None for a built-in text."""

    block: str | None
    flow: str | None
    why: str


class Turn(Value):
    """`block` is the first block that answered; None when a built-in text did."""

    state: ConversationState
    replies: tuple[Reply, ...]
    block: str | None
    trace: tuple[TraceStep, ...]


@dataclass(frozen=True)
class Dialogue:
    """A bot's flows, compiled once: every block by id, by intent and by role."""

    blocks: Mapping[str, Block]
    flow_of: Mapping[str, str]
    by_intent: Mapping[str, tuple[Block, ...]]
    by_role: Mapping[str, Block]
    languages: tuple[str, ...]
    defaults: Mapping[str, Any]

    @classmethod
    def of(
        cls, flows: Mapping[str, Flow], languages: tuple[str, ...], variables: Mapping[str, Mapping[str, Any]]
    ) -> "Dialogue":
        parsed = [(flow.id, block) for _, flow in sorted(flows.items()) for block in parse_blocks(flow.blocks)]
        by_intent: dict[str, tuple[Block, ...]] = {}
        for _, block in parsed:
            if block.intent:
                by_intent[block.intent] = (*by_intent.get(block.intent, ()), block)
        return cls(
            blocks={block.id: block for _, block in parsed},
            flow_of={block.id: flow for flow, block in parsed},
            by_intent=by_intent,
            by_role={block.system: block for _, block in reversed(parsed) if block.system},
            languages=languages,
            defaults={name: variable.get("default") for name, variable in variables.items()},
        )


def take_turn(
    dialogue: Dialogue,
    state: ConversationState,
    classification: Classification,
    seed: str,
    env: Mapping[str, Any],
) -> Turn:
    """The same arguments give the same turn. Never raises for what a bot or a user says."""
    offer = _taken_offer(dialogue, state, classification.text)
    variables = {**state.variables, **(offer.variables if offer else {})}
    aged = {name: left - 1 for name, left in state.contexts.items() if left > 1}
    entry, why = _entry(dialogue, state, classification, offer)
    values = {**dialogue.defaults, **variables, "env": dict(env), **_system_values(classification)}
    moment = Moment(classification.language, dialogue.languages[0], values, seed)
    run = _Run(dialogue, moment).follow(entry, why)
    after = ConversationState(
        started=True,
        language=classification.language,
        contexts={**aged, **run.contexts},
        variables=variables,
        offers=tuple(_offers(run.says)),
    )
    replies = tuple(_reply(say) for say in run.says)
    return Turn(state=after, replies=replies, block=run.trace[0].block, trace=tuple(run.trace))


Entry = Block | str
"""A block, or the role whose built-in text is said because the bot has no block for it."""


def _entry(
    dialogue: Dialogue, state: ConversationState, found: Classification, offer: Offer | None
) -> tuple[Entry, str]:
    if found.reason == "bot_disabled":
        return _role(dialogue, "bot_disabled"), "the bot is switched off"
    if offer:
        return dialogue.blocks[offer.next], f"the user picked {offer.title!r}"
    if found.reason == "message_too_long":
        return _role(dialogue, "message_too_long", "not_understood"), "the message is too long"
    if found.reason == "ambiguous" and "did_you_mean" in dialogue.by_role:
        return dialogue.by_role["did_you_mean"], "two intents are too close to call"
    intent = found.intent or (found.ranking[0] if found.reason == "ambiguous" else None)
    block = _triggered(dialogue, state, intent.id) if intent else None
    if block:
        return block, f"understood as {intent.name!r}" if intent else ""
    if not state.started and "introduction" in dialogue.by_role:
        return dialogue.by_role["introduction"], "the first message, not understood"
    return _role(dialogue, "not_understood"), found.reason or "no block answers this intent here"


def _role(dialogue: Dialogue, *roles: str) -> Entry:
    return next((dialogue.by_role[role] for role in roles if role in dialogue.by_role), roles[0])


def _triggered(dialogue: Dialogue, state: ConversationState, intent: str) -> Block | None:
    """C2: all required contexts open; the block whose context lives longest wins, then the more demanding."""
    open_ = state.contexts
    candidates = [
        block for block in dialogue.by_intent.get(intent, ()) if all(c in open_ for c in block.required_contexts)
    ]

    def preference(block: Block) -> tuple[int, int]:
        longest = max((open_[context] for context in block.required_contexts), default=0)
        return longest, len(block.required_contexts)

    return max(candidates, key=preference, default=None)


def _taken_offer(dialogue: Dialogue, state: ConversationState, text: str) -> Offer | None:
    said = " ".join(text.casefold().split())
    matching = (o for o in state.offers if " ".join(o.title.casefold().split()) == said)
    return next((offer for offer in matching if offer.next in dialogue.blocks), None)


def _system_values(found: Classification) -> dict[str, Any]:
    return {
        "user_message": found.text,
        "language": found.language,
        "intent": found.intent.name if found.intent else None,
        "suggestions": [scored.name for scored in found.ranking[:3]],
    }


class _Run:
    """Follows blocks from the first on, until one waits. A turn that does not end is an error, said once."""

    def __init__(self, dialogue: Dialogue, moment: Moment) -> None:
        self._dialogue, self._moment = dialogue, moment
        self.says: list[Say] = []
        self.trace: list[TraceStep] = []
        self.contexts: dict[str, int] = {}

    def follow(self, entry: Entry, why: str) -> "_Run":
        steps = 0
        block: Entry | None = entry
        while block is not None:
            steps += 1
            if steps > MOST_STEPS:
                self._fail()
                break
            following = self._run(block, why)
            why = "next"
            block = (
                self._dialogue.blocks.get(following) or _role(self._dialogue, "not_understood") if following else None
            )
        return self

    def _after(self, following: str | None) -> Entry | None:
        """A block that is gone leads to not understood, never to an error (P20)."""
        if following is None:
            return None
        return self._dialogue.blocks.get(following) or _role(self._dialogue, "not_understood")

    def _run(self, entry: Entry, why: str) -> str | None:
        if isinstance(entry, str):
            self._say_built_in(entry, why)
            return None
        self.trace.append(TraceStep(block=entry.id, flow=self._dialogue.flow_of[entry.id], why=why))
        for context in entry.output_contexts:
            self.contexts[context.name] = context.lifespan
        step = block_kinds()[entry.kind].run(entry, self._moment)  # type: ignore[attr-defined]
        self.says += step.says
        following: str | None = step.next
        return following

    def _fail(self) -> None:
        """A loop without a wait: what it said would flood the user, so only the error is said."""
        self.says.clear()
        why = "the blocks go round in a loop"
        error = _role(self._dialogue, "error")
        if isinstance(error, str):
            self._say_built_in(error, why)
        else:
            self._run(error, why)

    def _say_built_in(self, role: str, why: str) -> None:
        self.trace.append(TraceStep(block=None, flow=None, why=why))
        self.says.append(Say(text=FALLBACK_TEXTS[role]))


def _offers(says: list[Say]) -> list[Offer]:
    choices = [choice for say in says for choice in (*say.buttons, *say.quick_replies)]
    return [
        Offer(title=choice["title"], next=choice["next"], variables=choice["variables"])
        for choice in choices
        if choice["next"]
    ]


def _reply(say: Say) -> Reply:
    return Reply(text=say.text, buttons=_shown(say.buttons), quick_replies=_shown(say.quick_replies))


def _shown(choices: tuple[Mapping[str, Any], ...]) -> tuple[ChoiceReply, ...] | None:
    return tuple(ChoiceReply(title=c["title"], url=c["url"]) for c in choices) or None
