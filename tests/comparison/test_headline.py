"""The headline of each kind of task."""

import numpy as np
import pytest

from labelwise.comparison.figures import FIGURES, figures_for
from labelwise.comparison.headline import headline_of
from labelwise.decisions import rules_for
from labelwise.task import Group, Task

KINDS = ("binary", "multiclass", "multilabel", "ordinal", "grouped")


def task_of(kind: str) -> Task:
    return Task(kind, ("a", "b"), groups=(Group("g", ("a", "b")),) if kind == "grouped" else ())


@pytest.mark.parametrize("kind", KINDS)
def test_figure_and_rule_are_there_for_the_task(kind):
    task, headline = task_of(kind), headline_of(task_of(kind))
    assert headline.metric in figures_for(task)
    assert FIGURES[headline.metric].info.better in ("higher", "lower")
    assert headline.rule in rules_for(task)


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_higher_for_better_probabilities(kind):
    task, headline = task_of(kind), headline_of(task_of(kind))
    truth = np.eye(2)[[0, 1, 1, 0]][:, -task.n_outputs :]
    good, bad = 0.9 * truth + 0.05, 0.9 * (1 - truth) + 0.05
    assert headline.score(good, truth, task) > headline.score(bad, truth, task)


def test_of_ordered_classes_a_miss_by_one_rank_counts_less():
    task = Task("ordinal", ("a", "b", "c"))
    truth, near, far = (np.eye(3)[[k]] for k in (0, 1, 2))
    score = headline_of(task).score
    assert (score(truth, truth, task), score(near, truth, task), score(far, truth, task)) == (1, 0.5, 0)
    assert score(np.empty((0, 3)), np.empty((0, 3)), task) is None
