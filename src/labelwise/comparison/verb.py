"""`compare`: from a data source to a `Comparison`, and to a run folder where one is wanted."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import labelwise
from labelwise.comparison.apart import apart_claims, compare_apart, refuse_apart
from labelwise.comparison.assemble import assemble
from labelwise.comparison.folder import RunFolder, write_npz
from labelwise.comparison.judge import HeadRun, judge_seed
from labelwise.comparison.mistakes import mistake_table
from labelwise.comparison.protocol import Protocol, identity, make_protocol
from labelwise.comparison.result import EVERY_PAIR, Comparison
from labelwise.comparison.switches import Arm, practised, right
from labelwise.comparison.trials import Progress, SeedRun, encode_features, run_trials
from labelwise.comparison.why import attribute, lattice_trials
from labelwise.errors import InputError, LabelwiseError, OptionError, need
from labelwise.heads import Head
from labelwise.io.dataset import Dataset, read_dataset
from labelwise.io.files import write_atomically
from labelwise.io.like import read_like
from labelwise.scores import LINKS
from labelwise.task import Task
from labelwise.training.loop import Trial
from labelwise.training.optimisers import OPTIMISERS

__all__ = ["compare"]

RUNS = "labelwise-runs"
CHEAP_SECONDS = 60
"""The attribution is on by default where it is thought to cost less."""


def _silent(done: int, total: int, text: str) -> None:
    """No progress shown."""


def compare(
    data: Any,
    *,
    heads: Sequence[str | Head] = ("softmax", "sigmoid"),
    seeds: int | Sequence[int] = 5,
    seed: int = 0,
    backbone: str = "mlp",
    features: str | None = None,
    optimiser: str = "adam",
    rates: Sequence[float] | None = None,
    epochs: int = 20,
    batch_size: int | None = None,
    device: str = "auto",
    ood: Any = None,
    why: bool | None = None,
    apart: bool = False,
    margin: float = 0.01,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = _silent,
    **reading: Any,
) -> Comparison:
    """Train heads on the same data, fairly, and judge them the same way.

    Paired by seed: the same split, first weights and order of batches for every head. The learning rate of each head
    is chosen on validation from the same grid. Every head is judged under every decision rule on the test part.

    Args:
        data: ``"digits"``, a file, a folder of images, ``(X, y)``, a dict of arrays, a frame, or a `Dataset`.
        heads: names, names with settings (``"sigmoid(reduction=sum_labels)"``), `Head` values, or ``"all"`` for every
            head that fits the task.
        seeds: how many paired repetitions, or which.
        seed: the first of them where a number is given.
        backbone: ``linear``, ``mlp``, ``cnn``, or ``package.module:factory``.
        features: ``package.module:function`` of a frozen encoder; its features are computed once.
        optimiser: ``adam`` or ``sgd``.
        rates: the grid of learning rates; None for the optimiser's own.
        epochs: passes over the training rows, the same for every trial.
        batch_size: rows per step; None for a size that makes about 100 steps an epoch.
        device: ``auto``, ``cpu``, ``cuda``.
        ood: a second source that holds none of the classes, or None.
        why: attribute the gap between the first two heads to its causes; None for yes where there are few heads and it
            costs little.
        apart: for several label columns: train each head also with one network for each column, and tell accuracy
            and cost of both.
        margin: a difference whose whole interval lies within it counts as level.
        out: run folder; an interrupted run there is continued. ``"auto"`` for a folder of its own under
            labelwise-runs, None writes nothing.
        overwrite: replace another run in `out`.
        progress: called with (epochs done, in all, what is trained).
        **reading: how to read `data`, see `read_dataset`: `labels`, `exclude`, `categorical`, `impute`, `group`, `id`,
            `ordered`, `task`.

    Returns:
        The comparison: prints as a table, `to_dict()` gives everything.

    Raises:
        LabelwiseError: for unusable data, unknown names, settings without effect, or a foreign run folder.

    Example:
        >>> import labelwise as lw
        >>> result = lw.compare("digits", backbone="linear", seeds=2, epochs=3, rates=[0.01, 0.03])
        >>> result.n, sorted(result.heads)
        (359, ['sigmoid', 'softmax'])
        >>> result.heads["softmax"].rules["argmax"]["strict_accuracy"].value > 0.9
        True

    Source: labelwise; pairing and equal tuning budgets after Bouthillier et al. 2021 (arXiv 2103.03098) and Musgrave
    et al. 2020.
    """
    need("torch", extra="train", purpose="training heads")
    if not 0 < margin < 1:
        raise OptionError("a margin within which a difference counts as level", f"{margin:g}", "e.g. 0.01, one point")
    started = time.perf_counter()
    dataset, unknown = _read(data, reading, ood)
    if apart:
        refuse_apart(dataset.task)
    protocol = make_protocol(
        dataset,
        heads=heads,
        seeds=seeds,
        seed=seed,
        backbone=backbone,
        features=features,
        optimiser=optimiser,
        rates=rates,
        epochs=epochs,
        batch_size=batch_size,
        device=device,
        apart=apart,
    )
    versions = _versions()
    about = {
        "schema": 1,
        "verb": "compare",
        "settings": protocol.settings(),
        "data": {**dataset.source, "digest": dataset.digest},
        "ood": None if unknown is None else {**unknown.source, "digest": unknown.digest},
        "versions": versions,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    folder = None
    if out is not None:
        same = identity(protocol, dataset, unknown, versions)
        path = Path(RUNS, f"{dataset.name}-{same[:8]}") if out == "auto" else Path(out)
        folder = RunFolder(path, same, about, overwrite=overwrite)
    try:
        if protocol.features is not None:
            dataset, unknown = _encoded(protocol.features, dataset, unknown, folder)
        arms = _arms(protocol, dataset.task)
        extra = _extra_trials(arms, protocol, dataset, why)
        seed_runs = run_trials(dataset, protocol, extra or (), unknown, folder, progress)
    except LabelwiseError:
        if folder is not None:
            folder.forget()
        raise
    judged = [judge_seed(run, protocol, dataset.task, dataset.targets) for run in seed_runs]
    runs = {head.spec: [of_seed[head.spec] for of_seed in judged] for head in protocol.heads}
    told = {
        "versions": versions,
        "machine": f"{platform.system()} {platform.machine()}",
        "created": about["created"],
    }
    reasons = None
    if arms is not None and extra is not None:
        reasons = attribute(
            *arms,
            seed_runs,
            seed_runs,
            protocol.rates,
            dataset.task,
            dataset.targets,
            optimiser=OPTIMISERS[protocol.budget.optimiser].text,
            margin=margin,
        )
    both = compare_apart(dataset, protocol, runs, seed_runs, folder, progress) if apart else {}
    told["seconds"] = round(time.perf_counter() - started, 2)
    where = str(folder.path) if folder else None
    asked = {
        "data": _name(data, dataset),
        **reading,
        **protocol.settings(),
        "margin": margin,
        "why": reasons is not None,
    }
    if unknown is not None:
        asked["ood"] = _name(ood, unknown)
    result = assemble(dataset, protocol, seed_runs, runs, unknown, reasons, margin, asked, told, where)
    if both:
        claims = (*apart_claims(both, dataset.task, margin), *result.claims)
        result = msgspec.structs.replace(result, apart=both, claims=claims)
    if folder is not None:
        _write(folder, result, protocol, seed_runs, runs, dataset)
    return result


def _name(source: Any, dataset: Dataset) -> str:
    """A source as it was given, where it can be said in a word."""
    return str(source) if isinstance(source, (str, Path)) else dataset.name


def _arms(protocol: Protocol, task: Task) -> tuple[Arm, Arm] | None:
    """The reference and the head in question: of the first two heads the exclusive one is the reference."""
    if len(protocol.heads) < 2:
        return None
    a, b = protocol.heads[:2]
    if b.exclusive and not a.exclusive:
        a, b = b, a
    return right(a, task), practised(b, task)


def _extra_trials(
    arms: tuple[Arm, Arm] | None, protocol: Protocol, dataset: Dataset, why: bool | None
) -> list[Trial] | None:
    """What the attribution trains besides the comparison, or None where there is to be none."""
    if why is False or (why is None and len(protocol.heads) > EVERY_PAIR):
        return None
    if arms is None:
        if why:
            raise OptionError("to explain a gap (why)", "one head", "two heads to compare")
        return None
    wanted = [t for t in lattice_trials(arms[1], protocol.rates, dataset.task) if t not in protocol.trials]
    if why is None:
        inputs = math.prod(dataset.features.shape[1:])
        seconds = protocol.seconds(len(wanted), inputs, dataset.task.n_outputs, int(0.6 * dataset.n_rows))
        if not protocol.backbone.stackable or seconds > CHEAP_SECONDS:
            return None
    return wanted


def _read(data: Any, reading: dict[str, Any], ood: Any) -> tuple[Dataset, Dataset | None]:
    if isinstance(data, Dataset):
        if reading:
            raise InputError(
                f"options {', '.join(reading)} for reading",
                "a Dataset, which is read already",
                "give them to read_dataset",
            )
        dataset = data
    else:
        dataset = read_dataset(data, **reading)
    return dataset, None if ood is None else read_like(ood, dataset)


def _encoded(
    encoder: str, dataset: Dataset, unknown: Dataset | None, folder: RunFolder | None
) -> tuple[Dataset, Dataset | None]:
    found, found_unknown = encode_features(encoder, dataset, unknown, folder)
    note = f"features: {found.shape[1]} columns computed by {encoder}"
    dataset = replace(dataset, features=found, feature_names=(), notes=(*dataset.notes, note))
    if unknown is not None and found_unknown is not None:
        unknown = replace(unknown, features=found_unknown, feature_names=())
    return dataset, unknown


def _versions() -> dict[str, str]:
    import polars
    import torch

    return {
        "labelwise": labelwise.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": str(torch.__version__),
        "polars": polars.__version__,
    }


def _write(
    folder: RunFolder,
    result: Comparison,
    protocol: Protocol,
    seed_runs: list[SeedRun],
    runs: dict[str, list[HeadRun]],
    dataset: Dataset,
) -> None:
    from labelwise.report.page import write_report

    _write_scores(folder.path / "scores", seed_runs, runs, dataset)
    _write_history(folder.path / "history.csv", protocol, seed_runs)
    table = mistake_table(runs, dataset.task, dataset.ids)
    write_atomically(folder.path / "mistakes.parquet", table.write_parquet)
    write_report(result, folder.path)
    folder.write_status("finished", seconds=result.run["seconds"])


def _saved(head: Head, outputs: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Outputs as arrays of a scores file: logits where they are a link's, else the log-probabilities."""
    said = head.log_probs(outputs, task)
    if task.kind == "binary":
        outputs, link = (outputs[:, 1:] - outputs[:, :1] if outputs.shape[1] == 2 else outputs), "sigmoid"
    else:
        link = head.link
    if link not in LINKS or not np.allclose(LINKS[link].log_probs(outputs.astype(np.float64)), said, atol=1e-4):
        return {"log_probs": said}
    return {"logits": outputs[:, 0] if task.kind == "binary" else outputs, "link": np.array(link)}


def _write_scores(folder: Path, seed_runs: list[SeedRun], runs: dict[str, list[HeadRun]], dataset: Dataset) -> None:
    """Logits of the chosen trials as scores files: test for `audit`, validation for `fit`."""
    folder.mkdir(exist_ok=True)
    task = dataset.task
    for of_head in runs.values():
        for run, seed_run in zip(of_head, seed_runs, strict=True):
            for part, rows in (("test", run.test), ("validation", seed_run.split.validation)):
                arrays = {
                    **_saved(run.head, run.outcome.logits[part], task),
                    "y": task.truth(dataset.targets[rows]) if task.kind == "grouped" else dataset.targets[rows],
                    "classes": np.array(task.class_names, dtype=np.str_),
                    "ids": np.asarray(dataset.ids[rows], dtype=np.str_),
                }
                if dataset.groups is not None:
                    arrays["groups"] = np.asarray(dataset.groups[rows], dtype=np.str_)
                write_npz(folder / f"{run.head.spec}-seed-{run.seed}-{part}.npz", arrays)


def _write_history(file: Path, protocol: Protocol, seed_runs: list[SeedRun]) -> None:
    import polars as pl

    rows = [
        (run.seed, trial.head.spec, trial.rate, epoch + 1, *map(float, losses))
        for run in seed_runs
        for trial in protocol.trials
        for epoch, losses in enumerate(run.outcomes[trial.key].history)
    ]
    columns = ["seed", "head", "rate", "epoch", "training_loss", "validation_loss"]
    write_atomically(file, pl.DataFrame(rows, schema=columns, orient="row").write_csv)
