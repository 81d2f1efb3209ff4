"""Every kind of channel that there is, found by presence."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from services.live_api import channels
from services.live_api.channel import Kind
from shared.registry import modules_in


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """By name."""
    found: list[Any] = list(modules_in(channels))
    return {module.__name__.rpartition(".")[2]: cast(Kind, module) for module in found}
