"""Several groups: one network for all of them against one network for each.

The networks apart have the shared one's backbone, first weights, rows, order of batches, epochs and grid of learning
rates, and the same rate in all groups; only the weights below the heads are no longer shared. Their outputs stand side
by side like those of the shared network, and are judged like them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from labelwise.comparison.figures import FIGURES
from labelwise.comparison.folder import RunFolder
from labelwise.comparison.headline import headline_of
from labelwise.comparison.judge import HeadRun, judge_seed
from labelwise.comparison.paired import is_level, paired
from labelwise.comparison.protocol import Protocol
from labelwise.comparison.result import Apart, Claim, Value
from labelwise.comparison.statistics import ONE_SEED, over_seeds
from labelwise.comparison.trials import Progress, SeedRun, parts_of
from labelwise.errors import OptionError
from labelwise.io.dataset import Dataset
from labelwise.metrics import strict_accuracy
from labelwise.task import Task
from labelwise.training.inputs import input_shape
from labelwise.training.loop import Outcome, Parts, Trial, train_stack

__all__ = ["apart_claims", "compare_apart", "refuse_apart"]

COMPARED = ("strict_accuracy", "group_accuracy", "worst_group_accuracy", "nll")


def refuse_apart(task: Task) -> None:
    """Refuse networks apart where there are no groups to take apart.

    Raises:
        OptionError: for anything but a task of several groups.
    """
    if len(task.groups) < 2:
        raise OptionError("one network for each group (apart)", f"labels that read as {task}", "several label columns")


def compare_apart(
    dataset: Dataset,
    protocol: Protocol,
    shared: dict[str, list[HeadRun]],
    seed_runs: Sequence[SeedRun],
    folder: RunFolder | None,
    progress: Progress,
) -> dict[str, Apart]:
    """Train every head with one network for each group and hold it against the shared network.

    Args:
        dataset: the data, of a grouped task.
        protocol: what the shared networks got.
        shared: head -> its judged runs.
        seed_runs: trials of the shared networks, with the splits.
        folder: where finished stacks are kept, or None.
        progress: told of each stack.

    Returns:
        Head -> both, under the headline's rule.
    """
    taken = [_trained_apart(dataset, protocol, run, folder, progress) for run in seed_runs]
    judged = [judge_seed(run, protocol, dataset.task, dataset.targets) for run in taken]
    found = {}
    for head in protocol.heads:
        ours, theirs = shared[head.spec], [of_seed[head.spec] for of_seed in judged]
        found[head.spec] = _held(dataset, protocol, seed_runs[0], ours, theirs)
    return found


# ------------------------------------------------------------------ training


def _trained_apart(
    dataset: Dataset, protocol: Protocol, run: SeedRun, folder: RunFolder | None, progress: Progress
) -> SeedRun:
    """The seed's trials, each group with a network of its own, under the keys of the shared ones."""
    parts = parts_of(dataset, run.split, None, protocol.device)
    outcomes: dict[str, Outcome] = {}
    stacks = [protocol.trials] if protocol.backbone.stackable else [(trial,) for trial in protocol.trials]
    for number, trials in enumerate(stacks):
        of_groups = []
        for index, alone in enumerate(_each_group(parts)):
            name = f"seed-{run.seed}-apart-{number}-{index}"
            found = folder.load(name, trials) if folder else None
            if found is None:
                progress(index, len(dataset.task.groups), f"seed {run.seed}: a network for {alone.task.groups[0].name}")
                found = _train(trials, alone, protocol, run.seed)
                if folder:
                    folder.save(name, trials, found)
            of_groups.append(found)
        for trial, *each in zip(trials, *of_groups, strict=True):
            outcomes[trial.key] = _side_by_side(each)
    return SeedRun(run.seed, run.split, outcomes)


def _each_group(parts: Parts) -> Iterator[Parts]:
    """The same rows with the targets of one group at a time; rows where it is not known cost nothing."""
    for index, group in enumerate(parts.task.groups):
        task = Task("grouped", tuple(f"{group.name}={c}" for c in group.class_names), groups=(group,))
        column = slice(index, index + 1)
        yield replace(
            parts,
            task=task,
            train_targets=parts.train_targets[:, column],
            validation_targets=parts.validation_targets[:, column],
        )


def _train(trials: Sequence[Trial], parts: Parts, protocol: Protocol, seed: int) -> list[Outcome]:
    return train_stack(trials, parts, backbone=protocol.backbone, budget=protocol.budget, seed=seed)


def _side_by_side(each: Sequence[Outcome]) -> Outcome:
    """Outcomes of the groups as one: losses add up, logits stand in the order of the groups."""
    return Outcome(
        expected_loss=sum(o.expected_loss for o in each),
        initial_loss=sum(o.initial_loss for o in each),
        gradient_norm=float(np.sqrt(sum(o.gradient_norm**2 for o in each))),
        history=np.sum([o.history for o in each], axis=0),
        logits={name: np.concatenate([o.logits[name] for o in each], axis=1) for name in each[0].logits},
    )


# ------------------------------------------------------------------ both beside each other


def _held(
    dataset: Dataset, protocol: Protocol, first: SeedRun, ours: Sequence[HeadRun], theirs: Sequence[HeadRun]
) -> Apart:
    rule = headline_of(dataset.task).rule
    together = [parts_of(dataset, first.split, None, protocol.device)]
    each = list(_each_group(together[0]))
    return Apart(
        rule=rule,
        shared=_figures(rule, ours),
        apart=_figures(rule, theirs),
        differences={name: _difference(name, rule, ours, theirs) for name in COMPARED},
        groups={
            group.name: (_of_group(index, rule, ours), _of_group(index, rule, theirs))
            for index, group in enumerate(dataset.task.groups)
        },
        rates=(tuple(run.trial.rate for run in ours), tuple(run.trial.rate for run in theirs)),
        parameters=(_weights(together, protocol, dataset), _weights(each, protocol, dataset)),
        seconds=(
            _seconds(together, ours[0].trial, protocol, first.seed),
            _seconds(each, theirs[0].trial, protocol, first.seed),
        ),
    )


def _figures(rule: str, runs: Sequence[HeadRun]) -> dict[str, Value]:
    return {
        name: over_seeds([run.figures[rule][name] for run in runs], FIGURES[name].undefined, FIGURES[name].bounds)
        for name in COMPARED
    }


def _difference(name: str, rule: str, ours: Sequence[HeadRun], theirs: Sequence[HeadRun]) -> Value:
    """Apart minus shared, paired by seed."""
    pairs = [(a.figures[rule][name], b.figures[rule][name]) for a, b in zip(ours, theirs, strict=True)]
    found = paired([b - a for a, b in pairs if a is not None and b is not None])
    why = FIGURES[name].undefined if found.mean is None else ONE_SEED if found.low is None else None
    return Value(found.mean, found.low, found.high, found.n, why)


def _of_group(index: int, rule: str, runs: Sequence[HeadRun]) -> Value:
    cases = [run.judged[rule].groups[index] for run in runs]
    return over_seeds([strict_accuracy(c.answers, c.truth) for c in cases], "the group is not known", (0.0, 1.0))


def _weights(each: Sequence[Parts], protocol: Protocol, dataset: Dataset) -> int:
    """Trained numbers of all networks."""
    import torch

    from labelwise.training.networks import build_network

    shape = input_shape(dataset.features)
    sizes = [len(parts.task.class_names) for parts in each]
    networks = [build_network(protocol.backbone, shape, torch.zeros(1, size), 0) for size in sizes]
    return sum(p.numel() for network in networks for p in network.parameters)


def _seconds(each: Sequence[Parts], trial: Trial, protocol: Protocol, seed: int) -> float:
    """Time of one training at the chosen rate, all networks one after the other."""
    start = time.perf_counter()
    for parts in each:
        _train([trial], parts, protocol, seed)
    return round(time.perf_counter() - start, 3)


# ------------------------------------------------------------------ in words


def apart_claims(found: dict[str, Apart], task: Task, margin: float) -> tuple[Claim, ...]:
    """What sharing the network brings, and what it costs, in a sentence for each head.

    Args:
        found: from `compare_apart`.
        task: the task.
        margin: a difference whose whole interval lies within it is level.
    """
    return tuple(_claim(head, one, task, margin) for head, one in found.items())


def _claim(head: str, one: Apart, task: Task, margin: float) -> Claim:
    metric = headline_of(task).metric
    title, d = FIGURES[metric].info.title, one.differences[metric]
    (few, many), (quick, slow) = one.parameters, one.seconds
    cost = f"{few:,} parameters and {quick:.2g} s of training against {many:,} and {slow:.2g} s"
    if d.value is None:
        return Claim(f"{head}: one network and one for each group cannot be compared: {d.why}.")
    told = (
        f"{title} {one.shared[metric].value:.3f} shared, {one.apart[metric].value:.3f} apart, difference {d.value:+.3f}"
    )
    doubt = (
        "seconds are of one training at the chosen rate on this machine; the networks apart have as many hidden units"
    )
    numbers = {"difference": d.value, "low": d.low, "high": d.high, "parameters": few, "parameters_apart": many}
    if d.low is None or d.high is None:
        verdict, interval = "one seed cannot tell", ""
    else:
        interval = f" [{d.low:+.3f}, {d.high:+.3f}]"
        if is_level(d.low, d.high, margin):
            verdict = "level"
        elif d.low > 0:
            verdict = "networks apart are better"
        elif d.high < 0:
            verdict = "the shared network is better"
        else:
            verdict = "cannot tell"
    groups = ", ".join(f"{name} {_number(a)} and {_number(b)}" for name, (a, b) in one.groups.items())
    return Claim(
        f"One network for all {len(task.groups)} groups or one for each ({head}): {verdict}. {told}{interval}; "
        f"accuracy shared and apart: {groups}. Cost: {cost}.",
        numbers,
        f"{doubt} each",
        "answer",
    )


def _number(value: Value) -> str:
    return "undefined" if value.value is None else f"{value.value:.3f}"
