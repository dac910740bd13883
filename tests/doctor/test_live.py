import copy

import pytest

from labelwise.doctor import check_model
from labelwise.errors import InputError

torch = pytest.importorskip("torch")

nn, F = torch.nn, torch.nn.functional


def batch(n=8, d=4, c=3):
    torch.manual_seed(0)
    return torch.randn(n, d), torch.arange(n) % c


def slugs(*layers, loss=None, data=None, **more):
    torch.manual_seed(0)
    model = nn.Sequential(*layers)
    return {f.slug for f in check_model(model, loss or nn.CrossEntropyLoss(), data or batch(), **more)}


def binary(n=8, k=1):
    torch.manual_seed(0)
    return torch.randn(n, 4), (torch.rand(n, k) > 0.5).float()


def test_each_pair_is_told():
    assert slugs(nn.Linear(4, 3), nn.Softmax(1)) == {"double-softmax"}
    assert slugs(nn.Linear(4, 3), nn.Sigmoid()) == {"sigmoid-before-ce"}
    assert slugs(nn.Linear(4, 3), nn.ReLU()) == {"relu-before-output"}
    assert slugs(nn.Linear(4, 3), nn.Softmax(1), loss=nn.NLLLoss()) == {"nll-on-softmax"}
    assert slugs(nn.Linear(4, 3), loss=nn.NLLLoss()) == {"nll-on-logits"}
    assert slugs(nn.Linear(4, 2), nn.Sigmoid(), loss=nn.BCEWithLogitsLoss(), data=binary(k=2)) == {"double-sigmoid"}
    assert slugs(nn.Linear(4, 3), nn.Softmax(1), loss=nn.BCELoss(), data=binary(k=3)) == {"bce-with-softmax"}
    assert slugs(nn.Linear(4, 3), nn.Softmax(1), loss=lambda o, y: F.nll_loss(o.log(), y)) == {"unstable-log-softmax"}


def test_right_pairs_are_silent():
    assert slugs(nn.Linear(4, 3)) == set()
    assert slugs(nn.Linear(4, 3), nn.LogSoftmax(1), loss=nn.NLLLoss()) == set()
    assert slugs(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 3)) == set()
    assert slugs(nn.Linear(4, 1), loss=nn.BCEWithLogitsLoss(), data=binary()) == set()
    assert slugs(nn.Linear(4, 1), nn.Sigmoid(), loss=nn.BCELoss(), data=binary()) == set()
    assert slugs(nn.Linear(4, 1), loss=nn.MSELoss(), data=binary()) == set()


def test_axes_and_constants():
    assert slugs(nn.Linear(4, 3), nn.Softmax(0), loss=nn.NLLLoss()) >= {"softmax-wrong-dim"}
    assert "softmax-one-unit" in slugs(nn.Linear(4, 1), data=(torch.randn(8, 4), torch.zeros(8, dtype=torch.long)))


def test_the_layer_is_named():
    torch.manual_seed(0)
    (finding,) = check_model(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)), nn.CrossEntropyLoss(), batch())
    assert "1 (Softmax)" in finding.message


def test_the_model_is_left_as_it_was():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3))
    model[1].eval()
    x, y = batch()
    nn.CrossEntropyLoss()(model(x), y).backward()
    before = copy.deepcopy(model.state_dict())
    gradients = [p.grad.clone() for p in model.parameters()]
    modes = [m.training for m in model.modules()]
    state = torch.get_rng_state()
    hooks = [len(m._forward_hooks) for m in model.modules()]
    check_model(model, nn.CrossEntropyLoss(), (x, y), fresh=True)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert all(torch.equal(a, p.grad) for a, p in zip(gradients, model.parameters(), strict=True))
    assert modes == [m.training for m in model.modules()]
    assert torch.equal(state, torch.get_rng_state())
    assert hooks == [len(m._forward_hooks) for m in model.modules()]


def test_it_is_left_as_it_was_even_when_the_loss_fails():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = copy.deepcopy(model.state_dict())

    def loss(out, y):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        check_model(model, loss, batch())
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert model.training
    assert not model[0]._forward_hooks


def test_an_untrained_head_is_held_against_theory():
    model = nn.Linear(4, 3)
    with torch.no_grad():
        model.weight.mul_(100)
    assert {f.slug for f in check_model(model, nn.CrossEntropyLoss(), batch(), fresh=True)} == {"initial-loss"}
    assert not check_model(model, nn.CrossEntropyLoss(), batch())


class AcrossRows(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        z = self.fc(x)
        return z - z.mean(0)


def test_rows_that_depend_on_each_other_are_told():
    torch.manual_seed(0)
    assert {f.slug for f in check_model(AcrossRows(), nn.CrossEntropyLoss(), batch())} == {"softmax-wrong-dim"}


def test_what_is_no_batch_is_refused():
    with pytest.raises(InputError):
        check_model(nn.Linear(4, 3), nn.CrossEntropyLoss(), torch.zeros(3))
    with pytest.raises(InputError):
        check_model(nn.Linear(4, 3), nn.CrossEntropyLoss(reduction="none"), batch())


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return {"a": self.a(x), "b": self.b(x)}


@pytest.mark.parametrize(
    ("weight", "expected"), [(1.0, set()), (1e-4, {"head-gradient-scale"}), (0.0, {"head-gradient-scale"})]
)
def test_the_scale_of_the_gradient_is_compared_between_heads(weight, expected):
    torch.manual_seed(0)

    def loss(out, y):
        return F.cross_entropy(out["a"], y) + weight * F.cross_entropy(out["b"], y)

    assert {f.slug for f in check_model(TwoHeads(), loss, batch())} == expected
