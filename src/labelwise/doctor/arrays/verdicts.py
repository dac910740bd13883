"""F14 to F25: decisions, thresholds, labels, calibration and duplicates."""

from __future__ import annotations

import numpy as np

from labelwise.doctor.arrays.facts import Arrays, Hit

__all__ = [
    "broadcast_accuracy",
    "duplicates",
    "labelwise_accuracy",
    "no_label",
    "prior_offset",
    "rounded_logits",
    "shifted_labels",
    "swapped_column",
    "temperature",
    "threshold_on_logits",
    "threshold_on_test",
]


def labelwise_accuracy(a: Arrays) -> Hit | None:
    """F14: the reported accuracy is the share of right cells."""
    if a.reported is None or not a.in_range:
        return None
    truth = (
        np.eye(a.c)[a.classes]
        if a.classes is not None and a.c > 2 and a.classes.min() >= 0 and a.classes.max() < a.c
        else a.matrix
    )
    if truth is None or a.c < 2:
        return None
    known = ~np.isnan(truth)
    given = a.p >= a.threshold
    cells = float((given == (truth == 1))[known].mean())
    strict = float(((given == (truth == 1)) | ~known).all(1).mean()) if a.classes is None else float(a.accuracy or 0)
    if abs(a.reported - cells) > 5e-4 or abs(a.reported - strict) <= 5e-4:
        return None
    nothing = float((truth == 0)[known].mean())
    text = (
        f"the reported accuracy {a.reported:.4f} is the share of right row-label cells; answering nothing "
        f"gives {nothing:.4f}, "
        f"and whole rows are right in {strict:.4f}"
    )
    return Hit("F14", "LW601", text)


def no_label(a: Arrays) -> Hit | None:
    """F15: far more rows without a label at the threshold than in truth, or far more labels."""
    if a.matrix is None or a.c < 2 or not a.in_range or np.isnan(a.matrix).any() or a.n < 30:
        return None
    given = a.p >= a.threshold
    empty, empty_true = float((~given.any(1)).mean()), float((a.matrix.sum(1) == 0).mean())
    mean, mean_true = float(given.sum(1).mean()), float(a.matrix.sum(1).mean())
    expected = float(a.p.sum(1).mean())
    if empty - empty_true > 0.1:
        text = (
            f"{empty:.0%} of the rows have no label at {a.threshold:g}, in truth {empty_true:.0%}; the "
            f"probabilities expect {expected:.2f} labels per row"
        )
        return Hit("F15", "LW802", text)
    if mean > 3 * max(mean_true, 1 / a.c):
        text = (
            f"{mean:.2f} labels per row at {a.threshold:g}, in truth {mean_true:.2f}; look for a second "
            "sigmoid or a pos_weight"
        )
        return Hit("F15", "LW802", text)
    return None


def _two_dim(z: np.ndarray) -> np.ndarray:
    return z[:, None] if z.ndim == 1 else z


def threshold_on_logits(a: Arrays) -> Hit | None:
    """F16: saved decisions are (z >= 0.5) and not (z >= 0)."""
    z = a.logits if a.logits is not None else a.p if a.kind == "logits" else None
    if z is None or a.decisions is None:
        return None
    z, hard = _two_dim(np.asarray(z, np.float64)), _two_dim(a.decisions)
    if z.shape != hard.shape or not np.isin(hard, (0, 1)).all():
        return None
    at_half, at_zero = (z >= 0.5).astype(int), (z >= 0).astype(int)
    if (hard != at_half).any() or (at_half == at_zero).all():
        return None
    differ = int((at_half != at_zero).any(1).sum())
    return Hit(
        "F16",
        "LW501",
        f"the decisions are raw score >= 0.5, a probability of 0.6225: {differ} rows differ from one half (raw "
        "score >= 0)",
    )


def rounded_logits(a: Arrays) -> Hit | None:
    """F17: decisions that are rounded raw scores."""
    if a.decisions is None or (a.classes is not None and a.decisions.ndim == 1):
        return None
    hard = _two_dim(np.asarray(a.decisions, np.float64))
    if hard.shape != a.p.shape or np.isnan(hard).any():
        return None
    odd = ~np.isin(hard, (0, 1))
    if odd.any():
        row, column = np.argwhere(odd)[0]
        return Hit(
            "F17", "LW502", f"decisions outside of 0 and 1 ({hard[row, column]:g} at row {row}): rounded raw scores"
        )
    return None


def _accuracy_of(found: np.ndarray, classes: np.ndarray) -> float:
    return float((found == classes).mean())


def shifted_labels(a: Arrays) -> Hit | None:
    """F18: labels shifted by one, or permuted."""
    if a.classes is None or a.c < 2 or a.n < 30:
        return None
    low, high = int(a.classes.min()), int(a.classes.max())
    if low < 0 or high >= a.c:
        return Hit(
            "F18", "LW602", f"labels run from {low} to {high} for {a.c} columns, which are numbered 0 to {a.c - 1}"
        )
    if a.c < 3 or a.n < 100:
        return None
    top, base = a.p.argmax(1), a.accuracy or 0.0
    error = (max(base * (1 - base), 0.01) / a.n) ** 0.5
    for k in (1, -1):
        moved = _accuracy_of((top + k) % a.c, a.classes)
        if moved - base > max(5 * error, 0.2):
            return Hit(
                "F18",
                "LW602",
                f"accuracy is {base:.3f}, but {moved:.3f} where every label is moved by {-k:+d}: labels are off by one",
            )
    if a.n < 10 * a.c:
        return None
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((a.c, a.c))
    np.add.at(table, (top, a.classes), 1)
    rows, columns = linear_sum_assignment(-table)
    best = float(table[rows, columns].sum() / a.n)
    if best - base > max(5 * error, 0.2) and (rows != columns).any():
        moved_pairs = ", ".join(f"{r} is {c}" for r, c in list(zip(rows, columns, strict=True))[:6] if r != c)
        return Hit(
            "F18",
            "LW602",
            f"accuracy is {base:.3f}, but {best:.3f} with the classes in another order (column {moved_pairs}): "
            "labels are permuted",
        )
    return None


def _binary(a: Arrays) -> tuple[np.ndarray, np.ndarray] | None:
    """One score per row and 0/1 labels."""
    if a.c == 1 and a.matrix is not None:
        score, truth = a.p[:, 0], a.matrix[:, 0]
    elif a.c == 2 and a.classes is not None and a.sums_to_one:
        score, truth = a.p[:, 1], a.classes.astype(np.float64)
    else:
        return None
    known = ~np.isnan(truth)
    score, truth = score[known], truth[known]
    return (score, truth) if np.isin(truth, (0, 1)).all() and 0 < truth.mean() < 1 else None


def swapped_column(a: Arrays) -> Hit | None:
    """F19: the score ranks the wrong way round."""
    pair = _binary(a)
    if pair is None:
        return None
    from scipy.stats import rankdata

    score, truth = pair
    positive, negative = truth.sum(), (1 - truth).sum()
    auc = float((rankdata(score)[truth == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))
    error = float(((positive + negative + 1) / (12 * positive * negative)) ** 0.5)
    if auc >= 0.5 - max(3 * error, 0.02) or min(positive, negative) < 5:
        return None
    repaired = (1 - a.p if a.c == 1 else a.p[:, ::-1]) if a.in_range else -a.p
    text = (
        f"AUC is {auc:.3f}, below 0.5 by {(0.5 - auc) / error:.1f} standard errors: the other class's "
        "column was saved, or the labels are flipped"
    )
    return Hit("F19", "LW803", text, repaired)


def _log_of(a: Arrays) -> np.ndarray:
    return np.log(np.clip(a.p, 1e-12, 1))


def _nll(log_p: np.ndarray, classes: np.ndarray, inverse: float) -> float:
    z = log_p * inverse
    z = z - z.max(1, keepdims=True)
    return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), classes]).mean())


def _fit_temperature(log_p: np.ndarray, classes: np.ndarray) -> float:
    """1/T by golden section on its logarithm: the loss is convex in 1/T."""
    low, high, ratio = np.log(0.02), np.log(50.0), 0.618034
    for _ in range(32):
        one, two = high - ratio * (high - low), low + ratio * (high - low)
        if _nll(log_p, classes, float(np.exp(one))) < _nll(log_p, classes, float(np.exp(two))):
            high = two
        else:
            low = one
    return float(np.exp(-(low + high) / 2))


def temperature(a: Arrays) -> Hit | None:
    """F20: the temperature that fits is far from 1."""
    if a.classes is None or a.c < 2 or not a.sums_to_one or a.n < 100 or a.classes.min() < 0 or a.classes.max() >= a.c:
        return None
    log_p = _log_of(a)
    rng = np.random.default_rng(0)
    order = rng.permutation(a.n)[:20000]
    fit = order[: len(order) // 2]
    t = _fit_temperature(log_p[fit], a.classes[fit])
    if 0.6 <= t <= 1.7:
        return None
    again = []
    for _ in range(40):
        rows = rng.choice(fit, min(len(fit), 2000))
        again.append(_fit_temperature(log_p[rows], a.classes[rows]))
    low, high = float(np.min(again)), float(np.max(again))
    held = order[len(order) // 2 :]
    better = _nll(log_p[held], a.classes[held], 1 / t) < _nll(log_p[held], a.classes[held], 1.0)
    if low <= 1 <= high or not better:
        return None
    side = "too sure" if t > 1 else "not sure enough"
    return Hit(
        "F20",
        "LW804",
        f"miscalibrated: temperature {t:.2f} fits (bootstrap {low:.2f} to {high:.2f}); the probabilities are {side}",
    )


def prior_offset(a: Arrays) -> Hit | None:
    """F21: one constant on the logit scale between the probabilities and the truth."""
    if a.matrix is None or not a.in_range or a.n < 50:
        return None
    worst: tuple[float, int, float] | None = None
    for column in range(a.c):
        known = ~np.isnan(a.matrix[:, column])
        p, t = np.clip(a.p[known, column], 1e-7, 1 - 1e-7), a.matrix[known, column]
        if t.size < 50 or not np.isin(t, (0, 1)).all() or min(t.sum(), (1 - t).sum()) < 8:
            continue
        z = np.log(p) - np.log1p(-p)
        b, weight = 0.0, 0.0
        for _ in range(30):
            q = 1 / (1 + np.exp(-np.clip(z + b, -30, 30)))
            weight = float((q * (1 - q)).sum())
            if weight < 1e-9:
                break
            b = float(np.clip(b + (t - q).sum() / weight, -15, 15))
        error = max(weight, 1e-9) ** -0.5
        if abs(b) > max(0.7, 4.5 * error) and (worst is None or abs(b) > abs(worst[0])):
            worst = (b, column, float(p.mean() / t.mean()))
    if worst is None:
        return None
    b, column, ratio = worst
    return Hit(
        "F21",
        "LW805",
        f"column {column}: the mean probability is {ratio:.1f} times the share of positives; adding {b:+.2f} "
        "to the logit mends it, "
        f"as after training with positives weighted by {np.exp(-b):.2g}",
    )


def duplicates(a: Arrays) -> Hit | None:
    """F23: rows of different ids with exactly the same scores."""
    if a.ids is None or a.n < 50 or not a.exact or a.c * np.unique(a.p).size < 0.5 * a.p.size:
        return None
    if len(np.unique(a.ids)) < a.n:
        return Hit("F23", "LW807", f"{a.n - len(np.unique(a.ids))} ids occur more than once")
    if a.c == 1:
        return None
    inside = ~((a.p == 0) | (a.p == 1)).any(1)
    rows = a.p[inside]
    if len(rows) < 50:
        return None
    repeated = len(rows) - len(np.unique(rows, axis=0))
    if repeated / a.n <= 0.01:
        return None
    return Hit(
        "F23",
        "LW807",
        f"{repeated} rows ({repeated / a.n:.1%}) repeat the scores of another id exactly: the same inputs, "
        "counted again",
    )


def _f1(scores: np.ndarray, truth: np.ndarray, t: float) -> float:
    given = scores >= t
    hits = float((given & (truth == 1)).sum())
    total = float(given.sum() + (truth == 1).sum())
    return 2 * hits / total if total else 0.0


def _best_threshold(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    grid = np.unique(scores)
    grid = grid if grid.size <= 400 else np.quantile(grid, np.linspace(0, 1, 400))
    values = np.array([_f1(scores, truth, t) for t in grid])
    return grid[values >= values.max() - 1e-12]


def threshold_on_test(a: Arrays) -> Hit | None:
    """F24: the threshold is the best on these rows and not the best on the validation rows."""
    pair = _binary(a)
    if pair is None or a.chosen is None or a.validation is None:
        return None
    score, truth = pair
    val_score, val_truth = (v.ravel() for v in a.validation)
    if len(val_score) != len(val_truth):
        return None
    step = float(np.median(np.diff(np.unique(score)))) if np.unique(score).size > 1 else 0.0
    here, there = _best_threshold(score, truth), _best_threshold(val_score, val_truth)
    at_test = bool((np.abs(here - a.chosen) <= step + 1e-12).any())
    at_validation = bool((np.abs(there - a.chosen) <= 2 * step + 1e-12).any())
    if not at_test or at_validation:
        return None
    return Hit(
        "F24",
        "LW503",
        f"the threshold {a.chosen:.4g} is the best for F1 on these rows, and not on the validation rows: it "
        "was chosen on the test split",
    )


def broadcast_accuracy(a: Arrays) -> Hit | None:
    """F25: the reported accuracy is the mean of an N x N comparison."""
    if a.reported is None:
        return None
    if a.classes is not None and a.c > 1:
        found, truth = a.p.argmax(1), a.classes
    else:
        pair = _binary(a)
        if pair is None:
            return None
        found, truth = (pair[0] >= a.threshold).astype(int), pair[1].astype(int)
    real = float((found == truth).mean())
    chance = sum(float((found == k).mean() * (truth == k).mean()) for k in np.unique(truth))
    if abs(a.reported - chance) > 0.005 or abs(real - a.reported) <= 0.05:
        return None
    return Hit(
        "F25",
        "LW603",
        f"the reported accuracy {a.reported:.4f} is the chance agreement: (N,) was compared with (N, 1); rows "
        f"are right in {real:.4f}",
    )
