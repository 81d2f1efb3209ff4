"""Which language a message is in: what was asked for, else what is known, else what it looks like. Pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.errors import InvalidError
from shared.nlp.letters import Letters, likeliest

AUTO = "auto"
"""Asked for instead of a language, to have it detected."""


class Speaker(Protocol):
    """A model, as far as it tells its language from others. `letters` is None for one that was trained before there

    were any."""

    @property
    def letters(self) -> Letters | None: ...

    def knows(self, text: str) -> bool:
        """Whether the text equals one of its expressions (T3)."""


def known_language(asked: str, languages: Sequence[str]) -> str:
    """Raises InvalidError `unknown_language`."""
    if asked not in languages:
        raise InvalidError("unknown_language", f"This bot does not speak {asked!r}; it speaks {', '.join(languages)}.")
    return asked


def closest(tag: str | None, languages: Sequence[str]) -> str | None:
    """The language of the bot that a channel's tag means: the same, else the first of the same main language.

    Channels spell them in several ways (`nl-BE`, `nl_BE`, `NL`), and do not know what a bot speaks.
    """
    if not tag:
        return None
    wanted = tag.replace("_", "-").casefold()
    same = (language for language in languages if language.casefold() == wanted)
    kin = (language for language in languages if _main(language) == _main(wanted))
    return next(same, None) or next(kin, None)


def spoken_in(
    text: str,
    languages: Sequence[str],
    models: Mapping[str, Speaker],
    asked: str | None,
    known: str | None,
    detect: bool,
) -> str:
    """`known` is the conversation's own language, or the tag that its channel gave.

    Detection starts there, or at the bot's first language, and leaves it for what is clearly in another.
    Raises InvalidError `unknown_language`.
    """
    if asked is not None and asked != AUTO:
        return known_language(asked, languages)
    current = closest(known, languages) or languages[0]
    return detected(text, models, current) if detect or asked == AUTO else current


def detected(text: str, models: Mapping[str, Speaker], current: str) -> str:
    """A text that only one other language has as an expression is in that one, however little it says else."""
    if len(models) < 2:
        return current
    having = [language for language, model in models.items() if model.knows(text)]
    if current in having or len(having) == 1:
        return current if current in having else having[0]
    return likeliest(text, {name: model.letters for name, model in models.items() if model.letters}, current)


def _main(tag: str) -> str:
    return tag.casefold().partition("-")[0]
