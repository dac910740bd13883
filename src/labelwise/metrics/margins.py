"""Figures of the confusion matrix, from its diagonal and its margins; leading axes hold bootstrap draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FIGURES", "Margins", "draw_margins", "margins_of", "quadratic_weighted_kappa"]

MOST_DRAWS = 5_000_000


@dataclass(frozen=True)
class Margins:
    """Diagonal and margins of a confusion matrix.

    Attributes:
        hits: (..., C) rows of the class that were decided rightly.
        truth: (..., C) rows of the class.
        given: (..., C) rows decided for the class.
    """

    hits: np.ndarray
    truth: np.ndarray
    given: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(...,) rows."""
        return self.truth.sum(-1)


def margins_of(confusion: np.ndarray) -> Margins:
    """Margins of one (C, C) matrix, rows the truth."""
    return Margins(confusion.diagonal().copy(), confusion.sum(1), confusion.sum(0))


def draw_margins(confusion: np.ndarray, resamples: int, seed: int) -> Margins:
    """Margins of bootstrap resamples of the rows: the filled cells drawn from one multinomial.

    Args:
        confusion: (C, C) counts.
        resamples: B; fewer, but at least 200, where very many cells are filled.
        seed: of the generator.

    Returns:
        Margins (B, C): exactly the distribution that drawing rows with replacement gives.
    """
    truth, given = np.nonzero(confusion)
    counts = confusion[truth, given]
    resamples = min(resamples, max(200, MOST_DRAWS // len(counts)))
    rng = np.random.default_rng(seed)
    width = len(confusion)
    by_given = np.argsort(given, kind="stable")
    truths, truth_start = np.unique(truth, return_index=True)
    givens, given_start = np.unique(given[by_given], return_index=True)
    diagonal = np.flatnonzero(truth == given)
    out = Margins(*(np.zeros((resamples, width)) for _ in range(3)))
    step = max(1, 2_000_000 // len(counts))
    for start in range(0, resamples, step):
        part = slice(start, min(start + step, resamples))
        draws = rng.multinomial(counts.sum(), counts / counts.sum(), part.stop - part.start)
        out.truth[part, truths] = np.add.reduceat(draws, truth_start, axis=1)
        out.given[part, givens] = np.add.reduceat(draws[:, by_given], given_start, axis=1)
        out.hits[part, truth[diagonal]] = draws[:, diagonal]
    return out


def accuracy(m: Margins) -> np.ndarray:
    """Share of rows decided rightly."""
    return m.hits.sum(-1) / m.total


def balanced_accuracy(m: Margins) -> np.ndarray:
    """Mean recall over the classes that occur."""
    return _mean(_ratio(m.hits, m.truth))


def precision_macro(m: Margins) -> np.ndarray:
    """Mean precision over the classes that occur or were decided for; 0 where never decided for."""
    return _mean(np.where(_present(m), _ratio(m.hits, m.given, 0.0), np.nan))


def recall_macro(m: Margins) -> np.ndarray:
    """Mean recall over the classes that occur or were decided for; 0 where it never occurs."""
    return _mean(np.where(_present(m), _ratio(m.hits, m.truth, 0.0), np.nan))


def f1_macro(m: Margins) -> np.ndarray:
    """Mean F1 over the classes that occur or were decided for."""
    return _mean(_ratio(2 * m.hits, m.truth + m.given))


def precision_weighted(m: Margins) -> np.ndarray:
    """Precision averaged by how often the classes occur."""
    return (_ratio(m.hits, m.given, 0.0) * m.truth).sum(-1) / m.total


def f1_weighted(m: Margins) -> np.ndarray:
    """F1 averaged by how often the classes occur."""
    return (_ratio(2 * m.hits, m.truth + m.given, 0.0) * m.truth).sum(-1) / m.total


def matthews_corrcoef(m: Margins) -> np.ndarray:
    """Correlation of truth and decision; 0 (as in scikit-learn) never stands for "undefined": that is nan."""
    truth, given = m.truth.astype(np.float64), m.given.astype(np.float64)  # fourth powers do not fit whole numbers
    total = truth.sum(-1)
    covariance = m.hits.sum(-1) * total - (truth * given).sum(-1)
    spread = (total**2 - (truth**2).sum(-1)) * (total**2 - (given**2).sum(-1))
    return np.divide(covariance, np.sqrt(spread), out=np.full(np.shape(total), np.nan), where=spread > 0)


FIGURES = {
    "accuracy": accuracy,
    "precision_micro": accuracy,
    "recall_micro": accuracy,
    "f1_micro": accuracy,
    "recall_weighted": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision_macro": precision_macro,
    "precision_weighted": precision_weighted,
    "recall_macro": recall_macro,
    "f1_macro": f1_macro,
    "f1_weighted": f1_weighted,
    "matthews_corrcoef": matthews_corrcoef,
}
"""Figures of the margins by their scikit-learn names. With one decision per row the micro averages and the weighted
recall all equal accuracy."""


def quadratic_weighted_kappa(confusion: np.ndarray) -> np.ndarray:
    """Agreement beyond chance, disagreements counted by their squared distance in ranks.

    Args:
        confusion: (..., K, K) counts, rows the truth.

    Returns:
        (...,) kappa, nan where truth or decisions do not vary at all.

    Example:
        >>> round(float(quadratic_weighted_kappa(np.array([[3, 1], [0, 4]]))), 4)
        0.75

    Source: Cohen (1968); scikit-learn `cohen_kappa_score(weights="quadratic")`.
    """
    counts = np.asarray(confusion, np.float64)
    rank = np.arange(counts.shape[-1])
    weight = (rank[:, None] - rank) ** 2
    chance = counts.sum(-1)[..., :, None] * counts.sum(-2)[..., None, :] / counts.sum((-1, -2))[..., None, None]
    seen, expected = (counts * weight).sum((-1, -2)), (chance * weight).sum((-1, -2))
    return 1 - np.divide(seen, expected, out=np.full(np.shape(seen), np.nan), where=expected > 0)


def _present(m: Margins) -> np.ndarray:
    return m.truth + m.given > 0


def _ratio(top: np.ndarray, bottom: np.ndarray, otherwise: float = np.nan) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(np.shape(top), otherwise), where=bottom > 0)


def _mean(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    count = known.sum(-1)
    total = np.where(known, values, 0).sum(-1)
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
