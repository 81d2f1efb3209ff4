"""Values that never change, and documents: values that are named by their content."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from shared.digest import canonical, digest_of

ROW = ConfigDict(extra="forbid", allow_inf_nan=False)
"""For parts of which a release holds very many: frozen dataclasses with slots, a fifth of the size of a `Value`. Their
fields stand in the order of their names, since that is how they are written.
"""


class Value(BaseModel):
    """Frozen and closed: a part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Value):
    """A value with one canonical spelling; `digest` names it."""

    def canonical(self) -> bytes:
        return canonical(self)

    @cached_property
    def digest(self) -> str:
        return digest_of(self.canonical())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A changed copy has a name of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("digest", None)
        return copied
