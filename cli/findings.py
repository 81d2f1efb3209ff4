"""Findings in words: what stands in the way first, each with what it is about and what to do."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.problems import next_step

Finding = Mapping[str, Any]

MOST_SUBJECTS = 8


def finding_lines(findings: Sequence[Finding], bot: str) -> list[str]:
    """`bot` is how it is typed in the commands that are named."""
    blockers = [finding for finding in findings if finding.get("severity") != "warning"]
    warnings = [finding for finding in findings if finding.get("severity") == "warning"]
    return [*_headed("In the way:", blockers, bot), *_headed("Worth knowing:", warnings, bot)]


def blocking(findings: Sequence[Finding]) -> list[str]:
    """The codes of what stands in the way."""
    return [finding["code"] for finding in findings if finding["severity"] == "blocker"]


def _headed(title: str, findings: Sequence[Finding], bot: str) -> list[str]:
    if not findings:
        return []
    return [title, *(line for finding in findings for line in _lines(finding, bot))]


def _lines(finding: Finding, bot: str) -> list[str]:
    message = str(finding.get("message"))
    subjects = [subject for subject in finding.get("subjects") or () if not _told(subject, message)]
    shown = [subject_words(subject) for subject in subjects[:MOST_SUBJECTS]]
    shown += [f"and {len(subjects) - MOST_SUBJECTS} more"] if len(subjects) > MOST_SUBJECTS else []
    advice = next_step([finding["code"]]) if finding.get("severity") != "warning" else None
    return [
        f"  {finding['code']}: {message}",
        *([f"    about: {'; '.join(shown)}"] if shown else []),
        *([f"    {advice.replace('BOT', bot)}"] if advice else []),
    ]


def _told(subject: Any, message: str) -> bool:
    """Whether the message says it all already."""
    if not isinstance(subject, Mapping):
        return False
    rest = [value for key, value in subject.items() if key not in ("kind", "id", "name", "item")]
    called = subject.get("name") or subject.get("id")
    return bool(called) and all(str(value) in message for value in (called, *rest))


def subject_words(subject: Any) -> str:
    """A subject is an object of any shape: what it is and its name, then the rest of it."""
    if not isinstance(subject, Mapping):
        return str(subject)
    called = subject.get("name") or subject.get("id")
    known = {"kind", "id", "name"} if called is not None else {"kind"}
    rest = [f"{key.replace('_', ' ')} {_value(value)}" for key, value in subject.items() if key not in known and value]
    what = " ".join(str(word) for word in (subject.get("kind"), called) if word is not None)
    return ", ".join(filter(None, [what, *rest]))


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and value.keys() == {"flow", "block"}:
        return f"{value['flow']}/{value['block']}"
    if isinstance(value, list):
        return " and ".join(_value(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)
