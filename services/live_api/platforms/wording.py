"""Words fitted into what a platform takes: pure, and never a character broken in two."""

import unicodedata

from shared.flows.conversation import CardReply, ChoiceReply, Reply

_JOINER = "\u200d"


def clip(text: str, most: int) -> str:
    """At most `most` characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def split(text: str, most: int) -> list[str]:
    """Parts of at most `most` characters, cut at the end of a line or a word where there is one. None for no text."""
    parts = []
    rest = text.strip()
    while len(rest) > most:
        cut = _cut(rest, most)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part]


def _cut(text: str, most: int) -> int:
    """Never so early that a part would be less than half of what it may be."""
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, most // 2, most + 1)
        if found > 0:
            return found
    whole = (cut for cut in range(most, most // 2, -1) if not _joined(text, cut))
    return next(whole, most)


def _joined(text: str, cut: int) -> bool:
    """Whether what stands on both sides of `cut` is one sign to the eye: an accent, a skin tone, a family."""
    after = text[cut]
    modifies = unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Me", "Sk") or after == _JOINER
    return bool(modifies) or text[cut - 1] == _JOINER


def choices(reply: Reply) -> tuple[ChoiceReply, ...]:
    """Buttons, then quick replies, for a platform to which they are the same."""
    return (reply.buttons or ()) + (reply.quick_replies or ())


def payload(choice: ChoiceReply) -> str:
    """What comes back when it is tapped."""
    return choice.payload or choice.title


def with_links(text: str, links: tuple[ChoiceReply, ...]) -> str:
    """Links written out, for a platform that has no button for them."""
    lines = (f"{link.title}: {link.url}" for link in links if link.url)
    return "\n".join(filter(None, (text, *lines)))


def card_text(card: CardReply) -> str:
    return "\n".join(filter(None, (card.title, card.subtitle)))
