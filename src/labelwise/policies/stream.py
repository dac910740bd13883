"""Deciding whole files, batch by batch: ids and probabilities beside the decisions, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from labelwise.decisions.caution import CAVEATS
from labelwise.errors import InputError
from labelwise.io.files import write_atomically
from labelwise.io.scores_file import batches_of, read_scores
from labelwise.policies.policy import Policy
from labelwise.scores import Scores

__all__ = ["decide_file"]

CELLS = 2**18 * 100
"""Numbers in a batch: some 600 MB at most, and three are under way. Smaller ones read a large row group of a Parquet
file several times over."""

T = TypeVar("T")


def decide_file(
    policy: Policy, source: Path | str, out: Path | str, *, tick: Callable[[int], object] | None = None
) -> dict[str, int]:
    """Decide every row of a scores file, and write a Parquet file.

    A Parquet source is read, decided and written in batches, so it may be larger than memory. The file written has
    the columns ``id``, ``labels`` and ``caveats`` (lists of names) and ``prob_NAME``.

    Args:
        policy: the policy.
        source: scores as in `read_scores`; labels in it are not used.
        out: the .parquet file to write.
        tick: called with the number of rows done after every batch.

    Returns:
        How many rows, and how many of them with each caveat.

    Raises:
        InputError: where a batch does not fit the policy; nothing is written then.
    """
    out = Path(out)
    if out.suffix != ".parquet":
        raise InputError("a file of decisions", f"{out}: a file of kind {out.suffix!r}", "a name that ends in .parquet")
    totals = {"rows": 0, **dict.fromkeys(CAVEATS, 0)}
    batches = batches_of(source, cells=CELLS)
    frames = _ahead(_decided(policy, source, batches, totals, tick))
    if len(batches) == 1:
        write_atomically(out, lambda part: next(frames).write_parquet(part, compression="lz4"))
    else:
        write_atomically(out, lambda part: _sink(frames, part))
    return totals


def _decided(
    policy: Policy,
    source: Path | str,
    batches: list[slice | None],
    totals: dict[str, int],
    tick: Callable[[int], object] | None,
) -> Iterator[Any]:
    for found in _ahead(read_scores(source, rows=rows).scores for rows in batches):
        scores = _fitting(policy, found)
        if scores.ids is None:
            scores = replace(scores, ids=np.arange(len(scores)) + totals["rows"])
        decisions = policy.decide(scores)
        totals["rows"] += len(decisions)
        for name, flags in zip(CAVEATS, decisions.caveat_flags.T, strict=True):
            totals[name] += int(flags.sum())
        if tick is not None:
            tick(totals["rows"])
        yield decisions.to_frame()


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, each of them made while the one before it is used: reading, deciding and writing overlap."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _fitting(policy: Policy, found: Scores) -> Scores:
    """The scores as those of the policy's task: names in the file must be its names, in its order."""
    named, ours = found.task.column_names, policy.task.column_names
    unnamed = named == tuple(map(str, range(len(named)))) or found.task.class_names == ("0", "1")
    if len(named) == len(ours) and (named == ours or unnamed):
        return type(found)(found.array, policy.task, ids=found.ids, groups=found.groups)
    return found


def _sink(frames: Iterator[Any], part: Path) -> None:
    """Write frames one after the other, none kept; an error while one is made comes out as it was raised."""
    from polars.io.plugins import register_io_source

    first = next(frames)
    failed: list[BaseException] = []

    def source(*_: object) -> Iterator[Any]:
        try:
            yield first
            yield from frames
        except BaseException as error:
            failed.append(error)
            raise

    try:
        register_io_source(source, schema=first.schema).sink_parquet(part, compression="lz4")
    except BaseException:
        if failed:
            raise failed[0] from None
        raise
