from itertools import product

import numpy as np
import pytest

from labelwise.decisions.row_f import BETAS, best_counts, expected_f
from labelwise.decisions.rule import TunedRule
from labelwise.task import Task


def by_every_truth(p: np.ndarray, given: np.ndarray, beta: float) -> float:
    """Expected F-beta of an answer, over all truths there can be."""
    total = 0.0
    for truth in product([0, 1], repeat=len(p)):
        y = np.array(truth)
        due = beta**2 * y.sum() + given.sum()
        f = (1 + beta**2) * (y * given).sum() / due if due else 1.0
        total += float(np.where(y == 1, p, 1 - p).prod()) * f
    return total


@pytest.mark.parametrize("beta", BETAS)
def test_expected_figures_are_those_of_all_truths(beta):
    p = -np.sort(-np.random.default_rng(0).random((4, 5)), axis=1)
    wanted = [[by_every_truth(row, np.arange(5) < k, beta) for k in range(6)] for row in p]
    np.testing.assert_allclose(expected_f(p, beta), wanted, atol=1e-14)


@pytest.mark.parametrize("beta", BETAS)
def test_no_set_of_labels_is_better(beta):
    task = Task("multilabel", tuple("abcde"))
    p = np.random.default_rng(1).random((12, 5)) ** 2
    given = TunedRule("row_f", beta=beta).answers(np.log(p) - np.log1p(-p), task)
    for row, answer in zip(p, given, strict=True):
        best = max(by_every_truth(row, np.array(a), beta) for a in product([0, 1], repeat=5))
        assert by_every_truth(row, answer.astype(int), beta) == pytest.approx(best, abs=1e-9)


def test_sure_rows_and_empty_ones():
    p = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    assert best_counts(p, 1.0).tolist() == [2, 0, 3]


def test_recall_wins_labels_and_precision_loses_them():
    p = np.random.default_rng(2).random((300, 8)) * 0.6
    few, some, many = (best_counts(p, beta).mean() for beta in BETAS)
    assert few < some < many


def test_many_rows_are_done_in_blocks_alike():
    p = np.random.default_rng(3).random((3000, 40))
    np.testing.assert_array_equal(best_counts(p, 1.0)[:7], best_counts(p[:7], 1.0))
