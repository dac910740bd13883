"""Linear layers over very many labels: the same numbers as on whole logits, without ever having them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from labelwise.errors import InputError, OptionError
from labelwise.heads import chunked, head_from
from labelwise.heads.chunked.forms import FORMS
from labelwise.heads.chunked.losses import SoftmaxLoss, ZlprLoss
from labelwise.heads.sides import Side
from labelwise.task import read_labels

LOSSES = {
    "bce": chunked.CellLoss(Side(), Side()),
    "bce_weighted_mean": chunked.CellLoss(Side(), Side(weight=3), share=1 / 11),
    "focal": chunked.CellLoss(Side(0.75, gamma=2), Side(0.25, gamma=2)),
    "focal_half": chunked.CellLoss(Side(0.75, gamma=0.5), Side(0.25, gamma=0.5)),
    "asl": chunked.CellLoss(Side(gamma=4, margin=0.05), Side(gamma=1)),
    "asl_other": chunked.CellLoss(Side(gamma=0.5, margin=0.2), Side()),
    "asl_without_focus": chunked.CellLoss(Side(margin=0.1), Side(gamma=2.5)),
    "softmax": SoftmaxLoss(),
    "zlpr": ZlprLoss(),
}
NAMES = sorted(LOSSES)
ROWS = [[1, 4], [], [2], [0, 10], [5], [3, 4, 5, 6], list(range(11))]


def layer(n=7, d=3, c=11, dtype=torch.float64, scale=1.0):
    torch.manual_seed(0)
    parts = (torch.randn(n, d), torch.randn(c, d) * scale, torch.randn(c))
    return tuple(part.to(dtype).requires_grad_() for part in parts)


def dense(name, z, y):
    """The formulas on whole logits, term by term (losses.md B2, B4, B5, B6, B8), differentiable."""
    loss = LOSSES[name]
    if isinstance(loss, chunked.CellLoss):

        def side(s, u):
            over = (u.sigmoid() - s.margin).clamp(min=0)
            return s.weight * over**s.gamma * -torch.log1p(-over)

        return torch.where(y == 1, side(loss.yes, -z), side(loss.no, z)).sum(1) * loss.share
    k = y.sum(1)
    if name == "softmax":
        return torch.where(k > 0, -(z.log_softmax(1) * y).sum(1) / k.clamp(min=1), 0)
    return torch.log1p((z.exp() * (1 - y)).sum(1)) + torch.log1p(((-z).exp() * y).sum(1))


def indicator(rows, c):
    y = torch.zeros(len(rows), c, dtype=torch.float64)
    for i, row in enumerate(rows):
        y[i, list(row)] = 1
    return y


def with_gradients(rows, parts, upstream):
    return (rows.detach(), *torch.autograd.grad((rows * upstream).sum(), parts))


@pytest.mark.parametrize("name", NAMES)
def test_rows_and_gradients_are_those_of_whole_logits(name):
    parts = layer()
    upstream = torch.linspace(-1, 2, 7, dtype=torch.float64)  # of either sign, and none of them alike
    x, weight, bias = parts
    ours = with_gradients(chunked.loss_rows(x, weight, bias, ROWS, LOSSES[name], chunk=(3, 4)), parts, upstream)
    theirs = with_gradients(dense(name, x @ weight.T + bias, indicator(ROWS, 11)), parts, upstream)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_agree_with_differences(name):
    x, weight, bias = layer(5, 2, 6)
    rows = [[1, 4], [], [2], [0, 5], [3]]
    assert torch.autograd.gradcheck(
        lambda *parts: chunked.loss_rows(*parts, rows, LOSSES[name], chunk=(2, 4)), (x, weight, bias)
    )


@settings(max_examples=40)
@given(
    name=st.sampled_from(NAMES),
    chunk=st.tuples(st.integers(1, 9), st.integers(1, 13)),
    biased=st.booleans(),
    rows=st.lists(st.sets(st.integers(0, 10)), min_size=7, max_size=7),
)
def test_the_size_of_a_tile_changes_nothing(name, chunk, biased, rows):
    parts = layer()[: 3 if biased else 2]
    given_rows = [sorted(row) for row in rows]
    results = [
        with_gradients(
            chunked.loss_rows(*parts, *(() if biased else (None,)), given_rows, LOSSES[name], chunk=size), parts, 1.0
        )
        for size in (chunk, None)
    ]
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-12)


GOLDEN = {  # losses.md B, z = (1.5, -.5, .25, -2), labels 0 and 2
    "bce": (1.3783576931, [-0.18242552, 0.37754067, -0.4378235, 0.11920292]),
    "focal": (0.0813088746, [-0.00425778, 0.10345275, -0.05201409, 0.00365321]),
    "asl": (0.2934715532, [-0.06331915, 0.01712967, -0.33344774, 0.00001257]),
    "zlpr": (1.2490691060, [-0.11145747, 0.34820743, -0.3890248, 0.07769558]),
    "softmax": (0.9979677174, [0.18868747, 0.09320371, -0.30268774, 0.02079656]),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values(name):
    loss, gradient = GOLDEN[name]
    z = torch.tensor([[1.5], [-0.5], [0.25], [-2.0]], dtype=torch.float64, requires_grad=True)
    row = chunked.loss_rows(torch.ones(1, 1), z, None, [[0, 2]], LOSSES[name], chunk=(1, 3))
    row.sum().backward()
    assert row.item() == pytest.approx(loss, abs=6e-11)
    np.testing.assert_allclose(z.grad[:, 0], gradient, atol=6e-9)


def test_golden_values_of_other_settings():
    z = torch.tensor([[1.5], [-0.5], [0.25], [-2.0]], dtype=torch.float64)

    def row(positives, loss):
        return chunked.loss(torch.ones(1, 1), z, None, positives, loss).item()

    assert row([[0, 2]], "sigmoid(reduction=sum_labels,pos_weight=3)") == pytest.approx(2.9330630888, abs=6e-11)
    assert row([[0, 2]], "sigmoid") == pytest.approx(0.3445894233, abs=6e-11)
    assert row([[1]], "softmax") == pytest.approx(2.3729677174, abs=6e-11)
    assert row([[]], ZlprLoss()) == pytest.approx(2.0159132341, abs=6e-11)


@pytest.mark.parametrize(
    ("name", "loss", "gradient"),
    [
        ("bce", 2e4, [0, 0, 1, -1]),
        ("focal_half", 1e4, [0, 0, 0.75, -0.25]),
        ("asl", 10002.4400426601, [0, 0, 0, -1]),  # the negative side is bounded by its margin
        ("zlpr", 2e4, [0, 0, 1, -1]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_logits_of_ten_thousand(name, loss, gradient, dtype):
    """Right, right, wrong, wrong (losses.md B, golden values at 1e4)."""
    z = torch.tensor([[1e4], [-1e4], [1e4], [-1e4]], dtype=dtype, requires_grad=True)
    row = chunked.loss_rows(torch.ones(1, 1, dtype=dtype), z, None, [[0, 3]], LOSSES[name])
    row.sum().backward()
    assert row.item() == pytest.approx(loss, rel=1e-6)
    np.testing.assert_allclose(z.grad[:, 0], gradient, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [20.0, 88.8, 104.0, 1e4, 6e4])
def test_extreme_logits_stay_finite(name, size):
    weight = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]], requires_grad=True)
    x = torch.tensor([[size], [-size], [0.0]], requires_grad=True)
    rows = chunked.loss_rows(x, weight, None, [[0, 3], [], [0, 1, 2, 3]], LOSSES[name], chunk=(2, 3))
    rows.sum().backward()
    assert rows.isfinite().all()
    assert x.grad.isfinite().all()
    assert weight.grad.isfinite().all()


@pytest.mark.parametrize("name", ["bce", "softmax", "zlpr"])
def test_small_losses_keep_their_digits(name):
    z = torch.tensor([[30.0], [-30.0], [-40.0]], dtype=torch.float64)
    row = chunked.loss_rows(torch.ones(1, 1), z, None, [[0]], LOSSES[name])
    exact = {"bce": 2 * np.exp(-30) + np.exp(-40), "softmax": np.exp(-60), "zlpr": 2 * np.exp(-30) + np.exp(-40)}
    np.testing.assert_allclose(row.item(), exact[name], rtol=1e-12, atol=1e-16 if name == "softmax" else 0)


@pytest.mark.parametrize("name", NAMES)
def test_rows_without_labels(name):
    x, weight, bias = layer(4, 3, 11)
    rows = chunked.loss_rows(x, weight, bias, [[], [], [], []], LOSSES[name])
    torch.testing.assert_close(rows, dense(name, x @ weight.T + bias, torch.zeros(4, 11, dtype=torch.float64)))
    if name == "softmax":
        (gradient,) = torch.autograd.grad(rows.sum(), weight)
        assert not gradient.any()


@pytest.mark.parametrize("name", NAMES)
def test_no_rows(name):
    x, weight, bias = layer(0, 3, 11)
    loss = chunked.loss(x, weight, bias, [], LOSSES[name])
    loss.backward()
    assert loss == 0
    assert x.grad.shape == (0, 3)
    assert not weight.grad.any()
    assert not bias.grad.any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(name, dtype):
    """As good as the same rounded numbers in float64; the gradients lose one rounding to their own type."""
    parts = layer(dtype=dtype)
    exact = tuple(part.detach().double().requires_grad_() for part in parts)
    ours, theirs = (
        with_gradients(chunked.loss_rows(*p, ROWS, LOSSES[name], chunk=(3, 4)), p, 1.0) for p in (parts, exact)
    )
    assert ours[0].dtype == torch.float32
    torch.testing.assert_close(ours[0], theirs[0].float(), rtol=2e-6, atol=1e-7)
    for mine, other in zip(ours[1:], theirs[1:], strict=True):
        assert mine.dtype == dtype
        torch.testing.assert_close(mine, other.to(dtype), rtol=2 * torch.finfo(dtype).eps, atol=1e-6)


def test_two_hundred_thousand_labels_in_half_precision():
    """torch's cross-entropy of float16 on a CPU is infinite here (losses.md C)."""
    weight = torch.zeros(200_000, 1, dtype=torch.float16)
    x = torch.ones(2, 1, dtype=torch.float16)
    np.testing.assert_allclose(chunked.loss(x, weight, None, torch.tensor([3, 4]), "softmax"), np.log(2e5), rtol=1e-6)
    total = chunked.loss(x, weight, None, [[3], []], "sigmoid(reduction=sum_labels)")
    np.testing.assert_allclose(total, 2e5 * np.log(2), rtol=1e-6)


def test_autocast_does_not_round_the_logits():
    x, weight, bias = layer(dtype=torch.float32, scale=5)
    outside = chunked.loss_rows(x, weight, bias, ROWS, "softmax")
    with torch.autocast("cpu", torch.bfloat16):
        inside = chunked.loss_rows(x, weight, bias, ROWS, "softmax")
    assert torch.equal(inside, outside)


def test_unknown_labels_have_no_part_in_it():
    x, weight, bias = layer()
    unknown = [[0, 2], [1], [], [5], [], [], []]
    z = x @ weight.T + bias
    y, left = indicator(ROWS, 11), indicator(unknown, 11)
    expected = (functional.binary_cross_entropy_with_logits(z, y, reduction="none") * (1 - left)).sum(1)
    rows = chunked.loss_rows(x, weight, bias, [*ROWS[:6], []], LOSSES["bce"], unknown=unknown, chunk=(3, 4))
    torch.testing.assert_close(rows[:6], expected[:6])
    ours, theirs = (torch.autograd.grad(r[:6].sum(), (x, weight, bias)) for r in (rows, expected))
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)
    with pytest.raises(InputError, match="label 4 of row 0 in both"):
        chunked.loss_rows(x, weight, bias, ROWS, LOSSES["bce"], unknown=[[4], [], [], [], [], [], []])
    with pytest.raises(OptionError, match="judge each cell alone"):
        chunked.loss_rows(x, weight, bias, ROWS, "softmax", unknown=unknown)


def test_second_gradients_are_refused_and_first_ones_can_be_taken_twice():
    x, weight, bias = layer()
    loss = chunked.loss(x, weight, bias, ROWS, "softmax")
    with pytest.raises(OptionError, match="create_graph=True"):
        torch.autograd.grad(loss, x, create_graph=True)
    (once,) = torch.autograd.grad(loss, x, retain_graph=True)
    (again,) = torch.autograd.grad(loss, x)
    assert torch.equal(once, again)


def test_only_wanted_gradients_are_computed():
    x, weight, bias = layer()
    loss = chunked.loss(x.detach(), weight, bias.detach(), ROWS, "softmax")
    loss.backward()
    assert weight.grad is not None
    assert x.grad is None
    assert bias.grad is None


CSR = scipy.sparse.csr_matrix(indicator(ROWS, 11).numpy())


@pytest.mark.parametrize(
    "form",
    [
        [row[::-1] for row in ROWS],
        [torch.tensor(row, dtype=torch.int32) for row in ROWS],
        CSR,
        CSR.tocoo(),
        (CSR.indptr, CSR.indices),
        (torch.from_numpy(CSR.indptr), torch.from_numpy(CSR.indices)),
    ],
    ids=["lists", "tensors", "csr", "coo", "arrays", "pair"],
)
def test_forms_of_positives(form):
    found = chunked.positives_from(form)
    assert [found.labels[a:b].tolist() for a, b in zip(found.starts[:-1], found.starts[1:], strict=True)] == ROWS
    assert found.rows.tolist() == [i for i, row in enumerate(ROWS) for _ in row]
    assert chunked.positives_from(found) is found


def test_one_label_per_row_and_batches():
    found = chunked.positives_from(np.array([4, 0, 2]))
    assert found.starts.tolist() == [0, 1, 2, 3]
    batch = chunked.positives_from(ROWS).take(torch.tensor([5, 1, 0]))
    assert batch.starts.tolist() == [0, 4, 4, 6]
    assert batch.labels.tolist() == [3, 4, 5, 6, 1, 4]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ([[3, 1, 3]], "3 before 3 in row 0"),
        (([0, 1, 3], [0, 7, 2]), "7 before 2 in row 1"),
        ((np.array([0, 1, 3]), np.array([0, 7, 2])), "7 before 2 in row 1"),
        ((np.array([0, 2, 1]), np.array([0])), "climb"),
        ((np.array([0, 1]), np.array([0, 3])), "climb"),
        ((np.array([1, 2]), np.array([0, 3])), "climb"),
        ([[0], [2, -1]], "-1 in row 1"),
        ([[0.5]], "label indices counted from 0"),
        (np.zeros((2, 3), int), "one label per row"),
        (torch.zeros(3), "one label per row"),
        (scipy.sparse.csr_matrix([[0.0, 2.0]]), "stored value 2.0"),
        ("0,1", "str"),
        (([0], [1], [2]), "tuple"),
        (None, "NoneType"),
    ],
)
def test_labels_that_cannot_be(form, message):
    with pytest.raises(InputError) as caught:
        chunked.positives_from(form)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positives": [[0]] * 6 + [[11]]}, "positives: 11 in row 6"),
        ({"positives": [[0]] * 6}, "positives of 6 rows"),
        ({"bias": torch.zeros(3)}, "a bias (11,)"),
        ({"x": torch.zeros(7, 2)}, "x (7, 2), weight (11, 3)"),
        ({"x": torch.zeros(7, 3, dtype=torch.int64)}, "torch.int64"),
        ({"chunk": (0, 4)}, "two positive integers"),
        ({"head": "sofmax"}, "softmax (closest)"),
    ],
)
def test_inputs_that_do_not_fit(change, message):
    x, weight, bias = layer(dtype=torch.float32)
    usual = {"x": x, "weight": weight, "bias": bias, "positives": ROWS, "head": "softmax"} | change
    with pytest.raises((InputError, OptionError)) as caught:
        chunked.loss_rows(**usual)
    assert message in str(caught.value)


def test_top_labels_are_those_of_whole_logits():
    x, weight, bias = (part.detach() for part in layer())
    z, which = chunked.top_labels(x, weight, bias, 5, chunk=(3, 2))
    expected = (x @ weight.T + bias).topk(5)
    torch.testing.assert_close(z, expected.values)
    assert torch.equal(which, expected.indices)
    with pytest.raises(OptionError, match="k from 1 to 11"):
        chunked.top_labels(x, weight, bias, 12)


def test_a_layer_learns_and_starts_at_the_label_counts():
    torch.manual_seed(0)
    targets = torch.randint(0, 40, (200,))
    x = functional.one_hot(targets, 40).float() + 0.1 * torch.randn(200, 40)
    positives = chunked.positives_from(targets)
    net = chunked.Linear(40, 40, "sigmoid(reduction=sum_labels,bias=prior)", positives=positives, chunk=(64, 16))
    share = (torch.bincount(targets, minlength=40).double() + 0.5) / 201
    torch.testing.assert_close(net.bias.detach().double(), share.logit(), rtol=1e-6, atol=1e-6)
    optimiser = torch.optim.SGD(net.parameters(), lr=5.0)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = net(x, positives)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3
    assert (net.top_labels(x, 1)[1][:, 0] == targets).float().mean() > 0.95
    torch.testing.assert_close(net.loss_rows(x, positives).mean(), net(x, positives))
    torch.nn.Linear(40, 40).load_state_dict(net.state_dict())


SPECS = [
    "sigmoid",
    "sigmoid(reduction=sum_labels,pos_weight=3)",
    "focal",
    "focal(gamma=0.5,alpha=0.6,reduction=mean_labels)",
    "asl",
    "asl(gamma_neg=0.5,gamma_pos=0,margin=0.2)",
    "softmax",
    "zlpr",
]


@pytest.mark.parametrize("spec", SPECS)
def test_each_form_is_its_head(spec):
    x, weight, bias = layer()
    y = indicator(ROWS, 11)
    head = head_from(spec)
    labels = read_labels(y.numpy(), kind="multilabel")
    targets = torch.from_numpy(head.encode(labels.task, labels.targets))
    ours = chunked.loss_rows(x, weight, bias, ROWS, spec, chunk=(3, 4))
    torch.testing.assert_close(ours, head.loss_rows(x @ weight.T + bias, targets), rtol=1e-6, atol=1e-7)
    if spec != "zlpr":
        prior = head.with_settings(bias="prior")
        net = chunked.Linear(3, 11, prior, positives=ROWS, dtype=torch.float64)
        expected = prior.initial_bias(labels.task, labels.targets)
        np.testing.assert_allclose(net.bias.detach(), expected, rtol=1e-6, atol=1e-6)


def test_every_form_is_tried():
    assert {head_from(spec).name for spec in SPECS} == set(FORMS)


def test_heads_and_settings_without_a_form():
    with pytest.raises(OptionError, match=r"label_smoothing=0\.1"):
        chunked.Linear(2, 5, "softmax(label_smoothing=0.1)")
    with pytest.raises(OptionError, match="head with a chunked form 'two_way'"):
        chunked.Linear(2, 5, "two_way")


def test_a_prior_needs_labels_that_are_apart():
    with pytest.raises(OptionError, match="no labels of the training rows"):
        chunked.Linear(2, 5, "softmax(bias=prior)")
    with pytest.raises(OptionError, match="depend on each other"):
        chunked.Linear(2, 5, "zlpr(bias=prior)", positives=[[1]])


PEAK = """
import torch
from labelwise.heads import chunked

def peak():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))

def step(n, head):
    x = torch.randn(n, 16, requires_grad=True)
    chunked.loss(x, weight, bias, torch.arange(n), head).backward()

weight, bias = torch.zeros(50_000, 16, requires_grad=True), torch.zeros(50_000, requires_grad=True)
for head in ("sigmoid", "softmax"):
    step(1, head)
before = peak()
for head in ("sigmoid", "softmax"):
    step(2048, head)
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which Linux has")
def test_memory_is_a_few_tiles_whatever_the_batch():
    """The logits of this batch would be 390 MiB; beside tiles of 16 MiB there are gradients of 3 MiB."""
    told = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    assert float(told.stdout) < 64
