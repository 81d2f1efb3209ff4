"""The `greenroom` command: one file of `cli.commands` per command, found by presence."""

import signal
import sys
from types import FrameType

import typer

from cli import commands
from cli.failing import fail
from cli.outcome import INTERRUPTED, CommandError
from shared.registry import modules_in


def build() -> typer.Typer:
    app = typer.Typer(
        name="greenroom",
        help="Build a chatbot in draft, publish it safely to live.",
        epilog="Exit codes: 0 done, 1 error, 2 wrong use, 3 refused, 4 the service cannot be reached.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in modules_in(commands):
        name = module.__name__.rpartition(".")[2].rstrip("_")
        app.command(name)(getattr(module, module.__name__.rpartition(".")[2]))
    return app


def main() -> None:
    """Runs one command; exit codes are those of `cli.outcome`."""
    signal.signal(signal.SIGTERM, _end)
    try:
        build()()
    except CommandError as error:
        sys.exit(fail(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _end(_number: int, _frame: FrameType | None) -> None:
    """A command that is terminated cleans up behind itself, as after Ctrl-C."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
