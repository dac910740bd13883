import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from labelwise.kernels import blocks, row_statistics, rows
from labelwise.metrics import brier_rows, classwise_ece, nll_rows

shapes = st.tuples(st.integers(1, 40), st.integers(2, 12), st.integers(0, 2**31), st.floats(0.1, 30))


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def sample(shape):
    n, c, seed, scale = shape
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, c)) * scale, rng.integers(c, size=n)


@given(shapes)
def test_statistics_are_those_of_the_formulas(shape):
    z, y = sample(shape)
    p = softmax(z)
    s = row_statistics(z, y)
    assert np.array_equal(s.decision, z.argmax(1))
    assert np.allclose(s.confidence, p.max(1))
    assert np.allclose(s.nll, nll_rows(np.log(np.maximum(p, 1e-300)), y), rtol=1e-9, atol=1e-12)
    assert np.allclose(s.brier, brier_rows(p, y) * (2 if p.shape[1] == 2 else 1), atol=1e-12)
    assert np.array_equal(s.rank, (z > z[np.arange(len(y)), y][:, None]).sum(1))
    assert s.bins is not None
    assert np.nanmean(s.bins.ece) == pytest.approx(classwise_ece(p, y), abs=1e-9)
    assert np.allclose(s.bins.confidence.sum(), len(y))
    assert (s.bins.count.sum(1) == len(y)).all()


@given(shapes, st.sampled_from([np.float16, np.float32]))
def test_narrow_floats_come_close(shape, kind):
    z, y = sample(shape)
    z = z.astype(kind)
    wide, narrow = row_statistics(z.astype(np.float64), y), row_statistics(z, y)
    assert np.array_equal(wide.decision, narrow.decision)
    assert np.allclose(wide.nll, narrow.nll, rtol=2e-6, atol=2e-6)
    assert np.allclose(wide.squares, narrow.squares, atol=2e-6)


@given(shapes)
def test_probabilities_and_their_logits_agree(shape):
    z, y = sample(shape)
    p = softmax(z)
    a, b = row_statistics(p, y, probabilities=True), row_statistics(z, y)
    assert np.allclose(a.nll, b.nll, rtol=1e-6)
    assert np.allclose(a.against, b.against, rtol=1e-6)


def test_many_blocks_and_threads_give_what_one_gives(monkeypatch):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(3000, 200)).astype(np.float32) * 4, rng.integers(200, size=3000)
    whole = row_statistics(z, y)
    monkeypatch.setattr(blocks, "BLOCK", 1500)
    monkeypatch.setattr(rows, "in_parts", lambda job, size, **_: blocks.in_parts(job, size, threads=3))
    parts = row_statistics(z, y)
    for name in ("decision", "against", "behind", "squares", "rank"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert np.array_equal(whole.bins.count, parts.bins.count)
    assert np.array_equal(whole.bins.correct, parts.bins.correct)
    assert np.allclose(whole.bins.confidence, parts.bins.confidence, rtol=1e-5)


def test_layout_does_not_matter_and_nothing_is_changed():
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(50, 7)), rng.integers(7, size=50)
    before = z.copy()
    row, column = row_statistics(z, y), row_statistics(np.asfortranarray(z), y)
    assert np.array_equal(row.nll, column.nll)
    assert np.array_equal(z, before)


def test_top_5_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(500, 20)), rng.integers(20, size=500)
    expected = oracle.top_k_accuracy_score(y, z, k=5, labels=range(20))
    assert (row_statistics(z, y).rank < 5).mean() == expected


def test_level_scores_count_as_ahead_unless_the_decision_is_right():
    z = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    assert row_statistics(z, np.array([2, 0, 1])).rank.tolist() == [3, 0, 1]


def test_confidence_does_not_saturate():
    """Both are 1.0 in float32, and still in order."""
    z = np.array([[30.0, 0.0], [40.0, 0.0]], np.float32)
    s = row_statistics(z, np.array([0, 0]))
    assert s.confidence.astype(np.float32).tolist() == [1, 1]
    assert s.against[0] > s.against[1] > 0


def test_unknown_truth_takes_part_in_nothing_but_the_decision():
    z = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
    s, alone = row_statistics(z, np.array([-1, 1])), row_statistics(z[1:], np.array([1]))
    assert s.decision.tolist() == [0, 1]
    assert np.isnan(s.nll[0])
    assert s.rank.tolist() == [-1, 0]
    assert np.array_equal(s.bins.count, alone.bins.count)
    assert np.allclose(s.bins.confidence, alone.bins.confidence)


def test_minus_infinity_is_a_probability_of_zero():
    s = row_statistics(np.array([[0.0, -np.inf, 0.0]]), np.array([1]))
    assert s.nll[0] == np.inf
    assert s.confidence[0] == 0.5


@given(shapes, st.sampled_from([-1000, -50, 50, 1000]), st.sampled_from([np.float32, np.float64]))
def test_rows_far_from_zero_are_as_if_they_were_near(shape, offset, kind):
    z, y = sample(shape)
    z = np.round(z * 8) / 8  # the offset takes no digits away
    far = np.arange(len(y)) % 2 == 0
    a = row_statistics(z.astype(kind), y)
    b = row_statistics((z + offset * far[:, None]).astype(kind), y)
    assert np.array_equal(a.decision, b.decision)
    assert np.array_equal(a.rank, b.rank)
    for name in ("nll", "squares", "confidence"):
        assert np.allclose(getattr(a, name), getattr(b, name), rtol=2e-6, atol=2e-6), name


def test_probabilities_need_no_sum_of_one_and_may_be_tiny():
    p = np.array([[1e-30, 3e-30], [2e25, 6e25], [1.0, 1e-39]], np.float32)
    s = row_statistics(p, np.array([1, 0, 1]), probabilities=True)
    assert s.confidence.round(6).tolist() == [0.75, 0.75, 1]
    assert s.nll.round(4).tolist() == [0.2877, 1.3863, 89.8008]


def test_bins_may_be_left_out():
    z, y = sample((20, 5, 0, 1.0))
    assert row_statistics(z, y, bins=None).bins is None
