"""Train, validation and test rows: drawn anew for each seed, the same for every head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelwise.errors import InputError, need
from labelwise.task import Labels

__all__ = ["Split", "draw_split"]

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.2
FOLDS = 5


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, each in a random order."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def sizes(self) -> dict[str, int]:
        """Rows per part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def draw_split(
    labels: Labels, seed: int, *, groups: np.ndarray | None = None, test_rows: np.ndarray | None = None
) -> Split:
    """Draw 60% train, 20% validation and 20% test rows.

    Classes keep their shares in each part, and each part has every class; of ordered classes a rare one is drawn
    together with its neighbour, and may be missing from a part. For several labels or groups of classes a row counts
    as one of its rarest label. Rows of one group stay on one side. An official test part stays the test part.

    Args:
        labels: the task and its targets.
        seed: the same seed gives the same split.
        groups: (N,) rows with equal values belong together.
        test_rows: (N,) True for rows of the official test part.

    Raises:
        InputError: where a class has too few rows (or groups) to be in every part.
    """
    strata = _strata(labels)
    rng = np.random.default_rng([seed, 0x5B117])
    everything = np.arange(len(strata))
    if groups is not None:
        return _grouped(labels, strata, np.unique(groups, return_inverse=True)[1], test_rows, rng)
    _refuse_rare(labels, 2 if test_rows is not None else 3, test_rows)
    if test_rows is None:
        rest, test = _cut(everything, strata, TEST_SHARE, rng)
        share = VALIDATION_SHARE / (1 - TEST_SHARE)
    else:
        rest, test = everything[~test_rows], rng.permutation(everything[test_rows])
        share = VALIDATION_SHARE
    train, validation = _cut(rest, strata, share, rng)
    split = Split(train, validation, test)
    empty = [name for name, rows in split.sizes.items() if not rows]
    if empty:
        raise InputError(
            "rows for a training, a validation and a test part",
            f"{len(strata)} rows: none left for {' and '.join(empty)}",
            "more rows",
        )
    return split


def _strata(labels: Labels) -> np.ndarray:
    """(N,) the class of each row; for several labels the rarest one the row has, or a stratum of its own for none."""
    task, targets = labels.task, labels.targets
    if task.kind == "ordinal":
        return _joined(np.bincount(targets, minlength=len(task.class_names)))[targets]
    if task.exclusive:
        return targets
    truth = np.nan_to_num(task.truth(targets))
    count = truth.sum(0)
    rarest = np.where(truth > 0, count, np.inf).argmin(1)
    return np.where(truth.any(1), rarest, truth.shape[1])


def _joined(counts: np.ndarray) -> np.ndarray:
    """Stratum of each rank: neighbours together until there are rows for three parts.

    Example:
        >>> _joined(np.array([1, 1, 40, 2, 50, 1])).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    found, held = np.zeros(len(counts), np.int64), 0
    for rank in range(1, len(counts)):
        held += counts[rank - 1]
        new = held >= 3 and counts[rank:].sum() >= 3
        found[rank] = found[rank - 1] + new
        held = 0 if new else held
    return found


def _cut(rows: np.ndarray, strata: np.ndarray, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows in two parts, the second with `share` of every stratum: at least one row, where there are two."""
    first, second = [], []
    carry = 0.0
    for stratum in np.unique(strata[rows]):
        members = rng.permutation(rows[strata[rows] == stratum])
        wanted = share * len(members) + carry
        taken = int(np.clip(round(wanted), min(1, len(members) - 1), max(len(members) - 1, 0)))
        carry = float(np.clip(wanted - taken, -1, 1))
        first.append(members[taken:])
        second.append(members[:taken])
    return rng.permutation(np.concatenate(first)), rng.permutation(np.concatenate(second))


def _grouped(
    labels: Labels, strata: np.ndarray, groups: np.ndarray, test_rows: np.ndarray | None, rng: np.random.Generator
) -> Split:
    """Whole groups to each part: of five folds one is the test part and one the validation part."""
    model_selection = need("sklearn.model_selection", extra="train", purpose="a split that keeps groups together")
    rows = np.arange(len(strata)) if test_rows is None else np.flatnonzero(~test_rows)
    found = len(np.unique(groups[rows]))
    if found < FOLDS:
        raise InputError(f"at least {FOLDS} groups, to split them", f"{found} groups", "a finer group column")
    if test_rows is not None and np.intersect1d(groups[test_rows], groups[~test_rows]).size:
        raise InputError(
            "groups that no split cuts", "a group with rows in both official parts", "one part per group, or no groups"
        )
    state = int(rng.integers(2**31))
    folds = model_selection.StratifiedGroupKFold(FOLDS, shuffle=True, random_state=state)
    _, counts = np.unique(strata[rows], return_counts=True)
    balance = strata if counts.min() >= FOLDS else np.zeros_like(strata)
    parts = [rows[part] for _, part in folds.split(rows, balance[rows], groups[rows])]
    parts = [parts[i] for i in rng.permutation(FOLDS)]  # the most uneven group always comes in the same fold
    test = parts[0] if test_rows is None else np.flatnonzero(test_rows)
    train = np.concatenate(parts[2:] if test_rows is None else [parts[0], *parts[2:]])
    split = Split(rng.permutation(train), rng.permutation(parts[1]), rng.permutation(test))
    if labels.task.exclusive and labels.task.kind != "ordinal":
        lost = np.setdiff1d(strata, strata[split.train])
        if lost.size:
            raise InputError(
                "groups whose split leaves every class in the training part",
                f"class {labels.task.class_names[int(lost[0])]!r} lies in too few groups",
                "a finer group column, or leave the class out",
            )
    return split


def _refuse_rare(labels: Labels, least: int, test_rows: np.ndarray | None) -> None:
    if not labels.task.exclusive or labels.task.kind == "ordinal":
        return
    targets = labels.targets if test_rows is None else labels.targets[~test_rows]
    counts = np.bincount(targets, minlength=len(labels.task.class_names))
    rare = [int(c) for c in np.unique(labels.targets) if counts[c] < least]
    if rare:
        names = ", ".join(f"{labels.task.class_names[c]!r} ({counts[c]})" for c in rare[:5])
        raise InputError(
            f"at least {least} rows of each class, one for each part to be drawn",
            f"too rare to split: {names}" + (f" and {len(rare) - 5} more" if len(rare) > 5 else ""),
            "leave these rows out, or join the class with another",
        )
