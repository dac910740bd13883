"""What a reader found in a source, before the labels are read as a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Raw"]


@dataclass(frozen=True, eq=False)
class Raw:
    """Features, labels as they stand, and what else the source says.

    Attributes:
        features: (N, D) float32 rows, or (N, H, W, channels) images.
        y: labels in any form `read_labels` takes, or None.
        y_name: how the source calls them, for messages.
        names: names of classes (for indices) or of label columns, or None.
        order_lost: True where the source says that the classes are ordered, in an order that cannot be read.
        ids: (N,) names of the rows, or None for row numbers.
        groups: (N,) rows that belong together, or None.
        test_rows: (N,) True for the source's own test part, or None.
        feature_names: names of the D columns; () for images.
        notes: what was done to the data, in words.
        found: facts for the record: kind, path, sha256, ...
    """

    features: np.ndarray
    y: Any = None
    y_name: str = "y"
    names: Sequence[str] | None = None
    order_lost: bool = False
    ids: np.ndarray | None = None
    groups: np.ndarray | None = None
    test_rows: np.ndarray | None = None
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found: dict[str, Any] = field(default_factory=dict)
