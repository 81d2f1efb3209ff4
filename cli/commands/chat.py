"""`greenroom chat`: talk to a bot."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.access import Access, connected
from cli.asking import Talk, emulator, live_conversation, reply_lines

LIVE, DRAFT = "\033[41;97m LIVE \033[0m", "\033[42;97m DRAFT \033[0m"


@connected
def chat(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    draft: Annotated[bool, typer.Option("--draft", help="Talk to draft; nothing counts there.")] = False,
) -> None:
    """Talk to a bot in live (or draft), a message a line; an empty line or Ctrl-D ends it."""
    print(f"Talking to {bot} in {'DRAFT' if draft else 'LIVE'}.", file=sys.stderr, flush=True)
    talk = emulator(access.draft, bot) if draft else live_conversation(access.live, bot)
    for text in _typed(DRAFT if draft else LIVE):
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
