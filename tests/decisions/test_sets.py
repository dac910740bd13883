import numpy as np
import pytest

from labelwise import InputError, OptionError
from labelwise.decisions.sets import SET_SCORES, fit_sets


def rows(n, rng, width=5):
    z = rng.normal(size=(n, width)) * 2
    y = (z + rng.gumbel(size=z.shape)).argmax(1)
    wrong = np.exp(3 * z)  # over-sure: the promise does not need a good model
    return wrong / wrong.sum(1, keepdims=True), y


@pytest.mark.parametrize("score", SET_SCORES)
@pytest.mark.parametrize("per_class", [False, True])
def test_the_true_class_is_covered_as_promised(score, per_class):
    covered = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        p, y = rows(300, rng)
        rule = fit_sets(p, y, coverage=0.9, score=score, per_class=per_class)
        p, y = rows(300, rng)
        inside = rule.sets(p)[np.arange(300), y]
        covered.append([inside[y == c].mean() for c in range(5)] if per_class else [inside.mean()])
    shares = np.array(covered)
    error = shares.std(0) / np.sqrt(len(shares))
    assert (shares.mean(0) >= 0.9 - 3 * error).all()
    assert (shares.mean(0) <= 0.9 + (0.03 if per_class else 0.01) + 3 * error).all()


def test_scores_by_hand():
    p = np.array([[0.5, 0.2, 0.3]])
    np.testing.assert_allclose(SET_SCORES["lac"](p), [[0.5, 0.8, 0.7]])
    np.testing.assert_allclose(SET_SCORES["aps"](p), [[0.5, 1.0, 0.8]])
    np.testing.assert_allclose(SET_SCORES["raps"](p), [[0.5, 1.05, 0.8]])


def test_equal_probabilities_have_equal_scores():
    p = np.array([[0.2, 0.3, 0.2, 0.3]])
    np.testing.assert_allclose(SET_SCORES["aps"](p), [[1.0, 0.6, 1.0, 0.6]])
    np.testing.assert_allclose(SET_SCORES["raps"](p), [[1.1, 0.6, 1.1, 0.6]])


def test_the_limit_is_the_kth_smallest():
    p = np.column_stack([np.linspace(0.01, 0.99, 99), 1 - np.linspace(0.01, 0.99, 99)])
    rule = fit_sets(p, np.zeros(99, int), coverage=0.9)
    assert rule.limits[0] == pytest.approx(0.90)  # ceil(100 * 0.9) = the 90th of 0.01 .. 0.99


def test_too_few_rows_let_every_class_in():
    rule = fit_sets(np.full((5, 2), 0.5), np.zeros(5, int), coverage=0.9, per_class=True)
    assert rule.limits == (None, None)
    assert rule.n == (5, 0)
    assert rule.sets(np.array([[1.0, 0.0]])).all()


def test_what_makes_no_sense_is_refused():
    p = np.full((5, 2), 0.5)
    with pytest.raises(OptionError, match="between 0 and 1"):
        fit_sets(p, np.zeros(5, int), coverage=90)
    with pytest.raises(OptionError, match="lac"):
        fit_sets(p, np.zeros(5, int), score="las")
    with pytest.raises(InputError, match="none is known"):
        fit_sets(p, np.full(5, -1))
