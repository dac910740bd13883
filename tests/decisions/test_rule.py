import numpy as np
import pytest

from labelwise import Task
from labelwise.decisions.caution import CAVEATS, Caution, as_chance, confidence
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.snap import cut_of, snap

FOUR = Task("multilabel", tuple("abcd"))
CLASSES = Task("multiclass", tuple("abcd"))


def logit(p):
    p = np.asarray(p, float)
    return np.log(p) - np.log1p(-p)


def given(rule, p):
    return rule.answers(logit(p), FOUR).astype(int).tolist()


HALF = (0.5,) * 4


@pytest.mark.parametrize(
    "rule,row,wanted",
    [
        (TunedRule("thresholds", HALF), [0.79, 0.80, 0.81, 0.1], [1, 1, 1, 0]),
        (TunedRule("thresholds", HALF), [0.2, 0.3, 0.4, 0.1], [0, 0, 0, 0]),
        (TunedRule("thresholds", HALF, at_least_one=True), [0.2, 0.3, 0.4, 0.1], [0, 0, 1, 0]),
        (TunedRule("thresholds", HALF, at_most=2), [0.79, 0.80, 0.81, 0.1], [0, 1, 1, 0]),
        (TunedRule("thresholds", HALF, groups=((0, 2), (1, 3))), [0.7, 0.9, 0.8, 0.95], [0, 0, 1, 1]),
        (TunedRule("thresholds", (0.5, None, 0.2, 0.9)), [0.5, 0.99, 0.2, 0.89], [1, 0, 1, 0]),
        (TunedRule("top_k", k=2), [0.3, 0.1, 0.2, 0.05], [1, 0, 1, 0]),
        (TunedRule("top_k", k=2), [0.3, 0.3, 0.3, 0.3], [1, 1, 0, 0]),
        (TunedRule("expected_count"), [0.9, 0.8, 0.2, 0.15], [1, 1, 0, 0]),
        (TunedRule("expected_count"), [0.1, 0.1, 0.1, 0.1], [0, 0, 0, 0]),
        (TunedRule("expected_count", at_least_one=True), [0.1, 0.11, 0.1, 0.1], [0, 1, 0, 0]),
        (TunedRule("highest"), [0.1, 0.3, 0.3, 0.1], [0, 1, 0, 0]),
    ],
)
def test_answers_of_a_row(rule, row, wanted):
    assert given(rule, [row]) == [wanted]


def test_a_threshold_is_reached_when_it_is_hit_in_any_arithmetic():
    for t in (0.1, 0.3, 1 / 3, 0.7, 1e-6):
        z = logit(t)
        around = np.array([z, np.nextafter(z, 9), np.nextafter(z, -9)])
        assert (snap(around) >= cut_of(t)).all()


def test_least_cost_and_offsets():
    costs = ((0.0, 1.0, 1.0, 1.0), (10.0, 0.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0), (1.0, 1.0, 1.0, 0.0))
    z = np.log([[0.6, 0.2, 0.1, 0.1]])
    assert TunedRule("least_cost", costs=costs).answers(z, CLASSES).argmax() == 1
    assert TunedRule("highest", offsets=(0.0, 0.0, 0.0, 2.0)).answers(z, CLASSES).argmax() == 3


def flags(caution, z, answers, task):
    found = caution.caveats(z, z, answers, task)
    return [[name for name, flag in zip(CAVEATS, row, strict=True) if flag] for row in found]


def test_caveats_of_classes():
    p = np.array([[0.97, 0.01, 0.01, 0.01], [0.3, 0.25, 0.25, 0.2], [0.5, 0.48, 0.01, 0.01]])
    z = np.log(p)
    caution = Caution(low_confidence=0.5, close_call=0.06, familiarity="energy", unfamiliar_below=-1.0)
    answers = TunedRule("highest").answers(z, CLASSES)
    assert flags(caution, z, answers, CLASSES) == [[], ["low_confidence", "close_call"], ["close_call"]]
    assert flags(caution, z - 5, answers, CLASSES)[0] == ["out_of_domain"]


def test_caveats_of_labels():
    z = logit([[0.9, 0.6, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1], [0.9, 0.1, 0.1, 0.1]])
    answers = TunedRule("thresholds", HALF).answers(z, FOUR)
    found = flags(Caution(low_confidence=0.7, one_expected=True), z, answers, FOUR)
    assert found == [["low_confidence", "several_labels"], ["no_label"], []]


def test_confidence_of_a_whole_row_is_the_probability_that_all_of_it_is_right():
    p = np.array([[0.9, 0.6, 0.1, 0.2], [0.1, 0.1, 0.1, 0.1]])
    z = logit(p)
    answers = p >= 0.5
    right = np.where(answers, p, 1 - p).prod(1)
    np.testing.assert_allclose(as_chance(confidence(z, answers, FOUR, True), FOUR, True), right, atol=1e-9)
    assert right[1] > right[0]
    found = flags(Caution(low_confidence=0.5, whole_row=True), z, answers, FOUR)
    assert found == [["low_confidence"], ["no_label"]]


def test_confidence_of_yes_or_no_is_that_of_the_answer():
    task = Task("binary", ("no", "yes"))
    z = logit([[0.9], [0.3], [0.05]])
    answers = TunedRule("thresholds", (0.25,)).answers(z, task)
    assert flags(Caution(low_confidence=0.8), z, answers, task) == [[], ["low_confidence"], []]
