"""Does choosing a calibrator ever make things worse? Real saved scores and generated problems, judged on held-out rows.

    python benchmarks/do_no_harm.py ../shared/data [number of generated problems; a third as many have ordered classes]

Every problem is split in a fitting and a test half; a case is harmed where the paired 95 % interval of the test
log-loss (calibrated less as it is) lies above zero. The table compares the selection with
every single calibrator used alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labelwise import Logits, Probs, Task
from labelwise.calibration import CALIBRATORS, calibrators_of, select_calibration
from labelwise.calibration.select import known_rows, log_loss_rows
from labelwise.metrics.intervals import t_interval
from labelwise.scores import Scores

SIZES, WIDTHS = (50, 100, 200, 500, 1000, 2000, 5000, 20000), (1, 1, 2, 3, 5, 10, 30, 100, 1000)
MOST_CELLS = 400_000
Problem = tuple[str, Scores, np.ndarray, Scores, np.ndarray]


def real(folder: Path) -> Iterator[Problem]:
    """The CIFAR predictions, hpc_cv and magika, each cut in two."""
    for path in sorted((folder / "cifar_predictions").glob("*.npz")):
        file = np.load(path)
        yield halves(path.stem, file["predictions"], file["ground_truth"], np.arange(10000))
    import polars as pl

    frame, names = pl.read_parquet(folder / "hpc_cv_saved_probs.parquet"), ["VF", "F", "M", "L"]
    truth = np.array([names.index(name) for name in frame["obs"]])
    yield halves("hpc_cv", frame.select(names).to_numpy(), truth, np.random.default_rng(0).permutation(len(truth)))
    file = np.load(folder / "magika_filetype_probs.npz")
    yield halves("magika", file["probs"], file["y"].astype(int), np.random.default_rng(0).permutation(len(file["y"])))


def halves(name: str, probs: np.ndarray, y: np.ndarray, order: np.ndarray) -> Problem:
    task = Task("multiclass", tuple(map(str, range(probs.shape[1]))))
    a, b = order[: len(order) // 2], order[len(order) // 2 :]
    return name, Probs(probs[a], task), y[a], Probs(probs[b], task), y[b]


def generated(count: int) -> Iterator[Problem]:
    """Scores that are well calibrated, too sure, not sure enough, biased, or wrong by class, of all sizes."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        n, width = int(rng.choice(SIZES)), int(rng.choice(WIDTHS))
        n = min(n, max(50, MOST_CELLS // width))
        kind = ("calibrated", "too sure", "too shy", "biased", "by class")[seed % 5]
        test = min(5000, max(1000, MOST_CELLS // width))
        z = rng.normal(size=(n + test, width)) * rng.uniform(0.5, 3) + rng.normal(size=width)
        if width == 1:
            y = (rng.random(len(z)) < 1 / (1 + np.exp(-z[:, 0]))).astype(int)
            task = Task("binary", ("no", "yes"))
        else:
            y = (z + rng.gumbel(size=z.shape)).argmax(1)
            task = Task("multiclass", tuple(map(str, range(width))))
        if kind == "too sure":
            z = z * rng.uniform(1.2, 4)
        elif kind == "too shy":
            z = z * rng.uniform(0.3, 0.9)
        elif kind == "biased":
            z = z * rng.uniform(1, 2) + rng.normal(size=width) * 0.7
        elif kind == "by class":
            z = z * np.exp(rng.normal(size=width) * 0.4) + rng.normal(size=width) * 0.3
        yield f"{kind}, {n} x {width}", Logits(z[:n], task), y[:n], Logits(z[n:], task), y[n:]


def ranked(count: int) -> Iterator[Problem]:
    """Ordered classes: scores that are well calibrated, too sure, not sure enough, or shifted along the ranks."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        n, width = int(rng.choice(SIZES[:-1])), int(rng.choice((3, 5, 7, 10)))
        kind, scale, shift = (
            ("calibrated", 1.0, 0.0),
            ("too sure", rng.uniform(1.2, 3), 0.0),
            ("too shy", rng.uniform(0.4, 0.9), 0.0),
            ("shifted", rng.uniform(0.8, 2), rng.normal()),
        )[seed % 4]
        cuts = np.sort(rng.normal(size=width - 1) * 2)
        odds = (rng.normal(size=n + 5000) * rng.uniform(1, 3))[:, None] - cuts
        y = (rng.random((len(odds), 1)) < 1 / (1 + np.exp(-odds))).sum(1)
        said, one = 1 / (1 + np.exp(-(scale * odds + shift))), np.ones((len(odds), 1))
        p = np.concatenate([one, said], axis=1) - np.concatenate([said, 0 * one], axis=1)
        p, task = np.maximum(p, 1e-12), Task("ordinal", tuple(map(str, range(width))))
        p /= p.sum(1, keepdims=True)
        yield f"ranks {kind}, {n} x {width}", Probs(p[:n], task), y[:n], Probs(p[n:], task), y[n:]


def main(folder: Path, count: int) -> None:
    gains: dict[str, list[float]] = {name: [] for name in ("selection", *CALIBRATORS)}
    harmed: dict[str, int] = dict.fromkeys(gains, 0)
    cases = 0
    for problems in (real(folder), generated(count), ranked(count // 3)):
        for name, scores, y, test, truth in problems:
            cases += 1
            z, t, _ = known_rows(test, truth)
            before = log_loss_rows(z, t)
            fit_z, fit_y, _ = known_rows(scores, y)
            chosen = select_calibration(scores, y).calibration
            fitted = {"selection": chosen} | {c.name: c.fit(fit_z, fit_y) for c in calibrators_of(scores.task)}
            for key, calibration in fitted.items():
                worse = log_loss_rows(calibration.logits(z), t) - before
                low, _ = t_interval(worse)
                gains[key].append(-float(worse.mean()))
                bad = low is not None and low > 0
                harmed[key] += bad
                if bad and key == "selection":
                    print(f"harmed: {name} by {chosen.name}, {worse.mean():.5f} nats", file=sys.stderr)
    print(f"{cases} cases; gain in nats on held-out rows; where a calibrator is not for a task, it gains nothing\n")
    print("| calibrator | is for | mean gain, all cases | harmed, of those it is for |\n|---|---|---|---|")
    for name, values in gains.items():
        if values:
            print(f"| {name} | {len(values)} | {sum(values) / cases:+.4f} | {harmed[name] / len(values):.1%} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 120)
