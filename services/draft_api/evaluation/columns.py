"""An evaluation as it is kept beside its model. Pure."""

from typing import Any

from services.draft_api.evaluation.document import Evaluation


def columns(evaluation: str, outcomes: bytes) -> dict[str, Any]:
    """Of the table of models. `evaluation` is the document as the training wrote it."""
    found = Evaluation.model_validate_json(evaluation)
    return {
        "evaluation": evaluation,
        "accuracy": found.accuracy,
        "calibration_error": found.ece,
        "expressions": found.expressions,
        "outcomes": outcomes,
    }
