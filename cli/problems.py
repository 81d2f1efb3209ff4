"""What a service's refusal means to a person at a terminal: one line, and what to do next."""

import json
import re
from collections.abc import Mapping
from typing import Any

from cli.outcome import ERROR, REFUSED, CommandError

_NEXT = {
    "unauthenticated": "Give the key with --key or GREENROOM_ADMIN_KEY, or the folder of `greenroom up` with --data.",
    "forbidden": "This key may not do that: ask whoever made it for more scopes.",
    "never_published": "Publish everything first: greenroom publish BOT --train",
    "nlp_never_trained": "Train it first (greenroom train BOT), or publish with --train.",
    "nlp_stale": "Train it again (greenroom train BOT), or publish with --train.",
    "nlp_training_failed": "See why with: greenroom train BOT",
    "nlp_training": "Wait for the training to end: greenroom status BOT",
    "nlp_unchanged": "Nothing to do; flows and settings go with --mode flows or --mode full.",
    "training_running": "greenroom status BOT shows it.",
    "publication_running": "greenroom status BOT shows it.",
    "live_drift": "Bring the edits home (greenroom pull BOT), or let them go by name with --accept live_drift.",
    "drift_conflict": "Decide with --prefer live or --prefer draft, one --item at a time if need be.",
    "not_edited": "greenroom status BOT lists what was edited in live.",
    "regression_failed": "Publish in spite of them by name with --accept regression_failed.",
    "intents_removed": "Removing an intent needs --mode full.",
    "dangling_reference": "Make what is missing, or change the block, in draft.",
    "duplicate_block": "Publish the flows together, each with a --flow of its own.",
    "unknown_flow": "greenroom diff BOT names the flows that differ.",
    "unknown_release": "greenroom releases BOT lists those that there are; --to names one.",
    "unknown_language": "greenroom bots lists the languages of each bot.",
    "release_not_kept": "greenroom releases BOT lists those that there are; old ones lose their content.",
    "environment_value_missing": "Set it where it is to be published: greenroom env BOT NAME=VALUE",
    "approval_missing": "Have a plan approved (greenroom plan BOT, greenroom approve PLAN), publish with --plan.",
    "own_plan": "Somebody else approves it, with a key of their own.",
    "plan_stale": "Make a new one: greenroom plan BOT",
    "plan_mismatch": "Leave --mode and --target out: the plan has them. A plan never trains.",
    "live_moved": "Somebody was faster. Look again: greenroom plan BOT",
    "precondition_failed": "Somebody was faster: do it again.",
    "unknown_target": "Start a preview beside the others: greenroom up --preview",
    "nlp_source_missing": "Draft has not kept what that model was trained on: nothing was changed.",
    "channel_secrets_missing": "greenroom channels change BOT CHANNEL --secrets FILE",
    "duplicate_bot": "Give it another name with --bot.",
    "body_too_large": "Split the file, or raise GREENROOM_MAX_UPLOAD_BYTES.",
}

# What is not found is named in the detail.
_LISTED = {
    "bot": "greenroom bots lists the bots.",
    "release": "greenroom releases BOT lists those that there are.",
    "plan": "A plan is made by greenroom plan BOT, which prints its id.",
    "snapshot": "greenroom snapshots BOT lists those that there are.",
    "channel": "greenroom channels list BOT",
}
_ABSENT = re.compile(rf"\bno ({'|'.join(_LISTED)})\b")


def refusal(status: int, body: bytes, service: str) -> CommandError:
    """The error that a service's answer stands for; exit code 3 when it is a refusal with findings."""
    problem = _problem(status, body, service)
    findings = problem.get("findings") or []
    codes = [problem["code"], *(finding["code"] for finding in findings if finding.get("severity") == "blocker")]
    refused = problem["code"] == "publication_refused"
    return CommandError(
        f"{problem['code']}: {problem['detail']}" if not refused else "publication_refused: nothing was published.",
        exit_code=REFUSED if refused else ERROR,
        # Findings are told with what to do about each.
        hint=None if findings else next_step(codes) or _where_to_look(problem),
        problem=problem,
        findings=findings,
    )


def next_step(codes: list[str]) -> str | None:
    """What to do about the first of `codes` that anything can be done about."""
    return next((_NEXT[code] for code in codes if code in _NEXT), None)


def _where_to_look(problem: Mapping[str, Any]) -> str | None:
    absent = _ABSENT.search(problem["detail"]) if problem["code"] == "not_found" else None
    return _LISTED[absent[1]] if absent else None


def _problem(status: int, body: bytes, service: str) -> Mapping[str, Any]:
    """Also for an answer that is no problem document, from something between us and the service perhaps."""
    try:
        document = json.loads(body)
        return {**document, "code": document["code"], "detail": str(document["detail"])}
    except (ValueError, TypeError, KeyError):
        return {"code": "unexpected_answer", "detail": f"{service} answered {status} without saying why."}
