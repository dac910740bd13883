"""Traps: known ways of getting labels wrong, recognised in the labels themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "Trap",
    "column_traps",
    "empty_trap",
    "float_trap",
    "listed",
    "matrix_traps",
    "missing_trap",
    "one_hot_trap",
    "single_column_trap",
]


@dataclass(frozen=True)
class Trap:
    """A known way of getting the labels wrong, seen in these labels.

    Attributes:
        name: stable id, e.g. ``"float_one_hot"``.
        fatal: True where nothing can be trained or judged until it is mended.
        text: what was seen and what it would do, in one or two sentences.
    """

    name: str
    fatal: bool
    text: str

    def __str__(self) -> str:
        return self.text


def column_traps(known: list[Any], classes: list[Any], shown: list[str], counts: np.ndarray) -> list[Trap]:
    """Traps of one label column.

    Args:
        known: its labels, missing ones left out.
        classes: the distinct values, in order.
        shown: their names.
        counts: rows of each.
    """
    traps = []
    present = int((counts > 0).sum())
    if present == 1:
        traps.append(
            Trap("one_class", True, f"every label is {shown[int(counts.argmax())]!r}: there is nothing to tell apart.")
        )
    if all(isinstance(c, int) for c in classes) and min(classes) == 1 and max(classes) == len(classes) > 1:
        traps.append(
            Trap(
                "labels_from_one",
                False,
                f"the labels are 1..{len(classes)}: read as {len(classes)} classes. As class indices in PyTorch they "
                "would need an unused class 0, or fail with an index error at the last class.",
            )
        )
    single = [shown[i] for i in np.flatnonzero(counts == 1)]
    if single and present > 1:
        traps.append(
            Trap(
                "label_seen_once",
                False,
                f"seen in one row only: {listed(single)}; such a class cannot be learnt and judged at the same time.",
            )
        )
    if present > 20 and present > len(known) / 2:
        traps.append(
            Trap(
                "many_classes",
                False,
                f"{present} distinct values in {len(known)} rows look like ids or a measurement rather than classes.",
            )
        )
    if all(isinstance(c, str) for c in classes):
        traps.append(
            Trap(
                "string_labels",
                False,
                f"the labels are text in one column: each is read whole and classes are numbered in the order shown "
                f"({shown[0]!r} is 0). Readers that expect lists of labels take a text apart letter by letter.",
            )
        )
        joined = [c for c in classes if re.search(r"\S[|;,]\s*\S", c)]
        if joined:
            traps.append(
                Trap(
                    "joined_strings",
                    False,
                    f"labels such as {joined[0]!r} look like several labels in one string. Read as they stand, each "
                    "combination is a class of its own; split them into lists for a multilabel task.",
                )
            )
    return traps


def matrix_traps(shown: tuple[str, ...], per_label: np.ndarray, known: np.ndarray) -> list[Trap]:
    """Traps of several 0/1 columns.

    Args:
        shown: names of the labels.
        per_label: rows that have each.
        known: (N, L) False where a cell is missing.
    """
    traps = []
    seen = known.sum(0)
    empty = [shown[i] for i in np.flatnonzero(per_label == 0)]
    if empty:
        traps.append(empty_trap(empty))
    full = [shown[i] for i in np.flatnonzero((per_label == seen) & (seen > 0))]
    if full:
        traps.append(Trap("full_label", False, f"given to every row: {listed(full)}; nothing can be learnt of it."))
    once = [shown[i] for i in np.flatnonzero(per_label == 1)]
    if once:
        traps.append(
            Trap(
                "label_seen_once",
                False,
                f"seen in one row only: {listed(once)}; it cannot be learnt and judged at the same time.",
            )
        )
    if not known.all():
        traps.append(
            Trap(
                "missing_labels",
                False,
                f"{int((~known).sum())} of {known.size} cells are not known (nan): they are "
                "left out of the loss and of every figure, never counted as no.",
            )
        )
    if len(empty) == len(shown):
        traps.append(Trap("one_class", True, "no row has any label: there is nothing to learn."))
    return traps


def single_column_trap(rows: int) -> Trap:
    """Labels of shape (N, 1)."""
    return Trap(
        "single_column",
        False,
        f"the labels have shape ({rows}, 1): read as one column. Losses that broadcast would pair every row with "
        "every other.",
    )


def missing_trap(count: int, first: int) -> Trap:
    """Rows without a label; the first of them."""
    return Trap(
        "missing_labels",
        True,
        f"{count} rows have no label (first row {first}). A missing label is not a class: leave these rows out, or "
        "fill them in.",
    )


def empty_trap(names: list[str]) -> Trap:
    """Labels that no row has."""
    return Trap("empty_label", False, f"no row has: {listed(names)}; nothing can be learnt or judged of it.")


def listed(names: list[str], most: int = 5) -> str:
    """The first names in words, and how many more."""
    shown = ", ".join(repr(n) for n in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def float_trap() -> Trap:
    """Whole numbers stored as floats."""
    return Trap(
        "float_labels",
        False,
        "the labels are whole numbers stored as floats: read as class indices. Frameworks that go by the dtype "
        "would treat them as a regression target or refuse them.",
    )


def one_hot_trap(floating: bool) -> Trap:
    """Exactly one 1 in every row, stored as floats or not."""
    silently = "Stored as floats, the same labels silently mean sigmoid + BCE in frameworks that go by the dtype. "
    return Trap(
        "float_one_hot" if floating else "one_hot",
        False,
        "every row has exactly one 1: read as one class per row (one-hot). "
        + (silently if floating else "")
        + 'If the labels do not exclude each other, say task="multilabel".',
    )
