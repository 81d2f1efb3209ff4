"""Which languages the encoders know that are built here. Of a folder of somebody's own nothing is known."""

ENGLISH = "all-MiniLM-L6-v2 int8"
SIX_LAYERS = "bge-small-en-v1.5 in six layers int8"
ACCURATE = "bge-small-en-v1.5 int8"
MULTILINGUAL = "universal-sentence-encoder-multilingual-3 int8"

LANGUAGES = {
    ENGLISH: frozenset({"en"}),
    SIX_LAYERS: frozenset({"en"}),
    ACCURATE: frozenset({"en"}),
    # What `accurate` was built from before.
    "all-mpnet-base-v2 int8": frozenset({"en"}),
    MULTILINGUAL: frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}),
}


def knows(encoder: str, language: str) -> bool:
    spoken = language.partition("-")[0]
    return spoken in LANGUAGES.get(encoder, {spoken})


def needs_multilingual(encoder: str, language: str) -> bool:
    """Whether the encoder does not know the language, and that of the profile `multilingual` does."""
    return not knows(encoder, language) and knows(MULTILINGUAL, language)
