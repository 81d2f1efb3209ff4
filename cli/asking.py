"""Asking a bot something: sentences to classify, or messages of a conversation."""

from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any

from cli.peer import Peer

Talk = Callable[[str], dict[str, Any]]
"""One message in; the answer with its `replies`, and what was understood."""

MOST_TEXTS = 256


def classify_all(peer: Peer, bot: str, texts: Sequence[str], language: str | None = None) -> dict[str, Any]:
    """All results in order, and the release that gave the last of them, where the peer says so."""
    results: list[Any] = []
    answer: dict[str, Any] = {}
    for start in range(0, len(texts), MOST_TEXTS):
        body: dict[str, Any] = {"texts": list(texts[start : start + MOST_TEXTS])}
        answer = peer.post("bots", bot, "classify", body=body | ({"language": language} if language else {}))
        results += answer["results"]
    return {**answer, "results": results}


def live_conversation(live: Peer, bot: str) -> Talk:
    """A new conversation in live."""
    path = ("bots", bot, "conversations", f"terminal-{token_hex(8)}", "messages")
    return lambda text: dict(live.post(*path, body={"text": text}))


def emulator(draft: Peer, bot: str) -> Talk:
    """A new conversation with the draft bot."""
    conversation: dict[str, str] = {}

    def talk(text: str) -> dict[str, Any]:
        answer = dict(draft.post("bots", bot, "emulator", body={"text": text, **conversation}))
        conversation["conversation"] = answer["conversation"]
        return answer

    return talk


def reply_lines(replies: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the bot said, and what it offered to tap on."""
    lines = []
    for reply in replies:
        lines.append(f"bot: {reply.get('text') or '(no text)'}")
        offered = [*(reply.get("buttons") or ()), *(reply.get("quick_replies") or ())]
        if offered:
            lines.append("     " + " ".join(f"[{offer.get('title', '')}]" for offer in offered))
    return lines or ["bot: (says nothing)"]
