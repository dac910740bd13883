"""The arithmetic of attribution against the definition: averages over all orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelwise.comparison.lattice import interactions, marginals, path, shapley

figures = st.integers(1, 4).flatmap(
    lambda k: arrays(np.float64, st.tuples(st.integers(1, 3), st.just(2**k)), elements=st.floats(-1, 1))
)


@given(figures)
def test_shares_are_the_average_gain_over_all_orders(values):
    k = values.shape[1].bit_length() - 1
    wanted = np.zeros((len(values), k))
    orders = list(permutations(range(k)))
    for order in orders:
        mask = 0
        for i in order:
            wanted[:, i] += (values[:, mask | 1 << i] - values[:, mask]) / len(orders)
            mask |= 1 << i
    np.testing.assert_allclose(shapley(values), wanted, atol=1e-12)


@given(figures)
def test_shares_add_up_to_the_whole_gain(values):
    np.testing.assert_allclose(shapley(values).sum(1), values[:, -1] - values[:, 0], atol=1e-12)


@given(figures)
def test_shares_lie_within_the_gains_of_all_situations(values):
    for share, gains in zip(shapley(values).T, marginals(values), strict=True):
        assert (share >= gains.min(1) - 1e-12).all()
        assert (share <= gains.max(1) + 1e-12).all()


@given(figures)
def test_the_path_leads_from_none_to_all_in_order(values):
    steps = path(values)
    np.testing.assert_array_equal(steps[:, 0], values[:, 0])
    np.testing.assert_array_equal(steps[:, -1], values[:, -1])


def test_a_switch_that_does_nothing_has_no_share_and_no_interaction():
    alone = np.array([[0.1, 0.4]])
    both = np.concatenate([alone, alone], axis=1)  # bit 1 changes nothing
    assert shapley(both)[0].tolist() == pytest.approx([0.3, 0.0])
    assert interactions(both)[0, 0, 1] == pytest.approx(0)


def test_substitutes_interact_negatively_and_complements_positively():
    assert interactions(np.array([[0.0, 1.0, 1.0, 1.0]]))[0, 0, 1] == pytest.approx(-1)
    assert interactions(np.array([[0.0, 0.0, 0.0, 1.0]]))[0, 0, 1] == pytest.approx(1)
