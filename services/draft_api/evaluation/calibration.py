"""Whether confidence means what it says (T10). Pure."""

import numpy as np

from services.draft_api.evaluation.answers import Flags, Floats, Labels
from services.draft_api.evaluation.document import ReliabilityBin

_ECE_BINS, _SHOWN_BINS = 15, 10
_Z = 1.959963984540054


def calibration_error(confidence: Floats, right: Flags) -> float:
    """Expected calibration error over 15 equal bins (Naeini et al., 2015)."""
    gaps = [found.count * abs(found.accuracy - found.confidence) for found in _bins(confidence, right, _ECE_BINS)]
    return sum(gaps) / len(right)


def reliability(confidence: Floats, right: Flags) -> tuple[ReliabilityBin, ...]:
    """Ten equal bins; those that nothing fell into are left out."""
    return tuple(_bins(confidence, right, _SHOWN_BINS))


def interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    share, square = right / count, _Z * _Z / count
    centre = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * float(np.sqrt(share * (1 - share) / count + square / (4 * count)))
    return max(0.0, centre - half), min(1.0, centre + half)


def _bins(confidence: Floats, right: Flags, count: int) -> list[ReliabilityBin]:
    places: Labels = np.clip(np.ceil(confidence * count).astype(int) - 1, 0, count - 1)
    return [
        ReliabilityBin(
            low=place / count,
            high=(place + 1) / count,
            count=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for place in range(count)
        if (inside := places == place).any()
    ]
