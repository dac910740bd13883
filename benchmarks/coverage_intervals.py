"""Do the 95 % intervals hold the truth 95 times in 100? Simulated data sets, the truth from millions of rows.

    python benchmarks/coverage_intervals.py                 # 500 data sets of 1000 rows per task
    python benchmarks/coverage_intervals.py --base 7        # other data sets
    python benchmarks/coverage_intervals.py --sets 100 --rows 300

Labels are drawn from softmax(z) (or sigmoid(z)); the scores handed over are 1.5 z, too sure on purpose, so that every
figure is away from its bounds. The truth of a figure is its value on very many rows of the same kind; biased figures
(ECE by bins, areas of curves) are shown too, so that one can see which to trust. Whoever changes how an interval is
made looks at the table of one base and quotes that of another.
"""

from __future__ import annotations

import argparse

import numpy as np

from labelwise import Logits
from labelwise.metrics import METRICS, Case
from labelwise.metrics.intervals import clopper_pearson
from labelwise.task import Task

KINDS = ("multilabel", "binary", "multiclass", "ordinal")
WIDTH = 5
SHARPNESS = 1.5
DRAWS = 1000
BASE = 20261122
SKIPPED = ("precision_micro", "recall_micro", "recall_weighted")  # equal to accuracy, row by row


def sample(kind: str, rows: int, base: int, number: int) -> Case:
    """A data set of some kind of task; bases and numbers that differ give data sets that have nothing in common."""
    rng = np.random.default_rng([base, KINDS.index(kind), number])
    z = rng.normal(size=(rows, WIDTH)) * 1.5 + np.linspace(1, -1, WIDTH)
    names = tuple("abcde")
    if kind == "multilabel":
        y = (z - 0.5 + rng.logistic(size=z.shape) > 0).astype(np.float32)
        z, task = z - 0.5, Task("multilabel", names)
    elif kind == "binary":
        z = z[:, -1:]
        y, task = (z[:, 0] + rng.logistic(size=rows) > 0).astype(np.int64), Task("binary", ("no", "yes"))
    else:
        y, task = (z + rng.gumbel(size=z.shape)).argmax(1), Task(kind, names)
    return Case(Logits(SHARPNESS * z, task), y, resamples=DRAWS, seed=number)


def truth_of(kind: str, rows: int, base: int, parts: int) -> dict[str, float]:
    """Every figure on very many rows, the mean of some parts."""
    found: dict[str, list[float]] = {}
    for part in range(parts):
        case = sample(kind, rows, base, 10_000_000 + part)
        for name, row in METRICS.items():
            if kind in row.tasks and name not in SKIPPED:
                value = row.fn(case).value
                if value is not None:
                    found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def covered(
    kind: str, rows: int, base: int, sets: int, truth: dict[str, float]
) -> dict[str, tuple[int, int, float, float]]:
    """Metric -> intervals that hold the truth, intervals given, mean value, mean width."""
    hits: dict[str, list[tuple[bool, float, float]]] = {}
    for number in range(sets):
        case = sample(kind, rows, base, number)
        for name, value in truth.items():
            m = METRICS[name].fn(case)
            if m.low is not None and m.high is not None and m.value is not None and m.low < m.high:
                hits.setdefault(name, []).append((m.low <= value <= m.high, m.value, m.high - m.low))
    return {
        name: (sum(h for h, _, _ in found), len(found), *(float(np.mean([f[k] for f in found])) for k in (1, 2)))
        for name, found in hits.items()
    }


def main() -> None:
    """Print one table per kind of task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--base", type=int, default=BASE, help="of the seeds")
    parser.add_argument("--kind", choices=KINDS)
    given = parser.parse_args()
    for kind in [given.kind] if given.kind else KINDS:
        truth = truth_of(kind, 200_000, given.base, 5)
        print(f"\n{kind}: {given.sets} data sets of {given.rows} rows, base {given.base}")
        heads = f"{'metric':<26}{'truth':>9}{'mean':>9}{'width':>9}{'given':>7}{'covered':>10}"
        print(f"{heads}   within binomial error of 95 %")
        for name, (hits, sets, mean, width) in covered(kind, given.rows, given.base, given.sets, truth).items():
            low, high = clopper_pearson(hits, sets)
            verdict = "yes" if low <= 0.95 <= high else "wider than needed" if low > 0.95 else "NO"
            print(
                f"{name:<26}{truth[name]:>9.4f}{mean:>9.4f}{width:>9.4f}{sets:>7}{hits / sets:>10.1%}   {verdict}",
                flush=True,
            )


if __name__ == "__main__":
    main()
