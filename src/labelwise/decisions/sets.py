"""Sets of classes that hold the true one with a wanted probability: split conformal prediction.

With scores s of n rows that took no part in fitting anything, q is the k-th smallest, k = ceil((n + 1) coverage); a set
holds the classes whose score is at most q. Then the true class is in it with at least that probability, over the draw
of those rows and the new one, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.decisions.snap import snap
from labelwise.errors import InputError, OptionError, choose

__all__ = ["RANK_FREE", "RANK_PRICE", "SET_SCORES", "SetRule", "fit_sets", "place_of"]

RANK_FREE, RANK_PRICE = 2, float(snap(np.asarray(0.05)))
"""Ranks without a price, and the price of each rank beyond them (on the grid, so that sums of it are exact)."""


def _least_ambiguous(u: np.ndarray) -> np.ndarray:
    return 1 - u


def _adaptive(u: np.ndarray) -> np.ndarray:
    return _not_below(u)[0]


def _regularised(u: np.ndarray) -> np.ndarray:
    total, rank = _not_below(u)
    return total + RANK_PRICE * np.maximum(rank - RANK_FREE, 0)


def _not_below(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sum and the number of a row's values that are not below each; of multiples of 2^-32 the sum is exact."""
    order = np.argsort(-u, axis=1, kind="stable")
    ordered = np.take_along_axis(u, order, 1)
    width = u.shape[1]
    ends = np.where(ordered[:, :-1] > ordered[:, 1:], np.arange(width - 1), width - 1)
    ends = np.concatenate([ends, np.full((len(u), 1), width - 1)], axis=1)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]  # place of the last of its equals
    total, rank = np.empty_like(ordered), np.empty_like(last)
    np.put_along_axis(total, order, np.take_along_axis(ordered.cumsum(1), last, 1), axis=1)
    np.put_along_axis(rank, order, last + 1, axis=1)
    return total, rank


SET_SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lac": _least_ambiguous,
    "aps": _adaptive,
    "raps": _regularised,
}
"""Scores of classes, the lower the more fitting: (N, C) probabilities on the grid of `snap` -> (N, C).

``lac`` 1 - p; ``aps`` the sum of all probabilities not below the class's own; ``raps`` that sum and a price for each
rank beyond 2. Classes of equal probability have equal scores.

Source: Sadinle et al. (2019), least ambiguous sets; Romano et al. (2020), adaptive sets, without randomisation, which
makes them somewhat larger than need be; Angelopoulos et al. (2021), regularised ones.
"""


@dataclass(frozen=True)
class SetRule:
    """A fitted rule for sets.

    Attributes:
        score: key of `SET_SCORES`.
        coverage: the wanted probability.
        per_class: True where it is promised class by class.
        limits: per class, the largest score that is let in; None where too few rows promise it: always let in.
        n: per class, the rows that its limit rests on.
    """

    score: str
    coverage: float
    per_class: bool
    limits: tuple[float | None, ...]
    n: tuple[int, ...]

    def sets(self, probs: np.ndarray) -> np.ndarray:
        """(N, C) bool: the classes of each row's set.

        Args:
            probs: (N, C) probabilities, made as those that it was fitted on.
        """
        limits = np.array([np.inf if limit is None else limit for limit in self.limits])
        return SET_SCORES[self.score](snap(np.asarray(probs, np.float64))) <= limits


def fit_sets(
    probs: np.ndarray, targets: np.ndarray, *, coverage: float = 0.9, score: str = "lac", per_class: bool = False
) -> SetRule:
    """Fit sets that hold the true class with a wanted probability.

    Args:
        probs: (n, C) probabilities of rows that took no part in fitting anything.
        targets: (n,) class indices, -1 where not known.
        coverage: the wanted probability.
        score: a key of `SET_SCORES`.
        per_class: True for the promise class by class (Mondrian), which takes more rows.

    Raises:
        OptionError: for an unknown score, or a coverage outside 0..1.
        InputError: where no target is known.

    Example:
        >>> p = np.full((99, 2), 0.5)
        >>> fit_sets(p, np.arange(99) % 2).sets(np.array([[0.4, 0.6]])).tolist()
        [[False, True]]

    Source: Vovk et al. (2005); Vovk (2012) for class-conditional sets.
    """
    if not 0 < coverage < 1:
        raise OptionError("coverage of sets", f"coverage={coverage!r}", "a number between 0 and 1")
    choose(score, SET_SCORES, what="score of sets")
    probs, targets = np.asarray(probs, np.float64), np.asarray(targets)
    rows = np.flatnonzero(targets >= 0)
    if not len(rows):
        raise InputError("targets", "none is known", "class indices")
    own = SET_SCORES[score](snap(probs[rows]))[np.arange(len(rows)), targets[rows]]
    width = probs.shape[1]
    if not per_class:
        return SetRule(score, coverage, False, (_limit(own, coverage),) * width, (len(own),) * width)
    by_class = [own[targets[rows] == c] for c in range(width)]
    limits = tuple(_limit(scores, coverage) for scores in by_class)
    return SetRule(score, coverage, True, limits, tuple(map(len, by_class)))


def place_of(n: int, coverage: float) -> int:
    """k, so that the k-th smallest of n scores is the limit; beyond n where so few rows promise nothing."""
    return int(np.ceil((n + 1) * coverage - 1e-9))


def _limit(scores: np.ndarray, coverage: float) -> float | None:
    place = place_of(len(scores), coverage)
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else None
