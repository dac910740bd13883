"""Features: numbers as float32 rows or as images, and the checks that every source shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelwise.errors import InputError

__all__ = ["as_features", "check_numbers"]


def as_features(array: np.ndarray, name: str) -> np.ndarray:
    """Numbers as (N, D) float32 rows or (N, H, W, channels) images, float32 or uint8.

    Args:
        array: (N, D) rows, (N, H, W) or (N, H, W, channels) images, of any number type. It is not changed, and not
            copied where it already has the right form.
        name: how the source calls it, for messages.

    Raises:
        InputError: where it holds something else than numbers, or has another shape.
    """
    if array.dtype.kind not in "fiub":
        first = f", first value {array.ravel()[:1].tolist()[0]!r}" if array.size and array.dtype.kind in "OUS" else ""
        raise InputError(
            f"numbers in {name}", f"dtype {array.dtype}{first}", f"{name} as floats or integers; text encoded first"
        )
    if array.ndim == 1:
        raise InputError(
            f"{name} with rows of features (N, D) or images (N, H, W[, channels])",
            f"shape {array.shape}",
            f"{name}[:, None] where each row has a single feature",
        )
    if array.ndim not in (2, 3, 4) or 0 in array.shape[1:]:
        raise InputError(
            f"{name} with rows of features (N, D) or images (N, H, W[, channels])",
            f"shape {array.shape}",
            "one of these shapes, with at least one feature or pixel",
        )
    if array.ndim == 4 and array.shape[3] > 4 and array.shape[1] <= 4:
        raise InputError(
            f"images in {name} with the channels last (N, H, W, channels)",
            f"shape {array.shape}, which looks like channels first",
            f"{name}.transpose(0, 2, 3, 1)",
        )
    if array.ndim == 2:
        return _float32(array)
    array = array[..., None] if array.ndim == 3 else array
    return array.astype(np.uint8, copy=False) if array.dtype.kind == "b" or array.dtype == np.uint8 else _float32(array)


def check_numbers(
    features: np.ndarray, names: Sequence[str], *, impute: str | None, leave_out: str = "leave the column out"
) -> tuple[str, ...]:
    """Refuse infinity; refuse missing numbers (nan) unless they are to be imputed.

    Args:
        features: from `as_features`.
        names: names of the columns of rows; () where they have none.
        impute: "median" where missing numbers stay nan, to be filled with the medians of the training rows.
        leave_out: how a column ``{}`` is left out of this source.

    Returns:
        Notes: which columns have missing numbers, and which are constant.

    Raises:
        InputError: with the first bad column and row.
    """
    if features.dtype == np.uint8:
        return ()
    finite = np.isfinite(features)
    notes = []
    if not finite.all():
        _refuse_infinity(features, finite, names)
        notes = _missing(features, names, impute, leave_out)
    elif impute is not None:
        notes = ["impute: nothing was missing"]
    if features.ndim == 2 and len(features) > 1:
        constant = np.flatnonzero((features[1:] == features[0]).all(0))
        if len(constant):
            notes.append(f"constant in every row: {_listed([_column(i, names) for i in constant])}")
    return tuple(notes)


def _float32(array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows becomes inf, which `check_numbers` refuses
        return array.astype(np.float32, copy=False)


def _refuse_infinity(features: np.ndarray, finite: np.ndarray, names: Sequence[str]) -> None:
    bad = ~finite & ~np.isnan(features)
    if bad.any():
        row, *place = np.argwhere(bad)[0]
        rows = bad.reshape(len(bad), -1).any(1).sum()
        raise InputError(
            "finite numbers as features",
            f"{features[row, *place]} at row {row}, {_place(place, names)} (in {rows} of {len(bad)} rows; rows "
            "and columns are counted from 0)",
            "numbers below 3.4e38, or the row left out",
        )


def _missing(features: np.ndarray, names: Sequence[str], impute: str | None, leave_out: str) -> list[str]:
    missing = np.isnan(features)
    row, *place = np.argwhere(missing)[0]
    if features.ndim > 2:
        raise InputError(
            "finite numbers as features", f"nan at row {row}, {_place(place, names)}", "images without gaps"
        )
    per_column = missing.sum(0)
    columns = np.flatnonzero(per_column)
    empty = [c for c in columns if per_column[c] == len(features)]
    if empty:
        shown = _listed([_column(c, names) for c in empty])
        raise InputError(
            "features with a value in some row",
            f"nothing but missing numbers in {shown}",
            leave_out.format(names[int(empty[0])] if len(names) else empty[0]),
        )
    told = [
        f"{_column(c, names)} lacks {per_column[c]} of {len(features)} values, first in row {missing[:, c].argmax()}"
        for c in columns
    ]
    if impute is None:
        raise InputError(
            "a number in every feature of every row",
            "; ".join(told[:3])
            + (f"; and {len(told) - 3} more columns" if len(told) > 3 else "")
            + "; rows are counted from 0",
            "--impute median to fill them with the median of the training rows, or "
            + leave_out.format(names[int(columns[0])] if len(names) else columns[0]),
        )
    return [f"{t}; filled with the median of the training rows" for t in told]


def _place(place: list[int], names: Sequence[str]) -> str:
    if len(place) == 1:
        return _column(place[0], names)
    return f"pixel {tuple(int(p) for p in place)}"


def _column(index: int | np.integer, names: Sequence[str]) -> str:
    return f"column {names[int(index)]!r}" if len(names) else f"column {index}"


def _listed(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
