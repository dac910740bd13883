import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from labelwise.kernels import column_statistics, columns, sweep
from labelwise.kernels.columns import auroc_influence

# few distinct scores: ties are the hard part
tables = st.tuples(st.integers(2, 30), st.integers(1, 4), st.integers(0, 2**31), st.sampled_from([3, 1000]))


def sample(table):
    n, width, seed, values = table
    rng = np.random.default_rng(seed)
    return rng.integers(values, size=(n, width)) / values, rng.integers(2, size=(n, width))


def tried(scores, truth, figure):
    """The best figure over every threshold there is, by trying."""
    limits = [*np.unique(scores), np.inf]
    return max(figure(truth, scores >= t) for t in limits)


@settings(deadline=None, max_examples=25)
@given(tables)
def test_every_column_is_what_scikit_learn_says(table):
    scores, truth = sample(table)
    s = column_statistics(scores, truth)
    for j in range(scores.shape[1]):
        column, y = scores[:, j], truth[:, j]
        assert s.positives[j] == y.sum()
        assert s.negatives[j] == (1 - y).sum()
        if not y.any():
            assert np.isnan([s.auroc[j], s.average_precision[j], s.f1[j]]).all()
            continue
        assert s.average_precision[j] == pytest.approx(oracle.average_precision_score(y, column))
        if y.all():
            assert np.isnan(s.auroc[j])
        else:
            assert s.auroc[j] == pytest.approx(oracle.roc_auc_score(y, column))
        assert s.f1[j] == pytest.approx(tried(column, y, lambda t, a: oracle.f1_score(t, a, zero_division=0)))
        assert s.f1[j] == pytest.approx(oracle.f1_score(y, column >= s.f1_threshold[j]))
        assert s.accuracy[j] == pytest.approx(tried(column, y, oracle.accuracy_score))
        assert s.accuracy[j] == pytest.approx(oracle.accuracy_score(y, column >= s.accuracy_threshold[j]))


def test_one_versus_rest_from_class_indices():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(80, 5)), rng.integers(5, size=80)
    a, b = column_statistics(z, y), column_statistics(z, np.eye(5)[y])
    for name, values in vars(a).items():
        assert np.array_equal(values, getattr(b, name)), name


def test_unknown_cells_are_as_if_not_there():
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(60, 1)), rng.integers(2, size=(60, 1)).astype(float)
    y[::3] = np.nan
    known = ~np.isnan(y[:, 0])
    a, b = column_statistics(z, y), column_statistics(z[known], y[known])
    for name, values in vars(a).items():
        assert np.array_equal(values, getattr(b, name)), name
    index = rng.integers(3, size=60)
    index[::4] = -1
    z = rng.normal(size=(60, 3))
    a, b = column_statistics(z, index), column_statistics(z[index >= 0], index[index >= 0])
    assert np.array_equal(a.auroc, b.auroc)


def test_more_columns_and_rows_than_are_gathered_at_once_and_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(columns, "ROWS", 7)
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(40, 37)), rng.integers(2, size=(40, 37)).astype(bool)
    before = z.copy()
    s = column_statistics(z, y)
    assert np.array_equal(z, before)
    for j in (0, 15, 16, 36):
        assert s.auroc[j] == pytest.approx(oracle.roc_auc_score(y[:, j], z[:, j]))


def test_thresholds_lie_between_scores_and_infinite_scores_are_allowed():
    s = sweep(np.array([0.2, 0.8, -np.inf]), np.array([0, 1, 0]))
    assert s.threshold(0) == 0.5
    s = sweep(np.array([-np.inf, 0.8]), np.array([0, 1]))
    assert s.threshold(0) == 0.8


def test_answering_no_to_all_may_be_the_best():
    s = column_statistics(np.array([[0.9], [0.1], [0.2]]), np.array([[0], [1], [0]]))
    assert s.accuracy_threshold[0] == np.inf
    assert s.accuracy[0] == pytest.approx(2 / 3)


@settings(deadline=None, max_examples=25)
@given(tables, st.booleans())
def test_contributions_to_the_mean_auroc_are_the_placements(table, unknown):
    scores, truth = sample(table)
    truth = truth.astype(float)
    if unknown:
        truth[::3, 0] = np.nan
    expected, count = np.zeros(len(scores)), 0
    for s, t in zip(scores.T, truth.T, strict=True):
        pos, neg = np.flatnonzero(t == 1), np.flatnonzero(t == 0)
        if len(pos) and len(neg):
            wins = (s[pos][:, None] > s[neg]) + (s[pos][:, None] == s[neg]) / 2
            expected[pos] += (wins.mean(1) - wins.mean()) / len(pos)
            expected[neg] += (wins.mean(0) - wins.mean()) / len(neg)
            count += 1
    assert np.allclose(auroc_influence(scores, truth), expected / max(count, 1), atol=1e-12)


def test_contributions_from_class_indices():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(80, 5)), rng.integers(5, size=80)
    assert np.allclose(auroc_influence(z, y), auroc_influence(z, np.eye(5)[y]))
    y[::4] = -1
    cells = np.where(y[:, None] < 0, np.nan, y[:, None] == np.arange(5))
    assert np.allclose(auroc_influence(z, y), auroc_influence(z, cells))
