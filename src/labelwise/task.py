"""Labels -> Task, with the evidence for the reading.

A task is what the labels ask for: one yes/no, exactly one of C, any subset of L, one of K ordered, or several
independent questions. `read_labels` decides from the labels alone, says why in words, and names the traps on the way
(`Trap`); it never needs scores. `infer_task` is the same without the encoded targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from labelwise.errors import InputError, OptionError, choose
from labelwise.labels import as_array, as_numbers, order_of_type, plain_values, sorted_values
from labelwise.labels import shown as shown_value
from labelwise.traps import (
    Trap,
    column_traps,
    empty_trap,
    float_trap,
    listed,
    matrix_traps,
    missing_trap,
    one_hot_trap,
    single_column_trap,
)

__all__ = ["Group", "Labels", "Task", "TaskKind", "Trap", "infer_task", "read_labels"]

TaskKind = Literal["binary", "multiclass", "multilabel", "ordinal", "grouped"]
KINDS: tuple[str, ...] = get_args(TaskKind)


@dataclass(frozen=True)
class Group:
    """One of several independent questions of a grouped task."""

    name: str
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """What the labels ask for.

    Attributes:
        kind: ``binary``, ``multiclass``, ``multilabel``, ``ordinal`` or ``grouped``.
        class_names: the classes or labels in column order; for ``binary`` (negative, positive); for ``grouped``
            ``group=class`` over all groups.
        evidence: why the labels were read so, in words.
        traps: known mistakes these labels invite.
        groups: the questions of a grouped task, else empty.
    """

    kind: TaskKind
    class_names: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    traps: tuple[Trap, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def n_outputs(self) -> int:
        """Columns of a score array for this task: 1 for binary, else one per class or label."""
        return 1 if self.kind == "binary" else len(self.class_names)

    @property
    def exclusive(self) -> bool:
        """True where a row has exactly one class."""
        return self.kind in ("binary", "multiclass", "ordinal")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Name of each score column: for binary the positive class alone."""
        return self.class_names[1:] if self.kind == "binary" else self.class_names

    @property
    def group_slices(self) -> tuple[slice, ...]:
        """Columns of each group of a grouped task.

        Example:
            >>> infer_task([["car", "red"], ["bus", "blue"]], groups=["type", "colour"]).group_slices
            (slice(0, 2, None), slice(2, 4, None))
        """
        ends = np.cumsum([0, *(len(g.class_names) for g in self.groups)]).tolist()
        return tuple(slice(a, b) for a, b in pairwise(ends))

    def truth(self, targets: np.ndarray) -> np.ndarray:
        """Targets as a matrix of answers, one column per output.

        Args:
            targets: (N,) class indices, -1 for "not known"; or (N, L) 0/1 with nan for it.

        Returns:
            (N, n_outputs) float32 of 0, 1 and nan.
        """
        if self.kind == "multilabel":
            return np.asarray(targets, np.float32)
        if self.kind == "binary":
            return np.where(targets < 0, np.nan, targets).astype(np.float32)[:, None]
        if self.kind == "grouped":
            parts = [_one_hot(column, len(g.class_names)) for column, g in zip(targets.T, self.groups, strict=True)]
            return np.concatenate(parts, axis=1)
        return _one_hot(targets, len(self.class_names))

    def __str__(self) -> str:
        what = {
            "binary": f"one yes/no question ({self.class_names[-1]})",
            "multiclass": f"exactly one of {len(self.class_names)} classes",
            "multilabel": f"any subset of {len(self.class_names)} labels",
            "ordinal": f"one of {len(self.class_names)} ordered classes",
            "grouped": f"{len(self.groups)} independent questions",
        }[self.kind]
        return f"{self.kind}: {what}"


@dataclass(frozen=True)
class Labels:
    """A task and the encoded targets it was read from.

    Attributes:
        task: the reading.
        targets: binary, multiclass, ordinal: (N,) int64 class indices, -1 where missing (which is a fatal trap);
            multilabel: (N, L) float32 of 0, 1, nan;
            grouped: (N, G) float32 class indices, nan where a group is not known.
    """

    task: Task
    targets: np.ndarray


def infer_task(
    y: Any,
    *,
    ordered: Sequence[Any] | bool | None = None,
    groups: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    kind: TaskKind | None = None,
) -> Task:
    """Read the task off the labels, with the evidence in words.

    Args:
        y: labels of N rows: (N,) class indices, names or booleans; (N, L) 0/1 with nan for "not known"; N lists of
            label names; (N, G) columns that are each multiclass. Arrays, lists, Series and DataFrames are taken.
        ordered: the classes from lowest to highest, or True where sorting them gives the order. Without it a task is
            ordinal only if the column's own type is an ordered category.
        groups: names of the columns, where each column is a question of its own.
        names: names of the classes (for indices) or of the label columns.
        kind: overrides the reading where two readings are possible, e.g. ``"multiclass"`` for two classes.

    Returns:
        The task; `evidence` says why, `traps` what these labels invite people to do wrong.

    Raises:
        InputError: where the labels cannot be labels of any task.
        OptionError: where `ordered`, `groups`, `names` or `kind` do not fit the labels.

    Example:
        >>> task = infer_task(["cat", "dog", "cow", "dog"])
        >>> task.kind, task.class_names
        ('multiclass', ('cat', 'cow', 'dog'))
        >>> infer_task([[1, 0, 1], [0, 0, 0], [0, 1, 0]]).kind
        'multilabel'
        >>> infer_task([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]).traps[0].name
        'float_one_hot'

    Source: labelwise; the traps are those of framework defaults (PyTorch, fastai, Hugging Face).
    """
    return read_labels(y, ordered=ordered, groups=groups, names=names, kind=kind).task


def read_labels(
    y: Any,
    *,
    ordered: Sequence[Any] | bool | None = None,
    groups: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    kind: TaskKind | None = None,
) -> Labels:
    """`infer_task` together with the encoded targets; arguments and errors are the same."""
    if kind is not None:
        choose(kind, KINDS, what="task")
    _refuse_idle(ordered, groups, names, kind)
    order, y = order_of_type(y)
    y, columns = as_array(y)
    if len(y) == 0:
        raise InputError("labels for at least one row", "no rows", "labels of the rows that the scores belong to")
    if groups is not None:
        labels = _read_groups(y, groups)
    elif y.ndim == 2 and y.shape[1] > 1:
        labels = _read_matrix(y, names if names is not None else columns)
    else:
        labels = _read_column(y.reshape(-1), order if ordered is None else ordered, names)
        if y.ndim == 2:
            labels = replace(labels, task=replace(labels.task, traps=(single_column_trap(len(y)), *labels.task.traps)))
    if ordered not in (None, False) and labels.task.kind != "ordinal":
        raise OptionError(
            f"an order of the classes, ordered={ordered!r}",
            f"labels that read as {labels.task}: {'; '.join(labels.task.evidence)}",
            "no order, or one ordered column",
        )
    return _with_kind(labels, kind, ordered)


def _refuse_idle(ordered: Any, groups: Any, names: Any, kind: str | None) -> None:
    """Refuse options of the wrong form, and those that would have no effect beside another."""
    for option, value in (("ordered", ordered), ("groups", groups), ("names", names)):
        if value is None or (option == "ordered" and isinstance(value, bool)):
            continue
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
            raise OptionError(f"{option} as a list", f"{option}={value!r}", f'{option}=["a", "b", "c"]')
        texts = [shown_value(v) for v in value]
        if len(set(texts)) != len(texts):
            twice = next(t for t in texts if texts.count(t) > 1)
            raise OptionError(f"{option}, each once", f"{twice!r} more than once", "different names")
    if groups is not None and (names is not None or ordered is not None):
        raise OptionError("names or an order of classes", "several groups, on which they have no effect", "only groups")
    if ordered not in (None, False) and kind not in (None, "ordinal"):
        raise OptionError(f"task {kind!r}", "an order of the classes, which it would not use", "one of the two")


# ------------------------------------------------------------------ one column


def _read_column(y: np.ndarray, ordered: Sequence[Any] | bool | None, names: Sequence[str] | None) -> Labels:
    traps: list[Trap] = []
    values = plain_values(y)
    missing = np.array([v is None for v in values])
    if missing.all():
        raise InputError("labels", "every label is missing", "the column that holds the labels")
    if missing.any():
        traps.append(missing_trap(int(missing.sum()), int(np.flatnonzero(missing)[0])))
    known = [v for v, gone in zip(values, missing, strict=True) if not gone]
    known, number_traps = _whole_numbers(known)
    traps += [] if missing.any() else number_traps  # gaps alone make floats of whole numbers
    if names is not None and all(isinstance(v, int) for v in known):
        classes: list[Any] = list(range(len(names)))
        bad = next((v for v in known if not 0 <= v < len(names)), None)
        if bad is not None:
            raise InputError(
                f"class indices 0..{len(names) - 1}, one per name in `classes`",
                f"label {bad} (first at row {values.index(bad)})",
                "labels counted from 0, or the missing class names",
            )
        shown = [str(n) for n in names]
        evidence = [f"one column of class indices with {len(names)} class names"]
    else:
        classes = sorted_values(set(known)) if names is None else [str(n) for n in names]
        if names is not None:
            known = [shown_value(v) for v in known]
            strangers = sorted(set(known) - set(classes))
            if strangers:
                raise InputError(
                    "labels among the given class names", f"label {strangers[0]!r}", "add it to the class names"
                )
        shown = [shown_value(c) for c in classes]
        evidence = [f"one column with {len(classes)} distinct values"]
    kind: TaskKind = "binary" if len(classes) == 2 else "multiclass"
    if ordered is not None and ordered is not False:
        classes, shown, kind = _apply_order(ordered, classes, shown)
        evidence.append("the order of the classes was given: " + " < ".join(shown))
    index = {c: i for i, c in enumerate(classes)}
    targets = np.full(len(values), -1, np.int64)
    targets[~missing] = [index[v] for v in known]
    counts = np.bincount(targets[~missing], minlength=len(classes))
    traps += column_traps(known, classes, shown, counts)
    if kind == "binary":
        evidence.append(f"two classes: {shown[1]!r} is the yes, {shown[0]!r} the no")
    elif kind == "multiclass":
        evidence.append("every row has exactly one of them, so they exclude each other")
    return Labels(Task(kind, tuple(shown), tuple(evidence), tuple(traps)), targets)


def _whole_numbers(known: list[Any]) -> tuple[list[Any], list[Trap]]:
    """Booleans and whole floats as ints, everything as text where some are text; refuse measurements."""
    if any(isinstance(v, str) for v in known):
        return [shown_value(v) for v in known], []
    if not any(isinstance(v, float) for v in known):
        return [int(v) for v in known], []
    # beyond 2^53 a float skips whole numbers: an id or a measurement, never a class
    broken = next((v for v in known if v != v // 1 or abs(v) > 2**53), None)
    if broken is not None:
        raise InputError(
            "class labels",
            f"numbers with a fractional part, infinite or huge, first {broken}: a measurement, not a class",
            "class indices or names; cut the measurement into classes first",
        )
    return [int(v) for v in known], [float_trap()]


def _apply_order(ordered: Sequence[Any] | bool, classes: list[Any], shown: list[str]) -> tuple[list, list, TaskKind]:
    if ordered is True:
        return classes, shown, "ordinal"
    wanted = [shown_value(v) for v in ordered]  # type: ignore[union-attr]
    missing = [s for s in shown if s not in wanted]
    if missing:
        raise OptionError(
            f"the order {' < '.join(wanted)}",
            f"labels outside it: {listed(missing)}",
            "an order that names every class",
        )
    by_name = dict(zip(shown, classes, strict=True))
    return [by_name.get(w, w) for w in wanted], wanted, "ordinal"


# ------------------------------------------------------------------ several columns


def _read_matrix(y: np.ndarray, names: Sequence[str] | None) -> Labels:
    width = y.shape[1]
    numbers = as_numbers(y)
    if numbers is None:
        return _read_groups(y, names if names is not None else [f"label{i}" for i in range(width)])
    known = ~np.isnan(numbers)
    if not np.isin(numbers[known], (0.0, 1.0)).all():
        return _other_numbers(y, numbers, known, names)
    if names is not None and len(names) != width:
        raise OptionError(f"names for {width} label columns", f"{len(names)} names", "one name per column")
    shown = tuple(str(n) for n in names) if names is not None else tuple(str(i) for i in range(width))
    if known.all() and (numbers.sum(1) == 1).all():
        return _read_one_hot(y, numbers, shown)
    per_row, per_label = np.nansum(numbers, 1), np.nansum(numbers, 0)
    evidence = [
        f"{width} columns of 0 and 1, {per_row.mean():.2f} labels a row on average",
        f"{int((per_row == 0).sum())} rows have no label, {int((per_row > 1).sum())} have several: not exclusive",
    ]
    traps = matrix_traps(shown, per_label, known)
    return Labels(Task("multilabel", shown, tuple(evidence), tuple(traps)), numbers.astype(np.float32))


def _read_one_hot(y: np.ndarray, numbers: np.ndarray, shown: tuple[str, ...]) -> Labels:
    trap = one_hot_trap(np.issubdtype(y.dtype, np.floating))
    targets = numbers.argmax(1).astype(np.int64)
    counts = np.bincount(targets, minlength=len(shown))
    traps = [trap, *column_traps(targets.tolist(), list(range(len(shown))), list(shown), counts)]
    empty = [shown[i] for i in np.flatnonzero(counts == 0)]
    if empty:
        traps.append(empty_trap(empty))
    evidence = (f"{len(shown)} columns of 0 and 1 with exactly one 1 in every row",)
    return Labels(Task("multiclass", shown, evidence, tuple(traps)), targets)


def _other_numbers(y: np.ndarray, numbers: np.ndarray, known: np.ndarray, names: Sequence[str] | None) -> Labels:
    if (numbers[known] != np.round(numbers[known])).any():
        row, column = np.argwhere(known & (numbers != np.round(numbers)))[0]
        soft = known.all() and (numbers >= 0).all() and np.allclose(numbers.sum(1), 1, atol=1e-3)
        raise InputError(
            "labels of 0 and 1, or class indices",
            f"{numbers[row, column]:g} at row {row}, column {column}"
            + ("; rows sum to 1, so these look like soft labels or probabilities" if soft else ""),
            "the argmax of soft labels, or the labels the probabilities belong to",
        )
    if names is None:
        names = [f"label{i}" for i in range(y.shape[1])]
    return _read_groups(y, names)


def _read_groups(y: np.ndarray, names: Sequence[str]) -> Labels:
    if y.ndim != 2 or y.shape[1] != len(names):
        raise OptionError(
            f"{len(names)} label columns ({', '.join(map(str, names))})",
            f"labels of shape {y.shape}",
            "one name per column",
        )
    groups, columns, traps = [], [], []
    for name, column in zip(names, y.T, strict=True):
        labels = _read_column(column, None, None)
        groups.append(Group(str(name), labels.task.class_names))
        codes = labels.targets.astype(np.float32)
        codes[labels.targets < 0] = np.nan
        columns.append(codes)
        traps += [Trap(t.name, t.fatal and t.name != "missing_labels", f"{name}: {t.text}") for t in labels.task.traps]
    classes = tuple(f"{g.name}={c}" for g in groups for c in g.class_names)
    evidence = (
        f"{len(groups)} label columns that are each a question of their own: "
        + ", ".join(f"{g.name} ({len(g.class_names)} classes)" for g in groups),
    )
    return Labels(Task("grouped", classes, evidence, tuple(traps), tuple(groups)), np.stack(columns, axis=1))


# ------------------------------------------------------------------ the override


def _with_kind(labels: Labels, kind: TaskKind | None, ordered: Any) -> Labels:
    """Apply the caller's reading where the labels allow it."""
    task, targets = labels.task, labels.targets
    if kind is None or kind == task.kind:
        return labels
    told = (*task.evidence, f"read as {kind} because the caller says so")
    if kind == "multiclass" and task.kind in ("binary", "ordinal"):
        return Labels(replace(task, kind=kind, evidence=told), targets)
    if kind == "ordinal" and task.kind in ("binary", "multiclass") and ordered is None:
        return Labels(
            replace(task, kind=kind, evidence=(*told, "in the order " + " < ".join(task.class_names))), targets
        )
    if kind == "binary" and task.kind == "multiclass" and len(task.class_names) == 2:
        return Labels(replace(task, kind=kind, evidence=told), targets)
    if kind == "multilabel" and task.kind in ("multiclass", "ordinal") and (targets >= 0).all():
        return Labels(replace(task, kind=kind, evidence=told), task.truth(targets))
    raise OptionError(
        f"task {kind!r}", f"labels that read as {task}: {'; '.join(task.evidence)}", f"labels of a {kind} task"
    )


# ------------------------------------------------------------------ small things


def _one_hot(targets: np.ndarray, width: int) -> np.ndarray:
    codes = np.asarray(targets, np.float64)
    out = np.zeros((len(codes), width), np.float32)
    known = ~np.isnan(codes) & (codes >= 0)
    out[np.flatnonzero(known), codes[known].astype(np.int64)] = 1
    out[~known] = np.nan
    return out
