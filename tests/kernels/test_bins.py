import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.kernels import bins, row_statistics
from labelwise.kernels.bins import Tally, bin_of


def test_bins_are_open_below_and_closed_above():
    assert bin_of(np.array([0, 0.1, 0.2, 0.2000001, 1, np.nan]), 5).tolist() == [0, 0, 0, 1, 4, 0]


def test_bins_of_parts_add_up():
    rng = np.random.default_rng(3)
    z, y = rng.normal(size=(60, 5)), rng.integers(5, size=60)
    whole = row_statistics(z, y).bins
    parts = row_statistics(z[:17], y[:17]).bins + row_statistics(z[17:], y[17:]).bins
    assert np.array_equal(whole.count, parts.count)
    assert np.allclose(whole.ece, parts.ece)


@given(
    st.integers(1, 30), st.integers(2, 9), st.integers(1, 20), st.integers(0, 2**31), st.sampled_from([1, 7, 10_000])
)
def test_cells_handed_over_in_any_portions_give_the_sums_of_all_cells(n, width, count, seed, at_a_time):
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.full(width, 0.3), n), rng.integers(width, size=n)
    tally = Tally(width, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bins, "AT_A_TIME", at_a_time)
        for row, true in zip(p, y, strict=True):
            top = row.argmax()
            others = np.where(np.arange(width) == top, 0, row)
            high = np.flatnonzero(others > 1 / count)
            tally.rows += 1
            tally.sums += others
            tally.add("high", high, others[high])
            tally.add("decided", np.array([top]), row[[top]])
            tally.add("true", np.array([true]), row[[true]])
        found = tally.finished()
    place = bin_of(p, count)
    for j in range(width):
        assert np.array_equal(found.count[j], np.bincount(place[:, j], minlength=count))
        assert np.allclose(found.confidence[j], np.bincount(place[:, j], p[:, j], count))
        assert np.array_equal(found.correct[j], np.bincount(place[:, j], y == j, count))
