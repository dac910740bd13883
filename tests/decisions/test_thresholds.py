"""Exact thresholds against trying every candidate, also where probabilities are tied, 0, 1 or neighbouring floats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.decisions.thresholds import NEVER, best_f1_threshold, best_labelwise_threshold, best_strict_threshold

# Few values, so that ties are common; the ends; floats without another between them.
VALUES = st.one_of(
    st.sampled_from([0.0, 0.25, 0.5, np.nextafter(0.5, 1), 0.75, np.nextafter(1.0, 0), 1.0, 5e-324, 1e-300]),
    st.floats(0, 1),
)


@st.composite
def rows_of_probabilities(draw):
    n, c = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    probs = np.array(draw(st.lists(VALUES, min_size=n * c, max_size=n * c))).reshape(n, c)
    truth = draw(st.lists(st.sampled_from([0.0, 1.0, 0.0, 1.0, np.nan]), min_size=n * c, max_size=n * c))
    return probs, np.array(truth).reshape(n, c)


def candidates(probs):
    """One threshold for every answer there is: at each probability, and above all of them."""
    return [0.0, *np.unique(probs), NEVER]


def labelwise(probs, truth, t):
    known = ~np.isnan(truth)
    return ((probs >= t) == (truth == 1))[known].mean() if known.any() else 0.0


def strict(probs, truth, t):
    known = ~np.isnan(truth)
    rows = known.any(1)
    return (((probs >= t) == (truth == 1)) | ~known).all(1)[rows].mean() if rows.any() else 0.0


def f1(probs, truth, t):
    known = ~np.isnan(truth)
    given, due = (probs >= t) & known, (truth == 1) & known
    return 2 * (given & due).sum() / (given.sum() + due.sum()) if due.any() else 0.0


@pytest.mark.parametrize(
    ("tuned", "figure"),
    [(best_labelwise_threshold, labelwise), (best_strict_threshold, strict), (best_f1_threshold, f1)],
)
@settings(max_examples=300, deadline=None)
@given(data=rows_of_probabilities())
def test_no_threshold_is_better(tuned, figure, data):
    probs, truth = data
    threshold, value = tuned(probs, truth)
    assert value == pytest.approx(max(figure(probs, truth, t) for t in candidates(probs)), abs=1e-12)
    assert value == pytest.approx(figure(probs, truth, threshold), abs=1e-12), "the threshold reaches what it promises"
    assert 0 <= threshold <= NEVER


def test_of_equally_good_gaps_the_one_nearest_a_half_and_its_middle():
    probs, truth = np.array([[0.1, 0.9, 0.2, 0.8]]), np.array([[0, 1, 0, 1]])
    assert best_labelwise_threshold(probs, truth) == (0.5, 1.0)
    level = np.array([[0.1], [0.2], [0.6], [0.9]]), np.array([[1.0], [0], [0], [1]])
    assert best_labelwise_threshold(*level).threshold == 0.75  # as good as below 0.1, and nearer


def test_a_label_that_never_occurs_is_never_given():
    """Even at a probability of exactly 1, to which a sigmoid rounds."""
    probs = np.array([0.2, 1.0])
    threshold, _ = best_f1_threshold(probs, np.zeros(2))
    assert not (probs >= threshold).any()


@pytest.mark.parametrize("tuned", [best_labelwise_threshold, best_strict_threshold, best_f1_threshold])
def test_rows_of_which_nothing_is_known_do_not_count(tuned):
    probs, truth = np.random.default_rng(0).random((20, 3)), np.eye(3)[np.arange(20) % 3]
    unknown = np.full((5, 3), np.nan)
    more = tuned(np.vstack([probs, np.full((5, 3), 0.99)]), np.vstack([truth, unknown]))
    assert more.value == pytest.approx(tuned(probs, truth).value)


@pytest.mark.parametrize("tuned", [best_labelwise_threshold, best_strict_threshold, best_f1_threshold])
def test_nothing_known_at_all(tuned):
    threshold, value = tuned(np.array([[0.3, 0.6]]), np.full((1, 2), np.nan))
    assert 0 <= threshold <= NEVER
    assert value == 0


def test_given_arrays_are_not_changed():
    probs, truth = np.array([[0.9, 0.1], [0.3, 0.8]]), np.array([[1.0, 0.0], [np.nan, 1.0]])
    before = probs.copy(), truth.copy()
    for tuned in (best_labelwise_threshold, best_strict_threshold, best_f1_threshold):
        tuned(probs, truth)
    np.testing.assert_array_equal(probs, before[0])
    np.testing.assert_array_equal(truth, before[1])
