"""Typing errors as people make them: letters left out, doubled, hit beside the right key, or swapped."""

import random

SHARE = 0.06
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def with_typos(text: str, seed: int, share: float = SHARE) -> str:
    """`text` with about `share` of its letters changed; equal seeds give equal errors."""
    chance = random.Random(f"{seed} {text}")
    out: list[str] = []
    letters = list(text)
    while letters:
        letter = letters.pop(0)
        if not letter.isalpha() or chance.random() >= share:
            out.append(letter)
            continue
        match chance.randrange(4):
            case 0:
                pass
            case 1:
                out.append(letter * 2)
            case 2:
                out.append(chance.choice(_beside(letter)))
            case _:
                out.append((letters.pop(0) if letters else "") + letter)
    return "".join(out)


def _beside(letter: str) -> str:
    """The keys at its left and right; the letter itself where the keyboard has none."""
    for row in _KEYS:
        at = row.find(letter.lower())
        if at >= 0:
            return row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
    return letter
