"""Our updates with a rate per trial against torch.optim with each rate alone."""

import pytest
import torch

from labelwise.training.optimisers import OPTIMISERS

THEIRS = {
    "sgd": lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9),
    "adam": lambda p, rate: torch.optim.Adam(p, lr=rate),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_are_those_of_torch(name):
    rates = torch.tensor([0.001, 0.03, 0.3], dtype=torch.float64)
    start = [torch.randn(3, 4, 5, dtype=torch.float64), torch.randn(3, 1, 5, dtype=torch.float64)]
    gradients = [[torch.randn_like(p) * 10.0 ** torch.randint(-4, 3, (1,)) for p in start] for _ in range(50)]
    ours = [p.clone() for p in start]
    step = OPTIMISERS[name].start(ours, [rates[:, None, None]] * 2)
    for g in gradients:
        step([x.clone() for x in g])
    for t, rate in enumerate(rates.tolist()):
        theirs = [torch.nn.Parameter(p[t].clone()) for p in start]
        optimiser = THEIRS[name](theirs, rate)
        for g in gradients:
            for p, x in zip(theirs, g, strict=True):
                p.grad = x[t].clone()
            optimiser.step()
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a[t], b.data, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_scale_free_means_that_the_size_of_the_loss_does_not_matter(name):
    ends = []
    for scale in (1.0, 1000.0):
        torch.manual_seed(0)
        p = [torch.zeros(1, 3, 3, dtype=torch.float64)]
        step = OPTIMISERS[name].start(p, [torch.full((1, 1, 1), 0.01, dtype=torch.float64)])
        for _ in range(20):
            step([torch.randn(1, 3, 3, dtype=torch.float64) * scale])
        ends.append(p[0])
    assert torch.allclose(*ends, rtol=1e-4) is OPTIMISERS[name].scale_free


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_grid_of_rates_ascends_and_is_wide(name):
    optimiser = OPTIMISERS[name]
    assert optimiser.name == name
    assert list(optimiser.rates) == sorted(set(optimiser.rates))
    assert len(optimiser.rates) >= 5
    assert optimiser.rates[-1] / optimiser.rates[0] >= 300, "losses differ by the number of classes"
