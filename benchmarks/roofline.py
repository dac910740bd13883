"""R: what one read of an array costs on this machine, so that other times can be told as multiples of it.

python benchmarks/roofline.py 50000x1000
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

READERS = (np.maximum.reduce, np.add.reduce, lambda a: np.bitwise_or.reduce(a.view(np.int32)))


def best_of(job: Callable[[], object], repeats: int = 5) -> float:
    """Least wall time of several runs, after one that does not count."""
    job()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def cpu_of(job: Callable[[], object], repeats: int = 5) -> float:
    """Median processor time of all threads together: hardly depends on what else the machine does."""
    job()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return statistics.median(times)


def read_time(x: np.ndarray, threads: int = 2, clock: Callable[[Callable[[], object]], float] = best_of) -> float:
    """Seconds of the fastest of several read-only passes over all of `x`, shared by some threads."""
    flat = x.reshape(-1)
    edges = [flat.size * i // threads for i in range(threads + 1)]
    parts = [flat[a:b] for a, b in pairwise(edges)]
    with ThreadPoolExecutor(threads) as pool:
        return min(clock(lambda r=reader: list(pool.map(r, parts))) for reader in READERS)


def main() -> None:
    """Print R of one array size."""
    rows, columns = map(int, (sys.argv[1] if len(sys.argv) > 1 else "50000x1000").split("x"))
    x = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32)
    for threads in (1, 2):
        r = read_time(x, threads)
        print(f"{rows} x {columns} float32, {threads} threads: R = {r * 1e3:.2f} ms, {x.nbytes / r / 1e9:.1f} GB/s")


if __name__ == "__main__":
    main()
