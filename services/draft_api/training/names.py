"""What intents are called, as expressions: where an intent has few expressions, its name is worth one more.

`card_arrival` says what people will say, `intent_17` does not. Which do is seen from the expressions alone.
"""

import numpy as np

from services.draft_api.training.heads import Labels, centroids
from services.draft_api.training.stack import Examples, Features

_NEAREST_SHARE = 0.1


def telling_names(said: Examples, names: Features, classes: int) -> Labels:
    """The labels whose name, a row of `names` each, is about what they mean.

    It is, where the centre of its own expressions is among the nearest tenth of all centres to it: a name that says
    nothing, a number for instance, lies anywhere.
    """
    if said.features.embeddings is not None and names.embeddings is not None:
        cosines = names.embeddings @ centroids(said.features.embeddings, said.labels, classes)
    else:
        cosines = np.asarray(names.ngrams @ centroids(said.features.ngrams, said.labels, classes))
    own = np.diagonal(cosines)
    nearer = (cosines > own[:, None]).sum(axis=1)
    told: Labels = np.flatnonzero((nearer < max(1.0, _NEAREST_SHARE * classes)) & (own > 0))
    return told
