"""One battery for every form of a rule."""

import numpy as np
import pytest

from labelwise.decisions.forms import RULE_FORMS, STRUCTURE, set_matrix
from labelwise.decisions.rule import TunedRule
from labelwise.task import Task

WIDTH = 4
EXAMPLES = {
    "highest": TunedRule("highest", offsets=(0.1, 0.0, -0.2, 0.3)),
    "least_cost": TunedRule("least_cost", costs=tuple(tuple(float(y != k) for k in range(4)) for y in range(4))),
    "thresholds": TunedRule("thresholds", thresholds=(0.2, 0.5, None, 0.9), unsure_from=(0.1, 0.5, 0.3, 0.4)),
    "top_k": TunedRule("top_k", k=2),
    "expected_count": TunedRule("expected_count"),
    "row_f": TunedRule("row_f", beta=1.0),
    "known_sets": TunedRule("known_sets", sets=((0, 2), (1,), ()), offsets=(0.0, 0.5, -1.0)),
}
CASES = [(name, kind) for name, form in RULE_FORMS.items() for kind in form.tasks]


def logits(n=200, seed=0):
    return np.random.default_rng(seed).normal(size=(n, WIDTH)) * 3


def task_of(kind):
    return Task(kind, tuple("abcd"))


@pytest.mark.parametrize("name", RULE_FORMS)
def test_a_form_names_itself_and_its_example_has_what_it_needs(name):
    form, rule = RULE_FORMS[name], EXAMPLES[name]
    assert form.name == name
    assert all(getattr(rule, field) is not None for field in form.needs)
    assert set(form.needs) | set(form.may) <= set(TunedRule.__dataclass_fields__)


@pytest.mark.parametrize("name,kind", CASES)
def test_rows_are_answered_one_by_one_and_left_as_they_are(name, kind):
    if kind == "binary":
        return
    z, rule, task = logits(), EXAMPLES[name], task_of(kind)
    kept = z.copy()
    answers = rule.answers(z, task)
    np.testing.assert_array_equal(z, kept)
    assert (answers.shape, answers.dtype) == (z.shape, bool)
    for row in range(0, 200, 40):
        np.testing.assert_array_equal(rule.answers(z[row : row + 1], task)[0], answers[row])


@pytest.mark.parametrize("name", [n for n, f in RULE_FORMS.items() if "multiclass" in f.tasks])
def test_one_class_at_most_and_shifts_change_nothing(name):
    z, rule, task = logits(), EXAMPLES[name], task_of("multiclass")
    answers = rule.answers(z, task)
    assert (answers.sum(1) <= 1).all()
    np.testing.assert_array_equal(rule.answers(z + 7, task), answers)


@pytest.mark.parametrize("name,kind", CASES)
def test_extreme_logits_are_answered(name, kind):
    width = 1 if kind == "binary" else WIDTH
    rule = TunedRule("thresholds", thresholds=(0.5,)) if kind == "binary" else EXAMPLES[name]
    z = np.array([np.full(width, v) for v in (0.0, 1e4, -1e4, 3e38, -3e38)])
    assert rule.answers(z, Task(kind, tuple("ny" if kind == "binary" else "abcd"))).shape == z.shape


@pytest.mark.parametrize("name", [n for n, f in RULE_FORMS.items() if set(STRUCTURE) <= set(f.may)])
def test_structure_goes_with_every_form_that_may_have_it(name):
    fields = {f: getattr(EXAMPLES[name], f) for f in RULE_FORMS[name].needs}
    rule = TunedRule(name, **fields, at_least_one=True, at_most=2, groups=((0, 1),))
    answers = rule.answers(logits(), task_of("multilabel"))
    assert answers.sum(1).min() >= 1
    assert answers.sum(1).max() <= 2
    assert not (answers[:, 0] & answers[:, 1]).any()


def test_known_sets_are_the_most_probable_of_them():
    z = logits()
    answers = EXAMPLES["known_sets"].answers(z, task_of("multilabel"))
    members = set_matrix(EXAMPLES["known_sets"].sets, WIDTH)
    p = 1 / (1 + np.exp(-z))
    chance = [np.log(np.where(m == 1, p, 1 - p)).sum(1) + o for m, o in zip(members, (0.0, 0.5, -1.0), strict=True)]
    np.testing.assert_array_equal(answers, members[np.argmax(chance, axis=0)] == 1)


def test_no_answer_is_an_answer_at_its_price():
    costs = tuple((*(float(y != k) for k in range(4)), 0.3) for y in range(4))
    z = np.log([[0.75, 0.15, 0.05, 0.05], [0.65, 0.25, 0.05, 0.05]])
    assert TunedRule("least_cost", costs=costs).answers(z, task_of("multiclass")).sum(1).tolist() == [1, 0]


def test_unsure_is_between_the_thresholds_hit_exactly():
    p = np.array([[0.1, 0.5, 0.3, 0.4], [0.2, 0.49, 0.2999, 0.9]])
    rule, z = EXAMPLES["thresholds"], np.log(p) - np.log1p(-p)
    assert rule.unsure(z).tolist() == [[True, False, True, True], [False, False, False, False]]
    assert not (rule.unsure(z) & rule.answers(z, task_of("multilabel"))).any()
    assert TunedRule("top_k", k=1).unsure(z) is None
