import numpy as np
from scipy.special import expit, log_softmax

from labelwise.decisions.rows import log_shares, only, ranks, sigmoid


def test_links_are_scipys():
    z = np.random.default_rng(0).normal(size=(50, 4)) * 20
    np.testing.assert_allclose(log_shares(z), log_softmax(z, axis=1), atol=1e-12)
    np.testing.assert_allclose(sigmoid(z), expit(z), rtol=1e-12)
    assert sigmoid(np.array([-1e300, 1e300])).tolist() == [0, 1]


def test_of_equal_values_the_first_is_higher():
    assert ranks(np.array([[1.0, 2.0, 2.0, 0.0]])).tolist() == [[2, 0, 1, 3]]


def test_only_marks_one_or_none():
    assert only(np.array([1, 3]), 3).tolist() == [[False, True, False], [False, False, False]]
