"""A switch turns one thing right and nothing else: in the arm, and in the networks that are trained."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from labelwise.comparison.switches import SWITCHES, Arm, active_switches, apply_switches, practised, right
from labelwise.heads import HEADS
from labelwise.task import read_labels
from labelwise.training.backbones import BACKBONES
from labelwise.training.loop import Parts, Trial, _Stack

LABELS = read_labels(np.arange(120) % 4)
TASK = LABELS.task
RATES = (0.01, 0.1)
SIGMOID = HEADS["sigmoid"].with_settings(pos_weight=3)


def differing(a: Arm, b: Arm) -> set[str]:
    found = {f.name for f in fields(Arm) if f.name != "head" and getattr(a, f.name) != getattr(b, f.name)}
    return found | {n for n in ("reduction", "bias", "values") if getattr(a.head, n) != getattr(b.head, n)}


TOUCHES = {
    "metric": {"metric"},
    "decision": {"rule"},
    "reduction": {"reduction"},
    "bias": {"bias"},
    "learning_rate": {"rate"},
    "weighting": {"values"},
}


@pytest.mark.parametrize("name", SWITCHES)
def test_each_switch_touches_one_thing(name):
    arm = practised(SIGMOID, TASK)
    assert differing(arm, SWITCHES[name].turn(arm, TASK)) == TOUCHES[name]


def test_all_switches_act_on_a_weighted_sigmoid_as_practised():
    active, left_out = active_switches(practised(SIGMOID, TASK), TASK, RATES)
    assert [s.name for s in active] == list(SWITCHES)
    assert left_out == {}


def test_the_lattice_has_every_set_once_and_bit_i_belongs_to_switch_i():
    arm = practised(SIGMOID, TASK)
    active, _ = active_switches(arm, TASK, RATES)
    arms = apply_switches(arm, active, TASK)
    assert len({str(a) for a in arms}) == len(arms) == 2 ** len(active)
    for i, switch in enumerate(active):
        assert differing(arms[0], arms[1 << i]) == TOUCHES[switch.name]


def test_switches_that_cannot_act_are_left_out_with_a_reason():
    yes_no = read_labels([0, 1, 1, 0]).task
    active, left_out = active_switches(practised(HEADS["sigmoid"], yes_no), yes_no, RATES)
    assert [s.name for s in active] == ["bias", "learning_rate"]
    assert "same" in left_out["metric"]
    assert "same" in left_out["reduction"]
    _, left_out = active_switches(practised(HEADS["sigmoid"], TASK), TASK, (0.1,))
    assert "nothing to tune" in left_out["learning_rate"]
    _, left_out = active_switches(right(HEADS["softmax"], TASK), TASK, RATES)
    assert "already right" in left_out["metric"]


def start(head, backbone="mlp"):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(120, 5)).astype(np.float32))
    parts = Parts(TASK, x, LABELS.targets, {"validation": x}, LABELS.targets)
    return _Stack([Trial(head, 0.1)], parts, BACKBONES[backbone], seed=3)


@pytest.mark.parametrize("backbone", ["linear", "mlp"])
def test_the_bias_switch_changes_the_last_bias_alone(backbone):
    zero, prior = (
        start(HEADS["sigmoid"].with_settings(bias=b), backbone).network.parameters for b in ("zero", "prior")
    )
    for before, after in zip(zero[:-1], prior[:-1], strict=True):
        torch.testing.assert_close(before, after, rtol=0, atol=0)
    assert zero[-1].abs().max() == 0
    assert (prior[-1] < 0).all()


def test_the_reduction_switch_scales_the_gradient_and_leaves_the_start_alone():
    mean, total = (start(HEADS["sigmoid"].with_settings(reduction=r)) for r in ("mean_labels", "sum_labels"))
    for a, b in zip(mean.network.parameters, total.network.parameters, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    x = torch.ones(8, 5)
    gradients = []
    for stack in (mean, total):
        losses = stack.batch_losses(stack.network.logits(x), [t[:8] for t in stack.train_targets])
        gradients.append(torch.autograd.grad(losses.sum(), stack.network.parameters))
    for of_mean, of_total in zip(*gradients, strict=True):
        torch.testing.assert_close(of_mean * len(TASK.class_names), of_total)
