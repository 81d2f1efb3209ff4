"""One reading of text for training, serving and comparing."""

import unicodedata


def composed(text: str) -> str:
    """NFC, so that twins that look alike are alike."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def normal_form(text: str, fold_accents: bool) -> str:
    """T3: case, punctuation and repeated spaces do not count, nor accents if `fold_accents`. May be empty."""
    folded = unicodedata.normalize("NFC", composed(text).casefold())
    if fold_accents and not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        # Taken apart, a raised capital is a plain one.
        folded = unicodedata.normalize("NFC", "".join(c for c in apart if not _is_accent(c)).casefold())
    kept = "".join(" " if unicodedata.category(c)[0] in "ZC" else c for c in folded if not _is_nothing(c))
    spaced = " ".join(kept.split())
    # Without the punctuation between them, two characters may have become one.
    return spaced if folded == spaced or spaced.isascii() else normal_form(spaced, fold_accents)


def _is_accent(character: str) -> bool:
    """Marks beside a letter; not those of lower classes, which make another letter of it (Japanese voicing)."""
    return unicodedata.combining(character) >= 200


def _is_nothing(character: str) -> bool:
    """Punctuation, and what nobody sees: soft hyphens, joiners, marks of direction."""
    category = unicodedata.category(character)
    return category == "Cf" or category[0] == "P"
