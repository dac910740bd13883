"""What is wrong with an answer, in one word."""

import numpy as np
import pytest

from labelwise.decisions import KINDS, mistake_kinds, top_confidence
from labelwise.task import Task, infer_task

THREE = infer_task([0, 1, 2])
TAGS = Task("multilabel", ("a", "b", "c"))
YES_NO = infer_task([0, 1])


def kind(answers, truth, task):
    return KINDS[mistake_kinds(np.array([answers], bool), np.array([truth], float), task)[0]]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([1, 0, 0], "right"),
        ([0, 0, 0], "no_label"),
        ([1, 1, 0], "several_labels"),  # even though one of them is right
        ([0, 1, 1], "several_labels"),
        ([0, 1, 0], "wrong_label"),
    ],
)
def test_one_of_three(answers, expected):
    assert kind(answers, [1, 0, 0], THREE) == expected


@pytest.mark.parametrize(
    ("answers", "truth", "expected"),
    [
        ([1, 0, 1], [1, 0, 1], "right"),
        ([0, 0, 0], [0, 0, 0], "right"),
        ([0, 0, 0], [1, 0, 1], "no_label"),
        ([1, 0, 0], [1, 0, 1], "missed_label"),
        ([1, 1, 1], [1, 0, 1], "extra_label"),
        ([1, 0, 0], [0, 0, 0], "extra_label"),
        ([0, 1, 0], [1, 0, 0], "wrong_label"),
        ([1, 1, 0], [1, 0, 1], "wrong_label"),
        ([1, 1, 0], [1, np.nan, np.nan], "right"),
        ([0, 1, 0], [np.nan, np.nan, np.nan], "right"),
        ([0, 1, 0], [1, np.nan, 0], "missed_label"),
    ],
)
def test_any_of_three(answers, truth, expected):
    assert kind(answers, truth, TAGS) == expected


@pytest.mark.parametrize(("answer", "truth"), [(1, 1), (0, 0), (1, 0), (0, 1)])
def test_yes_or_no(answer, truth):
    assert kind([answer], [truth], YES_NO) == ("right" if answer == truth else "wrong_label")


def test_confidence_is_that_of_the_least_sure_label_and_undefined_without_one():
    probs = np.array([[0.9, 0.6, 0.1], [0.4, 0.3, 0.2], [0.2, 0.7, 0.1]])
    answers = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0]], bool)
    found = top_confidence(probs, answers, TAGS)
    assert found[[0, 2]].tolist() == [0.6, 0.7]
    assert np.isnan(found[1]), "not 0 and not -1"


def test_confidence_of_a_yes_or_no_is_that_of_the_answer():
    found = top_confidence(np.array([[0.9], [0.2]]), np.array([[True], [False]]), YES_NO)
    assert found.tolist() == [0.9, 0.8]
