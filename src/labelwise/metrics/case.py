"""Scores with their truth, and everything that is computed from them once and used by many metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labelwise.kernels import ClassBins, ColumnStatistics, RowStatistics, column_statistics, row_statistics
from labelwise.kernels.cells import CellStatistics, cell_statistics
from labelwise.metrics.counts import confusion
from labelwise.metrics.intervals import bootstrap_counts
from labelwise.metrics.margins import Margins, draw_margins, margins_of
from labelwise.scores import Scores

__all__ = ["Case"]

BINS = 15


@dataclass(frozen=True, eq=False)
class Case:
    """What a metric is computed on.

    Args:
        scores: the scores of N rows, with their task.
        targets: (N,) class indices (negative: not known), or for multilabel (N, L) 0/1 with nan.
        resamples: draws of a bootstrap.
        seed: of the bootstrap's generator.
        level: coverage of the intervals.
    """

    scores: Scores
    targets: np.ndarray
    resamples: int = 1000
    seed: int = 0
    level: float = 0.95

    @property
    def several(self) -> bool:
        """True where a row may have several labels."""
        return self.scores.task.kind == "multilabel"

    @cached_property
    def groups(self) -> np.ndarray | None:
        """(N,) group of each row as a number from 0, or None."""
        given = self.scores.groups
        return None if given is None else np.unique(np.asarray(given), return_inverse=True)[1]

    # ------------------------------------------------------------------ one class per row

    @cached_property
    def two_columns(self) -> np.ndarray:
        """The scores with a column per class: a yes/no column becomes no and yes."""
        array = self.scores.array
        if self.scores.task.kind != "binary":
            return array
        if self.scores.kind == "logits":
            return np.concatenate([np.zeros_like(array), array], axis=1)
        p = array if self.scores.kind == "probabilities" else np.exp(array)
        return np.concatenate([1 - p, p], axis=1)

    @property
    def as_probabilities(self) -> bool:
        """True where `two_columns` holds probabilities."""
        return self.scores.kind == "probabilities" or (
            self.scores.task.kind == "binary" and self.scores.kind == "log-probabilities"
        )

    @property
    def n_classes(self) -> int:
        """Classes or labels."""
        return len(self.scores.task.class_names)

    @cached_property
    def known(self) -> np.ndarray:
        """(N,) True where the row's class is known, or at least one of its labels."""
        return np.asarray(~np.isnan(self.targets).all(1) if self.several else self.targets >= 0)

    @cached_property
    def n(self) -> int:
        """Rows whose truth is known."""
        return int(self.known.sum())

    @cached_property
    def rows(self) -> RowStatistics:
        """Row statistics of all rows, with classwise bins."""
        return row_statistics(self.two_columns, self.targets, probabilities=self.as_probabilities, bins=BINS)

    @property
    def class_bins(self) -> ClassBins:
        """The classwise bins of `rows`."""
        assert self.rows.bins is not None
        return self.rows.bins

    @cached_property
    def confusion(self) -> np.ndarray:
        """(C, C) counts."""
        return confusion(self.targets, self.rows.decision, self.n_classes)

    @cached_property
    def margins(self) -> Margins:
        """Diagonal and margins of the confusion matrix."""
        return margins_of(self.confusion)

    @cached_property
    def drawn_margins(self) -> Margins:
        """The same for bootstrap resamples, of whole groups where there are groups."""
        if self.groups is None:
            return draw_margins(self.confusion, self.resamples, self.seed)
        width, known = self.n_classes, self.known
        truth, given = self.targets[known], self.rows.decision[known]
        out = Margins(*(np.zeros((self.resamples, width)) for _ in range(3)))
        for b, weight in enumerate(self._group_weights(self.resamples)):
            out.truth[b] = np.bincount(truth, weight, width)
            out.given[b] = np.bincount(given, weight, width)
            out.hits[b] = np.bincount(truth, weight * (truth == given), width)
        return out

    def draw_counts(self, place: np.ndarray, size: int, resamples: int) -> np.ndarray:
        """Counts of the known rows by place in bootstrap resamples of rows, or of whole groups where there are groups.

        Args:
            place: (n,) non-negative number of each known row's place.
            size: number of places.
            resamples: B.

        Returns:
            (B, size) counts.
        """
        if self.groups is None:
            return bootstrap_counts(np.bincount(place, minlength=size), lambda c: c, resamples, self.seed)
        return np.stack([np.bincount(place, w, size) for w in self._group_weights(resamples)])

    def _group_weights(self, resamples: int) -> Iterator[np.ndarray]:
        """(n,) how often each known row is drawn when groups are drawn with replacement."""
        assert self.groups is not None
        rng = np.random.default_rng(self.seed)
        size, of_row = int(self.groups.max()) + 1, self.groups[self.known]
        for _ in range(resamples):
            yield np.bincount(rng.integers(size, size=size), minlength=size)[of_row]

    # ------------------------------------------------------------------ labels or classes, one at a time

    @cached_property
    def ranking_offset(self) -> np.ndarray | None:
        """(N,) what to take off each row's scores so that columns rank by probability, or None."""
        if self.several or self.scores.task.kind == "binary" or self.scores.kind == "probabilities":
            return None
        top = self.scores.array[np.arange(len(self.scores)), self.rows.decision]
        return top + np.log1p(self.rows.against).astype(top.dtype)

    @property
    def column_truth(self) -> np.ndarray:
        """The truth as `columns` takes it: by cell, or as class indices."""
        if self.scores.task.kind != "binary":
            return self.targets
        return np.where(self.targets < 0, np.nan, self.targets.astype(np.float32))[:, None]

    @cached_property
    def columns(self) -> ColumnStatistics:
        """Ranking and best thresholds of each label, of each class against the rest, or of the yes."""
        return column_statistics(self.scores.array, self.column_truth, offset=self.ranking_offset)

    @cached_property
    def cells(self) -> CellStatistics:
        """Cell statistics of independent labels."""
        return cell_statistics(self.scores.array, self.targets, kind=self.scores.kind, bins=BINS)

    # ------------------------------------------------------------------ confidence of a row's answer

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n,) confidence of each known row's answer, on a scale that does not saturate."""
        if self.several:
            return self.cells.sure[self.known]
        with np.errstate(divide="ignore"):
            return -np.log(self.rows.against[self.known].astype(np.float64))

    @cached_property
    def right(self) -> np.ndarray:
        """(n,) 1 where all known labels of a known row are answered rightly."""
        if self.several:
            return (self.cells.wrong[self.known] == 0).astype(np.float64)
        return (self.rows.decision == self.targets)[self.known].astype(np.float64)

    @cached_property
    def answer_prob(self) -> np.ndarray:
        """(n,) probability that the answer is right, as the scores have it (labels taken as independent)."""
        return np.exp(self.cells.sure[self.known]) if self.several else self.rows.confidence[self.known]
