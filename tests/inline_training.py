"""Trainings in a thread of this process, for tests that look at something else: a process of its own for each

costs more than what it does. Draft's tests of training and the journeys have real ones.
"""

from pathlib import Path

import pytest

from services.draft_api.trainers import Trainers
from services.draft_api.training.train import read_source, train
from services.draft_api.training_job import TrainingJob


def train_here(patch: pytest.MonkeyPatch) -> None:
    """For as long as `patch` holds: the same training, which tells nobody how far it is."""
    patch.setattr("services.draft_api.training.train.tell", lambda _step, _percent: None)
    patch.setattr(TrainingJob, "_run_child", _train)
    patch.setattr(Trainers, "expect", lambda _self: None)


def _train(_job: TrainingJob, _training: str, folder: Path, _share: object) -> None:
    train(read_source(folder / "source.json"), folder / "out", None)
