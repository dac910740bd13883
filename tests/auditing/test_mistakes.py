import numpy as np

from labelwise import Logits
from labelwise.auditing.mistakes import mistake_counts, mistake_details
from labelwise.decisions.mistakes import KINDS, mistake_kinds
from labelwise.metrics import Case
from labelwise.task import Task


def test_kinds_are_those_of_compare(made):
    case = made("multilabel")
    kinds = mistake_kinds(case.scores.array >= 0, case.targets, case.scores.task)
    expected = {name: int((kinds == i).sum()) for i, name in enumerate(KINDS)}
    for name, count in mistake_counts(case).items():
        assert expected[name] == count, name


def test_the_surest_mistakes_come_first_with_their_ids():
    task = Task("multiclass", ("a", "b", "c"))
    z = np.array([[5.0, 0, 0], [9.0, 0, 0], [0, 3.0, 0], [0.1, 0, 0]])
    case = Case(Logits(z, task, ids=np.array(["w", "x", "y", "z"])), np.array([1, 2, 1, 2]))
    found = mistake_details(case)
    assert [(r.id, r.truth, r.answer) for r in found.rows] == [
        ("x", ("c",), ("a",)),
        ("w", ("b",), ("a",)),
        ("z", ("c",), ("a",)),
    ]
    assert found.overconfident == 2
    assert (found.confused[0].truth, found.confused[0].answer, found.confused[0].count) == ("c", "a", 2)
    assert found.confused[0].share == 1
    assert found.confusion == ((0, 0, 0), (1, 1, 0), (2, 0, 0))


def test_labels_missed_together_are_counted():
    task = Task("multilabel", ("a", "b", "c"))
    y = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0]], float)
    z = np.array([[-1, -1, -1], [-1, -1, 5], [-1, 1, 1], [-1, 1, 1]], float)
    found = mistake_details(Case(Logits(z, task), y))
    assert [(t.kind, t.a, t.b, t.count) for t in found.together] == [("missed", "a", "b", 2), ("added", "b", "c", 1)]
    assert {r.kind for r in found.rows} == {"no_label", "wrong_label", "extra_label"}


def test_a_matrix_of_many_classes_keeps_those_most_involved():
    rng = np.random.default_rng(0)
    y = rng.integers(100, size=500)
    z = np.eye(100)[np.where(rng.random(500) < 0.3, 7, y)]
    found = mistake_details(Case(Logits(z, Task("multiclass", tuple(map(str, range(100))))), y))
    assert len(found.class_names) == 40
    assert found.class_names[0] == "7"
