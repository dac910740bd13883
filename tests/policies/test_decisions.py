import numpy as np

from labelwise import Decisions
from labelwise.decisions.caution import CAVEATS

from .conftest import TASKS, problem


def test_labels_and_frame_say_the_same(policies):
    for kind in TASKS:
        decided = policies[kind].decide(problem(kind, 50, 3)[0])
        frame = decided.to_frame()
        assert frame["labels"].to_list() == decided.labels
        assert frame["caveats"].to_list() == decided.caveats
        assert frame["id"].to_list() == list(range(50))
        assert [c for c in frame.columns if c.startswith("prob_")] == [f"prob_{n}" for n in TASKS[kind].column_names]
        assert decided.to_dict()["labels"] == decided.labels
        assert "50 rows" in str(decided)
        assert "<table" in decided._repr_html_()


def test_no_label_is_an_empty_list():
    task = TASKS["multilabel"]
    none = Decisions(task, np.zeros((2, 6), bool), np.zeros((2, 6)), np.zeros((2, len(CAVEATS)), bool))
    assert none.labels == [[], []]
    assert none.to_frame()["labels"].to_list() == [[], []]


def test_yes_or_no_always_has_an_answer(policies):
    decided = policies["binary"].decide(problem("binary", 50)[0])
    assert all(row in (["no"], ["yes"]) for row in decided.labels)
