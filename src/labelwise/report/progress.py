"""Progress on stderr: a bar on a terminal, a plain line now and then otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_shown"]

LINES = 10
"""A run prints about this many plain lines."""


@contextmanager
def progress_shown(quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A function to call with (done, total, what), for the length of a block.

    Args:
        quiet: show nothing.
    """
    if quiet:
        yield lambda done, total, text: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _bar() -> Iterator[Callable[[int, int, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("reading", total=None, start=True)
        yield lambda done, total, text: bar.update(line, completed=done, total=total, description=text)


def _lines() -> Callable[[int, int, str], None]:
    started, shown = time.monotonic(), -1

    def show(done: int, total: int, text: str) -> None:
        nonlocal shown
        step = done * LINES // max(total, 1)
        if step > shown:
            shown = step
            seconds = time.monotonic() - started
            print(f"labelwise: {done / max(total, 1):4.0%} after {seconds:.0f} s, {text}", file=sys.stderr, flush=True)  # noqa: T201

    return show
