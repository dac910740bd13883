"""Calibration error of a confidence against what came true, binned four ways and unbinned.

Bins of equal width are open below and closed above, ((m-1)/M, m/M], as in Guo et al. (2017); a confidence of 0 falls in
the first. All figures are differences of probabilities, from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from labelwise.errors import InputError, OptionError
from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.intervals import wilson

__all__ = [
    "Bins",
    "Reliability",
    "bin_counts",
    "classwise_ece",
    "ece",
    "ece_debiased",
    "ece_equal_mass",
    "ece_of_bins",
    "reliability",
    "smooth_ece",
]


@dataclass(frozen=True)
class Bins:
    """What every binned calibration error needs: sums per bin.

    Attributes:
        count: (M,) items.
        confidence: (M,) sum of confidences.
        correct: (M,) sum of outcomes.
        squares: (M,) sum of squared gaps (outcome - confidence)^2.
    """

    count: np.ndarray
    confidence: np.ndarray
    correct: np.ndarray
    squares: np.ndarray

    def __add__(self, other: Bins) -> Bins:
        return Bins(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram, ready to draw.

    Attributes:
        edges: (M + 1,) edges of the bins.
        count: (M,) items in each.
        confidence: (M,) mean confidence, nan where the bin is empty.
        accuracy: (M,) share that came true, nan where the bin is empty.
        low: (M,) lower end of the share's Wilson interval, nan where the bin is empty.
        high: (M,) upper end.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def to_dict(self) -> dict[str, list[Any]]:
        """Plain lists, None for empty bins."""
        return {
            name: [None if v != v else v for v in getattr(self, name).tolist()]
            for name in ("edges", "count", "confidence", "accuracy", "low", "high")
        }


def bin_counts(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> Bins:
    """Sums per bin, for bins open below and closed above.

    Args:
        confidence: (N,) numbers.
        correct: (N,) outcomes 0/1, nan for "not known" (left out).
        edges: (M + 1,) increasing; what lies outside counts in the outer bins.

    Returns:
        Sums, each (M,).

    Raises:
        InputError: where the lengths differ or a confidence is nan.
    """
    c, y = _pair(confidence, correct)
    size = len(edges) - 1
    sums = np.zeros((4, size))
    for part in row_blocks(slice(0, len(c)), 16):
        place = np.searchsorted(edges[1:-1], c[part], "left")
        gap = y[part] - c[part]
        for total, weights in zip(sums, (None, c[part], y[part], gap * gap), strict=True):
            total += np.bincount(place, weights, size)
    return Bins(*sums)


def ece(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float | None:
    """Expected calibration error over bins of equal width: sum of n_b/N |mean correct - mean confidence|.

    Args:
        confidence: (N,) probabilities given to what was answered.
        correct: (N,) 0/1, nan for "not known".
        bins: number of bins.

    Returns:
        The figure, None without items. It is biased upwards on few items: see `ece_debiased`.

    Raises:
        InputError: where the lengths differ or a confidence is nan.
        OptionError: where `bins` is below 1.

    Example:
        >>> ece([0.75, 0.75, 0.75, 0.75], [1, 1, 0, 0])
        0.25

    Source: Naeini et al. (2015); Guo et al. (2017), equation 3.
    """
    return ece_of_bins(bin_counts(confidence, correct, _edges(bins)))


def ece_of_bins(bins: Bins) -> float | None:
    """Expected calibration error from the sums per bin."""
    total = bins.count.sum()
    return float(np.abs(bins.correct - bins.confidence).sum() / total) if total else None


def ece_equal_mass(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float | None:
    """Expected calibration error over bins of equally many items; equal confidences share a bin.

    Args, errors as in `ece`.

    Example:
        >>> round(ece_equal_mass([0.2, 0.4, 0.6, 0.8], [0, 0, 1, 1], bins=2), 6)
        0.3

    Source: Nguyen and O'Connor (2015); Nixon et al. (2019), adaptive calibration error.
    """
    c, y = _pair(confidence, correct)
    return ece_of_bins(bin_counts(c, y, mass_edges(c, bins))) if len(c) else None


def ece_debiased(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float | None:
    """Root of the debiased squared calibration error over bins of equal width.

    E^2 = sum over bins of n_b/N [(mean gap)^2 - s_b^2 / n_b], with s_b^2 the gaps' sample variance in the bin; bins
    with one item cannot be debiased and are left out. Negative estimates become 0.

    Args, errors as in `ece`.

    Example:
        >>> ece_debiased([0.75, 0.75, 0.75, 0.75], [1, 1, 0, 0])
        0.0

    Source: Kumar, Liang and Ma (2019), Verified uncertainty calibration, section 5.
    """
    square = debiased_square(bin_counts(confidence, correct, _edges(bins)))[0]
    return None if square is None else float(np.sqrt(max(square, 0)))


def debiased_square(bins: Bins) -> tuple[float | None, float]:
    """Debiased squared calibration error, and its variance.

    The variance adds three parts: the gaps' noise where the gap is not 0 (4 w d^2 s^2 / N), that of its square
    (2 w^2 (s^2 / n)^2), and the shares of the bins.
    """
    use = bins.count >= 2
    if not use.any():
        return None, 0.0
    n = bins.count[use]
    total = n.sum()
    gap = (bins.correct[use] - bins.confidence[use]) / n
    spread = np.maximum(bins.squares[use] / n - gap * gap, 0) * n / (n - 1)
    share, excess = n / total, gap * gap - spread / n
    square = float((share * excess).sum())
    noise = 4 * share * np.maximum(excess, 0) * spread / total + 2 * share**2 * (spread / n) ** 2
    shares = (share * np.maximum(excess, 0) ** 2).sum() - (share * np.maximum(excess, 0)).sum() ** 2
    return square, float(noise.sum() + max(shares, 0) / total)


def chance_variance(bins: Bins) -> float:
    """Variance of the squared calibration error that remains where no bin has a gap: sum of 2 (w s^2 / n)^2."""
    use = bins.count >= 2
    n = bins.count[use]
    gap = (bins.correct[use] - bins.confidence[use]) / n
    spread = np.maximum(bins.squares[use] / n - gap * gap, 0) * n / (n - 1)
    return float((2 * (spread / max(n.sum(), 1)) ** 2).sum())


def classwise_ece(probs: np.ndarray, targets: np.ndarray, bins: int = 15) -> float | None:
    """Expected calibration error of each class's probability, averaged over classes.

    Args:
        probs: (N, C) probabilities.
        targets: (N,) class indices (negative means "not known"), or (N, C) 0/1 with nan.
        bins: number of bins of equal width.

    Returns:
        The mean over classes with known rows, None where there is none.

    Raises:
        InputError: where the shapes do not fit.
        OptionError: where `bins` is below 1.

    Example:
        >>> classwise_ece([[0.75, 0.25], [0.75, 0.25]], [0, 1])
        0.25

    Source: Kull et al. (2019), Beyond temperature scaling, equation 3.
    """
    p, y = np.asarray(probs), np.asarray(targets)
    if y.ndim == 1:
        if p.ndim != 2 or y.shape != (len(p),):
            raise InputError("probabilities (N, C) and targets (N,)", f"shapes {p.shape} and {y.shape}", "one row each")
        truth = (y[:, None] == np.arange(p.shape[1])).astype(np.float64)
        truth[y < 0] = np.nan
        y = truth
    if p.shape != y.shape:
        raise InputError("probabilities and truth of one shape", f"shapes {p.shape} and {y.shape}", "both (N, C)")
    values = [v for j in range(p.shape[1]) if (v := ece(p[:, j], y[:, j], bins)) is not None]
    return float(np.mean(values)) if values else None


def smooth_ece(confidence: np.ndarray, correct: np.ndarray, cells: int = 4096) -> float | None:
    """Calibration error without bins: gaps smoothed by a reflected Gaussian as wide as the error itself.

    With r_s the gaps (correct - confidence) smoothed at width s, it is the s at which the integral of |r_s| equals s.

    Args:
        confidence: (N,) probabilities.
        correct: (N,) 0/1, nan for "not known".
        cells: cells of the grid on [0, 1] that carries the gaps; the figure is exact up to about 1/cells.

    Returns:
        The figure, None without items.

    Raises:
        InputError: where the lengths differ or a confidence is nan.

    Example:
        >>> round(smooth_ece([0.75] * 400, [1, 0] * 200), 3)
        0.25

    Source: Blasiok and Nakkiran (2023), Smooth ECE, definition 3; their package is relplot.
    """
    c, y = _pair(confidence, correct)
    if not len(c):
        return None
    place = np.clip((c * cells).astype(np.int64), 0, cells - 1)
    gaps = np.bincount(place, weights=y - c, minlength=cells) / len(c)
    return smooth_ece_of_grid(gaps)


def smooth_ece_of_grid(gaps: np.ndarray) -> float:
    """Smooth ECE from the gaps summed on a grid and divided by N.

    Reflection at 0 and 1 makes the smoothing a product in the cosine basis: coefficient k times exp(-(pi k s)^2 / 2).
    """
    waves = np.fft.rfft(np.concatenate([gaps, gaps[::-1]]))
    decay = -0.5 * (np.pi * np.arange(len(waves))) ** 2

    def smoothed(width: float) -> float:
        return float(np.abs(np.fft.irfft(waves * np.exp(decay * width * width), 2 * len(gaps))[: len(gaps)]).sum())

    low, high = 0.0, 1.0  # the smoothed error falls with the width, so it crosses the width once
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if smoothed(middle) > middle else (low, middle)
    return low


def smooth_ece_influence(confidence: np.ndarray, correct: np.ndarray, value: float, cells: int = 512) -> np.ndarray:
    """(N,) what each item contributes to the error of the smooth calibration error, times N.

    With G(s) the integral of the gaps smoothed at width s, the figure is the s with G(s) = s. An item moves G at a
    fixed width by its gap times the smoothed sign at its place, and the crossing by 1 / (1 - G'(s)) of that.
    """
    place = np.clip((confidence * cells).astype(np.int64), 0, cells - 1)
    gaps = np.bincount(place, weights=correct - confidence, minlength=cells) / len(place)
    decay = -0.5 * (np.pi * np.arange(cells + 1)) ** 2

    def smoothed(values: np.ndarray, width: float) -> np.ndarray:
        waves = np.fft.rfft(np.concatenate([values, values[::-1]]))
        return np.fft.irfft(waves * np.exp(decay * width * width), 2 * cells)[:cells]

    step = 1e-3
    lower = max(value - step, 0.0)
    slope = (np.abs(smoothed(gaps, value + step)).sum() - np.abs(smoothed(gaps, lower)).sum()) / (value + step - lower)
    sign = smoothed(np.sign(smoothed(gaps, value)), value)
    return (sign[place] * (correct - confidence) - value) / (1 - min(slope, 0.0))


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> Reliability:
    """The reliability diagram's figures: mean confidence and share correct per bin of equal width, with intervals.

    Args, errors as in `ece`.

    Example:
        >>> r = reliability([0.75, 0.75, 0.25], [1, 0, 0], bins=2)
        >>> r.count.tolist(), r.accuracy.tolist()
        ([1, 2], [0.0, 0.5])

    Source: DeGroot and Fienberg (1983); Wilson (1927) for the intervals.
    """
    edges = _edges(bins)
    return reliability_of_bins(bin_counts(confidence, correct, edges), edges)


def reliability_of_bins(bins: Bins, edges: np.ndarray) -> Reliability:
    """The diagram from sums per bin."""
    empty = np.full(len(bins.count), np.nan)
    mean, share = (
        np.divide(total, bins.count, out=empty.copy(), where=bins.count > 0)
        for total in (bins.confidence, bins.correct)
    )
    low, high = wilson(bins.correct, bins.count)
    return Reliability(edges, bins.count.astype(np.int64), mean, share, low, high)


def mass_edges(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Edges that cut the items into bins of (nearly) equal size, without splitting ties."""
    _edges(bins)
    ordered = np.sort(confidence)
    cuts = ordered[[len(ordered) * i // bins - 1 for i in range(1, bins) if len(ordered) * i // bins]]
    return np.concatenate([[-np.inf], np.unique(cuts), [np.inf]])


def _edges(bins: int) -> np.ndarray:
    if bins < 1:
        raise OptionError("bins of a calibration error", f"bins={bins}", "1 or more, customarily 15")
    return np.linspace(0, 1, bins + 1)


def _pair(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c, y = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    if c.ndim != 1 or c.shape != y.shape:
        raise InputError("confidences and outcomes of one length", f"shapes {c.shape} and {y.shape}", "(N,) and (N,)")
    if np.isnan(c).any():
        raise InputError("confidences", f"nan at row {int(np.isnan(c).argmax())}", "rows without an answer left out")
    known = ~np.isnan(y)
    return (c, y) if known.all() else (c[known], y[known])
