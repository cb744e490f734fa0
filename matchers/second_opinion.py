"""What another program makes of the same pairs: recordlinkage's two-class model, which knows neither situations nor frequencies.

The two differ where a household or a common name looks like a person, so they are not expected to agree everywhere. Where they suddenly
agree on much less than before, the data or the model are worth a look before it is signed off.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FEWEST = 100  # pairs
ROUNDS = 200


@dataclass(frozen=True)
class SecondOpinion:
    """Pairs by who takes them for matches.

    Attributes:
        pairs: compared, a sample.
        both, ours, theirs, neither: taken for a match by both, by our model only, by theirs only, by neither.
    """

    pairs: int
    both: int
    ours: int
    theirs: int
    neither: int

    @property
    def agreed(self) -> float:
        return (self.both + self.neither) / self.pairs


def second_opinion(levels: npt.NDArray[np.int8], matches: npt.NDArray[np.bool_]) -> SecondOpinion | None:
    """Ask recordlinkage's expectation-conditional maximisation about pairs; None where they are too few, or all alike in every field.

    Args:
        levels: comparisons x pairs; it sees only whether two values are equal.
        matches: pairs that our model takes for matches.

    Source: recordlinkage's ECMClassifier, after De Bruin (2015).
    """
    import pandas as pd

    equal = pd.DataFrame((levels == 0).T.astype(np.int64))
    told = equal.loc[:, equal.nunique() > 1]
    if len(matches) < FEWEST or told.shape[1] < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about pandas and shares of nought; nothing the reader could mend
        from recordlinkage import ECMClassifier

        classifier = ECMClassifier(max_iter=ROUNDS)
        classifier.fit(told)
        theirs = classifier.prob(told).to_numpy() >= 0.5
    return SecondOpinion(
        len(matches), int((matches & theirs).sum()), int((matches & ~theirs).sum()), int((theirs & ~matches).sum()), int((~theirs & ~matches).sum())
    )
