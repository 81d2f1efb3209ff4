"""A trained model answers the same always and everywhere, or not at all (T7, P12)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.draft_api.training.encoder_folder import installed_encoder
from shared.artifacts import StoredArtifacts
from shared.contracts import ModelManifest
from shared.errors import InvalidError
from shared.nlp.encoder import EncoderCache
from shared.nlp.model import Model, SharedParts, load_model
from tests.draft_api.training.child import Trained, source, train

MESSAGES = ["how much is a single", "I lost my bag", "WHERE?", "", "🚂", "Can I bring my dog?", "a" * 3000, "\ud83d"]


@pytest.fixture(scope="module", params=["fast", pytest.param("default", marks=pytest.mark.encoder)])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    if request.param == "default" and installed_encoder() is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    return train(source(profile=request.param), tmp_path_factory.mktemp("model"))


Store = tuple[StoredArtifacts, Callable[[str], Path]]


@pytest.fixture
def store(trained: Trained, tmp_path: Path) -> Store:
    """The model as live has it, and where each file of it lies."""
    artifacts = StoredArtifacts(tmp_path.as_uri())
    for file in trained.manifest.all_files():
        artifacts.write((trained.out / "files" / file.name).read_bytes(), file.digest)
    return artifacts, lambda digest: tmp_path / digest.replace(":", "/")


def load(manifest: ModelManifest, artifacts: StoredArtifacts) -> Model:
    return load_model(manifest, artifacts.read, SharedParts())


def test_every_message_has_a_probability_for_every_intent_best_first(trained: Trained) -> None:
    for text in MESSAGES:
        ranking = trained.model.score(text).ranking
        confidences = [confidence for _, confidence in ranking]
        assert {intent for intent, _ in ranking} == set(trained.manifest.labels)
        assert sum(confidences) == pytest.approx(1, abs=1e-5)
        assert confidences == sorted(confidences, reverse=True)


def test_a_message_scores_the_same_alone_among_others_and_from_eight_threads(trained: Trained, store: Store) -> None:
    alone = {text: load(trained.manifest, store[0]).score(text) for text in MESSAGES}
    model = load(trained.manifest, store[0])
    in_a_row = [{text: model.score(text) for text in order} for order in (MESSAGES, MESSAGES[::-1])]
    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda _: {text: model.score(text) for text in MESSAGES}, range(16)))
    assert all(found == alone for found in (*in_a_row, *at_once))


def test_an_expression_is_known_in_any_spelling(trained: Trained) -> None:
    assert trained.model.score("i LOST my umbrella!!").exact == "int_lost"
    assert trained.model.score("i lost my hat").exact is None


def test_a_mistyped_word_is_scored_as_the_word_that_was_meant(trained: Trained) -> None:
    meant, typed = (trained.model.score(text) for text in ("my umbrella is lost", "my umbrlela is lost"))
    assert (typed == meant) == (trained.manifest.encoder is not None)


def test_one_flipped_bit_in_any_file_is_refused(trained: Trained, store: Store) -> None:
    artifacts, place = store
    for file in trained.manifest.all_files():
        path = place(file.digest)
        sound = path.read_bytes()
        for at in (0, len(sound) // 2, len(sound) - 1):
            path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
            with pytest.raises(InvalidError) as refused:
                load(trained.manifest, artifacts)
            assert refused.value.code == "artifact_digest_mismatch"
        path.write_bytes(sound)
    assert load(trained.manifest, artifacts).digest == trained.manifest.digest


def test_a_manifest_with_other_files_or_too_few_intents_is_refused(trained: Trained, store: Store) -> None:
    manifest = trained.manifest
    for change, code in (
        ({"files": manifest.files[:1]}, "manifest_invalid"),
        ({"labels": manifest.labels[:1]}, "intent_mismatch"),
    ):
        with pytest.raises(InvalidError) as refused:
            load(manifest.model_copy(update=change), store[0])
        assert refused.value.code == code


def test_what_is_no_model_is_refused(trained: Trained, tmp_path: Path) -> None:
    files = {f.digest: (trained.out / "files" / f.name).read_bytes() for f in trained.manifest.all_files()}
    (head,) = (file.digest for file in trained.manifest.files if file.name == "head.onnx")
    with pytest.raises(InvalidError) as refused:
        load_model(trained.manifest, {**files, head: b"<html>"}.__getitem__, SharedParts())
    assert refused.value.code == "model_invalid"


@pytest.mark.encoder
def test_bots_share_one_encoder() -> None:
    folder = installed_encoder()
    if folder is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    encoders = EncoderCache()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: encoders.get(folder.manifest, folder.read), range(8)))
    assert all(encoder is found[0] for encoder in found)
