import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise import Task
from labelwise.decisions import tuning, values
from labelwise.decisions.objectives import OBJECTIVES, objectives_of
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings

LABELS = Task("multilabel", tuple("abc"))
NONE = Settings()


def cells(n=60, seed=0):
    rng = np.random.default_rng(seed)
    p = np.round(rng.random((n, 3)), 2)
    return p, (rng.random((n, 3)) < p).astype(float)


def every(p):
    """All thresholds worth trying."""
    distinct = np.unique(p)
    return np.concatenate([[0.0], (distinct[1:] + distinct[:-1]) / 2, [1.1]])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_a_cut_is_the_best_of_all(seed, beta):
    p, t = cells(seed=seed)
    p, t = p[:, 0], t[:, 0]

    def f(cut):
        given = p >= cut
        hits = (given * t).sum()
        return (1 + beta**2) * hits / max(beta**2 * t.sum() + given.sum(), 1e-12)

    cut = tuning.best_cut(p, t, tuning.f_gain(beta))
    assert f(cut) == pytest.approx(max(f(c) for c in every(p)))


@pytest.mark.parametrize("seed", range(8))
def test_the_samples_threshold_is_the_best_common_one(seed):
    p, t = cells(seed=seed)
    t[:5] = 0
    t[7, 1] = np.nan
    value = values.samples_f(1.0)
    cut = tuning.samples(1.0)(p, t, LABELS, NONE).thresholds[0]
    assert value(p >= cut, t, NONE) == pytest.approx(max(value(p >= c, t, NONE) for c in every(p)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_a_cut_gives_what_it_was_chosen_for(rows):
    p, t = np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows])
    cut = tuning.best_cut(p, t, tuning.right)
    given = np.zeros(len(p), bool) if cut is None else p >= cut
    assert (given == (t == 1)).mean() == pytest.approx(max(((p >= c) == (t == 1)).mean() for c in every(p)), abs=1e-9)


def test_few_positives_lean_on_the_calibrated_probabilities():
    p, t = np.full(100, 0.2), np.zeros(100)
    t[:2] = 1
    assert tuning.softened(p, t)[0] == pytest.approx(2 / 202 + 200 / 202 * 0.2)
    many = tuning.softened(np.full(10000, 0.2), np.ones(10000))
    assert many.min() > 0.98


def test_a_label_without_a_positive_is_cut_by_its_probabilities():
    p = np.random.default_rng(0).random((200, 1)) * 0.3
    cut = tuning.each(tuning.f_gain(1.0))(p, np.zeros((200, 1)), LABELS, NONE).thresholds[0]
    best = max(every(p[:, 0]), key=lambda c: 2 * p[p >= c].sum() / ((p >= c).sum() + p.sum()))
    assert cut == pytest.approx(best)


def test_costs_of_labels_are_the_bayes_threshold():
    rule = OBJECTIVES["cost"].labels(*cells(), LABELS, Settings(costs=((1.0, 1.0), (1.0, 4.0), (3.0, 1.0))))
    assert rule.thresholds == (0.5, 0.2, 0.75)


def test_figures_are_scikit_learns():
    from sklearn.metrics import balanced_accuracy_score, f1_score, fbeta_score

    p, t = cells()
    answers = p >= 0.4
    assert values.macro_f(2.0)(answers, t, NONE) == pytest.approx(fbeta_score(t, answers, beta=2, average="macro"))
    assert values.micro_f(1.0)(answers, t, NONE) == pytest.approx(f1_score(t, answers, average="micro"))
    by_row = f1_score(t, answers, average="samples", zero_division=1)
    assert values.samples_f(1.0)(answers, t, NONE) == pytest.approx(by_row)
    y, given = p.argmax(1), t.argmax(1)
    one_hot, answer = np.eye(3)[y], np.eye(3)[given].astype(bool)
    assert values.mean_recall(answer, one_hot, NONE) == pytest.approx(balanced_accuracy_score(y, given))


def test_an_undefined_figure_is_none():
    nothing = np.full((4, 3), np.nan)
    for name, objective in OBJECTIVES.items():
        if name not in ("cost", "utility"):
            assert objective.value(np.ones((4, 3), bool), nothing, NONE) is None


def test_every_objective_is_for_some_task():
    tasks = [LABELS, Task("multiclass", tuple("abc")), Task("ordinal", tuple("abc")), Task("binary", ("n", "y"))]
    assert set(OBJECTIVES) == {name for task in tasks for name in objectives_of(task)}


def test_rank_error_takes_the_median():
    rule = OBJECTIVES["rank_error"].classes(np.ones((1, 3)), np.ones((1, 3)), Task("ordinal", tuple("abc")), NONE)
    z = np.log([[0.4, 0.25, 0.35]])
    assert rule.answers(z, Task("ordinal", tuple("abc"))).tolist() == [[False, True, False]]
    assert TunedRule("highest").answers(z, LABELS).tolist() == [[True, False, False]]
