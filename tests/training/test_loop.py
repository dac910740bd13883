"""Stacked training is the same training: each trial ends with the weights it would have had alone."""

import dataclasses
from collections import Counter
from itertools import chain

import numpy as np
import pytest
import torch
from torch.nn import functional

from labelwise.heads import HEADS, Head, head_from
from labelwise.task import read_labels
from labelwise.training import loop
from labelwise.training.backbones import BACKBONES, Backbone
from labelwise.training.loop import Budget, Outcome, Parts, Trial, batch_sizes, train_stack
from labelwise.training.optimisers import OPTIMISERS

ROWS, VALIDATION, INPUTS, CLASSES = 330, 40, 12, 4
SPECS = ("softmax", "sigmoid", "sigmoid(reduction=sum_labels,bias=prior)", "sigmoid(pos_weight=3)")


def parts_of(kind="multiclass", seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS + VALIDATION, INPUTS)).astype(np.float32)
    scores = x[:, :CLASSES] + rng.normal(0, 0.5, (len(x), CLASSES))
    if kind == "multilabel":
        y = (scores > 0.3).astype(float)
        y[rng.random(y.shape) < 0.05] = np.nan
    else:
        y = scores.argmax(1) if kind == "multiclass" else scores[:, 0] > 0
    labels = read_labels(y)
    train, validation = slice(0, ROWS), slice(ROWS, None)
    others = {"validation": torch.from_numpy(x[validation]), "test": torch.from_numpy(x[validation] + 1)}
    return Parts(labels.task, torch.from_numpy(x[train]), labels.targets[train], others, labels.targets[validation])


@pytest.fixture
def networks(monkeypatch):
    """Every network that is trained, in order."""
    made = []
    build = loop.build_network

    def recorded(*arguments):
        made.append(build(*arguments))
        return made[-1]

    monkeypatch.setattr(loop, "build_network", recorded)
    return made


def run(trials, parts, backbone="mlp", optimiser="adam", epochs=10, batch_size=64, seed=3) -> list[Outcome]:
    backbone = BACKBONES[backbone] if isinstance(backbone, str) else backbone
    return train_stack(trials, parts, backbone=backbone, budget=Budget(epochs, batch_size, optimiser), seed=seed)


# ------------------------------------------------------------------ stacked == alone


@pytest.fixture
def double():
    """Train in float64, where rounding has no time to grow."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("backbone", ["linear", "mlp"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
def test_a_stacked_trial_ends_with_the_weights_it_has_alone(backbone, optimiser, kind, networks):
    """50 steps (10 epochs of 5 batches) of every head at two rates."""
    together_and_alone(networks, parts_of(kind), backbone, optimiser, OPTIMISERS[optimiser].rates[:3:2], 1e-5)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
def test_but_for_rounding_they_are_the_same_at_any_rate(optimiser, kind, networks, double):
    parts = parts_of(kind)
    parts = dataclasses.replace(
        parts, train=parts.train.double(), others={name: x.double() for name, x in parts.others.items()}
    )
    together_and_alone(networks, parts, "mlp", optimiser, OPTIMISERS[optimiser].rates[1:6:2], 1e-8)


def together_and_alone(networks, parts, backbone, optimiser, rates, near):
    trials = [Trial(head_from(spec), rate) for spec in SPECS for rate in rates]
    together = run(trials, parts, backbone, optimiser, batch_size=66)
    stack = networks[0]
    for t, trial in enumerate(trials):
        (alone,) = run([trial], parts, backbone, optimiser, batch_size=66)
        width = trial.head.n_outputs(parts.task)
        for stacked, single in zip(stack.parameters, networks[-1].parameters, strict=True):
            torch.testing.assert_close(stacked[t, ..., : single.shape[-1]], single[0], rtol=near, atol=near)
        np.testing.assert_allclose(together[t].history, alone.history, rtol=1e-4, atol=1e-5)
        for part in ("validation", "test"):
            assert together[t].logits[part].shape == (VALIDATION, width)
            np.testing.assert_allclose(together[t].logits[part], alone.logits[part], rtol=1e-4, atol=1e-4)
        assert together[t].gradient_norm == pytest.approx(alone.gradient_norm, rel=1e-5)
        assert together[t].initial_loss == pytest.approx(alone.initial_loss, rel=1e-6)


def test_a_trial_that_diverges_does_not_touch_its_neighbours():
    parts = parts_of()
    calm = Trial(HEADS["softmax"], 0.1)
    wild = Trial(HEADS["sigmoid"], 1e38)
    (alone,) = run([calm], parts, optimiser="sgd")
    beside = run([wild, calm], parts, optimiser="sgd")
    assert beside[0].diverged
    assert not beside[1].diverged
    np.testing.assert_allclose(beside[1].logits["test"], alone.logits["test"], rtol=1e-4, atol=1e-5)


def test_the_loop_is_the_plain_loop_of_torch(networks):
    """The same network, batches and optimiser, written as people write it."""
    parts = parts_of()
    (outcome,) = run([Trial(HEADS["softmax"], 0.003)], parts, epochs=4, seed=5)
    draw = torch.Generator().manual_seed(5)
    hidden, last = torch.nn.Linear(INPUTS, 128), torch.nn.Linear(128, CLASSES)
    bound = INPUTS**-0.5
    with torch.no_grad():
        hidden.weight.copy_(torch.empty(INPUTS, 128).uniform_(-bound, bound, generator=draw).T)
        hidden.bias.copy_(torch.empty(128).uniform_(-bound, bound, generator=draw))
        last.weight.zero_()
        last.bias.zero_()
    net = torch.nn.Sequential(hidden, torch.nn.ReLU(), last)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.003)
    targets = torch.from_numpy(parts.train_targets)
    for epoch in range(4):
        total = 0.0
        for batch in torch.from_numpy(np.random.default_rng([5, epoch]).permutation(ROWS)).split(64):
            optimiser.zero_grad()
            loss = functional.cross_entropy(net(parts.train[batch]), targets[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        assert outcome.history[epoch, 0] == pytest.approx(total / ROWS, rel=1e-4)
    with torch.no_grad():
        np.testing.assert_allclose(outcome.logits["test"], net(parts.others["test"]), rtol=1e-3, atol=1e-4)


# ------------------------------------------------------------------ paired


def test_every_head_sees_the_same_batches_in_the_same_order(monkeypatch):
    seen = {}
    inner = Head.loss_rows

    def watched(head, z, y):
        seen.setdefault(head.name, []).append(y.tolist() if y.dim() == 1 else y.argmax(1).tolist())
        return inner(head, z, y)

    monkeypatch.setattr(Head, "loss_rows", watched)
    for spec in ("softmax", "sigmoid"):
        run([Trial(head_from(spec), 0.01)], parts_of(), epochs=2)
    assert seen["softmax"] == seen["sigmoid"]
    epochs = seen["softmax"][2:8], seen["softmax"][9:15]  # before: all rows, the first batch; between: validation
    assert seen["softmax"][1] == seen["softmax"][2]
    assert Counter(chain(*epochs[0])) == Counter(chain(*epochs[1]))
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_first_weights_below_the_head_are_the_same_for_every_trial_and_follow_the_seed(optimiser, networks):
    parts = parts_of()
    trials = [Trial(head_from(spec), 1e-30) for spec in SPECS]
    run(trials, parts, optimiser=optimiser, epochs=1, seed=1)
    run(trials[:1], parts, optimiser=optimiser, epochs=1, seed=1)
    run(trials[:1], parts, optimiser=optimiser, epochs=1, seed=2)
    for stacked, single, other in zip(*(network.parameters[:2] for network in networks), strict=True):
        for t in range(len(trials)):
            torch.testing.assert_close(stacked[t], single[0], rtol=0, atol=1e-20)
        assert (single - other).abs().max() > 0.01


def test_the_same_seed_gives_the_same_numbers_and_leaves_torchs_own_state_alone():
    parts = parts_of()
    trial = Trial(HEADS["sigmoid"], 0.01)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first = run([trial], parts, epochs=2)[0].logits["test"]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(8)
    np.testing.assert_array_equal(run([trial], parts, epochs=2)[0].logits["test"], first)


# ------------------------------------------------------------------ what is written down


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
def test_the_first_loss_seen_is_the_one_expected(spec, kind):
    (outcome,) = run([Trial(head_from(spec), 0.01)], parts_of(kind), epochs=1)
    assert outcome.initial_loss == pytest.approx(outcome.expected_loss, rel=1e-6)


def test_the_first_gradient_norm_is_that_of_the_first_batch():
    parts = parts_of()
    (outcome,) = run([Trial(HEADS["softmax"], 0.01)], parts, epochs=2)
    assert outcome.gradient_norm == pytest.approx(np.sqrt((0.75**2 + 3 * 0.25**2) / 64), rel=1e-5)


def test_history_has_both_losses_of_every_epoch_and_progress_is_told(monkeypatch):
    told = []
    parts = parts_of()
    (outcome,) = train_stack(
        [Trial(HEADS["softmax"], 0.01)],
        parts,
        backbone=BACKBONES["linear"],
        budget=Budget(3, 64, "adam"),
        seed=0,
        progress=told.append,
    )
    assert told == [1, 2, 3]
    assert outcome.history.shape == (3, 2)
    z = torch.from_numpy(outcome.logits["validation"])
    last = HEADS["softmax"].loss(z, torch.from_numpy(parts.validation_targets)).item()
    assert outcome.history[-1, 1] == pytest.approx(last, rel=1e-5)


def test_large_parts_are_evaluated_in_pieces_without_a_trace(monkeypatch):
    parts = parts_of()
    trials = [Trial(head_from(spec), 0.01) for spec in SPECS]
    whole = run(trials, parts, epochs=1)
    monkeypatch.setattr(loop, "EVALUATION_ROWS", 7)
    for a, b in zip(whole, run(trials, parts, epochs=1), strict=True):
        np.testing.assert_allclose(a.history, b.history, rtol=1e-5)
        assert a.initial_loss == pytest.approx(b.initial_loss, rel=1e-6)
        np.testing.assert_allclose(a.logits["test"], b.logits["test"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("rows", "size", "lengths"),
    [(10, 4, [4, 4, 2]), (9, 4, [4, 5]), (8, 4, [4, 4]), (1, 4, [1]), (3, 1, [1, 1, 1]), (5, 8, [5])],
)
def test_a_row_is_never_left_alone_in_the_last_batch(rows, size, lengths):
    assert batch_sizes(rows, size) == lengths


def test_trials_with_rates_that_look_alike_have_different_names():
    head = HEADS["softmax"]
    assert Trial(head, 0.001).key == "softmax@0.001"
    assert Trial(head, 0.001).key != Trial(head, 0.00100000001).key


# ------------------------------------------------------------------ modules


def images_of():
    rng = np.random.default_rng(0)
    labels = read_labels(rng.integers(0, 3, 65))  # one row more than a batch
    x = torch.from_numpy(rng.normal(size=(65, 1, 8, 8)).astype(np.float32))
    return Parts(labels.task, x, labels.targets, {"validation": x[:20]}, labels.targets[:20])


def test_a_cnn_is_trained_on_images_one_trial_at_a_time():
    parts = images_of()
    for spec in ("softmax", "sigmoid"):
        (outcome,) = run([Trial(head_from(spec), 0.003)], parts, "cnn", epochs=30)
        assert outcome.initial_loss == pytest.approx(outcome.expected_loss, rel=1e-6)
        assert outcome.history[-1, 0] < 0.7 * outcome.history[0, 0], "it learns the rows by heart"
        assert outcome.logits["validation"].shape == (20, 3)


def factory_with(*layers):
    def factory(shape):
        return torch.nn.Sequential(torch.nn.Flatten(), *[layer() for layer in layers])

    return Backbone("mine", "mine", factory=factory)


def test_modules_with_state_lazy_layers_and_chance_are_paired_too(networks):
    backbone = factory_with(lambda: torch.nn.LazyLinear(16), lambda: torch.nn.BatchNorm1d(16), torch.nn.Dropout)
    parts = images_of()
    first = [run([Trial(head_from(s), 0.01)], parts, backbone, epochs=2) for s in ("softmax", "softmax")]
    np.testing.assert_array_equal(first[0][0].logits["validation"], first[1][0].logits["validation"])
    run([Trial(HEADS["sigmoid"], 1e-30)], parts, backbone, epochs=1)
    run([Trial(HEADS["softmax"], 1e-30)], parts, backbone, epochs=1)
    for a, b in zip(networks[-1].parameters[:-2], networks[-2].parameters[:-2], strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-20)


def test_parts_of_a_module_that_play_no_role_do_not_stop_it():
    class Spare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = torch.nn.Linear(64, 4), torch.nn.Linear(64, 4)

        def forward(self, batch):
            return self.used(batch.flatten(1))

    backbone = Backbone("spare", "spare", factory=lambda shape: Spare())
    (outcome,) = run([Trial(HEADS["softmax"], 0.01)], images_of(), backbone, epochs=1)
    assert not outcome.diverged
