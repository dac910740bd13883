"""Decision rules on the examples people argue about, and as a family."""

import numpy as np
import pytest

from labelwise.decisions import DECISION_RULES
from labelwise.decisions.rules import argmax_answers, rules_for
from labelwise.metrics import labelwise_accuracy, labelwise_baseline, strict_accuracy
from labelwise.task import Group, Task, infer_task

FOUR = infer_task([0, 1, 2, 3])
THREE = infer_task([0, 1, 2])
YES_NO = infer_task([0, 1])
TAGS = Task("multilabel", ("a", "b", "c"))


def answer(rule, probs, task, thresholds=None):
    probs = np.atleast_2d(np.array(probs, float))
    rule = DECISION_RULES[rule]
    if thresholds is None:
        thresholds = rule.tune(probs, np.zeros_like(probs), task)
    return rule.answers(probs, thresholds, task)


def test_more_right_cells_are_not_more_right_rows():
    """Truth is class 0. Softmax answers class 3: wrong. Sigmoid answers 0 and 1: 'three quarters right'."""
    truth = np.eye(4)[[0]]
    softmax = answer("argmax", [0.3, 0.1, 0.1, 0.5], FOUR)
    assert softmax.tolist() == [[False, False, False, True]]
    assert strict_accuracy(softmax, truth) == 0
    sigmoid = answer("half", [0.7, 0.8, 0.3, 0.2], FOUR)
    assert sigmoid.tolist() == [[True, True, False, False]]
    assert labelwise_accuracy(sigmoid, truth) == 0.75
    assert strict_accuracy(sigmoid, truth) == 0
    assert labelwise_baseline(truth) == 0.75, "giving no label at all is as good"


@pytest.mark.parametrize(
    ("probs", "labels"),
    [((0.79, 0.80, 0.81), 3), ((0.33, 0.33, 0.34), 0), ((0.2, 0.3, 0.4), 0)],
)
def test_independent_probabilities_at_a_half(probs, labels):
    assert answer("half", probs, TAGS).sum() == labels


def test_one_label_with_low_certainty_is_still_one_label_by_argmax():
    assert answer("argmax", [0.33, 0.33, 0.34], THREE).tolist() == [[False, False, True]]


def test_of_equally_probable_labels_the_first():
    assert answer("argmax", [0.4, 0.4, 0.2], THREE).tolist() == [[True, False, False]]


@pytest.mark.parametrize("rule", ["argmax", "half"])
def test_a_yes_no_task_says_yes_from_one_half(rule):
    """An argmax over its single column would always be yes."""
    assert answer(rule, [[0.49], [0.5], [0.51]], YES_NO).tolist() == [[False], [True], [True]]


@pytest.mark.parametrize("name", DECISION_RULES)
@pytest.mark.parametrize("task", [YES_NO, THREE, TAGS], ids=lambda t: t.kind)
def test_every_rule_on_every_kind_of_task(name, task):
    rule = DECISION_RULES[name]
    assert rule.name == name
    assert rule.title
    assert rule.text
    rng = np.random.default_rng(0)
    probs, targets = rng.random((40, task.n_outputs)), rng.integers(0, len(task.class_names), 40)
    truth = task.truth(targets if task.exclusive else (rng.random((40, 3)) < 0.4).astype(np.float32))
    before = probs.copy(), truth.copy()
    thresholds = rule.tune(probs, truth, task)
    assert thresholds.shape in ((0,), (task.n_outputs,))
    answers = rule.answers(probs, thresholds, task)
    assert answers.dtype == bool
    assert answers.shape == probs.shape
    np.testing.assert_array_equal(probs, before[0])
    np.testing.assert_array_equal(truth, before[1])
    if name in ("half", "labelwise_tuned", "strict_tuned"):
        assert len(set(thresholds.tolist())) == 1, "one threshold for all labels"
    if name == "argmax" and task.kind != "binary":
        assert (answers.sum(1) == 1).all()


def test_a_tuned_rule_is_at_least_as_good_as_a_half_at_what_it_is_tuned_for():
    rng = np.random.default_rng(1)
    truth = (rng.random((200, 3)) < 0.3).astype(float)
    probs = np.clip(0.3 * truth + 0.5 * rng.random((200, 3)), 0, 1)
    for name, figure in (("labelwise_tuned", labelwise_accuracy), ("strict_tuned", strict_accuracy)):
        rule = DECISION_RULES[name]
        tuned = figure(rule.answers(probs, rule.tune(probs, truth, TAGS), TAGS), truth)
        others = [figure(probs >= t, truth) for t in np.linspace(0, 1, 101)]
        assert tuned >= max(others)


def test_each_label_has_its_own_threshold():
    truth = np.tile([[1.0, 1, 0], [0, 0, 0]], (10, 1))
    probs = np.tile([[0.2, 0.9, 1.0], [0.1, 0.8, 0.3]], (10, 1))
    rule = DECISION_RULES["per_label"]
    thresholds = rule.tune(probs, truth, TAGS)
    assert 0.1 < thresholds[0] <= 0.2
    assert 0.8 < thresholds[1] <= 0.9
    assert (rule.answers(probs, thresholds, TAGS) == (truth == 1)).all()


def test_no_rows_no_answers():
    assert argmax_answers(np.empty((0, 3)), np.empty(0), THREE).shape == (0, 3)


# ------------------------------------------------------------------ ordered classes

RANKS = Task("ordinal", ("0", "1", "2", "3"))
COSTS = {
    "argmax": lambda apart: apart != 0,
    "median": lambda apart: abs(apart),
    "mean": lambda apart: apart**2,
}


@pytest.mark.parametrize("rule", COSTS)
def test_each_rule_for_ranks_is_best_for_its_own_cost(rule):
    """Every distribution of twelfths over four ranks: no rank costs less than the one that is given."""
    ranks = np.arange(4)
    shares = np.array([p for p in np.ndindex(13, 13, 13, 13) if sum(p) == 12]) / 12
    cost = shares @ COSTS[rule](ranks[:, None] - ranks)
    given = answer(rule, shares, RANKS)
    assert (given.sum(1) == 1).all()
    np.testing.assert_allclose(cost[given], cost.min(1), atol=1e-12)


def test_rules_for_ranks_take_shares_that_do_not_sum_to_one():
    probs = np.array([[0.3, 0.3, 0.9, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert answer("median", probs, RANKS)[0].argmax() == 2
    assert answer("mean", probs, RANKS)[0].argmax() == 1
    assert answer("mean", probs, RANKS).sum(1).tolist() == [1, 1]


def test_median_and_mean_are_for_ordered_classes_alone():
    for task in (FOUR, YES_NO, TAGS):
        assert not {"median", "mean"} & set(rules_for(task))
    assert {"argmax", "median", "mean"} <= set(rules_for(RANKS))


def test_argmax_answers_each_group():
    task = Task(
        "grouped", ("a=1", "a=2", "b=1", "b=2", "b=3"), groups=(Group("a", ("1", "2")), Group("b", ("1", "2", "3")))
    )
    given = answer("argmax", [[0.9, 0.1, 0.2, 0.2, 0.6], [0.5, 0.5, 0.4, 0.3, 0.3]], task)
    assert given.astype(int).tolist() == [[1, 0, 0, 0, 1], [1, 0, 1, 0, 0]]


def test_as_many_labels_as_are_expected():
    rule = DECISION_RULES["expected_count"]
    probs = np.array([[0.9, 0.8, 0.4], [0.1, 0.2, 0.1], [0.5, 0.5, 0.5]])
    given = rule.answers(probs, np.ones(3), TAGS)
    assert given.tolist() == [[True, True, False], [False, False, False], [True, True, False]]


def test_the_expected_number_is_scaled_to_what_validation_rows_have():
    """A softmax shares one unit, however many labels hold: with two each, two are given."""
    rule = DECISION_RULES["expected_count"]
    truth = np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1], [1, np.nan, 0]])
    probs = np.array([[0.5, 0.4, 0.1], [0.1, 0.5, 0.4], [0.3, 0.1, 0.6], [0.8, 0.2, 0]])
    factor = rule.tune(probs, truth, TAGS)
    np.testing.assert_allclose(factor, 7 / 3.8)
    answers = rule.answers(probs[:3], factor, TAGS)
    assert (answers == (truth[:3] == 1)).all()
    nothing = rule.tune(np.zeros((2, 3)), np.zeros((2, 3)), TAGS)
    assert not rule.answers(np.zeros((2, 3)), nothing, TAGS).any()
    assert "expected_count" not in rules_for(FOUR)
    assert "expected_count" in rules_for(TAGS)
