"""Data of no known class, in the form of a dataset that a head was trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError
from labelwise.io.columns import is_encoded, listed, take
from labelwise.io.dataset import Dataset, read_dataset
from labelwise.io.files import sha256_of
from labelwise.io.sources import KINDS, open_source
from labelwise.io.tables import TABLE_READERS

__all__ = ["read_like"]


def read_like(source: Any, like: Dataset) -> Dataset:
    """Read a source without labels so that what was trained on `like` can score it.

    The options that `like` was read with apply where they mean something to this source. Columns come in the order of
    `like`; a one-hot column for a value that does not occur here is 0, and values that `like` does not know have no
    column. Grey images become RGB where `like` is RGB.

    Args:
        source: anything `read_dataset` reads, or a `Dataset`; its labels are neither needed nor read.
        like: the data of the known classes.

    Returns:
        The data, with features of the shape, dtype and column names of `like`.

    Raises:
        InputError: where the two cannot be brought to one form.

    Example:
        >>> known = read_dataset((np.eye(4), [0, 1, 0, 1]))
        >>> print(read_like((np.ones((2, 4)), None), known))
        arrays: 2 rows of 4 features

    Source: labelwise.
    """
    if isinstance(source, Dataset):
        return _like_arrays(source, like)
    kind, name, _ = open_source(source)
    if kind == "frame and labels":
        kind, source = "frame", source[0]
    if kind in TABLE_READERS and _named(like):
        return _like_table(source, kind, name, like)
    options: dict[str, Any] = {"impute": like.source["impute"]} if "impute" in like.source else {}
    height, width = like.features.shape[1:3] if like.is_image else (0, 1)
    if kind == "folder" and height == width:
        options = {"image_size": height}
    data = read_dataset(source, need_labels=False, **{k: v for k, v in options.items() if k in KINDS[kind].options})
    return _like_arrays(data, like)


def _like_arrays(data: Dataset, like: Dataset) -> Dataset:
    if data.is_image and like.is_image:
        return _like_images(data, like)
    if data.features.shape[1:] != like.features.shape[1:]:
        raise InputError(f"data of the form of {like}", f"{data}", "features of the same kind and number")
    if _named(data) and _named(like) and data.feature_names != like.feature_names:
        raise InputError(
            f"the features of {like.name}: {listed(like.feature_names, most=10)}",
            f"{data.name} with {listed(data.feature_names, most=10)}",
            "the same features in the same order",
        )
    return data


def _like_images(data: Dataset, like: Dataset) -> Dataset:
    features = data.features
    if features.shape[3] == 1 and like.features.shape[3] == 3:
        features = np.repeat(features, 3, axis=3)
    if features.shape[1:] != like.features.shape[1:]:
        raise InputError(f"images of the form of {like}", f"{data}", "images of the same height, width and channels")
    if features.dtype != like.features.dtype:
        raise InputError(
            f"{like.features.dtype} pixels as in {like.name}, so that both have one scale",
            f"{features.dtype} pixels from {features.min():g} to {features.max():g} in {data.name}",
            f"the same pixels as {like.features.dtype}",
        )
    return replace(data, features=features)


def _like_table(source: Any, kind: str, name: str, like: Dataset) -> Dataset:
    table = TABLE_READERS[kind](Path(source).expanduser() if isinstance(source, str) else source)
    one_hot = like.source.get("one_hot", [])
    plain = [n for n in like.feature_names if not any(is_encoded(n, c) for c in one_hot)]
    wanted = [*plain, *one_hot]
    gone = [c for c in wanted if c not in table.frame.columns]
    if gone:
        raise InputError(
            f"the columns of {like.name}", f"{name} without {listed(gone, most=10)}", "a table with the same columns"
        )
    data = read_dataset(
        take(table.frame, wanted), categorical=one_hot, impute=like.source.get("impute"), need_labels=False
    )
    here = {n: i for i, n in enumerate(data.feature_names)}
    features = np.zeros((data.n_rows, len(like.feature_names)), np.float32)
    for i, column in enumerate(like.feature_names):
        if column in here:
            features[:, i] = data.features[:, here[column]]
    unknown = [n for n in here if n not in like.feature_names]
    notes = table.notes + data.notes
    if unknown:
        notes += (f"values that {like.name} does not know: {listed(unknown, most=10)}",)
    found = {"path": str(source), "sha256": sha256_of(Path(source).expanduser())} if kind != "frame" else {}
    return replace(
        data,
        name=name,
        features=features,
        feature_names=like.feature_names,
        source={**data.source, "kind": kind, **found},
        notes=notes,
    )


def _named(data: Dataset) -> bool:
    """False for images and for rows whose features only have numbers."""
    return data.feature_names != tuple(str(i) for i in range(len(data.feature_names)))
