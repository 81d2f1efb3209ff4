"""Rasa's rules: which intents a response answers whoever asks, and what is answered under a condition alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.draft_api.foreign.harvest import Harvest

UTTER = "utter_"
_NO = {"", "false", "no", "off", "none", "null"}
_GUARDED = "a block answers everyone: lead to its response from a `goto` block that looks at a variable"
_NAMELESS = "without a name"

Steps = list[Mapping[str, Any]]


@dataclass
class Triggers:
    """`always` has the intents that a response answers, by the response's name; `guarded` are the responses that

    rules give under a condition alone.
    """

    always: dict[str, list[str]] = field(default_factory=dict)
    guarded: set[str] = field(default_factory=set)


def triggers_in(rules: Iterable[Any], intents: Any, harvest: Harvest) -> Triggers:
    """Of the rules that are one intent and then one response, and of the intents that name their response."""
    found, said, lost = Triggers(), set[str](), []
    for rule in rules:
        name, steps = _name(rule), _steps(rule)
        answers = _answers(steps)
        if conditions := list(_conditions(rule, steps)):
            harvest.lose(f"rule {name}: {_told(steps)}, if {' and '.join(conditions)}", _GUARDED)
            found.guarded.update(answers)
            continue
        said.update(answers)
        spoken = [str(step["intent"]) for step in steps if "intent" in step]
        if len(steps) == 2 and len(spoken) == 1 and len(answers) == 1:
            found.always.setdefault(answers[0], []).append(spoken[0])
        else:
            lost.append(name)
    harvest.lose_all("rules", lost, "only one intent that is answered with one response becomes a trigger")
    for intent, action in _mapped(intents, harvest):
        found.always.setdefault(action, []).append(intent)
    found.guarded -= said | found.always.keys()
    return found


def _name(rule: Any) -> str:
    return str(rule.get("rule") or _NAMELESS) if isinstance(rule, Mapping) else _NAMELESS


def _steps(rule: Any) -> Steps:
    steps = rule.get("steps") if isinstance(rule, Mapping) else None
    return [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list) else []


def _answers(steps: Steps) -> list[str]:
    return [str(step["action"]) for step in steps if str(step.get("action", "")).startswith(UTTER)]


def _conditions(rule: Any, steps: Steps) -> Iterator[str]:
    """What must be so before the rule is followed, beside the intent."""
    if isinstance(rule, Mapping):
        if rule.get("condition"):
            yield shown(rule["condition"])
        if str(rule.get("conversation_start") or "").casefold() not in _NO:
            yield "conversation_start"
    for step in steps:
        if "intent" in step and step.get("entities"):
            yield f"entities: {shown(step['entities'])}"


def _told(steps: Steps) -> str:
    return " -> ".join(str(step.get("intent") or step.get("action") or shown(step)) for step in steps)


def shown(found: Any) -> str:
    """A part of YAML on one line."""
    if isinstance(found, Mapping):
        return ", ".join(f"{key}: {shown(value)}" for key, value in found.items())
    return ", ".join(map(shown, found)) if isinstance(found, list) else str(found)


def _mapped(intents: Any, harvest: Harvest) -> Iterator[tuple[str, str]]:
    """Rasa 1 had no rules: the domain could say what an intent triggers."""
    for item in intents if isinstance(intents, list) else ():
        for name, about in item.items() if isinstance(item, Mapping) else ():
            action = str(about.get("triggers") or "") if isinstance(about, Mapping) else ""
            if action.startswith(UTTER):
                yield str(name), action
            elif action:
                harvest.lose(f"what {name} triggers: {action}", "call a URL from an `action` block")
