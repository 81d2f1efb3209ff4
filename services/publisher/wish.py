"""What a publication is asked to carry, as a value. The modes are those of P1."""

from typing import Any, Literal

from shared.document import Value

Mode = Literal["full", "nlp", "flows", "rollback"]
Target = Literal["live", "preview"]


class Wish(Value):
    """`flows` (ids or names) and `languages` are None for all; `to_release` is a number of the target's releases."""

    mode: Mode
    target: Target = "live"
    flows: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    to_release: int | None = None

    @property
    def place(self) -> str:
        """Where it is to be served, as sentences call it."""
        return "live" if self.target == "live" else "the preview"

    def agrees_with(self, asked: "Wish") -> bool:
        """Whether `asked` says nothing else, as far as it says anything; in which order means nothing."""
        said = asked.model_dump(exclude_none=True)
        return all(_unordered(getattr(self, name)) == _unordered(value) for name, value in said.items())


def _unordered(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value
