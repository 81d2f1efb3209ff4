"""A parcel shop that is spoken to in four languages: what profiles make of it."""

import csv
from pathlib import Path

import pytest

from services.draft_api.training.encoder_folder import installed_encoder
from shared.nlp.model import SharedParts, load_model
from tests.draft_api.training.child import Trained, source, train

LANGUAGES = ("de", "es", "fr", "nl")
Spoken = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def parcels() -> Spoken:
    """Expressions by language and intent, the n-th of an intent saying the same in each language."""
    said: Spoken = {language: {} for language in LANGUAGES}
    with (Path(__file__).parent / "parcels" / "nlp.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            said[row["language"]].setdefault(row["intent"], []).append(row["text"])
    return said


def right(trained: Trained, asked: list[tuple[str, str]]) -> float:
    return sum(trained.model.score(text).ranking[0][0] == intent for text, intent in asked) / len(asked)


@pytest.fixture(scope="module")
def multilingual(parcels: Spoken, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    if installed_encoder("multilingual") is None:
        pytest.skip("no encoder for many languages: greenroom encoder build --profile multilingual makes one")
    return train(source(parcels["nl"], profile="multilingual"), tmp_path_factory.mktemp("multilingual"))


@pytest.mark.encoder
@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_what_was_learnt_in_dutch_is_understood_in_another_language(
    parcels: Spoken, multilingual: Trained, language: str
) -> None:
    assert multilingual.manifest.profile == "multilingual"
    assert right(multilingual, [(text, intent) for intent, texts in parcels[language].items() for text in texts]) > 0.9


@pytest.mark.encoder
def test_encoders_of_several_profiles_live_side_by_side(multilingual: Trained, tmp_path: Path) -> None:
    if installed_encoder() is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    plain = train(source(profile="default"), tmp_path)
    both = (plain, multilingual)
    files = {f.digest: (t.out / "files" / f.name).read_bytes() for t in both for f in t.manifest.all_files()}
    shared = SharedParts()
    models = {t.manifest.profile: load_model(t.manifest, files.__getitem__, shared) for t in both}
    text = "Waar blijft mijn pakket nu toch?"
    before = {profile: model.score(text) for profile, model in models.items()}
    assert before["default"] != before["multilingual"]
    assert {profile: models[profile].score(text) for profile in reversed(before)} == before
