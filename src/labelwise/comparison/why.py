"""Why one head looks better: the full lattice of switches, trained, judged and shared out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labelwise.comparison.figures import FIGURES, Judged
from labelwise.comparison.judge import best_rate, rate_scores
from labelwise.comparison.lattice import interactions, marginals, path, shapley
from labelwise.comparison.paired import paired
from labelwise.comparison.result import Attribution, Interaction, Share, WaterfallStep, Why
from labelwise.comparison.switches import OTHER_RATE, Arm, Switch, active_switches, apply_switches
from labelwise.comparison.trials import SeedRun
from labelwise.comparison.why_claims import why_claims
from labelwise.decisions import DECISION_RULES
from labelwise.task import Task
from labelwise.training.loop import Trial

__all__ = ["attribute", "lattice_trials"]

NAMED = 0.02
"""An interaction is named where it is at least this large and its interval excludes zero."""


def lattice_trials(b: Arm, rates: Sequence[float], task: Task) -> list[Trial]:
    """Every trial the lattice of arm b needs: each of its heads over the grid of rates.

    Args:
        b: the arm as practised.
        rates: the grid.
        task: the task.
    """
    arms = apply_switches(b, active_switches(b, task, rates)[0], task)
    fixed = {arm.rate for arm in arms if not isinstance(arm.rate, str)}
    heads = {arm.head.spec: arm.head for arm in arms}
    return [Trial(head, rate) for head in heads.values() for rate in sorted({*rates, *fixed})]


def attribute(
    a: Arm,
    b: Arm,
    runs_a: Sequence[SeedRun],
    runs_b: Sequence[SeedRun],
    rates: Sequence[float],
    task: Task,
    targets: np.ndarray,
    *,
    optimiser: str,
    margin: float,
) -> Why:
    """Share out the gap between two arms over the switches that act on b; what remains is the loss's.

    Args:
        a: the reference, as practised and right.
        b: the head in question, as practised.
        runs_a: trials of a's head, seed by seed.
        runs_b: trials of `lattice_trials(b)`, the same seeds.
        rates: the grid that ``own`` rates are tuned on.
        task: the task.
        targets: targets of all rows.
        optimiser: its name, for the words.
        margin: what counts as level.

    Returns:
        The attribution of the quoted gap, of the gap with the metric fixed to strict accuracy, and of what training
        alone makes, with the decision fixed as well.
    """
    switches, left_out = active_switches(b, task, rates)
    judges = [_Judge(a, x, y, tuple(rates), task, targets) for x, y in zip(runs_a, runs_b, strict=True)]
    at_a = np.array([judge.figure_of_a() for judge in judges])

    def shared(arm: Arm, acting: list[Switch]) -> Attribution:
        arms = apply_switches(arm, acting, task)
        values = np.array([[judge.figure_of_b(each) for each in arms] for judge in judges])
        told = FIGURES[a.metric].info.title
        quoted = FIGURES[arm.metric].info.title
        metric = told if told == quoted else f"{told} of {a.head.name} minus {quoted} of {b.head.name}"
        loss = Switch("loss", "the loss itself", b.head.title, a.head.title, lambda arm, task: arm)
        return _attribution(metric, at_a, values, [*acting, loss])

    strict_b = replace(b, metric="strict_accuracy")
    quoted = shared(b, switches)
    strict = shared(strict_b, [s for s in switches if s.name != "metric"])
    training_b = replace(strict_b, rule=a.rule)
    training = shared(training_b, [s for s in switches if s.name not in ("metric", "decision")])
    everything = apply_switches(b, switches, task)[-1]
    return Why(
        head_a=a.head.spec,
        head_b=b.head.spec,
        arm_a=str(a),
        arm_b=str(b),
        arm_b_right=str(everything),
        left_out=left_out,
        quoted=quoted,
        strict=strict,
        training=training,
        claims=why_claims(a.head.spec, b.head.spec, quoted, strict, training, left_out, optimiser, margin),
    )


class _Judge:
    """One seed: figures of arms from its trials; each trial is judged once under each rule."""

    def __init__(
        self, a: Arm, run_a: SeedRun, run_b: SeedRun, rates: tuple[float, ...], task: Task, targets: np.ndarray
    ):
        self.a, self.run_a, self.run_b, self.rates, self.task, self.targets = a, run_a, run_b, rates, task, targets
        self._known: dict[tuple, Any] = {}

    def figure_of_a(self) -> float:
        """The reference's figure."""
        return self._figure(self.run_a, self.a, self._rate(self.run_a, self.a))

    def figure_of_b(self, arm: Arm) -> float:
        """The figure of one state of the other head."""
        other = arm.rate == OTHER_RATE
        return self._figure(self.run_b, arm, self._rate(self.run_a, self.a) if other else self._rate(self.run_b, arm))

    def _rate(self, run: SeedRun, arm: Arm) -> float:
        if not isinstance(arm.rate, str):
            return arm.rate
        head = arm.head.bind(self.task, self.targets[run.split.train])

        def best() -> float:
            return best_rate(head, run, rate_scores(head, run, self.rates, self.task, self.targets))

        return self._once((run is self.run_a, arm.head.spec), best)

    def _figure(self, run: SeedRun, arm: Arm, rate: float) -> float:
        key = (run is self.run_a, arm.head.spec, rate, arm.rule)
        value = FIGURES[arm.metric].of(self._once(key, lambda: self._judge(run, arm, rate)))
        assert value is not None  # both accuracies are defined for any test row
        return value

    def _judge(self, run: SeedRun, arm: Arm, rate: float) -> Judged:
        logits = run.outcomes[Trial(arm.head, rate).key].logits
        head = arm.head.bind(self.task, self.targets[run.split.train])
        validation, test = (head.log_probs(np.nan_to_num(logits[part]), self.task) for part in ("validation", "test"))
        rule = DECISION_RULES[arm.rule]
        tuning_truth = self.task.truth(self.targets[run.split.validation])
        thresholds = rule.tune(np.exp(validation), tuning_truth, self.task)
        answers = rule.answers(np.exp(test), thresholds, self.task)
        return Judged(self.task, self.targets[run.split.test], test, answers)

    def _once(self, key: tuple, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]


def _attribution(metric: str, at_a: np.ndarray, values: np.ndarray, named: list[Switch]) -> Attribution:
    """Shares, waterfall and interactions of a gap.

    Args:
        metric: in words.
        at_a: (seeds,) figure of a.
        values: (seeds, 2^k) figures of b.
        named: the k switches and, last, the loss.
    """
    gap = at_a - values[:, 0]
    shares = np.concatenate([shapley(values), (at_a - values[:, -1])[:, None]], axis=1)
    gains = [*marginals(values), shares[:, -1:]]
    steps = np.concatenate([path(values), at_a[:, None]], axis=1)
    found = paired(gap)
    return Attribution(
        metric=metric,
        gap=float(gap.mean()),
        low=found.low,
        high=found.high,
        a=float(at_a.mean()),
        b=float(values[:, 0].mean()),
        b_right=float(values[:, -1].mean()),
        switches={s.name: _share(s, shares[:, i], gains[i]) for i, s in enumerate(named)},
        waterfall=tuple(_step(s, steps[:, i], steps[:, i + 1]) for i, s in enumerate(named)),
        interactions=_interactions(values, shares, named[:-1]),
    )


def _share(switch: Switch, values: np.ndarray, gains: np.ndarray) -> Share:
    found = paired(values)
    over_orders = gains.mean(0)
    return Share(
        title=switch.title,
        off=switch.off,
        on=switch.on,
        shapley=float(values.mean()),
        low=found.low,
        high=found.high,
        order_min=float(over_orders.min()),
        order_max=float(over_orders.max()),
        p_sign_flip=found.p_sign_flip,
        values=tuple(values.tolist()),
    )


def _step(switch: Switch, before: np.ndarray, after: np.ndarray) -> WaterfallStep:
    found = paired(after - before)
    return WaterfallStep(
        switch.name,
        switch.title,
        float(before.mean()),
        float(after.mean()),
        float((after - before).mean()),
        found.low,
        found.high,
    )


def _interactions(values: np.ndarray, shares: np.ndarray, switches: list[Switch]) -> tuple[Interaction, ...]:
    index = interactions(values)
    told = []
    for i, one in enumerate(switches):
        for j in range(i + 1, len(switches)):
            found, joint = paired(index[:, i, j]), paired(shares[:, i] + shares[:, j])
            if found.mean is None or joint.mean is None or abs(found.mean) < NAMED:
                continue
            if found.low is not None and found.high is not None and found.low <= 0 <= found.high:
                continue
            kind = "substitutes" if found.mean < 0 else "complements"
            told.append(
                Interaction(
                    one.name,
                    switches[j].name,
                    found.mean,
                    found.low,
                    found.high,
                    joint.mean,
                    joint.low,
                    joint.high,
                    kind,
                )
            )
    return tuple(sorted(told, key=lambda t: -abs(t.value)))
