"""Sets of classes that hold the true one with a wanted probability: split conformal prediction.

With scores s of n rows that took no part in fitting anything, q is the k-th smallest, k = ceil((n + 1) coverage); a set
holds the classes whose score is at most q. Then the true class is in it with at least that probability, over the draw
of those rows and the new one, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.errors import InputError, OptionError, choose

__all__ = ["SET_SCORES", "SetRule", "fit_sets"]

RANK_FREE, RANK_PRICE = 2, 0.05


def _least_ambiguous(p: np.ndarray) -> np.ndarray:
    return 1 - p


def _adaptive(p: np.ndarray) -> np.ndarray:
    """The sum of all probabilities not below the class's own."""
    order = np.argsort(-p, axis=1, kind="stable")
    summed = np.cumsum(np.take_along_axis(p, order, 1), axis=1)
    out = np.empty_like(summed)
    np.put_along_axis(out, order, summed, axis=1)
    return out


def _regularised(p: np.ndarray) -> np.ndarray:
    rank = np.empty(p.shape, np.int64)
    np.put_along_axis(rank, np.argsort(-p, axis=1, kind="stable"), np.arange(1, p.shape[1] + 1)[None, :], axis=1)
    return _adaptive(p) + RANK_PRICE * np.maximum(rank - RANK_FREE, 0)


SET_SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lac": _least_ambiguous,
    "aps": _adaptive,
    "raps": _regularised,
}
"""Scores of classes, the lower the more fitting: (N, C) probabilities -> (N, C).

Source: Sadinle et al. (2019), least ambiguous sets; Romano et al. (2020), adaptive sets, without randomisation, which
makes them somewhat larger than need be; Angelopoulos et al. (2021), regularised ones, 0.05 for each rank beyond 2.
"""


@dataclass(frozen=True, eq=False)
class SetRule:
    """A fitted rule for sets.

    Attributes:
        score: key of `SET_SCORES`.
        coverage: the wanted probability.
        limits: (C,) largest score of each class that is let in; inf where a class has too few rows for any promise.
        n: (C,) rows that each limit rests on.
    """

    score: str
    coverage: float
    limits: np.ndarray
    n: np.ndarray

    def sets(self, probs: np.ndarray) -> np.ndarray:
        """(N, C) bool: the classes of each row's set.

        Args:
            probs: (N, C) probabilities, made as those that it was fitted on.
        """
        return SET_SCORES[self.score](np.asarray(probs, np.float64)) <= self.limits


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
    own = SET_SCORES[score](probs[rows])[np.arange(len(rows)), targets[rows]]
    width = probs.shape[1]
    if not per_class:
        return SetRule(score, coverage, np.full(width, _limit(own, coverage)), np.full(width, len(own)))
    by_class = [own[targets[rows] == c] for c in range(width)]
    limits = np.array([_limit(scores, coverage) for scores in by_class])
    return SetRule(score, coverage, limits, np.array([len(scores) for scores in by_class]))


def _limit(scores: np.ndarray, coverage: float) -> float:
    place = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else np.inf
