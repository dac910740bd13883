"""Decisions tuned for an objective against other ways of doing it, on real data of several labels, over paired splits.

    python benchmarks/thresholds.py ../shared/data [splits] [data set ...]

A one-vs-rest logistic regression is fitted on one part, policies on a second, and all are judged on a third. The others
work on the same scores, with the plain sigmoid as probability:

- ``argmax``: the threshold of each label with its best F1 on the fitting rows;
- ``Frank-Wolfe``: Schultheis et al. (2024), Consistent algorithms for multi-label classification with macro-at-k
  metrics, without a budget: a mixture of linear rules of the probabilities that raises macro F1 on the fitting rows
  step by step, one of them drawn for each row;
- ``batch``: Schultheis et al. (2023), Generalized test utilities for long-tail performance: block coordinate ascent of
  the expected macro F1 of the rows that are judged, all at once (``batch, calibrated`` on the policy's probabilities);
- ``global``: the one common threshold with the best figure on the fitting rows.

The second table is the log-loss of calibrators by rows.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelwise import Logits, Task, fit_policy
from labelwise.calibration import fit_calibration
from labelwise.calibration.select import known_rows, log_loss_rows
from labelwise.decisions.objectives import OBJECTIVES
from labelwise.decisions.rows import sigmoid
from labelwise.decisions.thresholds import best_f1_threshold
from labelwise.decisions.tuning import Settings
from labelwise.metrics.intervals import t_interval

SIZES = {"yeast": (900, 400), "movies": (3000, 400), "debtags": (4000, 800)}
MOST_TEST, LADDER = 8000, (50, 100, 200, 400, 800)


class Split(NamedTuple):
    """Rows that policies are fitted on, and rows that judge them."""

    fit: np.ndarray
    test: np.ndarray


def data(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "movies":
        import polars as pl

        frame = pl.read_parquet(folder / "movies_multilabel.parquet")
        labels = ["Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short"]
        X = frame.select("year", "length", "rating", *[f"r{i}" for i in range(1, 11)]).to_numpy()
        X = np.column_stack([X, np.log1p(frame["votes"].to_numpy())])
        X[:, 1] = np.log1p(X[:, 1])
        return (X - X.mean(0)) / X.std(0), frame.select(labels).to_numpy()
    file = np.load(folder / {"yeast": "yeast_multilabel.npz", "debtags": "debtags_minilm_15k.npz"}[name])
    if name == "yeast":
        return file["X"] * 5, file["Y"]
    return file["X"].astype(np.float32) * 5, np.unpackbits(file["Y"], axis=1)[:, : int(file["n_labels"])]


def scores_of(X: np.ndarray, y: np.ndarray, train: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    model = OneVsRestClassifier(LogisticRegression(max_iter=200, tol=1e-2)).fit(X[train], y[train])
    out = np.full(y.shape, -12.0)
    for column, one in enumerate(model.estimators_):
        out[:, column] = (
            one.decision_function(X) if hasattr(one, "decision_function") else np.where(y[train[0], column], 12, -12)
        )
    return out


def argmax(z: Split, y: Split) -> np.ndarray:
    """Each label's best F1 on the fitting rows."""
    cuts = [best_f1_threshold(p, t).threshold for p, t in zip(sigmoid(z.fit).T, y.fit.T, strict=True)]
    return sigmoid(z.test) >= np.array(cuts)


def frank_wolfe(z: Split, y: Split, steps: int = 100) -> np.ndarray:
    """Rules ``a p + b > 0`` from the gradient of macro F1 at the mixture so far, mixed by a line search."""
    p, t = sigmoid(z.fit), y.fit
    shares = np.linspace(0, 1, 1001)[:, None]

    def counts(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        given = a * p + b > 0
        return np.stack([(given & (t == 1)).mean(0), (given & (t == 0)).mean(0), (~given & (t == 1)).mean(0)])

    def figure(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
        return (2 * tp / np.maximum(2 * tp + fp + fn, 1e-9)).mean(-1)

    rules, weights = [(np.ones(p.shape[1]), np.full(p.shape[1], -0.5))], [1.0]
    now = counts(*rules[0])
    for _ in range(steps):
        tp, fp, fn = now
        below = np.maximum(2 * tp + fp + fn, 1e-9) ** 2
        up, down = 2 * (fp + fn) / below, -2 * tp / below
        rule = up - 2 * down, down
        new = counts(*rule)
        mixed = figure(*(shares * new[i] + (1 - shares) * now[i] for i in range(3)))
        share = float(shares[mixed.argmax(), 0])
        if share < 0.001:
            break
        now = share * new + (1 - share) * now
        rules, weights = [*rules, rule], [w * (1 - share) for w in weights] + [share]
    drawn = np.random.default_rng(0).choice(len(rules), len(z.test), p=np.array(weights) / sum(weights))
    a, b = (np.array([rule[i] for rule in rules])[drawn] for i in (0, 1))
    return a * sigmoid(z.test) + b > 0


def batch(p: np.ndarray) -> np.ndarray:
    """The answers with the highest expected macro F1; labels do not share a budget, so each has its own optimum."""
    ordered = -np.sort(-p, axis=0)
    expected = 2 * ordered.cumsum(0) / (np.arange(1, len(p) + 1)[:, None] + p.sum(0))
    best = expected.argmax(0)
    return p >= ordered[best, np.arange(p.shape[1])]


def common(objective: str, z: Split, y: Split) -> np.ndarray:
    """The one threshold with the best figure on the fitting rows."""
    p, cuts, value = sigmoid(z.fit), np.linspace(0.01, 0.99, 99), OBJECTIVES[objective].value
    best = max(cuts, key=lambda c: value(p >= c, y.fit, Settings()) or 0.0)
    return sigmoid(z.test) >= best


CASES = {
    "macro_f1": ("argmax", "Frank-Wolfe", "batch", "batch, calibrated"),
    "micro_f1": ("global",),
    "samples_f1": ("global",),
    "row_f1": ("global",),
    "accuracy": ("global",),
    "exact_match": ("global",),
}
OTHERS = {
    "argmax": lambda objective, z, y, decided: argmax(z, y),
    "Frank-Wolfe": lambda objective, z, y, decided: frank_wolfe(z, y),
    "batch": lambda objective, z, y, decided: batch(sigmoid(z.test)),
    "batch, calibrated": lambda objective, z, y, decided: batch(decided.probabilities),
    "global": lambda objective, z, y, decided: common(objective, z, y),
}


def main(folder: Path, splits: int, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    print(f"{splits} splits\n\n| data | objective | labelwise | other | its figure | difference, 95 % |")
    print("|---|---|---|---|---|---|")
    ladders = []
    for name in names:
        X, y = data(folder, name)
        train_rows, fit_rows = SIZES[name]
        task = Task("multilabel", tuple(map(str, range(y.shape[1]))))
        found: dict[tuple[str, str], list[tuple[float, float]]] = {}
        ladder: dict[tuple[int, str], list[float]] = {}
        for seed in range(splits):
            order = np.random.default_rng(seed).permutation(len(y))
            train, rest = order[:train_rows], order[train_rows:]
            z = scores_of(X, y, train)
            fit, test = rest[:fit_rows], rest[fit_rows:][:MOST_TEST]
            zs, ys = Split(z[fit], z[test]), Split(y[fit].astype(float), y[test].astype(float))
            for objective, others in CASES.items():
                policy = fit_policy(
                    Logits(zs.fit, task),
                    y[fit],
                    objective=objective,
                    calibrators=["temperature", "affine", "shrunk", "per_label"],
                    seed=seed,
                )
                value = OBJECTIVES[objective].value
                decided = policy.decide(Logits(zs.test, task))
                ours = value(decided.indicators, ys.test, Settings())
                for other in others:
                    theirs = value(OTHERS[other](objective, zs, ys, decided), ys.test, Settings())
                    found.setdefault((objective, other), []).append((ours, theirs))
            tz, ty, _ = known_rows(Logits(zs.test, task), ys.test)
            for n in LADDER:
                if n > fit_rows:
                    continue
                for calibrator in ("affine", "per_label", "shrunk"):
                    fitted = fit_calibration(Logits(z[rest[:n]], task), y[rest[:n]], calibrator)
                    loss = float(log_loss_rows(fitted.logits(tz), ty).mean())
                    ladder.setdefault((n, calibrator), []).append(loss)
        for (objective, other), values in found.items():
            ours, theirs = np.array(values).T
            low, high = t_interval(ours - theirs)
            gap = (ours - theirs).mean()
            figures = f"{ours.mean():.4f} | {other} | {theirs.mean():.4f} | {gap:+.4f} ({low:+.4f} to {high:+.4f})"
            print(f"| {name} | {objective} | {figures} |", flush=True)
        for n in LADDER:
            if (n, "shrunk") in ladder:
                row = [float(np.mean(ladder[n, c])) for c in ("affine", "per_label", "shrunk")]
                ladders.append(f"| {name} | {n} | " + " | ".join(f"{v:.4f}" for v in row) + " |")
    print("\n| data | rows | shared affine | per label | shrunk |\n|---|---|---|---|---|")
    print("\n".join(ladders))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20, sys.argv[3:] or list(SIZES))
