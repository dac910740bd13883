"""What an audit costs: each job as a ratio to the time R of reading the array once, or to the peers, in one process.

    python benchmarks/audit.py             # all but the 2 GB job
    python benchmarks/audit.py --large     # with it
    python benchmarks/audit.py --only temperature

Wall times are the least of several runs. On a shared machine the processor time of all threads, divided by two, is the
steadier figure: it is printed beside, and R is measured right before each job.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from roofline import best_of, cpu_of, read_time

from labelwise.kernels import column_statistics, fit_temperature, row_statistics
from labelwise.metrics import aurc, auroc, confusion, ece
from labelwise.metrics.intervals import percentile
from labelwise.metrics.margins import FIGURES, draw_margins


def classes(rows: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose labels are drawn from softmax(z), handed over as 2 z: about 70 % accuracy, best temperature 2."""
    rng = np.random.default_rng(seed)
    z = np.empty((rows, width), np.float32)
    y = np.empty(rows, np.int64)
    for start in range(0, rows, 5000):
        part = slice(start, min(start + 5000, rows))
        size = part.stop - part.start
        z[part] = rng.standard_normal((size, width), dtype=np.float32)
        z[np.arange(start, part.stop), rng.integers(width, size=size)] += np.log(width) + 1.5
        y[part] = (z[part] - np.log(-np.log(rng.random((size, width), dtype=np.float32) + 1e-12) + 1e-12)).argmax(1)
    z *= 2
    return z, y


def labels(rows: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of independent labels, about one in five true."""
    rng = np.random.default_rng(1)
    z = rng.standard_normal((rows, width), dtype=np.float32) * 1.5 - 2
    return z, rng.random((rows, width), dtype=np.float32) < 1 / (1 + np.exp(-z))


def nine(z: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The nine figures of the table, from one pass."""
    s = row_statistics(z, y)
    right = s.decision == y
    sure = -s.against
    cells = confusion(y, s.decision, z.shape[1])
    return {
        "accuracy": right.mean(),
        "top_5_accuracy": (s.rank < 5).mean(),
        "log_loss": s.nll.mean(),
        "brier_score": s.brier.mean(),
        "ece": ece(s.confidence, right),
        "ece_classwise": s.bins.ece.mean(),
        "confusion": float(cells.trace()),
        "auroc_confidence": auroc(sure, right),
        "aurc": aurc(sure, right),
    }


def peak_extra(job: Callable[[], object]) -> float:
    """MiB of resident memory above the start, sampled every two milliseconds."""
    page, done, peak = 4096, threading.Event(), [0]

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * page

    start = resident()

    def watch() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], resident())
            time.sleep(0.002)

    thread = threading.Thread(target=watch)
    thread.start()
    job()
    done.set()
    thread.join()
    return max(peak[0] - start, 0) / 2**20


def line(job: str, wall: float, cpu: float, against: str, target: str) -> None:
    """One row of the table."""
    print(f"{job:<58} {wall * 1e3:>9.1f} ms  cpu/2 {cpu / 2 * 1e3:>8.1f} ms  {against:<44} target {target}", flush=True)


def nine_metrics(rows: int) -> None:
    """Nine metrics against R, and for 50k against the best packaged peer for each."""
    z, y = classes(rows, 1000)
    repeats = 5 if rows < 100_000 else 2
    wall, cpu = best_of(lambda: nine(z, y), repeats), cpu_of(lambda: nine(z, y), repeats)
    r_wall, r_cpu = read_time(z), read_time(z, clock=cpu_of)
    memory = peak_extra(lambda: nine(z, y))
    ratio = f"{wall / r_wall:.1f} R wall, {cpu / r_cpu:.1f} R cpu (R = {r_wall * 1e3:.1f} ms)"
    line(f"nine metrics, {rows} x 1000, +{memory:.0f} MiB", wall, cpu, ratio, "15 R, 64 MiB")
    if rows <= 50_000:
        found, each = nine(z, y), peers_of_nine(z, y)
        total = sum(seconds for seconds, _ in each.values())
        line("  best packaged peer for each, together", total, 2 * total, f"{total / (cpu / 2):.0f}x by cpu", "25x")
        for name, (seconds, value) in each.items():
            beside = f"{value:.6f} (labelwise {found[name]:.6f})" if name in found else ""
            print(f"    {name:<18} {seconds * 1e3:>9.1f} ms   {beside}")


def peers_of_nine(z: np.ndarray, y: np.ndarray) -> dict[str, tuple[float, float]]:
    """Seconds of processor time (torch on one thread) and value of the best call of the peers for each."""
    import torch
    from sklearn import metrics as sk

    torch.set_num_threads(1)
    logits, target = torch.from_numpy(z), torch.from_numpy(y)
    probs = torch.softmax(logits, 1)
    p, decision = probs.numpy(), z.argmax(1)
    sure, right = p.max(1), decision == y

    def timed(job: Callable[[], float]) -> tuple[float, float]:
        start = time.process_time()
        value = float(job())
        return time.process_time() - start, value

    out = {
        "softmax": timed(lambda: torch.softmax(logits, 1)[0, 0]),
        "accuracy": timed(lambda: sk.accuracy_score(y, z.argmax(1))),
        "top_5_accuracy": timed(lambda: (logits.topk(5, 1).indices == target[:, None]).any(1).float().mean()),
        "log_loss": timed(lambda: torch.nn.functional.cross_entropy(logits, target)),
        "brier_score": timed(lambda: sk.brier_score_loss(y, p, labels=np.arange(z.shape[1]))),
        "confusion": timed(lambda: np.trace(sk.confusion_matrix(y, decision))),
        "auroc_confidence": timed(lambda: sk.roc_auc_score(right, sure)),
        "aurc": timed(lambda: (np.cumsum(~right[np.argsort(-sure)]) / np.arange(1, len(y) + 1)).mean()),
    }
    try:
        from torchmetrics.functional.classification import multiclass_calibration_error as tm_ece
    except ImportError:
        print("    torchmetrics is not installed: its calibration errors are left out of the sum")
        return out
    out["ece"] = timed(lambda: tm_ece(probs, target, num_classes=z.shape[1], n_bins=15))
    from torchmetrics.functional.classification import binary_calibration_error as tm_binary

    some = range(0, z.shape[1], 50)

    def classwise() -> float:
        return float(np.mean([tm_binary(probs[:, k], (target == k).int(), n_bins=15) for k in some]))

    seconds, value = timed(classwise)
    out["ece_classwise"] = seconds * z.shape[1] / len(some), value  # a slice, scaled: the cost is linear
    return out


def columns() -> None:
    """Ranking and best thresholds of every label against scikit-learn's three calls."""
    from sklearn import metrics as sk

    z, y = labels(100_000, 200)
    wall, cpu = best_of(lambda: column_statistics(z, y), 3), cpu_of(lambda: column_statistics(z, y), 3)
    some = range(0, 200, 20)
    start = time.process_time()
    for j in some:
        sk.average_precision_score(y[:, j], z[:, j])
        sk.roc_auc_score(y[:, j], z[:, j])
        sk.precision_recall_curve(y[:, j], z[:, j])
    peer = (time.process_time() - start) * 20
    ratio = f"{peer / (cpu / 2):.0f}x scikit-learn by cpu ({peer:.1f} s, scaled)"
    line("AP, AUROC, best F1 and accuracy, 100k x 200", wall, cpu, ratio, "450 ms, 25x")


def intervals() -> None:
    """Bootstrap of accuracy and macro-F1 against a loop over scikit-learn."""
    from sklearn import metrics as sk

    z, y = classes(50_000, 10)
    decision = z.argmax(1)
    cells = confusion(y, decision, 10)

    def ours() -> list:
        drawn = draw_margins(cells, 1000, 0)
        return [percentile(FIGURES[name](drawn)) for name in ("accuracy", "f1_macro")]

    wall, cpu = best_of(ours), cpu_of(ours)
    rng = np.random.default_rng(0)
    start = time.process_time()
    for _ in range(20):
        rows = rng.integers(len(y), size=len(y))
        sk.accuracy_score(y[rows], decision[rows])
        sk.f1_score(y[rows], decision[rows], average="macro")
    peer = (time.process_time() - start) * 50
    ratio = f"{peer / cpu:.0f}x a scikit-learn loop ({peer:.1f} s, scaled)"
    line("1000 resamples of accuracy and macro-F1, 50k x 10", wall, cpu, ratio, "25 ms, 300x")


def temperature() -> None:
    """Temperature against scikit-learn's, by how far from the optimum it ends."""
    z, y = classes(50_000, 1000)
    wall, cpu = best_of(lambda: fit_temperature(z, y), 3), cpu_of(lambda: fit_temperature(z, y), 3)
    fit, tight = fit_temperature(z, y), fit_temperature(z, y, tolerance=1e-13)
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Given(ClassifierMixin, BaseEstimator):
        """Hands out the logits."""

        classes_ = np.arange(z.shape[1])

        def fit(self, X, y):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def decision_function(self, X):
            return z[X[:, 0].astype(int)]

        def predict(self, X):
            return self.decision_function(X).argmax(1)

    start = time.process_time()
    CalibratedClassifierCV(FrozenEstimator(Given()), method="temperature").fit(np.arange(len(y))[:, None], y)
    peer = time.process_time() - start
    ratio = f"{peer / (cpu / 2):.0f}x scikit-learn by cpu ({peer:.1f} s)"
    job = f"temperature, 50k x 1000, {abs(fit.nll - tight.nll):.0e} from the optimum"
    line(job, wall, cpu, ratio, "200 ms, 15x")


def whole_process() -> None:
    """`labelwise audit` of a 50k x 1000 npz, from start to page."""
    import resource

    z, y = classes(50_000, 1000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.npz"
        np.savez(path, logits=z, y=y)
        del z
        start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        script = Path(sys.executable).with_name("labelwise")
        command = [script, "audit", str(path), "--out", str(Path(folder) / "run"), "--quiet"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if found.returncode:
            print(f"labelwise audit failed: {found.stderr.strip()}")
            return
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    line("labelwise audit of a 50k x 1000 npz, with page", wall, cpu, f"{after.ru_maxrss / 1e6:.2f} GB", "10 s, 1.2 GB")


JOBS: dict[str, Callable[[], None]] = {
    "nine": lambda: nine_metrics(50_000),
    "columns": columns,
    "intervals": intervals,
    "temperature": temperature,
    "process": whole_process,
    "large": lambda: nine_metrics(500_000),
}


def main() -> None:
    """Run the jobs asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=JOBS, help="one job")
    parser.add_argument("--large", action="store_true", help="the 2 GB job too")
    given = parser.parse_args()
    for name, job in JOBS.items():
        if given.only == name or (given.only is None and (name != "large" or given.large)):
            job()


if __name__ == "__main__":
    main()
