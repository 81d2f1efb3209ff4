"""Plans: asked for, told in words, and what to type next."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from cli.access import Access
from cli.changes import detailed_lines, first_lines
from cli.findings import blocking, finding_lines
from shared.counting import counted

Plan = Mapping[str, Any]

ASK_SECONDS, IMPACT_SECONDS = 0.5, 30.0


def make_plan(access: Access, bot: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    """With `nothing_to_do`, and the command to type `next`: None when there is none that would help."""
    plan = access.publisher.post("bots", bot, "plans", body=wish)
    return {**plan, "nothing_to_do": nothing_to_do(plan), "next": next_command(access, bot, plan)}


def with_impact(access: Access, plan: Plan, sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """The plan with the impact that is computed after it was made, where that does not take too long."""
    until = time.monotonic() + IMPACT_SECONDS
    impact = plan.get("impact") or {}
    while impact.get("status") == "pending" and time.monotonic() < until:
        sleep(ASK_SECONDS)
        impact = access.publisher.get("plans", plan["id"])["impact"]
    return {**plan, "impact": impact}


def nothing_to_do(plan: Plan) -> bool:
    """The target serves this very bot, or, where NLP alone was asked for, this very NLP."""
    base, candidate = plan["base"], plan["candidate"]
    if base and candidate:
        return bool(base["digest"] == candidate["digest"])
    return blocking(plan["findings"]) == ["nlp_unchanged"]


def next_command(access: Access, bot: str, plan: Plan) -> str | None:
    """What would bring the plan, or the next one, further."""
    codes = blocking(plan["findings"])
    if nothing_to_do(plan):
        return None
    publish = ("publish", bot, "--plan", plan["id"])
    if plan["publishable"]:
        return access.command(*publish)
    steps = {
        "nlp_never_trained": ("train", bot),
        "nlp_stale": ("train", bot),
        "nlp_training_failed": ("train", bot),
        "nlp_training": ("status", bot),
        "never_published": ("plan", bot, "--mode", "full"),
        "intents_removed": ("plan", bot, "--mode", "full"),
        "unknown_release": ("releases", bot),
        "unknown_flow": ("diff", bot),
        "live_drift": ("pull", bot),
        "approval_missing": ("approve", plan["id"]),
    }
    return next((access.command(*steps[code]) for code in steps if code in codes), None)


def plan_lines(access: Access, bot: str, plan: Plan) -> list[str]:
    done = plan["nothing_to_do"]
    told = [finding for finding in plan["findings"] if not (done and finding["severity"] == "blocker")]
    lines = [_heading(bot, plan), *_changes(plan), *_drift(plan), *finding_lines(told, access.named(bot))]
    if plan["conversations_affected"]:
        lines.append(f"Conversations that stand on what would change: {plan['conversations_affected']}")
    return [*lines, *impact_lines(plan.get("impact") or {}), *_closing(plan)]


def impact_lines(impact: Mapping[str, Any]) -> list[str]:
    if impact.get("status") == "pending":
        return ["What it would mean to those who wrote lately is still being computed."]
    if impact.get("status") != "done" or not impact["messages"]:
        return []
    counts = (
        f"{impact['change_intent']} would change intent, {impact['become_understood']} become understood, "
        f"{impact['cease_to_be_understood']} cease to be"
    )
    return [
        f"Of the last {counted(impact['messages'], 'message', 'messages')} {counts}.",
        *map(_example, impact["examples"]),
    ]


def _example(example: Mapping[str, Any]) -> str:
    before, after = (found["intent"] or "not understood" for found in (example["before"], example["after"]))
    times = f" ({example['count']} times)" if example["count"] > 1 else ""
    return f"  {example['text']!r}{times}: {before} -> {after}"


def drift_words(item: Mapping[str, Any]) -> str:
    """As `--item` names it, with the name that people know."""
    name = f", {item['name']}" if item["name"] != item["id"] else ""
    return f"{item['item']}{name} (release {item['release']}, by {item['author']})"


def _heading(bot: str, plan: Plan) -> str:
    base = f"release {plan['base']['number']}" if plan["base"] else "nothing yet"
    to = f" to release {plan['to_release']}" if plan["to_release"] else ""
    return f"Plan {plan['id']}: {bot}, {plan['mode']}{to}; {plan['target']} has {base}."


def _changes(plan: Plan) -> list[str]:
    lines = detailed_lines(plan["changes"]) if plan["base"] else first_lines(plan["changes"])
    if plan["nothing_to_do"] or not lines:
        return []
    title = "What would change:" if plan["base"] else "What would be there:"
    return [title, *(f"  {line}" for line in lines)]


def _drift(plan: Plan) -> list[str]:
    if not plan["drift"]:
        return []
    return ["Edited in live, and would be overwritten:", *(f"  {drift_words(item)}" for item in plan["drift"])]


def _closing(plan: Plan) -> list[str]:
    if plan["nothing_to_do"]:
        return [f"Nothing to do: release {plan['base']['number']} has all of this already."]
    said = "It can be published." if plan["publishable"] else "It cannot be published as it is."
    return [said, *([f"Next: {plan['next']}"] if plan["next"] else [])]
