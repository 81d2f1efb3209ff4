"""Messages that mean the same stand together."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.draft_api.grouping import group


def at(*degrees: float) -> np.ndarray:
    """Unit vectors at these angles: 20 degrees apart is a cosine of 0.94."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_a_group_is_led_by_its_most_central_message() -> None:
    found = group(at(0, 15, 30, 90, 200, 205), [1] * 6, 0.95)
    assert [(g.centre, g.members) for g in found] == [(1, (1, 0, 2)), (4, (4, 5)), (3, (3,))]


def test_what_is_said_often_counts_as_often() -> None:
    assert group(at(0, 90, 95), [50, 1, 1], 0.9)[0].members == (0,)


@settings(max_examples=100, deadline=None)
@given(
    degrees=st.lists(st.floats(0, 360), min_size=1, max_size=40),
    bound=st.floats(-1, 1),
    counts=st.lists(st.integers(1, 1000), min_size=40, max_size=40),
)
def test_every_message_is_in_one_group_and_near_its_centre(
    degrees: list[float], bound: float, counts: list[int]
) -> None:
    vectors = at(*degrees)
    found = group(vectors, counts[: len(degrees)], bound)
    assert sorted(member for g in found for member in g.members) == list(range(len(degrees)))
    for g in found:
        assert g.centre in g.members
        # The same cosine, rounded in another way.
        assert all(m == g.centre or vectors[m] @ vectors[g.centre] > bound - 1e-6 for m in g.members)
    assert found == group(vectors, counts[: len(degrees)], bound)


def test_nothing_has_no_groups() -> None:
    assert group(np.zeros((0, 1), np.float32), [], 0.6) == []
