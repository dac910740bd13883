"""The battery of every head: a new row in `HEADS` is covered by being there.

Each head is taken with every setting it has, on every kind of task it fits.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from labelwise.decisions import DECISION_RULES
from labelwise.heads import BIASES, HEADS, Head, head_from
from labelwise.heads.space import dense, shares
from labelwise.scores import LINKS
from labelwise.task import Group, Labels, Task

# Other values of a setting that are tried beside the customary one.
OTHERS: dict[str, tuple[float | str, ...]] = {
    "pos_weight": (3.0,),
    "corrected": ("yes",),
    "label_smoothing": (0.1,),
    "class_weight": ("balanced",),
    "gamma": (0.0, 0.5),
    "focal.alpha": (0.5,),
    "rescale": (15.0,),
    "target": (30.0,),
    "tau": (0.5,),
    "reading": ("plain", "mean"),
    "gamma_pos": (0.5,),
    "gamma_neg": (0.5, 0.0),
    "margin": (0.0, 0.2),
    "temperature": (1.0,),
    "count_weight": (0.1,),
    "eps": (0.05,),
    "cross_entropy": (0.5,),
    "alpha": (3.0,),
}


def variants(head: Head) -> list[Head]:
    """The head as it is customary, and with each other value of each setting."""

    def others(setting) -> tuple[float | str, ...]:
        values = OTHERS[f"{head.name}.{setting.name}" if f"{head.name}.{setting.name}" in OTHERS else setting.name]
        return tuple(v for v in values if not setting.words or v in setting.words)

    return [head, *(head.with_settings(**{s.name: v}) for s in head.settings for v in others(s))]


def kinds_of(head: Head) -> list[str]:
    """Kinds of task: all for the customary head, where ordered classes are not as any; one for its other settings."""
    kinds = [kind for kind in head.rules if kind != "ordinal" or "multiclass" not in head.rules]
    return kinds if head.reduction == head.reductions[0] and not head.values else kinds[-1:]


SETTINGS = [
    head.with_settings(reduction=reduction, bias=bias)
    for row in HEADS.values()
    for head in variants(row)
    for reduction in (head.reductions[:1] if head.values else head.reductions)
    for bias in BIASES
]
CASES = [pytest.param(head, kind, id=f"{head.spec}-{kind}") for head in SETTINGS for kind in kinds_of(head)]
# What the bias cannot change is tried with one bias only.
LOSSES = [case for case in CASES if case.values[0].bias == "zero"]

INF = float("inf")
EXTREMES = (0.0, 1.0, 10.0, 20.0, 88.8, 104.0, 1e4, 6e4)
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def task_of(kind: str, classes: int) -> Task:
    names = tuple(f"c{i}" for i in range(2 if kind == "binary" else classes))
    groups = (Group("g", names),) if kind == "grouped" else ()
    return Task(kind, names, groups=groups)


def width_of(head, kind: str, classes: int) -> int:
    return head.n_outputs(task_of(kind, classes))


def labels_of(kind: str, classes: int, rows: int = 60, seed: int = 0) -> Labels:
    """Uneven labels of a task; several labels have unknown cells."""
    rng = np.random.default_rng(seed)
    task = task_of(kind, classes)
    if kind == "multilabel":
        targets = (rng.random((rows, classes)) < np.linspace(0.1, 0.7, classes)).astype(np.float32)
        targets[rng.random(targets.shape) < 0.05] = np.nan
        return Labels(task, targets)
    top = len(task.class_names)
    drawn = rng.choice(top, rows, p=np.arange(1, top + 1) / (top * (top + 1) / 2)).astype(np.int64)
    return Labels(task, drawn[:, None].astype(np.float32) if kind == "grouped" else drawn)


def encoded(head, labels: Labels) -> torch.Tensor:
    return torch.from_numpy(head.encode(labels.task, labels.targets))


def oracle(head, task: Task, z: np.ndarray, targets: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    return head._oracle(head, z, dense(task, targets.numpy()))


def bound(head, labels: Labels):
    return head.bind(labels.task, labels.targets)


# ------------------------------------------------------------------ values and gradients


@pytest.mark.parametrize(("head", "kind"), LOSSES)
@pytest.mark.parametrize("scale", [1.0, 5.0, 30.0])
def test_value_and_gradient_agree_with_the_oracle(head, kind, scale):
    labels = labels_of(kind, 7)
    head, targets = bound(head, labels), encoded(head, labels)
    z = np.random.default_rng(1).normal(0, scale, (len(targets), width_of(head, kind, 7)))
    z = z.astype(np.float32).astype(np.float64)  # the same numbers in both precisions
    value, slope = oracle(head, labels.task, z, targets)
    for dtype, near in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
        logits = torch.tensor(z, dtype=dtype, requires_grad=True)
        rows = head.loss_rows(logits, targets)
        assert rows.dtype == dtype
        assert rows.shape == (len(z),)
        np.testing.assert_allclose(rows.detach(), value, rtol=near, atol=near / 5)
        (gradient,) = torch.autograd.grad(rows.sum(), logits)
        # The gradient of a square of large rates is a small difference of their squares.
        coarse = np.maximum(value, 1)[:, None] if head.name == "count_product" else 1
        np.testing.assert_allclose(gradient.numpy() / coarse, slope / coarse, rtol=near, atol=near)


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_first_and_second_derivatives_agree_with_differences(head, kind):
    labels = labels_of(kind, 3, rows=5)
    head, targets = bound(head, labels), encoded(head, labels)
    z = torch.randn(5, width_of(head, kind, 3), dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2
    z.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: head.loss_rows(x, targets), z)
    assert torch.autograd.gradgradcheck(lambda x: head.loss_rows(x, targets), z)


# ------------------------------------------------------------------ the grid of extreme inputs


def extreme_logits(width: int, chosen: list[int] | slice) -> torch.Tensor:
    """A row per pattern: constant, one column alone, alternating signs, infinite ones; those chosen of them."""
    rows = []
    for value in EXTREMES:
        for sign in (1, -1):
            rows.append(np.full(width, sign * value))
            spike = np.zeros(width)
            spike[0] = sign * value
            rows.append(spike)
        rows.append(np.where(np.arange(width) % 2, -value, value))
    first = np.arange(width) == 0
    rows += [np.where(first, -INF, 0.0), np.where(first, INF, 0.0), np.full(width, -INF), np.full(width, INF)]
    rows += [np.where(np.arange(width) % 2, -INF, INF)]
    return torch.tensor(np.array(rows)[chosen])


def hard_targets(head, kind: str, z: torch.Tensor, classes: int) -> dict[str, torch.Tensor]:
    """Right and wrong answers to the logits, soft ones, none and all, as far as the task has them."""
    task = task_of(kind, classes)
    with np.errstate(over="ignore"):
        log_p = head.log_probs(z.double().clamp(-1e25, 1e25).numpy(), task)
    if kind == "multilabel":
        rng = np.random.default_rng(0)
        found = {
            "right": log_p > np.log(0.5),
            "wrong": log_p <= np.log(0.5),
            "soft": rng.random(log_p.shape),
            "none": np.zeros(log_p.shape),
            "all": np.ones(log_p.shape),
            "unknown": np.full(log_p.shape, np.nan),
        }
        return {name: torch.from_numpy(head.encode(task, t.astype(np.float32))) for name, t in found.items()}
    if kind == "binary":
        best = (log_p[:, 0] > np.log(0.5)).astype(np.int64)
        found = {"right": best, "wrong": 1 - best}
    else:
        found = {"right": log_p.argmax(1), "wrong": log_p.argmin(1)}
    shape = (lambda t: t[:, None].astype(np.float32)) if kind == "grouped" else (lambda t: t)
    return {name: torch.from_numpy(head.encode(task, shape(t))) for name, t in found.items()}


@pytest.mark.parametrize(("head", "kind"), LOSSES)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("classes", [1, 2, 3, 37, 100_000])
def test_everything_is_finite_on_extreme_inputs(head, kind, dtype, classes):
    many, other = classes == 100_000, head.values or head.reduction != head.reductions[0]
    if (
        (kind == "binary" and classes != 2)
        or (other and classes not in (1, 37))
        or (many and kind != kinds_of(head)[-1])
        or not head.fits(task_of(kind, classes))
    ):
        return
    task = task_of(kind, classes)
    if many and dtype == torch.float16 and (head.space.constants(task) or head.n_outputs(task) > classes):
        return  # 100 000 thresholds pull at one score, labels at one count: no float16 holds that gradient
    head = bound(head, labels_of(kind, classes, rows=4))
    patterns = extreme_logits(width_of(head, kind, classes), [0, -5, -4, -3, -1] if many else slice(None))
    for name, targets in hard_targets(head, kind, patterns, classes).items():
        for rows in (len(patterns), 0) if many else (len(patterns), 1, 0):
            z = patterns[:rows].to(dtype).requires_grad_()
            loss = head.loss(z, targets[:rows])
            assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
            (gradient,) = torch.autograd.grad(loss, z, create_graph=True)
            direction = torch.ones_like(gradient)
            second = torch.autograd.grad((gradient * direction).sum(), z, allow_unused=True)[0]
            assert loss.isfinite(), (name, rows)
            assert loss >= 0, (name, rows)
            assert gradient.isfinite().all(), (name, rows)
            assert second is None or second.isfinite().all(), (name, rows)
    assert rows == 0
    assert loss == 0, "a batch without rows costs nothing"


@pytest.mark.parametrize(("head", "kind"), LOSSES)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
def test_a_confidently_wrong_answer_has_a_gradient(head, kind, dtype):
    if head.bounded_gradient:
        return
    for classes, size in itertools.product((2, 37), EXTREMES[3:]):
        width = width_of(head, kind, classes)
        z = torch.full((1, width), -size)
        z[0, 0] = size
        head = bound(head, labels_of(kind, classes))
        targets = hard_targets(head, kind, z, classes)["wrong"]
        logits = z.to(dtype).requires_grad_()
        (gradient,) = torch.autograd.grad(head.loss_rows(logits, targets).sum(), logits)
        assert gradient.abs().max() >= 0.5 * head.gradient_scale(task_of(kind, classes)), (classes, size)


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_nan_stays_in_its_own_row(head, kind):
    labels = labels_of(kind, 5, rows=6)
    head, targets = bound(head, labels), encoded(head, labels)
    z = torch.randn(6, width_of(head, kind, 5))
    clean = z.clone().requires_grad_()
    (expected,) = torch.autograd.grad(head.loss_rows(clean, targets).sum(), clean)
    z[2, 0] = float("nan")
    dirty = z.requires_grad_()
    rows = head.loss_rows(dirty, targets)
    (gradient,) = torch.autograd.grad(rows.sum(), dirty)
    others = [0, 1, 3, 4, 5]
    assert rows[others].isfinite().all()
    torch.testing.assert_close(gradient[others], expected[others], rtol=0, atol=0)
    if kind != "multilabel":  # there the cell may be one whose label is not known
        assert rows[2].isnan()


# ------------------------------------------------------------------ what must not matter


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_a_shift_of_every_output_matters_only_where_it_is_said_to(head, kind):
    labels = labels_of(kind, 5)
    head, targets = bound(head, labels), encoded(head, labels)
    z = torch.randn(len(targets), width_of(head, kind, 5), dtype=torch.float64)
    apart = (head.loss_rows(z, targets) - head.loss_rows(z + 7, targets)).abs()
    if head.space.shift_invariant:
        assert apart.max() < 1e-9
    else:
        assert apart.max() > 0.1


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_order_repetition_and_splitting_of_the_batch_do_not_matter(head, kind):
    labels = labels_of(kind, 5)
    head, targets = bound(head, labels), encoded(head, labels)
    rows = len(targets)
    z = torch.randn(rows, width_of(head, kind, 5), dtype=torch.float64)
    loss, each = head.loss(z, targets), head.loss_rows(z, targets)
    order = torch.randperm(rows)
    torch.testing.assert_close(head.loss_rows(z[order], targets[order]), each[order], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(head.loss(torch.cat([z, z]), torch.cat([targets, targets])), loss)
    split = sum(head.loss(z[part], targets[part]) * len(z[part]) for part in (slice(0, 7), slice(7, rows))) / rows
    torch.testing.assert_close(split, loss)
    torch.testing.assert_close(each.mean(), loss)


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_the_callers_tensors_are_not_changed(head, kind):
    labels = labels_of(kind, 5)
    head, targets = bound(head, labels), encoded(head, labels)
    z = torch.tensor([[INF]]).expand(len(targets), width_of(head, kind, 5)).clone()
    before = z.clone(), targets.clone()
    head.loss(z, targets)
    torch.testing.assert_close(z, before[0])
    torch.testing.assert_close(targets, before[1], equal_nan=True)


# ------------------------------------------------------------------ the start


@pytest.mark.parametrize(("head", "kind"), CASES)
@pytest.mark.parametrize("classes", [2, 3, 37])
def test_the_first_loss_is_the_one_the_head_promises(head, kind, classes):
    labels = labels_of(kind, classes, rows=200)
    bias = head.initial_bias(labels.task, labels.targets)
    assert bias.shape == (head.n_outputs(labels.task),)
    assert np.isfinite(bias).all()
    z = torch.tensor(np.tile(bias, (200, 1)), dtype=torch.float32)
    seen = bound(head, labels).loss(z, encoded(head, labels)).item()
    assert seen == pytest.approx(head.initial_loss(labels.task, labels.targets), rel=1e-6)


@pytest.mark.parametrize(("head", "kind"), CASES)
def test_the_first_gradient_is_the_one_the_head_promises(head, kind):
    labels = labels_of(kind, 7, rows=64)
    bias = head.initial_bias(labels.task, labels.targets)
    z = torch.tensor(np.tile(bias, (64, 1)), requires_grad=True)
    (gradient,) = torch.autograd.grad(bound(head, labels).loss(z, encoded(head, labels)), z)
    promised = head.initial_gradient_norm(labels.task, labels.targets, batch_size=64)
    assert gradient.norm().item() == pytest.approx(promised, rel=1e-6)


@pytest.mark.parametrize(("head", "kind"), CASES)
def test_a_prior_bias_is_the_best_constant_and_zero_is_zero(head, kind):
    labels = labels_of(kind, 5, rows=2000)
    bias = head.initial_bias(labels.task, labels.targets)
    if head.bias == "zero":
        assert not bias.any()
        return
    z = torch.tensor(np.tile(bias, (2000, 1)), requires_grad=True)
    (gradient,) = torch.autograd.grad(bound(head, labels).loss(z, encoded(head, labels)), z)
    largest = max(gradient.abs().max().item() * 2000, 1.0)
    np.testing.assert_allclose(gradient.sum(0) / largest, 0, atol=2e-3)  # but for the half row that keeps it finite
    zero = head.with_settings(bias="zero")
    if np.ptp(bias) < 1e-9 and head.space.shift_invariant:  # zero is the best already
        return
    assert head.initial_loss(labels.task, labels.targets) < zero.initial_loss(labels.task, labels.targets)


@pytest.mark.parametrize(("head", "kind"), CASES)
def test_a_prior_bias_is_finite_for_a_label_that_never_or_always_holds(head, kind):
    task = task_of(kind, 4)
    never = np.zeros((9, 4), np.float32) if kind == "multilabel" else np.zeros(9, np.int64)
    targets = never[:, None].astype(np.float32) if kind == "grouped" else never
    assert np.isfinite(head.initial_bias(task, targets)).all()
    if kind == "multilabel":
        assert np.isfinite(head.initial_bias(task, never + 1)).all()


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize(("head", "kind"), CASES)
def test_targets_and_outputs_fit_each_other(head, kind):
    labels = labels_of(kind, 6)
    before = labels.targets.copy()
    found = head.encode(labels.task, labels.targets)
    width = head.n_outputs(labels.task)
    if found.ndim == 1:
        assert found.dtype == np.int64
        assert found.max() < len(labels.task.class_names)
    else:
        assert found.dtype == np.float32
        assert len(found) == len(before)
    np.testing.assert_array_equal(labels.targets, before)
    assert 0 <= head.space.constants(labels.task) < width
    told = head.properties(labels.task)
    assert (told["outputs"], told["rule"]) == (width, head.rules[kind])


@pytest.mark.parametrize("head", SETTINGS, ids=lambda h: h.spec)
def test_the_contract_of_a_head(head):
    if head.link in LINKS:
        assert LINKS[head.link].exclusive == head.exclusive
    assert set(head.rules.values()) <= set(DECISION_RULES)
    assert head.reduction in head.reductions
    assert HEADS[head.name].name == head.name
    assert head_from(head.spec) == head, "the spec says everything"
    assert head_from(head) is head
    for text in (head.title, head.loss_name, head.formula, head.when, head.when_not, head.source, *head.elsewhere):
        assert text
        assert text == text.strip()
    for kind in ("binary", "multiclass", "multilabel", "ordinal", "grouped"):
        task = task_of(kind, 3)
        assert head.fits(task) == (kind in head.rules)
        if head.fits(task):
            assert head.rule(task) == head.rules[kind]
    assert head.spec in repr(head)


@pytest.mark.parametrize("head", SETTINGS, ids=lambda h: h.spec)
def test_the_gradient_scale_is_the_ratio_to_the_sum_over_labels(head):
    for kind in head.rules:
        labels = labels_of(kind, 6)
        z = np.random.default_rng(0).normal(size=(len(labels.targets), head.n_outputs(labels.task)))
        targets = encoded(head, labels)
        scale = head.gradient_scale(labels.task)
        unscaled = head.with_settings(reduction="sum_labels") if "sum_labels" in head.reductions else head
        (own, _), (full, _) = (oracle(bound(h, labels), labels.task, z, targets) for h in (head, unscaled))
        np.testing.assert_allclose(own, full * scale, rtol=1e-12)


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_probabilities_are_probabilities(head, kind):
    labels = labels_of(kind, 5)
    head = bound(head, labels)
    z = np.random.default_rng(0).normal(0, 3, (40, head.n_outputs(labels.task)))
    log_p = head.log_probs(z, labels.task)
    assert log_p.shape == (40, labels.task.n_outputs)
    assert log_p.dtype == np.float64
    assert (log_p <= 1e-12).all()
    if head.exclusive and kind not in ("binary", "grouped"):
        np.testing.assert_allclose(np.exp(log_p).sum(1), 1, rtol=1e-9)
    extreme = extreme_logits(head.n_outputs(labels.task), slice(None)).double().clamp(-1e25, 1e25).numpy()
    assert not np.isnan(head.log_probs(extreme, labels.task)).any()


@pytest.mark.parametrize(("head", "kind"), LOSSES)
def test_a_calibrated_heads_best_constant_says_the_shares_of_the_labels(head, kind):
    """What a proper loss is: least where the probabilities are the true ones."""
    if not head.calibrated or (head.exclusive and kind == "multilabel"):  # there they share one unit
        return
    labels = labels_of(kind, 4, rows=4000)
    bias = head.with_settings(bias="prior").initial_bias(labels.task, labels.targets)
    said = np.exp(bound(head, labels).log_probs(bias[None], labels.task))[0]
    np.testing.assert_allclose(said, shares(labels.task.truth(labels.targets)), atol=1e-3)


@pytest.mark.parametrize("head", [p for p in SETTINGS if p.bias == "zero"], ids=lambda h: h.spec)
def test_a_module_starts_at_the_promised_loss_and_learns(head):
    for kind in head.rules:
        labels = labels_of(kind, 4, rows=300)
        told = torch.nan_to_num(torch.from_numpy(labels.task.truth(labels.targets)))
        module = head.with_settings(bias="prior").module(told.shape[1], labels.task, labels.targets)
        targets = module.encode(labels.targets)
        promised = module.head.initial_loss(labels.task, labels.targets)
        assert module.loss(module(told), targets).item() == pytest.approx(promised, rel=1e-5)
        optimiser = torch.optim.Adam(module.parameters(), 0.05)
        for _ in range(60):
            loss = module.loss(module(told), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assert loss.item() < promised - 0.05 * abs(promised), kind
        assert module.log_probs(module(told)).shape == (300, labels.task.n_outputs)
