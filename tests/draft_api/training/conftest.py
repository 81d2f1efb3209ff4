"""What needs the encoder is left out, aloud, where none is installed."""

import pytest

from services.draft_api.training.encoder_folder import installed_encoder


@pytest.fixture(params=["fast", pytest.param("default", marks=pytest.mark.encoder)])
def profile(request: pytest.FixtureRequest) -> str:
    if request.param == "default" and installed_encoder() is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    chosen: str = request.param
    return chosen
