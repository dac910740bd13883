"""One battery for every objective."""

from dataclasses import replace

import numpy as np
import pytest

from labelwise import Task
from labelwise.decisions.forms import RULE_FORMS
from labelwise.decisions.objectives import OBJECTIVES, objectives_of
from labelwise.decisions.tuning import Settings

TASKS = {
    "binary": Task("binary", ("no", "yes")),
    "multiclass": Task("multiclass", tuple("abc")),
    "ordinal": Task("ordinal", tuple("abc")),
    "multilabel": Task("multilabel", tuple("abc")),
}
CASES = [(kind, name) for kind, task in TASKS.items() for name in objectives_of(task)]


def settings_of(kind: str) -> Settings:
    """Something for every need."""
    exclusive = kind in ("multiclass", "ordinal")
    eye = np.eye(3)
    return Settings(
        costs=tuple(map(tuple, (1 - eye).tolist())) if exclusive else ((1.0, 4.0),) * TASKS[kind].n_outputs,
        utilities=tuple(map(tuple, np.column_stack([eye, [0.5] * 3]).tolist()))
        if exclusive
        else ((1.0, -1.0, -1.0, 0.5, 0.1),) * TASKS[kind].n_outputs,
        k=1,
        level=0.7,
        exclusive=exclusive,
    )


def rows(kind: str, n: int = 300, seed: int = 0):
    """Calibrated probabilities and their truth."""
    rng, width = np.random.default_rng(seed), TASKS[kind].n_outputs
    z = rng.normal(size=(n, width)) * 2
    if kind in ("binary", "multilabel"):
        p = 1 / (1 + np.exp(-z))
        return z, p, (rng.random(p.shape) < p).astype(float)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return z, p, np.eye(width)[(p.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=width - 1)]


def tuned(kind, name, p, t, settings):
    tune = OBJECTIVES[name].tune_for(TASKS[kind])
    assert tune is not None
    return tune(p, t, TASKS[kind], settings)


@pytest.mark.parametrize("kind,name", CASES)
def test_the_rule_is_of_a_form_for_the_task_and_answers(kind, name):
    z, p, t = rows(kind)
    settings = settings_of(kind)
    rule = tuned(kind, name, p, t, settings)
    form = RULE_FORMS[rule.form]
    assert kind in form.tasks
    assert all(getattr(rule, field) is not None for field in form.needs)
    answers = rule.answers(z, TASKS[kind])
    assert answers.shape == z.shape
    value = OBJECTIVES[name].value(answers, t, settings, rule.unsure(z))
    assert value is None or np.isfinite(value)


def by_a_seed(kind: str, name: str) -> bool:
    """Rows are cut in two, or in folds."""
    folded = name == "exact_match" or (name.startswith("macro") and kind in ("multiclass", "ordinal"))
    return folded or OBJECTIVES[name].certify is not None


@pytest.mark.parametrize("kind,name", [case for case in CASES if not by_a_seed(*case)])
def test_neither_arrays_nor_the_order_of_rows_matter(kind, name):
    _, p, t = rows(kind)
    kept = p.copy(), t.copy()
    rule = tuned(kind, name, p, t, settings_of(kind))
    np.testing.assert_array_equal(p, kept[0])
    np.testing.assert_array_equal(t, kept[1])
    order = np.random.default_rng(1).permutation(len(p))
    again = tuned(kind, name, p[order], t[order], settings_of(kind))
    np.testing.assert_allclose(
        np.array(again.thresholds or again.offsets or [], float), np.array(rule.thresholds or rule.offsets or [], float)
    )


@pytest.mark.parametrize("name", objectives_of(TASKS["multilabel"]))
def test_labels_in_another_order_get_their_own_thresholds(name):
    z, p, t = rows("multilabel", 2000)
    settings = settings_of("multilabel")
    order = [2, 0, 1]
    one = tuned("multilabel", name, p, t, settings).answers(z, TASKS["multilabel"])
    two = tuned("multilabel", name, p[:, order], t[:, order], settings).answers(z[:, order], TASKS["multilabel"])
    assert (one[:, order] == two).mean() > 0.999


@pytest.mark.parametrize("kind,name", CASES)
def test_cells_that_are_not_known_change_nothing_but_their_own(kind, name):
    z, p, t = rows(kind)
    hidden = t.copy()
    hidden[::7] = np.nan
    rule = tuned(kind, name, p, hidden, settings_of(kind))
    answers, unsure = rule.answers(z, TASKS[kind]), rule.unsure(z)
    value = OBJECTIVES[name].value
    seen = ~np.isnan(hidden).any(1)
    settings = settings_of(kind)
    apart = value(answers[seen], t[seen], settings, None if unsure is None else unsure[seen])
    assert value(answers, hidden, settings, unsure) == (None if apart is None else pytest.approx(apart))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_row_names_itself_and_what_it_is_judged_as(name):
    objective = OBJECTIVES[name]
    assert objective.name == name
    assert objective.judged_as is None or OBJECTIVES[objective.judged_as].judged_as is None
    assert objective.certify is None or objective.structure == ()


@pytest.mark.parametrize("name", [n for n, o in OBJECTIVES.items() if o.structure and o.labels is not None])
def test_structure_that_an_objective_allows_its_rule_may_have(name):
    settings = replace(settings_of("multilabel"), utilities=((1.0, -1.0, -1.0, 0.5),) * 3)
    _, p, t = rows("multilabel")
    rule = OBJECTIVES[name].labels(p, t, TASKS["multilabel"], settings)
    allowed = set(OBJECTIVES[name].structure) - {"exactly_one"}
    fields = {"sure": "unsure_from"}
    assert {fields.get(f, f) for f in allowed} <= set(RULE_FORMS[rule.form].may)
