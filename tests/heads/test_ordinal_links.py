"""Links in torch against the oracle, on grids that cross every branch."""

import numpy as np
import pytest
import torch

from labelwise.heads.ordinal_links import CUMULATIVE
from labelwise.reference.cumulative import CUMULATIVE as ORACLE
from labelwise.reference.pieces import softplus

X = np.concatenate([np.linspace(-45, 45, 181), [-1e25, -1e6, -500.0, 500.0, 1e6, 1e25]])


@pytest.mark.parametrize("name", CUMULATIVE)
def test_ends_agree_with_the_oracle(name):
    for side in ("below", "above"):
        x = torch.tensor(X, requires_grad=True)
        value = getattr(CUMULATIVE[name], side)(x)
        (slope,) = torch.autograd.grad(value.sum(), x)
        expected, expected_slope = getattr(ORACLE[name], side)(X)
        np.testing.assert_allclose(value.detach(), expected, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(slope, expected_slope, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", CUMULATIVE)
@pytest.mark.parametrize("gap", [-1e4, -37.0, -20.0, -3.0, 0.0, 1.0, 6.0, 80.0, 1e6])
def test_ranks_between_agree_with_the_oracle(name, gap):
    low, delta = (
        torch.tensor(X, requires_grad=True),
        torch.full((len(X),), gap, dtype=torch.float64, requires_grad=True),
    )
    high = low + softplus(gap)
    value = CUMULATIVE[name].between(low, high, delta)
    by_low, by_gap = torch.autograd.grad(value.sum(), (low, delta))
    expected, (a, b, c) = ORACLE[name].between(X, X + softplus(gap), np.full(len(X), gap))
    np.testing.assert_allclose(value.detach(), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(by_low, a + b, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(by_gap, c, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", CUMULATIVE)
def test_second_derivatives_are_finite_everywhere(name):
    for gap in (-1e4, -37.0, 0.0, 6.0, 1e6):
        low = torch.tensor(X, requires_grad=True)
        delta = torch.full_like(low, gap, requires_grad=True)
        value = CUMULATIVE[name].between(low, low + softplus(gap), delta).sum()
        value = value + CUMULATIVE[name].below(low).sum() + CUMULATIVE[name].above(low).sum()
        first = torch.autograd.grad(value, (low, delta), create_graph=True)
        second = torch.autograd.grad(sum(g.sum() for g in first), (low, delta), allow_unused=True)
        assert all(g is None or g.isfinite().all() for g in (*first, *second))
