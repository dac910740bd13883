"""Many score files, or one larger than memory: each part summed up where it is read, the sums added up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from labelwise.auditing.result import Audit
from labelwise.auditing.state import AuditState, audit_state
from labelwise.errors import InputError, OptionError, need
from labelwise.io.scores_file import BATCH_CELLS, batches_of, read_scores

__all__ = ["audit_files", "state_of_part"]

ATTEMPTS = 4


def audit_files(
    paths: Sequence[Path | str],
    *,
    ordered: Sequence[str] | bool = False,
    kind: str | None = None,
    link: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    seed: int = 0,
    resamples: int = 1000,
    cells: int = BATCH_CELLS,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Audit scores in one or many files without ever holding more than a batch of them.

    Args:
        paths: score files of one task, any order.
        ordered: as in `labelwise.io.scores_file.read_scores`; so `kind` and `link`.
        kind: of the task, where the files do not tell it.
        link: of the logits, where it is not the task's own.
        workers: processes; default one per core, 1 for this process alone.
        scheduler: address of a Dask cluster (``tcp://...``) instead of processes of this machine.
        seed: of folds and resamples.
        resamples: draws of the bootstraps.
        cells: numbers in a batch.
        progress: called with parts done and parts in all.

    Returns:
        The audit of all rows; it says what is exact and what is binned or sampled. Neither the order of the files nor
        the number of workers, nor the death of one of them, changes it.

    Raises:
        InputError: where a file cannot be read, or the files are not of one task.
        OptionError: where `workers` is given together with `scheduler`, or what is stated does not fit the files.
    """
    paths = [Path(p) for p in paths]
    if not paths:
        raise InputError("score files", "none", "at least one path")
    if scheduler is not None and workers is not None:
        raise OptionError("a cluster, or workers of this machine", "both scheduler and workers", "one of them")
    stated = {"ordered": ordered, "kind": kind, "link": link}
    parts = [(str(p), rows, stated) for p in sorted(paths) for rows in batches_of(p, cells=cells)]
    tell = progress or (lambda done, total: None)
    if scheduler is not None:
        state = _on_cluster(parts, scheduler, tell)
    elif workers == 1 or len(parts) == 1:
        state = _here(parts, tell)
    else:
        state = _in_processes(parts, workers or os.cpu_count() or 1, tell)
    return state.audit(seed=seed, resamples=resamples)


Part = tuple[str, "slice | None", dict[str, Any]]
"""A file, which of its rows, and what is stated of it."""


def state_of_part(part: Part) -> AuditState:
    """Read a part of a file and sum it up."""
    path, rows, stated = part
    found = read_scores(path, rows=rows, **stated)
    if found.targets is None:
        raise InputError("labels beside the scores", f"{path}: none", "y in an .npz, label or label_NAME in a table")
    first = rows.start if rows is not None else 0
    ids = [f"{Path(path).name}:{first + i}" for i in range(len(found.scores))] if found.scores.ids is None else None
    return audit_state(found.scores, found.labels, ids=ids)


def _here(parts: list[Part], tell: Callable[[int, int], None]) -> AuditState:
    state = None
    for done, part in enumerate(parts, 1):
        one = state_of_part(part)
        state = one if state is None else state + one
        tell(done, len(parts))
    assert state is not None
    return state


def _in_processes(parts: list[Part], workers: int, tell: Callable[[int, int], None]) -> AuditState:
    """Parts in processes; what a dead process leaves undone is done again."""
    import multiprocessing

    left, state = dict(enumerate(parts)), None
    for attempt in range(ATTEMPTS):
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(left)), mp_context=context) as pool:
            try:
                state = _collect(pool, left, state, len(parts), tell)
            except BrokenProcessPool:
                if attempt == ATTEMPTS - 1:
                    raise InputError(
                        f"{len(parts)} parts summed up by {workers} processes",
                        f"the processes were killed {ATTEMPTS} times, {len(left)} parts are left (out of memory?)",
                        "fewer workers, or smaller batches",
                    ) from None
        if not left:
            break
    assert state is not None
    return state


def _collect(
    pool: Executor, left: dict[int, Part], state: AuditState | None, total: int, tell: Callable[[int, int], None]
) -> AuditState | None:
    """Add up in the order of the parts, so that sums come out the same to the last bit."""
    jobs = [(i, pool.submit(state_of_part, part)) for i, part in left.items()]
    jobs.reverse()
    while jobs:
        i, job = jobs.pop()
        one = job.result()
        state = one if state is None else state + one
        del left[i]
        tell(total - len(left), total)
    return state


def _on_cluster(parts: list[Part], scheduler: str, tell: Callable[[int, int], None]) -> AuditState:
    distributed: Any = need("distributed", extra="scale", purpose="an audit on a Dask cluster")
    state = None
    with distributed.Client(scheduler, set_as_default=False) as client:
        jobs = client.map(state_of_part, parts, pure=False, retries=ATTEMPTS)[::-1]
        for done in range(1, len(parts) + 1):
            one = jobs.pop().result()
            state = one if state is None else state + one
            tell(done, len(parts))
    assert state is not None
    return state
