"""Whether confidence means what it says (T10). Pure."""

from collections.abc import Sequence

import numpy as np

from services.draft_api.evaluation.answers import Flags, Floats
from services.draft_api.evaluation.document import ReliabilityBin

_MOST_BINS = 10
_FEWEST_ANSWERS = 20
"""Of a bin: the share that is right of fewer is mostly chance, which would count as an error; docs/accuracy-log.md."""
_Z = 1.959963984540054
_MEAN_OF_HALF_NORMAL = 0.7978845608028654


def reliability(confidence: Floats, right: Flags) -> tuple[ReliabilityBin, ...]:
    """Up to ten bins of as many answers each, by confidence; equal confidences are never parted."""
    count = max(1, min(_MOST_BINS, len(right) // _FEWEST_ANSWERS))
    edges = np.unique(np.quantile(confidence, np.arange(1, count + 1) / count, method="inverted_cdf"))
    places = np.searchsorted(edges, confidence)
    return tuple(
        ReliabilityBin(
            low=float(edges[place - 1]) if place else 0.0,
            high=float(edges[place]),
            count=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for place in range(len(edges))
        if (inside := places == place).any()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error (Naeini et al., 2015), over bins of equal mass (Nixon et al., 2019)."""
    return _mean(bins, [abs(found.accuracy - found.confidence) for found in bins])


def error_by_chance(bins: Sequence[ReliabilityBin]) -> float:
    """What the error would be, most likely, if confidence meant what it says: shares of few answers scatter."""
    spread = [(found.confidence * (1 - found.confidence) / found.count) ** 0.5 for found in bins]
    return _mean(bins, [_MEAN_OF_HALF_NORMAL * deviation for deviation in spread])


def interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    share, square = right / count, _Z * _Z / count
    centre = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * float(np.sqrt(share * (1 - share) / count + square / (4 * count)))
    return max(0.0, centre - half), min(1.0, centre + half)


def _mean(bins: Sequence[ReliabilityBin], values: Sequence[float]) -> float:
    """Weighed by the answers of each bin."""
    counts = [found.count for found in bins]
    return sum(count * value for count, value in zip(counts, values, strict=True)) / (sum(counts) or 1)
