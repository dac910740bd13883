"""F5 to F12 and F22: values out of range, rows or columns that do not sum, constants, ties, saturation."""

from __future__ import annotations

import numpy as np

from labelwise.doctor.arrays.facts import Arrays, Hit

__all__ = [
    "constant_output",
    "not_probabilities",
    "one_column_argmax",
    "percentages",
    "relu_before_output",
    "saturated",
    "sigmoid_for_single_label",
    "softmax_for_multilabel",
    "softmax_over_rows",
]


def not_probabilities(a: Arrays) -> Hit | None:
    """F5: values outside of 0..1."""
    if a.in_range or a.kind == "logits" or _sums_to_hundred(a):
        return None
    row, column = np.argwhere((a.p < -a.eps) | (a.p > 1 + a.eps))[0]
    sample = f"{a.p[row, column]:.4g} at row {row}, column {column}"
    if (a.p <= a.eps).all() and a.c > 1:
        total = np.exp(a.p).sum(1)
        if np.abs(total - 1).max() <= max(1e-4, 4 * a.eps * a.c):
            if a.kind == "log_probs":
                return None
            return Hit("F5", "LW801", f"these are log-probabilities ({sample}): take exp", np.exp(a.p))
    if a.kind == "log_probs" and (a.p <= a.eps).all():
        return None
    share = ((a.p < -a.eps) | (a.p > 1 + a.eps)).mean()
    return Hit(
        "F5",
        "LW801",
        f"{share:.1%} of the values lie outside of 0..1 ({sample}): these are raw scores, not probabilities",
    )


def _sums_to_hundred(a: Arrays) -> bool:
    inside = bool((a.p >= -a.eps).all() and (a.p <= 100 + 2 * a.eps).all())
    return a.c > 1 and inside and bool(np.abs(a.row_sums - 100).max() <= max(0.01, 8 * a.eps * a.c**0.5))


def percentages(a: Arrays) -> Hit | None:
    """F6: rows that sum to 100."""
    if not _sums_to_hundred(a) or a.kind == "logits":
        return None
    return Hit("F6", "LW801", "every row sums to 100: these are percentages; divide by 100", a.p / 100)


def softmax_for_multilabel(a: Arrays) -> Hit | None:
    """F7: rows of probabilities that sum to 1 for rows of labels that do not."""
    if a.matrix is None or a.c < 2 or not a.sums_to_one:
        return None
    known = ~np.isnan(a.matrix).any(1)
    counts = a.matrix[known].sum(1)
    if not known.any() or (counts != 1).mean() <= 0.01:
        return None
    text = (
        f"every row of scores sums to 1, but {(counts != 1).mean():.1%} of the rows have no label or several "
        f"(mean {counts.mean():.2f}): a softmax shares one unit among them"
    )
    return Hit("F7", "LW303", text)


def sigmoid_for_single_label(a: Arrays) -> Hit | None:
    """F8: rows that do not sum to 1 for one class per row."""
    if a.classes is None or a.c < 2 or not a.in_range or a.sums_to_one:
        return None
    if np.ptp(a.row_sums) <= max(0.01, 4 * a.eps * a.c) or softmax_over_rows(a) is not None:
        return None
    text = (
        f"rows sum to {a.row_sums.min():.2f} ... {a.row_sums.max():.2f} although every row has one class: independent "
        "probabilities; dividing each row by its sum leaves the arg max as it is"
    )
    return Hit("F8", "LW304", text)


def _batch_size(a: Arrays, slack: float) -> int | None:
    """Rows after which every column has summed to 1."""
    off = np.abs(a.p.cumsum(0) - 1).max(1)
    best = int(off.argmin())
    return best + 1 if off[best] <= slack else None


def softmax_over_rows(a: Arrays) -> Hit | None:
    """F9: columns, not rows, sum to whole numbers: softmax over the batch axis."""
    if a.c < 2 or not a.in_range or a.sums_to_one or np.ptp(a.row_sums) <= 0.01:
        return None
    sums = a.p.sum(0)
    slack = max(1e-3, 3 * a.eps * a.n**0.5)
    batches = round(float(sums.mean()))
    if batches < 1 or slack > 0.05 * batches + 0.05 or np.ptp(sums) > 2 * slack or abs(sums.mean() - batches) > slack:
        return None
    size = _batch_size(a, slack)
    if a.c == 2 and size is None:
        return None
    told = f" (batches of {size} rows)" if size else ""
    text = (
        f"every column sums to {batches}, and rows do not sum to 1: softmax ran over the rows of each "
        f"batch{told}; a row's "
        "scores depend on its neighbours"
    )
    return Hit("F9", "LW403", text)


def constant_output(a: Arrays) -> Hit | None:
    """F10: the same scores for every row."""
    if a.n < 2 or (a.p != a.p[0]).any():
        return None
    truth = a.labels
    if truth is not None and not np.ptp(truth[~np.isnan(truth)]):
        return None
    if a.c == 1 and a.p[0, 0] == 1:
        return Hit("F10", "LW401", "every row has the score 1: softmax over one output, or a model that has collapsed")
    return Hit("F10", "LW809", f"all {a.n} rows have the same scores: constant output")


def one_column_argmax(a: Arrays) -> Hit | None:
    """F11: decisions that are all 0 beside one column that varies."""
    if (
        a.decisions is None
        or a.c != 1
        or a.decisions.ndim != 1
        or (a.decisions != 0).any()
        or not np.ptp(a.p)
        or a.n < 10
    ):
        return None
    if a.matrix is None or not (a.matrix == 1).any() or (a.p.max() < a.threshold and a.in_range):
        return None
    return Hit(
        "F11", "LW402", "all decisions are 0 while the one score column varies: the arg max over one column is always 0"
    )


def relu_before_output(a: Arrays) -> Hit | None:
    """F12: atoms that only a ReLU before the link leaves."""
    if not a.exact or not a.in_range or a.n < 10 or (a.p == a.p[0]).all() or np.unique(a.p).size < 0.05 * a.p.size:
        return None
    half = a.p == 0.5
    if not a.sums_to_one and half.mean() >= 0.2 and a.p.min() == 0.5:
        text = f"{half.mean():.0%} of the values are exactly 0.5 and none is lower: ReLU was applied before the sigmoid"
        return Hit("F12", "LW104", text)
    if a.sums_to_one and a.c >= 3:
        low = a.p.min(1, keepdims=True)
        tied = ((a.p == low).sum(1) >= 2) & (low[:, 0] > 1e-30)
        if tied.mean() >= 0.5:
            text = (
                f"in {tied.mean():.0%} of the rows several classes share exactly the lowest probability: "
                "ReLU was applied before the softmax"
            )
            return Hit("F12", "LW104", text)
    return None


def saturated(a: Arrays) -> Hit | None:
    """F22: many values that are exactly 0 or 1."""
    if not a.in_range or a.n < 20 or np.unique(a.p).size < 0.1 * a.p.size or np.unique(a.p).size < 20:
        return None
    ends = (a.p == 1) | ((a.p == 0) if a.c == 1 else False)
    share = float(ends.any(1).mean())
    if share <= 0.01:
        return None
    text = (
        f"{share:.1%} of the rows hold an exact {'0 or 1' if a.c == 1 else '1'}: the surest rows cannot be "
        "told apart and "
        "their log loss may be infinite; save raw scores"
    )
    return Hit("F22", "LW806", text)
