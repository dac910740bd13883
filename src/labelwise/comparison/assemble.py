"""From judged seeds to a `Comparison`: values over seeds, what the page draws, the table of mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelwise.comparison.claims import make_claims
from labelwise.comparison.figures import Judged, figures_for
from labelwise.comparison.headline import headline_of
from labelwise.comparison.judge import OOD_FIGURES, HeadRun, ood_figures
from labelwise.comparison.mistakes import surest_mistakes
from labelwise.comparison.protocol import Protocol
from labelwise.comparison.result import (
    SCHEMA_VERSION,
    Comparison,
    ConfidenceHistogram,
    DataInfo,
    FirstGradient,
    HeadFigures,
    HeadResult,
    InitialLoss,
    RatePoint,
    ReliabilityCurve,
    RuleInfo,
    ThresholdCurve,
    Value,
    Why,
)
from labelwise.comparison.statistics import differences, over_seeds
from labelwise.comparison.trials import SeedRun
from labelwise.decisions import KINDS, rules_for
from labelwise.decisions.curves import threshold_shares
from labelwise.heads import Head
from labelwise.io.dataset import Dataset
from labelwise.metrics import reliability
from labelwise.task import Task
from labelwise.training.loop import Trial
from labelwise.training.optimisers import OPTIMISERS

__all__ = ["assemble"]

THRESHOLDS = np.linspace(0, 1, 101)
SUREST = 20
INITIAL_LOSS_TOLERANCE = 1e-4
ALWAYS = "a yes/no task always has an answer"


def assemble(
    dataset: Dataset,
    protocol: Protocol,
    seed_runs: list[SeedRun],
    runs: dict[str, list[HeadRun]],
    ood: Dataset | None,
    why: Why | None,
    margin: float,
    settings: dict[str, Any],
    run: dict[str, Any],
    folder: str | None,
) -> Comparison:
    """The result of a comparison.

    Args:
        dataset: the data.
        protocol: what was done.
        seed_runs: every trial, seed by seed.
        runs: head -> the judged runs, in the order of the seeds.
        ood: inputs of no known class, or None.
        why: the attribution of the gap, or None.
        margin: differences within it count as level.
        settings: everything that was asked for, by the names of `compare`.
        run: versions, times, machine.
        folder: the run folder.
    """
    task = dataset.task
    figures = figures_for(task)
    metrics = {name: f.info for name, f in figures.items()}
    results = {
        head.spec: _head_result(head, protocol, task, dataset.targets, seed_runs, runs[head.spec], ood is not None)
        for head in protocol.heads
    }
    gaps = differences(runs, metrics, list(rules_for(task)), {h.spec: h.rule(task) for h in protocol.heads}, margin)
    headline = headline_of(task)
    titles = {name: info.title for name, info in metrics.items()}
    claims = make_claims(task, results, gaps, headline, titles, len(protocol.seeds), margin)
    if why is not None:
        claims = (*[c for c in claims if c.level == "answer"], *why.claims, *[c for c in claims if c.level != "answer"])
    return Comparison(
        schema=SCHEMA_VERSION,
        task={
            "kind": task.kind,
            "text": str(task),
            "class_names": list(task.class_names),
            "evidence": list(task.evidence),
            "traps": [{"name": t.name, "text": t.text} for t in task.traps],
        },
        n=len(seed_runs[0].split.test),
        seeds=protocol.seeds,
        data=_data_info(dataset, seed_runs[0], ood),
        settings=settings,
        metrics=metrics,
        ood_metrics={} if ood is None else OOD_FIGURES,
        rules={name: RuleInfo(rule.title, rule.text) for name, rule in rules_for(task).items()},
        headline_metric=headline.metric,
        selection=f"{headline.selection} on validation, of equals the lower validation loss",
        heads=results,
        differences=gaps,
        claims=claims,
        figures={spec: _head_figures(of_head, dataset) for spec, of_head in runs.items()},
        run=run,
        why=None if why is None else why.to_dict(),
        folder=folder,
    )


def _data_info(dataset: Dataset, first: SeedRun, ood: Dataset | None) -> DataInfo:
    task = dataset.task
    counts = np.nansum(task.truth(dataset.targets), 0)
    if task.kind == "binary":
        counts = np.array([dataset.n_rows - counts[0], counts[0]])
    return DataInfo(
        name=dataset.name,
        rows=dataset.n_rows,
        parts=first.split.sizes,
        shape=tuple(dataset.features.shape[1:]),
        digest=dataset.digest,
        class_counts=tuple((name, int(c)) for name, c in zip(task.class_names, counts, strict=True)),
        notes=dataset.notes,
        ood_name=None if ood is None else ood.name,
        ood_rows=0 if ood is None else ood.n_rows,
    )


def _head_result(
    head: Head,
    protocol: Protocol,
    task: Task,
    targets: np.ndarray,
    seed_runs: list[SeedRun],
    runs: list[HeadRun],
    with_ood: bool,
) -> HeadResult:
    figures = figures_for(task)
    rules = {
        rule: {
            name: over_seeds(
                [run.figures[rule][name] for run in runs],
                figure.undefined,
                figure.bounds,
            )
            for name, figure in figures.items()
        }
        for rule in rules_for(task)
    }
    return HeadResult(
        title=head.title,
        link=head.link,
        loss=head.loss_name,
        reduction=head.reduction,
        bias=head.bias,
        rule=head.rule(task),
        initial_loss=_initial_loss(runs, head),
        first_gradient=FirstGradient(
            float(np.mean([_expected_gradient(head, task, targets, r, protocol) for r in seed_runs])),
            float(np.mean([run.outcome.gradient_norm for run in runs])),
        ),
        rates=tuple(_rate_point(head, rate, protocol, task, seed_runs, runs) for rate in protocol.rates),
        chosen_rates=tuple(run.trial.rate for run in runs),
        at_edge=_edge(head, protocol, runs),
        rules=rules,
        thresholds={
            rule: [[round(float(t), 6) for t in run.thresholds[rule]] for run in runs]
            for rule, how in rules_for(task).items()
            if how.cuts and runs[0].thresholds[rule].size
        },
        ood=_ood(head, task, runs) if with_ood else {},
    )


def _initial_loss(runs: list[HeadRun], head: Head) -> InitialLoss:
    expected = [run.outcome.expected_loss for run in runs]
    seen = [run.outcome.initial_loss for run in runs]
    apart = max(abs(e - s) / max(abs(e), 1e-12) for e, s in zip(expected, seen, strict=True))
    return InitialLoss(
        expected=float(np.mean(expected)),
        seen=float(np.mean(seen)),
        agrees=bool(apart <= INITIAL_LOSS_TOLERANCE),
        tolerance=INITIAL_LOSS_TOLERANCE,
        formula=f"mean {head.loss_name} ({head.reduction}) where every logit is its first bias ({head.bias})",
    )


def _expected_gradient(head: Head, task: Task, targets: np.ndarray, run: SeedRun, protocol: Protocol) -> float:
    rows = targets[run.split.train]
    return head.initial_gradient_norm(task, rows, min(protocol.budget.batch_size, len(rows)))


def _rate_point(
    head: Head, rate: float, protocol: Protocol, task: Task, seed_runs: list[SeedRun], runs: list[HeadRun]
) -> RatePoint:
    scores, losses = [], []
    for seed_run, run in zip(seed_runs, runs, strict=True):
        outcome = seed_run.outcomes[Trial(head, rate).key]
        if not outcome.diverged:
            scores.append(run.scores[rate])
            losses.append(float(outcome.history[-1, 1]))
    free = OPTIMISERS[protocol.budget.optimiser].scale_free
    return RatePoint(
        rate=rate,
        effective=rate if free else rate * head.gradient_scale(task),
        score=float(np.mean(scores)) if scores else None,
        low=min(scores, default=None),
        high=max(scores, default=None),
        loss=float(np.mean(losses)) if losses else None,
        chosen=sum(run.trial.rate == rate for run in runs),
        diverged=len(seed_runs) - len(scores),
    )


def _edge(head: Head, protocol: Protocol, runs: list[HeadRun]) -> str | None:
    if len(protocol.rates) == 1:
        return None
    for rate, side in ((protocol.rates[0], "lowest"), (protocol.rates[-1], "highest")):
        times = sum(run.trial.rate == rate for run in runs)
        if 2 * times >= len(runs):
            return (
                f"{times} of {len(runs)} seeds chose the {side} learning rate of the grid ({rate:g}); a wider grid may "
                "do better, so this head may be undertuned."
            )
    return None


def _ood(head: Head, task: Task, runs: list[HeadRun]) -> dict[str, Value]:
    each = [ood_figures(run.head, task, run.outcome.logits["test"], run.outcome.logits["ood"]) for run in runs]
    return {name: over_seeds([e[name] for e in each], ALWAYS, (0.0, 1.0)) for name in OOD_FIGURES}


# ------------------------------------------------------------------ what the page draws


def _head_figures(runs: list[HeadRun], dataset: Dataset) -> HeadFigures:
    task = dataset.task
    own = runs[0].head.rule(task)
    judged = [run.judged[own] for run in runs]
    shares = np.mean([threshold_shares(j.probs, j.truth, THRESHOLDS, task) for j in judged], axis=0)
    confidence, right = (np.concatenate(part) for part in zip(*map(_top_answers, judged), strict=True))
    curve = reliability(confidence, right).to_dict()
    edges = np.linspace(0, 1, 21)
    kinds = np.bincount(np.concatenate([j.kinds for j in judged]), minlength=len(KINDS))
    return HeadFigures(
        threshold=ThresholdCurve(_rounded(THRESHOLDS), *map(_rounded, shares)),
        confidence=ConfidenceHistogram(
            _rounded(edges),
            tuple(np.histogram(confidence[right > 0.5], edges)[0].tolist()),
            tuple(np.histogram(confidence[right <= 0.5], edges)[0].tolist()),
        ),
        reliability=ReliabilityCurve(
            *(tuple(curve[key]) for key in ("confidence", "accuracy", "low", "high", "count"))
        ),
        mistakes={kind: int(n) for kind, n in zip(KINDS, kinds, strict=True) if kind != "right" and n},
        surest_mistakes=tuple(surest_mistakes(runs, own, task, dataset.ids, SUREST)),
        learning=tuple(
            (epoch + 1, float(training), float(validation))
            for epoch, (training, validation) in enumerate(np.mean([run.outcome.history for run in runs], axis=0))
        ),
    )


def _top_answers(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Confidence and rightness: of each row's (or group's) top class, of a yes/no answer, of each known label cell."""
    if judged.task.kind == "grouped":
        confidence, right = zip(*map(_top_answers, judged.groups), strict=True)
        return np.concatenate(confidence), np.concatenate(right)
    if judged.one_of_many:
        return judged.shares.max(1), (judged.shares.argmax(1) == judged.targets).astype(float)
    if judged.task.kind == "binary":
        yes = judged.probs[:, 0] >= 0.5
        return np.maximum(judged.probs[:, 0], 1 - judged.probs[:, 0]), (yes == (judged.truth[:, 0] == 1)).astype(float)
    known = ~np.isnan(judged.truth)
    return judged.probs[known], judged.truth[known]


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(np.asarray(values, np.float64), 6).tolist())
