"""Figures of ordered classes against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from labelwise.comparison.figures import FIGURES, Judged, figures_for
from labelwise.decisions import DECISION_RULES
from labelwise.task import Task

RANKS = Task("ordinal", ("low", "middle", "high", "top"))
ORDERED = ("rank_mae", "accuracy_within_one", "quadratic_weighted_kappa", "ranked_probability_score")


def judged(rule: str, rows: int = 50, seed: int = 0) -> Judged:
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.ones(4), rows), rng.integers(0, 4, rows)
    return Judged(RANKS, y, np.log(p), DECISION_RULES[rule].answers(p, np.full(4, 0.5), RANKS))


def test_they_are_for_ordered_classes_alone():
    assert set(ORDERED) <= set(figures_for(RANKS))
    for kind in ("binary", "multiclass", "multilabel"):
        assert not set(ORDERED) & set(figures_for(Task(kind, ("a", "b"))))


@pytest.mark.parametrize("rule", ["argmax", "median", "mean"])
def test_distances_in_ranks(rule):
    case = judged(rule)
    given = case.answers.argmax(1)
    off = np.abs(given - case.targets)
    assert FIGURES["rank_mae"].of(case) == pytest.approx(mean_absolute_error(case.targets, given))
    assert FIGURES["accuracy_within_one"].of(case) == pytest.approx((off <= 1).mean())
    kappa = cohen_kappa_score(case.targets, given, weights="quadratic")
    assert FIGURES["quadratic_weighted_kappa"].of(case) == pytest.approx(kappa)


def test_the_ranked_probability_score_does_not_ask_for_a_rule():
    case = judged("half")
    below = np.exp(case.log_probs).cumsum(1)
    expected = ((below - (np.arange(4) >= case.targets[:, None])) ** 2).sum(1).mean()
    assert FIGURES["ranked_probability_score"].of(case) == pytest.approx(expected)
    assert not FIGURES["ranked_probability_score"].ruled


def test_rows_without_one_class_have_no_rank():
    case = judged("half")
    assert (case.given == 0).any()
    for name in ORDERED[:3]:
        assert FIGURES[name].of(case) is None
        assert "no class or several" in FIGURES[name].undefined
    empty = judged("argmax", rows=0)
    assert FIGURES["rank_mae"].of(empty) is None


def test_kappa_of_one_class_alone_is_undefined():
    case = Judged(RANKS, np.zeros(3, np.int64), np.zeros((3, 4)), np.eye(4, dtype=bool)[[0, 0, 0]])
    assert FIGURES["quadratic_weighted_kappa"].of(case) is None
    assert FIGURES["rank_mae"].of(case) == 0
