"""`greenroom chat`: talk to a bot."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.access import Access, connected
from cli.asking import Talk, emulator, live_conversation, reply_lines
from cli.wishes import OfTarget

# Red for real users, amber for a rehearsal with real channels, green for what nobody else sees.
COLOURS = {"live": 41, "preview": 43, "draft": 42}


@connected
def chat(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    draft: Annotated[bool, typer.Option("--draft", help="Talk to draft; nothing counts there.")] = False,
    target: OfTarget = "live",
) -> None:
    """Talk to a bot in live (or draft, or the preview), a message a line; an empty line or Ctrl-D ends it."""
    where = "draft" if draft else target
    print(f"Talking to {bot} in {where.upper()}.", file=sys.stderr, flush=True)
    talk = emulator(access.draft, bot) if draft else live_conversation(access.target(target), bot)
    for text in _typed(f"\033[{COLOURS[where]};97m {where.upper()} \033[0m"):
        _say(access, talk, text)


def _say(access: Access, talk: Talk, text: str) -> None:
    answer = talk(text)
    access.answer(answer, lambda: print("\n".join(reply_lines(answer["replies"])), flush=True))


def _typed(banner: str) -> Iterator[str]:
    """What a person types at a prompt, or the lines of standard input."""
    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    import readline  # noqa: F401  (its import gives `input` a history)

    try:
        while text := input(f"{banner} you: ").strip():
            yield text
    except (EOFError, KeyboardInterrupt):
        print()
