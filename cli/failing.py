"""What is shown when a command fails: a line for people, the findings, and what to do next."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from cli.findings import finding_lines
from cli.outcome import CommandError


def fail(error: CommandError) -> int:
    """Prints it on standard error, and gives the exit code."""
    print(f"error: {error.message}", file=sys.stderr)
    if error.findings:
        show_findings(error.findings, error.bot)
    if error.hint:
        print(f"       {error.hint.replace('BOT', error.bot)}", file=sys.stderr)
    return error.exit_code


def show_findings(findings: Sequence[Mapping[str, Any]], bot: str) -> None:
    """On standard error."""
    print("\n".join(finding_lines(findings, bot)), file=sys.stderr)
