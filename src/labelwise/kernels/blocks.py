"""Blocks that stay in the cache, shared out over threads.

A fresh array the size of the scores costs more in page faults than the arithmetic done on it, so every kernel works in
blocks with buffers that each thread makes once and reuses. numpy lets go of the interpreter lock inside its loops, so
plain threads are enough; but each loop that ends asks for the lock again, so small blocks lose more to the waiting than
they win from a nearer cache (one job of two threads, by the clock: blocks of 175 thousand numbers 142 ms, of 524
thousand 85 ms, of a million 75 ms, of two million 70 ms). Matrix products are left out: the library behind them brings
threads of its own, and the two kinds wait for each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

__all__ = ["BLOCK", "LARGE_BLOCK", "THREADS", "in_parts", "row_blocks"]

BLOCK = 524_288
"""Numbers in a block: 2 MiB of float32."""

LARGE_BLOCK = 2 * BLOCK
"""The same for a job of many short loops in threads."""

THREADS = min(2, os.cpu_count() or 1)
"""Threads that share a job; more gain little, since the passes are bound by memory."""

T = TypeVar("T")


def row_blocks(rows: slice, width: int, numbers: int = BLOCK) -> Iterator[slice]:
    """Consecutive slices of `rows`, each of about so many numbers in rows of `width`.

    Example:
        >>> list(row_blocks(slice(0, 5), BLOCK // 2))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, numbers // max(width, 1))
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def in_parts(job: Callable[[slice], T], size: int, *, least: int = 1, threads: int = THREADS) -> list[T]:
    """Run a job on contiguous parts of ``range(size)``, one thread each; results in order.

    Args:
        job: takes a slice.
        size: number of items.
        least: items that make a thread of their own worth its start.
        threads: most threads.

    Example:
        >>> in_parts(lambda part: part.stop - part.start, 10, threads=2)
        [5, 5]
    """
    count = max(1, min(threads, size // max(least, 1)))
    edges = [size * i // count for i in range(count + 1)]
    parts = [slice(a, b) for a, b in pairwise(edges)]
    if count == 1:
        return [job(parts[0])]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(job, parts))
