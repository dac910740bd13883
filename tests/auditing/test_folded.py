import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.auditing.folded import folded_column

FOLDS = 3


@st.composite
def columns(draw):
    """Few distinct scores, so that ties are common; folds of any sizes, also empty ones."""
    n = draw(st.integers(2, 40))
    scores = np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)), np.float32) / 8  # exact
    truth = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    fold = np.array(draw(st.lists(st.integers(0, FOLDS - 1), min_size=n, max_size=n)))
    truth[0] = True
    return scores, truth, fold


@given(columns())
def test_counts_are_those_of_each_fit(made_column):
    scores, truth, fold = made_column
    column = folded_column(scores, truth, fold, FOLDS)
    tried = column.scores[column.start]
    assert tried.tolist() == sorted(set(scores[truth].tolist()))
    for without in (None, *range(FOLDS)):
        kept = np.ones(len(scores), bool) if without is None else fold != without
        fit = column.fit(without)
        assert fit.hits.tolist() == [int((truth & kept & (scores >= t)).sum()) for t in tried]
        assert fit.given.tolist() == [int((kept & (scores >= t)).sum()) for t in tried]
        assert fit.able.tolist() == [bool((truth & kept & (scores == t)).any()) for t in tried]
        assert (fit.positives, fit.rows) == (int((truth & kept).sum()), int(kept.sum()))


@given(columns())
def test_thresholds_lie_half_way_to_the_next_lower_score_of_the_fit_and_are_judged_on_the_fold(made_column):
    scores, truth, fold = made_column
    column = folded_column(scores, truth, fold, FOLDS)
    for fitted_without in (None, *range(FOLDS)):
        kept = np.ones(len(scores), bool) if fitted_without is None else fold != fitted_without
        for candidate, place in enumerate(column.start):
            here = float(column.scores[place])
            lower = scores[kept & (scores < here)].astype(float)
            limit = column.threshold(candidate, fitted_without)
            assert limit == ((here + lower.max()) / 2 if len(lower) else here)
            if fitted_without is None:
                continue
            answer, here_truth = scores[~kept] >= limit, truth[~kept]
            counts = [(answer & here_truth), (answer & ~here_truth), (~answer & here_truth), (~answer & ~here_truth)]
            assert column.on_fold(candidate, fitted_without).tolist() == [c.sum() for c in counts]


def test_a_long_run_of_one_fold_is_stepped_over():
    scores = np.arange(1000.0)
    fold = np.where(np.arange(1000) < 3, 0, 1)
    fold[-1] = 0
    column = folded_column(scores, np.arange(1000) == 999, fold, 2)
    assert column.threshold(0, without=1) == pytest.approx((999 + 2) / 2)
