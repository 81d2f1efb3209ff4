"""What is shown when a command fails: a line for people, the findings, and what to do next."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from cli.outcome import CommandError
from cli.tables import show_table


def fail(error: CommandError) -> int:
    """Prints it on standard error, and gives the exit code."""
    print(f"error: {error.message}", file=sys.stderr)
    if error.findings:
        show_findings(error.findings)
    if error.hint:
        print(f"       {error.hint}", file=sys.stderr)
    return error.exit_code


def show_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """A table on standard error: what was found, in words, and what it is about."""
    rows = [
        (
            finding.get("severity"),
            finding["code"],
            finding.get("message"),
            "\n".join(subject_line(subject) for subject in finding.get("subjects", ())),
        )
        for finding in findings
    ]
    show_table(("", "code", "message", "about"), rows, on_error_output=True)


def subject_line(subject: Any) -> str:
    """A subject is an object of any shape: its keys with their values, in words as far as they are words."""
    if not isinstance(subject, Mapping):
        return str(subject)
    return ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value)}" for key, value in subject.items()
    )
