"""Judging: from logits to figures. Every head under every decision rule, on each seed's own test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labelwise.comparison.figures import Judged, figures_for
from labelwise.comparison.headline import headline_of
from labelwise.comparison.protocol import Protocol
from labelwise.comparison.result import MetricInfo
from labelwise.comparison.trials import SeedRun
from labelwise.decisions import rules_for
from labelwise.heads import Head
from labelwise.metrics import auroc, fpr_at_tpr
from labelwise.scores import LINKS
from labelwise.task import Task
from labelwise.training.loop import Outcome, Trial

__all__ = ["OOD_FIGURES", "HeadRun", "best_rate", "judge_seed", "ood_figures", "rate_scores", "selection_score"]


@dataclass(frozen=True)
class HeadRun:
    """One head on one seed: the chosen trial and its test rows under every rule.

    Attributes:
        head: the head, bound to the seed's training rows.
        seed: the seed.
        scores: learning rate -> selection score, -inf where training diverged.
        trial: the trial with the chosen rate.
        outcome: of that trial.
        test: row numbers of the test part.
        thresholds: rule -> thresholds tuned on validation (empty where it has none).
        judged: rule -> the judged test rows.
        figures: rule -> figure -> number or None.
    """

    head: Head
    seed: int
    scores: dict[float, float]
    trial: Trial
    outcome: Outcome
    test: np.ndarray
    thresholds: dict[str, np.ndarray]
    judged: dict[str, Judged]
    figures: dict[str, dict[str, float | None]]


def judge_seed(run: SeedRun, protocol: Protocol, task: Task, targets: np.ndarray) -> dict[str, HeadRun]:
    """Choose each head's rate on validation and judge it on test, under every rule.

    Args:
        run: the seed's outcomes.
        protocol: heads and rates.
        task: the task.
        targets: targets of all rows.

    Returns:
        Head spec -> its `HeadRun`.
    """
    found = {}
    for row in protocol.heads:
        head = row.bind(task, targets[run.split.train])
        scores = rate_scores(head, run, protocol.rates, task, targets)
        trial = Trial(row, best_rate(head, run, scores))
        found[head.spec] = _judge(head, scores, trial, run, task, targets)
    return found


def rate_scores(
    head: Head, run: SeedRun, rates: Sequence[float], task: Task, targets: np.ndarray
) -> dict[float, float]:
    """Learning rate -> selection score on validation, -inf where training diverged.

    Args:
        head: bound to the seed's training rows.
        run: the seed's outcomes.
        rates: the grid.
        task: the task.
        targets: targets of all rows.
    """
    found = {}
    for rate in rates:
        outcome, truth = run.outcomes[Trial(head, rate).key], targets[run.split.validation]
        found[rate] = -np.inf if outcome.diverged else selection_score(head, task, outcome.logits["validation"], truth)
    return found


def best_rate(head: Head, run: SeedRun, scores: Mapping[float, float]) -> float:
    """The rate with the best selection score; of equals the one with the lower validation loss."""

    def merit(rate: float) -> tuple[float, float]:
        loss = float(run.outcomes[Trial(head, rate).key].history[-1, 1])
        return scores[rate], -np.inf if np.isnan(loss) else -loss

    return max(scores, key=merit)


def selection_score(head: Head, task: Task, logits: np.ndarray, targets: np.ndarray) -> float:
    """What the learning rate is chosen by, the same measure for every head; see `headline_of`."""
    score = headline_of(task).score(np.exp(head.log_probs(logits, task)), task.truth(targets), task)
    return float("-inf") if score is None else score


def _judge(
    head: Head, scores: dict[float, float], trial: Trial, run: SeedRun, task: Task, targets: np.ndarray
) -> HeadRun:
    outcome = run.outcomes[trial.key]
    tuning = np.exp(head.log_probs(outcome.logits["validation"], task))
    tuning_truth = task.truth(targets[run.split.validation])
    log_p = head.log_probs(outcome.logits["test"], task)
    base = Judged(task, targets[run.split.test], log_p, np.zeros(log_p.shape, bool))
    figures = figures_for(task)
    fixed = {name: f.of(base) for name, f in figures.items() if not f.ruled}
    thresholds, judged, found = {}, {}, {}
    for name, rule in rules_for(task).items():
        thresholds[name] = rule.tune(tuning, tuning_truth, task)
        judged[name] = replace(base, answers=rule.answers(base.probs, thresholds[name], task))
        found[name] = {f: fixed[f] if f in fixed else figure.of(judged[name]) for f, figure in figures.items()}
    return HeadRun(head, run.seed, scores, trial, outcome, run.split.test, thresholds, judged, found)


# ------------------------------------------------------------------ inputs of no known class

_SCORES = {
    "max_probability": "the top probability",
    "max_logit": "the top logit",
    "energy": "the energy ln Σ e^z",
    "joint_energy": "the joint energy Σ ln(1 + e^z)",
}

_AUROC = "chance that a known input scores above an unknown one by"
_FPR95 = "share of unknown inputs taken for known where 95% of the known are kept, by"

OOD_FIGURES: dict[str, MetricInfo] = {
    "answer_rate_half": MetricInfo("answered at 0.5", "lower", "share of unknown inputs that still get a label at 0.5"),
    "mean_confidence": MetricInfo("mean confidence", "lower", "mean of the top probability on unknown inputs"),
    "above_90": MetricInfo("above 90%", "lower", "share of unknown inputs with a top probability above 90%"),
    **{f"{n}_auroc": MetricInfo(f"AUROC by {score}", "higher", f"{_AUROC} {score}") for n, score in _SCORES.items()},
    **{f"{n}_fpr95": MetricInfo(f"FPR95 by {score}", "lower", f"{_FPR95} {score}") for n, score in _SCORES.items()},
}


def ood_figures(head: Head, task: Task, known: np.ndarray, unknown: np.ndarray) -> dict[str, float | None]:
    """How a head behaves on inputs of no known class.

    Args:
        head: the head.
        task: the task.
        known: (N, n_outputs) logits of test rows.
        unknown: (M, n_outputs) logits of inputs that hold none of the classes.

    Source: Hendrycks & Gimpel 2017 (top probability), Hendrycks et al. 2022 (top logit), Liu et al. 2020 (energy),
    Wang et al. 2021 (joint energy).
    """
    probs = np.exp(head.log_probs(unknown, task))
    top = np.maximum(probs, 1 - probs).max(1) if task.kind == "binary" else probs.max(1)
    found: dict[str, float | None] = {
        "answer_rate_half": None if task.kind == "binary" else float((probs >= 0.5).any(1).mean()),
        "mean_confidence": float(top.mean()),
        "above_90": float((top > 0.9).mean()),
    }
    both = np.concatenate([known, unknown]).astype(np.float64)
    is_known = np.arange(len(both)) < len(known)
    scores = _knownness(head, task, both)
    for name in _SCORES:
        score = scores.get(name)
        found[f"{name}_auroc"] = None if score is None else auroc(score, is_known)
        found[f"{name}_fpr95"] = None if score is None else fpr_at_tpr(score, is_known)
    return found


def _knownness(head: Head, task: Task, z: np.ndarray) -> Mapping[str, np.ndarray]:
    """Scores that are high on known inputs; a single column counts as the pair (0, z).

    Where the outputs are not logits of a link, a class each, there are no top logit and no energies.
    """
    if head.link not in LINKS:
        return {"max_probability": head.log_probs(z, task).max(1)}
    pair = np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z
    link = "softmax" if z.shape[1] == 1 else head.link
    top = pair.max(1)
    return {
        "max_probability": LINKS[link].log_probs(pair).max(1),
        "max_logit": np.abs(z[:, 0]) if z.shape[1] == 1 else top,
        "energy": top + np.log(np.exp(pair - top[:, None]).sum(1)),
        "joint_energy": np.logaddexp(0, z).sum(1),
    }
