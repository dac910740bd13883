import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from labelwise.errors import InputError
from labelwise.metrics import auroc, average_precision, fpr_at_tpr, mean_auroc, mean_average_precision

# few distinct scores: ties are the hard part
rows = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60)


@given(rows)
def test_auroc_and_average_precision_are_those_of_scikit_learn(pairs):
    s, y = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])
    if y.all() or not y.any():
        assert auroc(s, y) is None
    else:
        assert auroc(s, y) == pytest.approx(oracle.roc_auc_score(y, s))
    if y.any():
        assert average_precision(s, y) == pytest.approx(oracle.average_precision_score(y, s))
    else:
        assert average_precision(s, y) is None


@given(rows)
def test_fpr_at_tpr_is_a_point_of_the_roc_curve(pairs):
    s, y = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])
    if y.all() or not y.any():
        assert fpr_at_tpr(s, y) is None
        return
    fpr, tpr, _ = oracle.roc_curve(y, s, drop_intermediate=False)
    assert fpr_at_tpr(s, y, 0.95) == pytest.approx(fpr[np.flatnonzero(tpr >= 0.95 - 1e-12)[0]])


def test_means_leave_out_labels_without_a_figure():
    s = np.array([[0.1, 0.3], [0.9, 0.2], [0.4, 0.1]])
    truth = np.array([[0, 0], [1, 0], [0, 0]])
    assert mean_auroc(s, truth) == 1.0
    assert mean_average_precision(s, truth) == 1.0
    assert mean_auroc(s[:, 1:], truth[:, 1:]) is None
    assert mean_average_precision(s[:, 1:], truth[:, 1:]) is None


def test_unknown_truth_is_masked():
    s, y = np.array([0.1, 0.4, 0.35, 0.8, 0.99]), np.array([0, 0, 1, 1, np.nan])
    assert auroc(s, y) == 0.75
    assert mean_auroc(s[:, None], y[:, None]) == 0.75


def test_infinite_scores_rank_and_nan_is_refused():
    assert auroc([-np.inf, 0.0, np.inf], [0, 0, 1]) == 1.0
    with pytest.raises(InputError, match="nan at row 1"):
        auroc([0.1, np.nan], [0, 1])
    with pytest.raises(InputError, match="one length"):
        average_precision([0.1], [0, 1])
