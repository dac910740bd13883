"""Named arrays -> Raw: an .npz file, a dict of arrays, or (X, y)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError
from labelwise.io.features import as_features, check_numbers
from labelwise.io.files import read_npz, sha256_of
from labelwise.io.raw import Raw

__all__ = ["from_arrays", "from_npz"]

# What an array may be called. More than one of a line is an ambiguity.
ROLES: dict[str, tuple[str, ...]] = {
    "X": ("X", "x"),
    "y": ("y", "Y"),
    "x_train": ("x_train", "X_train"),
    "y_train": ("y_train", "Y_train"),
    "x_test": ("x_test", "X_test"),
    "y_test": ("y_test", "Y_test"),
    "classes": ("classes", "labels"),
    "groups": ("groups",),
    "ids": ("ids",),
    "features": ("features",),
}
# Ignoring one of these would quietly change the result, so they are errors.
NEARLY = {
    "group": "groups",
    "id": "ids",
    "class_names": "classes",
    "label_names": "labels",
    "feature_names": "features",
}


def from_npz(path: Path, *, need_labels: bool, impute: str | None = None) -> Raw:
    """Read an .npz file with the arrays `ROLES` names."""
    arrays = read_npz(path)
    raw = from_arrays(arrays, impute=impute, need_labels=need_labels, where=str(path))
    raw.found.update(path=str(path), sha256=sha256_of(path))
    return raw


def from_arrays(
    source: Mapping[str, Any], *, need_labels: bool, impute: str | None = None, where: str = "the arrays"
) -> Raw:
    """Read named arrays; which names mean what is in `ROLES`.

    Args:
        source: arrays by name; None counts as not there.
        impute: see `check_numbers`.
        need_labels: whether `y` has to be there.
        where: what the source is called in messages.

    Raises:
        InputError: where an array is missing, ambiguous, or does not fit the others.
    """
    source = {name: array for name, array in source.items() if array is not None}
    roles = _roles(source, where)
    split = "x_train" in roles or "x_test" in roles
    if split and "X" in roles:
        raise InputError("one set of features", f"{where}: both {roles['X']} and {_listed(roles, 'x_')}", "one of them")
    x_name = roles.get("X", "X")
    if split:
        features, y, ids, test_rows = _join(source, roles, need_labels, where)
        x_name, y_name = "x_train", "y_train"
    else:
        if "X" not in roles:
            raise InputError(
                f"features in {where}", _present(source), "an array X: rows (N, D) or images (N, H, W[, channels])"
            )
        features, test_rows, ids = _array(source[roles["X"]], roles["X"]), None, None
        y = source[roles["y"]] if "y" in roles else None
        y_name = roles.get("y", "y")
        if y is None and need_labels:
            raise InputError(f"labels in {where}", _present(source), _missing_y(source, len(features), roles))
    features = as_features(features, x_name)
    rows = len(features)
    feature_names = _feature_names(source, roles, features)
    notes = check_numbers(features, feature_names, impute=impute)
    groups = _per_row(source, roles, "groups", rows) if "groups" in roles else None
    if groups is not None and test_rows is not None:
        both = np.intersect1d(groups[test_rows], groups[~test_rows])
        if len(both):
            raise InputError(
                "groups that the stated test part does not cut apart",
                f"group {both[0].item()!r} in both x_train and x_test ({len(both)} such groups)",
                "each group on one side, or x and y without a stated test part",
            )
    unread = [k for k in source if k not in roles.values()]
    if unread:
        notes += (f"arrays not read: {', '.join(unread)}",)
    return Raw(
        features=features,
        y=y if need_labels else None,
        y_name=y_name,
        names=_class_names(source, roles, y) if need_labels else None,
        ids=_per_row(source, roles, "ids", rows) if "ids" in roles else ids,
        groups=groups,
        test_rows=test_rows,
        feature_names=feature_names or tuple(str(i) for i in range(features.shape[1] if features.ndim == 2 else 0)),
        notes=notes,
    )


def _roles(source: Mapping[str, Any], where: str) -> dict[str, str]:
    """Role -> the name it has here."""
    roles = {}
    for role, names in ROLES.items():
        here = [n for n in names if n in source]
        if len(here) > 1:
            raise InputError(f"one array for {role}", f"{where}: both {' and '.join(here)}", f"only {names[0]}")
        if here:
            roles[role] = here[0]
    for name, meant in NEARLY.items():
        if name in source and meant not in source:
            raise InputError(f"the array {meant!r}", f"{where}: an array {name!r}", f"the name {meant!r} for it")
    return roles


def _join(
    source: Mapping[str, Any], roles: dict[str, str], need_labels: bool, where: str
) -> tuple[np.ndarray, Any, np.ndarray, np.ndarray | None]:
    """The train and test part one after the other: features, labels, ids, which rows are the test part."""
    wanted = ["x_train"] + (["y_train"] if need_labels else [])
    if "x_test" in roles or "y_test" in roles:
        wanted += ["x_test"] + (["y_test"] if need_labels else [])
    gone = [w for w in wanted if w not in roles]
    if gone:
        raise InputError(f"{' and '.join(gone)} in {where}", _present(source), "x_train, y_train, x_test, y_test")
    parts = [p for p in ("train", "test") if f"x_{p}" in roles]
    xs = [_array(source[roles[f"x_{p}"]], f"x_{p}") for p in parts]
    if xs[0].shape[1:] != xs[-1].shape[1:]:
        raise InputError(
            "x_train and x_test of one shape", f"shapes {xs[0].shape} and {xs[1].shape}", "the same features"
        )
    y = None
    if need_labels:
        ys = [_array(source[roles[f"y_{p}"]], f"y_{p}") for p in parts]
        for part, x, labels in zip(parts, xs, ys, strict=True):
            if labels.shape[:1] != x.shape[:1]:
                raise InputError(
                    f"as many labels in y_{part} as rows in x_{part} ({len(x)})", f"shape {labels.shape}", "one per row"
                )
        if ys[0].shape[1:] != ys[-1].shape[1:]:
            raise InputError("y_train and y_test of one shape", f"shapes {ys[0].shape} and {ys[1].shape}", "one form")
        y = np.concatenate(ys)
    ids = np.array([f"{p}/{i}" for p, x in zip(parts, xs, strict=True) for i in range(len(x))])
    test_rows = np.repeat([p == "test" for p in parts], [len(x) for x in xs]) if len(parts) == 2 else None
    return np.concatenate(xs), y, ids, test_rows


def _feature_names(source: Mapping[str, Any], roles: dict[str, str], features: np.ndarray) -> tuple[str, ...]:
    if "features" not in roles:
        return ()
    names = _array(source[roles["features"]], "features")
    if features.ndim != 2 or names.shape != (features.shape[1],):
        raise InputError(
            "one name in `features` per column of X", f"{names.shape} names for X of shape {features.shape}", "one each"
        )
    return tuple(_text(n) for n in names.tolist())


def _class_names(source: Mapping[str, Any], roles: dict[str, str], y: Any) -> list[str] | None:
    if "classes" not in roles:
        return None
    names, shape = _array(source[roles["classes"]], roles["classes"]), np.shape(y)
    if names.ndim != 1 or not names.size:
        raise InputError(f"names in `{roles['classes']}`", f"shape {names.shape}", "one name per class or label")
    if len(shape) == 2 and shape[1] != len(names):
        packed = np.asarray(y).dtype == np.uint8 and shape[1] == -(-len(names) // 8)
        name = roles.get("y", "y_train")
        raise InputError(
            f"labels of 0 and 1, one column for each of the {len(names)} names in `{roles['classes']}`",
            f"{name} of shape {shape}"
            + (f" with values 0..{int(np.max(y))}: it looks bit-packed, 8 labels to a byte" if packed else ""),
            f"{name} = np.unpackbits({name}, axis=1)[:, :{len(names)}]" if packed else "as many names as columns",
        )
    return [_text(n) for n in names.tolist()]


def _per_row(source: Mapping[str, Any], roles: dict[str, str], role: str, rows: int) -> np.ndarray:
    array = _array(source[roles[role]], role)
    if array.shape != (rows,):
        raise InputError(f"{rows} {role}, one per row", f"shape {array.shape}", "an array (N,)")
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.round(array)).all():
        return array.astype(np.int64)
    if array.dtype.kind not in "iuUS":
        raise InputError(f"{role} as whole numbers or text", f"dtype {array.dtype}", f"{role} as integers or text")
    return np.char.decode(array) if array.dtype.kind == "S" else array


def _missing_y(source: Mapping[str, Any], rows: int, roles: dict[str, str]) -> str:
    if roles.get("classes") == "labels" and np.shape(source["labels"]) == (rows,):
        return "the name y for the array `labels`, which has one value per row"
    return "an array y: class indices (N,) or 0/1 per label (N, L)"


def _array(value: Any, name: str) -> np.ndarray:
    if hasattr(value, "toarray"):  # a sparse matrix would become one object
        raise InputError(f"{name} as an array", f"a {type(value).__name__}", f"{name}.toarray()")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{name} as an array", f"a {type(value).__name__}: {why}", "a numpy array") from None
    return array.astype(str) if array.dtype == object and all(isinstance(v, str) for v in array.ravel()) else array


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _present(source: Mapping[str, Any]) -> str:
    return "the arrays " + (", ".join(map(str, source)) or "(none)")


def _listed(roles: dict[str, str], start: str) -> str:
    return " and ".join(n for r, n in roles.items() if r.startswith(start))
