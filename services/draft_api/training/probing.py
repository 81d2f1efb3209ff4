"""What a model is asked as a proof that two services answer alike (P12): what its intents are called, and sentences

that no builder wrote. No expression is among them: their text never leaves draft (T3), and probes do.
"""

from collections.abc import Sequence

_MOST_NAMES = 48
_SENTENCES = (
    "Good morning, can you help me with something?",
    "I would like to change what I ordered last Tuesday at 10:30.",
    "How much is it for 2 adults and 3 children?",
    "it does not work!!!",
    "where is it",
    "no thanks",
    "👍 ok",
    "Ik wil graag met iemand spreken.",
    "Wo finde ich die Öffnungszeiten?",
    "Je n'ai pas reçu ma facture du mois d'août.",
    "¿Cuándo llega mi pedido?",
    "Mi sono dimenticato la password",
    "Onde posso mudar o meu endereço?",
    "Где моя посылка?",
    "予約を変更したいです",
    "أريد إلغاء الحجز",
)


def probe_texts(names: Sequence[str]) -> list[str]:
    """`names` as they would be spoken; of many, some that are spread over them."""
    step = max(1, len(names) // _MOST_NAMES)
    return [text for text in dict.fromkeys((*names[::step][:_MOST_NAMES], *_SENTENCES)) if text]
