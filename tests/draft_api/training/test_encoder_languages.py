"""What is known of an encoder's languages is known of every encoder that is built here, and of no other."""

from services.draft_api.training.encoder_languages import LANGUAGES, needs_multilingual
from services.draft_api.training.recipes import RECIPES, six_layers


def test_every_encoder_that_is_built_here_has_its_languages() -> None:
    built = {recipe.name for recipe in RECIPES.values()} | {six_layers(b"").name}
    assert built == LANGUAGES.keys() - {"all-mpnet-base-v2 int8"}


def test_an_encoder_of_somebodys_own_is_not_judged() -> None:
    assert needs_multilingual(RECIPES["default"].name, "nl-BE")
    assert not needs_multilingual("gbert of the harbour office", "de")
