"""Figures of ordered classes against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from labelwise.comparison.figures import FIGURES, Judged, figures_for
from labelwise.decisions import DECISION_RULES
from labelwise.task import Group, Task

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


# ------------------------------------------------------------------ several groups

NAN = np.nan
VEHICLES = Task(
    "grouped", ("type=car", "type=bus", "make=a", "make=b", "make=c"),
    groups=(Group("type", ("car", "bus")), Group("make", ("a", "b", "c"))),
)  # fmt: skip
CODES = np.array([[0, 2], [1, NAN], [0, 0], [NAN, NAN], [1, 1]])
PROBS = np.array(
    [
        [0.9, 0.1, 0.2, 0.2, 0.6],  # both right
        [0.3, 0.7, 0.1, 0.8, 0.1],  # right, not known
        [0.8, 0.2, 0.1, 0.8, 0.1],  # right, wrong
        [0.5, 0.5, 0.4, 0.3, 0.3],  # nothing is known
        [0.6, 0.4, 0.3, 0.4, 0.3],  # wrong, right
    ]
)


def vehicles(rule: str) -> Judged:
    return Judged(VEHICLES, CODES, np.log(PROBS), DECISION_RULES[rule].answers(PROBS, np.full(5, 0.5), VEHICLES))


def test_groups_by_hand():
    case = vehicles("argmax")
    assert FIGURES["group_accuracy"].of(case) == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert FIGURES["worst_group_accuracy"].of(case) == pytest.approx(2 / 3)
    assert FIGURES["strict_accuracy"].of(case) == pytest.approx(2 / 4), "of the rows where something is known"
    assert FIGURES["not_one_each_rate"].of(case) == 0
    assert FIGURES["not_one_each_rate"].of(vehicles("half")) == pytest.approx(2 / 5)
    log_loss = [-np.log([0.9, 0.7, 0.8, 0.4]).mean(), -np.log([0.6, 0.1, 0.4]).mean()]
    assert FIGURES["nll"].of(case) == pytest.approx(np.mean(log_loss))
    assert FIGURES["low_confidence_rate"].of(case) == pytest.approx(2 / 5)


def test_groups_have_figures_of_their_own():
    names = set(figures_for(VEHICLES))
    assert {"group_accuracy", "worst_group_accuracy", "not_one_each_rate"} <= names
    assert not names & {"no_label_rate", "several_labels_rate", "rank_mae", "map"}


def test_where_nothing_is_known_there_is_no_figure():
    case = vehicles("argmax")
    empty = Judged(VEHICLES, np.full((2, 2), NAN), case.log_probs[:2], case.answers[:2])
    for name in ("group_accuracy", "worst_group_accuracy", "nll", "brier", "ece"):
        assert FIGURES[name].of(empty) is None
