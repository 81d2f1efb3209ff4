"""How a command ends when it does not end well: one clear line, and an exit code that a script can read."""

from collections.abc import Mapping, Sequence
from typing import Any

ERROR, USAGE, REFUSED, UNREACHABLE, INTERRUPTED = 1, 2, 3, 4, 130


class CommandError(Exception):
    """`problem` is the machine's view of it (for `--json`), `findings` the reasons of a refusal.

    `bot` is how the bot is to be typed where a hint says BOT.
    """

    def __init__(
        self,
        message: str,
        exit_code: int = ERROR,
        hint: str | None = None,
        problem: Mapping[str, Any] | None = None,
        findings: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.hint = hint
        self.problem = problem or {"code": "command_failed", "detail": message}
        self.findings = findings
        self.bot = "BOT"
