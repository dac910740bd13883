"""Spaces of ordered classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.heads.ordinal_spaces import (
    ADJACENT_SPACE,
    CORAL_SPACE,
    CORN_SPACE,
    cumulative_shares,
    gaps_of,
    rank_shares,
    threshold_space,
)
from labelwise.reference import ordinal
from labelwise.task import Task

FIVE = Task("ordinal", tuple("abcde"))


def test_outputs_and_constants():
    for space in (ADJACENT_SPACE, CORAL_SPACE, threshold_space("probit")):
        assert (space.outputs(FIVE), space.constants(FIVE)) == (5, 4)
    assert (CORN_SPACE.outputs(FIVE), CORN_SPACE.constants(FIVE)) == (4, 0)


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=6), st.floats(-20, 20))
def test_gaps_give_the_thresholds_back(steps, first):
    theta = first + np.cumsum([0.0, *steps])
    z = np.array([[0.0, *gaps_of(theta)]])
    np.testing.assert_allclose(ordinal.thresholds(z)[0], theta, rtol=1e-9, atol=1e-9)


def test_shares_are_never_nothing_and_sum_to_one():
    rows = np.eye(4)[[0, 0, 2, 2, 2]]
    assert rank_shares(rows).sum() == pytest.approx(1)
    assert (rank_shares(rows) > 0).all()
    assert (np.diff(cumulative_shares(rows)) > 0).all()
    assert cumulative_shares(rows)[-1] < 1
