"""What intents are called, as expressions: where an intent has few expressions, its name is worth one more.

`card_arrival` says what people will say, `intent_17` does not. Which do is seen from the expressions alone.
"""

import numpy as np

from services.draft_api.training.examples import Features, Labels
from services.draft_api.training.heads import centroids

_NEAREST_SHARE = 0.1


def telling_names(features: Features, labels: Labels, classes: int) -> Labels:
    """The labels whose name is about what they mean; `features` are rows of `labels`, then one for each name.

    A name is, where the centre of its own expressions is among the nearest tenth of all centres to it: one that says
    nothing, a number for instance, lies anywhere.
    """
    said, names = slice(len(labels)), slice(len(labels), None)
    if features.embeddings is not None:
        cosines = features.embeddings[names] @ centroids(features.embeddings[said], labels, classes)
    else:
        cosines = np.asarray(features.ngrams[names] @ centroids(features.ngrams[said], labels, classes))
    own = np.diagonal(cosines)
    nearer = (cosines > own[:, None]).sum(axis=1)
    told: Labels = np.flatnonzero((nearer < max(1.0, _NEAREST_SHARE * classes)) & (own > 0))
    return told
