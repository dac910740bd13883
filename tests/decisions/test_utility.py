import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise import Task
from labelwise.decisions.tuning import Settings
from labelwise.decisions.utility import most_useful, useful_band
from labelwise.decisions.values import utility

amount = st.integers(-10, 10).map(float)


@given(amount, amount, amount, st.integers(1, 10), st.integers(1, 10), st.integers(0, 100))
def test_the_answer_is_the_most_useful_one(false_yes, missed, unsure, yes_gain, no_gain, percent):
    true_yes, true_no = (max(false_yes, missed) + gain for gain in (yes_gain, no_gain))
    p = percent / 100
    worth = {
        "yes": p * true_yes + (1 - p) * false_yes,
        "no": p * missed + (1 - p) * true_no,
        "unsure": unsure,
    }
    high, low = useful_band(np.array([true_yes, false_yes, missed, true_no, unsure]))
    said = "yes" if high is not None and p >= high else "no" if p < low else "unsure"
    assert worth[said] == pytest.approx(max(worth.values()), abs=1e-9)
    high, low = useful_band(np.array([true_yes, false_yes, missed, true_no]))
    assert high == low
    assert worth["yes" if p >= high else "no"] == pytest.approx(max(worth["yes"], worth["no"]), abs=1e-9)


def test_costs_are_utilities_turned_round():
    high, _ = useful_band(np.array([0.0, -1.0, -4.0, 0.0]))
    assert high == pytest.approx(0.2)


def test_classes_and_no_answer():
    task = Task("multiclass", tuple("ab"))
    settings = Settings(utilities=((1.0, -1.0, 0.5), (-3.0, 1.0, 0.5)), exclusive=True)
    rule = most_useful(np.ones((1, 2)), np.ones((1, 2)), task, settings)
    z = np.log([[0.99, 0.01], [0.7, 0.3], [0.1, 0.9]])
    answers = rule.answers(z, task)
    assert answers.tolist() == [[True, False], [False, False], [False, True]]
    t = np.array([[1.0, 0], [1, 0], [0, 1]])
    assert utility(answers, t, settings) == pytest.approx((1 + 0.5 + 1) / 3)


def test_the_figure_of_labels_counts_every_kind_of_cell():
    settings = Settings(utilities=((1.0, -2.0, -3.0, 0.5, 0.1),))
    answers = np.array([[True, True, False, False, False]])
    unsure = np.array([[False, False, False, False, True]])
    t = np.array([[1.0, 0, 1, 0, 1]])
    assert utility(answers, t, settings, unsure) == pytest.approx(1 - 2 - 3 + 0.5 + 0.1)
    t[0, 0] = np.nan
    assert utility(answers, t, settings, unsure) == pytest.approx(-2 - 3 + 0.5 + 0.1)
