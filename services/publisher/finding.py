"""Findings, as the checks make them."""

from collections.abc import Iterable
from typing import Any

from shared.contracts import Finding

Subjects = list[dict[str, Any]]


def blocker(code: str, message: str, subjects: Subjects) -> Finding:
    return Finding(code=code, severity="blocker", message=message, subjects=tuple(subjects))


def warning(code: str, message: str, subjects: Subjects) -> Finding:
    return Finding(code=code, severity="warning", message=message, subjects=tuple(subjects))


def capitalised(words: str) -> str:
    """As a sentence begins."""
    return words[:1].upper() + words[1:]


def blockers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity == "blocker")
