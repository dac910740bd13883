"""Features as a network wants them: filled, centred and scaled by the training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelwise.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["as_batch", "input_shape", "scaler"]


def input_shape(features: np.ndarray) -> tuple[int, ...]:
    """Shape of one row: (D,), or (channels, H, W) for images (N, H, W, channels)."""
    return (features.shape[3], *features.shape[1:3]) if features.ndim == 4 else features.shape[1:]


class scaler:  # noqa: N801 - reads as the function it is: scaler(rows)(features)
    """(x - mean) / deviation, each column (of images: each channel) by the given rows; nan becomes the column's median.

    Args:
        rows: the training rows, (N, D) or (N, H, W, channels).

    Example:
        >>> scale = scaler(np.array([[0.0, 5.0], [2.0, 5.0]]))
        >>> scale(np.array([[4.0, 5.0]])).tolist()
        [[3.0, 0.0]]
    """

    def __init__(self, rows: np.ndarray):
        self.shape = rows.shape[1:]
        axes = tuple(range(rows.ndim - 1))
        values = rows.astype(np.float64)
        self.median: np.ndarray | None = None
        gaps = np.isnan(values)
        if gaps.any():
            empty = np.flatnonzero(gaps.all(axes))
            if empty.size:
                raise InputError(
                    "a median of each column's training rows", f"column {empty[0]} has no value there", "leave it out"
                )
            self.median = np.nanmedian(values, axes)
            values = np.where(gaps, self.median, values)
        self.mean = values.mean(axes)
        deviation = values.std(axes)
        # a column that varies less than float32 can tell is constant
        self.deviation = np.where(deviation > 1e-9 * np.abs(self.mean), deviation, 1.0)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Scale features of the same shape; float32."""
        if features.shape[1:] != self.shape:
            raise InputError(
                f"rows of shape {self.shape}, as in training", f"rows of shape {features.shape[1:]}", "the same columns"
            )
        values = features.astype(np.float32)
        if np.isnan(values).any():
            if self.median is None:
                row, column = np.argwhere(np.isnan(values))[0][[0, -1]]
                raise InputError(
                    "features without missing values, as in training",
                    f"nan at row {row}, column {column}",
                    "fill it in, or leave the column out of both",
                )
            values = np.where(np.isnan(values), self.median, values)
        return ((values - self.mean) / self.deviation).astype(np.float32)


def as_batch(scaled: np.ndarray) -> Tensor:
    """Scaled features as a tensor; images with the channels first."""
    import torch

    if scaled.ndim == 4:
        scaled = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
    return torch.from_numpy(scaled)
