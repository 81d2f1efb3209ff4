"""Every bound of delivery can be set, and is documented."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from services.live_api.settings import DeliveryBounds, delivery_bounds

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


@pytest.mark.parametrize("name", [field.name for field in fields(DeliveryBounds)])
def test_a_bound_is_read_from_the_environment_and_documented(name: str) -> None:
    variable = f"GREENROOM_LIVE_{name.upper()}"
    assert delivery_bounds({variable: "7"}) == replace(DeliveryBounds(), **{name: 7})
    assert f"`{variable}`" in OPERATIONS.read_text()


def test_what_is_not_set_has_its_default() -> None:
    assert delivery_bounds({}) == DeliveryBounds()
