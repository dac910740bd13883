"""Thresholds tuned for an objective against plain ways of doing it, on real data of several labels, over paired splits.

    python benchmarks/thresholds.py ../shared/data [splits] [data set ...]

A one-vs-rest logistic regression is fitted on one part, policies on a second, and all are judged on a third. Plain
tuning is the threshold of each label with its best F1 on the fitting rows (macro), or the one common threshold with the
best figure there (micro, samples), on the same scores. The second table is the log-loss of calibrators by rows.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

from labelwise import Logits, Task, fit_policy
from labelwise.calibration import fit_calibration
from labelwise.calibration.select import known_rows, log_loss_rows
from labelwise.decisions.objectives import OBJECTIVES
from labelwise.decisions.thresholds import best_f1_threshold
from labelwise.decisions.tuning import Settings
from labelwise.metrics.intervals import t_interval

SIZES = {"yeast": (900, 400), "movies": (3000, 400), "debtags": (4000, 800)}
MOST_TEST, LADDER = 8000, (50, 100, 200, 400, 800)


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


def plain(objective: str, p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Thresholds as people tune them: per label for macro, one for all otherwise, by the figure on the fitting rows."""
    if objective == "macro_f1":
        return np.array([best_f1_threshold(p[:, j], y[:, j]).threshold for j in range(p.shape[1])])
    cuts = np.linspace(0.01, 0.99, 99)
    value = OBJECTIVES[objective].value
    return np.full(p.shape[1], cuts[np.argmax([value(p >= c, y, Settings()) for c in cuts])])


def main(folder: Path, splits: int, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    print("| data | objective | labelwise | plain tuning | difference, 95 % |\n|---|---|---|---|---|")
    ladders = []
    for name in names:
        X, y = data(folder, name)
        train_rows, fit_rows = SIZES[name]
        task = Task("multilabel", tuple(map(str, range(y.shape[1]))))
        found: dict[str, list[tuple[float, float]]] = {o: [] for o in ("macro_f1", "micro_f1", "samples_f1")}
        ladder: dict[tuple[int, str], list[float]] = {}
        for seed in range(splits):
            order = np.random.default_rng(seed).permutation(len(y))
            train, rest = order[:train_rows], order[train_rows:]
            z = scores_of(X, y, train)
            fit, test = rest[:fit_rows], rest[fit_rows:][:MOST_TEST]
            p = 1 / (1 + np.exp(-z))
            truth = y[test].astype(float)
            for objective, values in found.items():
                policy = fit_policy(
                    Logits(z[fit], task),
                    y[fit],
                    objective=objective,
                    calibrators=["temperature", "affine", "shrunk", "per_label"],
                    seed=seed,
                )
                value = OBJECTIVES[objective].value
                ours = value(policy.decide(Logits(z[test], task)).indicators, truth, Settings())
                cuts = plain(objective, p[fit], y[fit].astype(float))
                values.append((ours, value(p[test] >= cuts, truth, Settings())))
            tz, ty, _ = known_rows(Logits(z[test], task), truth)
            for n in LADDER:
                if n > fit_rows:
                    continue
                for calibrator in ("affine", "per_label", "shrunk"):
                    fitted = fit_calibration(Logits(z[rest[:n]], task), y[rest[:n]], calibrator)
                    loss = float(log_loss_rows(fitted.logits(tz), ty).mean())
                    ladder.setdefault((n, calibrator), []).append(loss)
        for objective, values in found.items():
            ours, theirs = np.array(values).T
            low, high = t_interval(ours - theirs)
            gap = (ours - theirs).mean()
            figures = f"{ours.mean():.4f} | {theirs.mean():.4f} | {gap:+.4f} ({low:+.4f} to {high:+.4f})"
            print(f"| {name} | {objective} | {figures} |", flush=True)
        for n in LADDER:
            if (n, "shrunk") in ladder:
                row = [float(np.mean(ladder[n, c])) for c in ("affine", "per_label", "shrunk")]
                ladders.append(f"| {name} | {n} | " + " | ".join(f"{v:.4f}" for v in row) + " |")
    print("\n| data | rows | shared affine | per label | shrunk |\n|---|---|---|---|---|")
    print("\n".join(ladders))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20, sys.argv[3:] or list(SIZES))
