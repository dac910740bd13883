import numpy as np

from labelwise import Logits, Probs
from labelwise.auditing.checks import findings_of
from labelwise.metrics import Case
from labelwise.task import Task

TASK = Task("multiclass", ("a", "b", "c"))


def names(case):
    return {f.name: f.level for f in findings_of(case)}


def test_rows_that_do_not_sum_to_one_are_told_with_the_first():
    p = np.full((200, 3), 1 / 3)
    p[5] *= 1.5
    case = Case(Probs(np.minimum(p, 1), TASK), np.arange(200) % 3)
    found = findings_of(case)
    assert names(case) == {"rows_do_not_sum_to_one": "warning"}
    assert "first row 5" in found[0].text
    assert names(Case(Probs(np.full((200, 3), 0.9), TASK), np.arange(200) % 3))["rows_do_not_sum_to_one"] == "error"
    assert names(Case(Logits(p, TASK), np.arange(200) % 3)) == {}


def test_probabilities_called_logits_are_noticed():
    p = np.full((200, 3), 1 / 3)
    found = names(Case(Logits(p, TASK), np.arange(200) % 3))
    assert found == {"logits_look_like_probabilities": "error", "constant-output": "error"}  # the second by the doctor
    binary = Case(Logits(np.linspace(0, 1, 200), Task("binary", ("n", "y"))), np.arange(200) % 2)
    assert names(binary) == {"logits_look_like_probabilities": "error"}


def test_few_rows_missing_and_rare_classes_are_told():
    rng = np.random.default_rng(0)
    y = np.array([0] * 30 + [1] * 3 + [-1] * 2)
    found = names(Case(Logits(rng.normal(size=(35, 3)), TASK), y))
    assert found == {
        "missing_labels": "note",
        "absent_classes": "warning",
        "rare_classes": "note",
        "few_rows": "warning",
    }
    truth = np.array([[1.0, np.nan, 0]] * 200)
    found = names(Case(Logits(rng.normal(size=(200, 3)), Task("multilabel", ("a", "b", "c"))), truth))
    assert found == {"unknown_cells": "note", "absent_classes": "warning"}


def test_labels_that_exclude_each_other_are_noticed():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(200, 3)), np.eye(3)[rng.integers(3, size=200)]
    task = Task("multilabel", ("a", "b", "c"))
    assert "one_label_per_row" in names(Case(Logits(z, task), y))
    y[7] = 1
    assert "one_label_per_row" not in names(Case(Logits(z, task), y))
