"""What belongs to no intent is not understood, however few expressions there are (T2)."""

import json

import pytest

from services.draft_api.training.learn import Output, learn
from services.draft_api.training.source import read_source
from shared.nlp.model import Model, SharedParts, load_model

BAKERY = {"order": ["order bread", "i want to order"], "bye": ["goodbye", "see you later"]}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("tiny")
    intents = [{"id": name, "name": name, "expressions": said} for name, said in BAKERY.items()]
    source = {"language": "en", "profile": "fast", "fingerprint": f"sha256:{'0' * 64}", "intents": intents}
    (folder / "source.json").write_text(json.dumps({**source, "entities": {}}))
    manifest = learn(read_source(folder / "source.json"), None, Output(folder, ()), lambda _step, _percent: None)
    files = {ref.digest: (folder / "files" / ref.name).read_bytes() for ref in manifest.files}
    return load_model(manifest, files.__getitem__, SharedParts())


@pytest.mark.parametrize("text", ["qwzx kjq", "asdf", "日本", "🎉", "jkl"])
def test_a_text_that_shares_nothing_with_any_expression_is_out_of_scope(tiny: Model, text: str) -> None:
    assert tiny.score(text).scope <= tiny.manifest.scope_threshold


@pytest.mark.parametrize("text", ["i want to order rye", "can i order", "good bye", "see you"])
def test_what_is_like_an_expression_stays_in_scope(tiny: Model, text: str) -> None:
    assert tiny.score(text).scope > tiny.manifest.scope_threshold
