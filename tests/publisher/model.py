"""What the house should do, said again in plain values: the model that the property test drives beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Intent = tuple[str, frozenset[str]]
"""Name and expressions."""

FlowContent = tuple[str, str | None, str | None]
"""Of the flow's one block: its text, the flow that it leads to, the id of its intent."""

THRESHOLD, LENGTH = "intent_threshold", "max_message_length"


@dataclass(frozen=True)
class Nlp:
    intents: Mapping[str, Intent] = field(default_factory=dict[str, Intent])

    def fingerprint(self) -> tuple[Any, ...]:
        return tuple(sorted((intent, name, tuple(sorted(texts))) for intent, (name, texts) in self.intents.items()))


@dataclass(frozen=True)
class Content:
    """A release, or draft: everything that behaviour depends on."""

    nlp: Nlp
    threshold: float
    length: int
    flows: Mapping[str, FlowContent]

    def items(self) -> dict[str, Any]:
        flows = {f"flow:{flow}": content for flow, content in self.flows.items()}
        return flows | {f"setting:{THRESHOLD}": self.threshold, f"setting:{LENGTH}": self.length}

    def key(self) -> tuple[Any, ...]:
        """Equal behaviour, equal digest: this must be one to one with digests."""
        return self.nlp.fingerprint(), self.threshold, self.length, tuple(sorted(self.flows.items()))


@dataclass(frozen=True)
class Edited:
    """An item that was edited in live: what both sides had last, and what draft left for it, each with its base."""

    agreed: Any
    left: Mapping[Any, Any] = field(default_factory=dict[Any, Any])

    def base(self, ours: Any) -> Any:
        return self.left.get(ours, self.agreed)


Edits = Mapping[str, Edited]


@dataclass(frozen=True)
class Served:
    """One release with the live edits that stand in it."""

    content: Content
    edits: Edits
    origin: str


@dataclass
class Model:
    draft: Content
    trained: tuple[Any, ...] | None = None
    ever_trained: set[tuple[Any, ...]] = field(default_factory=set[tuple[Any, ...]])
    served: list[Served] = field(default_factory=list)

    @property
    def live(self) -> Content | None:
        return self.served[-1].content if self.served else None

    @property
    def edits(self) -> Edits:
        return self.served[-1].edits if self.served else {}

    @property
    def standing(self) -> set[str]:
        """The edits of live that draft has not taken over, or has no longer."""
        return self.unknown_to(self.draft)

    def unknown_to(self, ours: Content) -> set[str]:
        theirs, mine = self.live.items() if self.live else {}, ours.items()
        return {
            item for item, edit in self.edits.items() if theirs.get(item) != edit.agreed or mine.get(item) in edit.left
        }

    def train(self) -> None:
        self.trained = self.draft.nlp.fingerprint()
        self.ever_trained.add(self.trained)

    def undo(self, to: Content) -> None:
        """What comes back is trained if it ever was."""
        self.draft = to
        if to.nlp.fingerprint() in self.ever_trained:
            self.trained = to.nlp.fingerprint()

    # -- what a publication would do ---------------------------------------------------

    def outcome(self, mode: str, flows: frozenset[str] | None = None, to: int = 0) -> Content | None:
        live = self.live
        if mode == "full":
            return self.draft
        if live is None:
            return None
        if mode == "rollback":
            return self.served[to - 1].content if 0 < to <= len(self.served) else None
        if mode == "nlp":
            return replace(live, nlp=self.draft.nlp, threshold=self.draft.threshold)
        chosen = self.draft.flows.keys() | live.flows.keys() if flows is None else flows
        kept = {flow: content for flow, content in live.flows.items() if flow not in chosen}
        fresh = {flow: content for flow, content in self.draft.flows.items() if flow in chosen}
        return replace(live, flows={**kept, **fresh})

    def blockers(self, mode: str, flows: frozenset[str] | None = None, to: int = 0) -> set[str]:
        live, outcome = self.live, self.outcome(mode, flows, to)
        if live is None and mode != "full":
            return {"never_published"}
        if outcome is None:
            return {"unknown_release"}
        found = self._nlp_blockers(mode) if mode in {"full", "nlp"} else set()
        if mode in {"full", "flows"} and dangles(outcome):
            found.add("dangling_reference")
        if mode == "nlp" and "intents_removed" not in found and dangles(outcome):
            found.add("dangling_reference")
        if mode != "rollback" and live is not None and self.drift(live, outcome):
            found.add("live_drift")
        return found

    def _nlp_blockers(self, mode: str) -> set[str]:
        found = set()
        if self.trained is None:
            found.add("nlp_never_trained")
        elif self.trained != self.draft.nlp.fingerprint():
            found.add("nlp_stale")
        live = self.live
        if mode == "nlp" and live is not None:
            if live.nlp.intents.keys() - self.draft.nlp.intents.keys():
                found.add("intents_removed")
            elif (live.nlp.fingerprint(), live.threshold) == (self.draft.nlp.fingerprint(), self.draft.threshold):
                found.add("nlp_unchanged")
        return found

    def drift(self, live: Content, outcome: Content) -> set[str]:
        ours, theirs = outcome.items(), live.items()
        return {item for item in self.unknown_to(outcome) if ours.get(item) != theirs.get(item)}

    # -- what happens -----------------------------------------------------------------

    def publish(self, mode: str, outcome: Content, flows: frozenset[str] | None = None, to: int = 0) -> None:
        """`outcome` is what a plan froze, or what is composed now. Nothing new makes no release (P10)."""
        live = self.live
        if live is not None and outcome.key() == live.key():
            if mode == "full":
                self.served[-1] = replace(self.served[-1], edits={})
            return
        self.served.append(Served(outcome, self._after(mode, flows, to), mode))

    def _after(self, mode: str, flows: frozenset[str] | None, to: int) -> Edits:
        if mode == "rollback":
            return self.served[to - 1].edits
        if mode == "nlp":
            return {item: value for item, value in self.edits.items() if item != f"setting:{THRESHOLD}"}
        if mode == "flows":
            return {
                item: value
                for item, value in self.edits.items()
                if not item.startswith("flow:") or (flows is not None and item.removeprefix("flow:") not in flows)
            }
        return {}

    def edit_live(self, after: Content) -> None:
        before = self.live
        assert before is not None
        if after.key() == before.key():
            return
        edits, old, new = dict(self.edits), before.items(), after.items()
        for item in old.keys() | new.keys():
            if old.get(item) != new.get(item):
                edit = edits.pop(item, Edited(old.get(item)))
                if new.get(item) != edit.agreed or edit.left:
                    edits[item] = edit
        self.served.append(Served(after, edits, "live_edit"))

    def pull(self, draft: Content) -> None:
        """Into a draft that becomes this one."""
        edits = dict(self.edits)
        theirs, mine, new = self.live.items() if self.live else {}, self.draft.items(), draft.items()
        for item in self.standing:
            edit, ours = edits.pop(item), mine.get(item)
            if new.get(item) != ours:
                edits[item] = Edited(theirs.get(item), {**edit.left, ours: edit.base(ours)})
        self.served[-1] = replace(self.served[-1], edits=edits)
        self.draft = draft


def dangles(content: Content) -> bool:
    flows, intents = content.flows, content.nlp.intents
    return any(
        (leads is not None and leads not in flows) or (intent is not None and intent not in intents)
        for _, leads, intent in flows.values()
    )


def changed(before: Content | None, after: Content) -> dict[str, dict[str, set[str]]]:
    """What a plan must show: ids of flows and intents, names of settings."""
    none = Content(Nlp(), -1.0, -1, {})
    old = before or none
    sides: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
        "flows": (old.flows, after.flows),
        "intents": (
            {intent: texts for intent, (_, texts) in old.nlp.intents.items()},
            {intent: texts for intent, (_, texts) in after.nlp.intents.items()},
        ),
    }
    found = {
        part: {
            "added": set(new.keys() - was.keys()),
            "removed": set(was.keys() - new.keys()),
            "changed": {key for key in was.keys() & new.keys() if was[key] != new[key]},
        }
        for part, (was, new) in sides.items()
    }
    names, now = ({i: name for i, (name, _) in side.nlp.intents.items()} for side in (old, after))
    found["intents"]["renamed"] = {intent for intent in names.keys() & now.keys() if names[intent] != now[intent]}
    pairs = {THRESHOLD: (old.threshold, after.threshold), LENGTH: (old.length, after.length)}
    found["settings"] = {"changed": {name for name, (was, new) in pairs.items() if before and was != new}}
    return found
