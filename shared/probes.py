"""What a trained model answered, held and sent once for each of its probe sentences (P12)."""

from pydantic.dataclasses import dataclass

from shared.document import ROW


@dataclass(frozen=True, slots=True, kw_only=True, config=ROW)
class Probe:
    """A sentence with what the model answered at training; live must answer the same (P12)."""

    confidence: float
    intent: str
    scope: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, config=ROW)
class ProbeResult:
    """What a service answered, for comparison."""

    confidence: float
    intent: str
    language: str
    scope: float
    text: str
