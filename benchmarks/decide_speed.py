"""How fast a policy decides: a Parquet file of a million rows and 100 labels, and one row of 1000 classes.

python benchmarks/decide_speed.py [rows]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from labelwise import Logits, Policy, Task, fit_policy
from labelwise.policies.stream import decide_file


def timed(job: Callable[..., object], *given: object) -> str:
    """Wall time, and the time that processors spent: on a busy machine the second one is the one to compare."""
    wall, spent = time.perf_counter(), time.process_time()
    job(*given)
    return f"{time.perf_counter() - wall:.2f} s, {time.process_time() - spent:.2f} s of processors"


def main(rows: int) -> None:
    rng = np.random.default_rng(0)
    labels = Task("multilabel", tuple(f"l{i}" for i in range(100)))
    z = rng.normal(size=(3000, 100)).astype(np.float32) * 2 - 3
    y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(np.float32)
    policy = fit_policy(Logits(z, labels), y, objective="macro_f1", calibrators=["temperature", "affine"])
    folder = Path(tempfile.mkdtemp())
    big = rng.normal(size=(rows, 100)).astype(np.float32) * 2 - 3
    said = timed(policy.decide, Logits(big, labels))
    print(f"in memory, {rows} x 100: {said}")
    names = labels.class_names
    pl.DataFrame({f"logit_{n}": c for n, c in zip(names, big.T.copy(), strict=True)}).write_parquet(
        folder / "new.parquet"
    )
    del big
    said = timed(decide_file, policy, folder / "new.parquet", folder / "out.parquet")
    print(f"file to file, {rows} x 100: {said}")

    classes = Task("multiclass", tuple(map(str, range(1000))))
    z = rng.normal(size=(1000, 1000)) * 3
    policy = fit_policy(
        Logits(z, classes), (z + rng.gumbel(size=z.shape)).argmax(1), calibrators=["temperature", "vector"]
    )
    policy.save(folder / "policy.json")
    policy, one = Policy.load(folder / "policy.json"), Logits(z[:1], classes)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        policy.decide(one)
        times.append(time.perf_counter() - start)
    print(f"one row of 1000 classes: {np.median(times) * 1e3:.3f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
