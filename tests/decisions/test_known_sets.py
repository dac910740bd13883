import numpy as np
import pytest

from labelwise import Task
from labelwise.decisions.known_sets import best_sets, sets_rule
from labelwise.decisions.tuning import Settings
from labelwise.decisions.values import strict

LABELS = Task("multilabel", tuple("abcd"))
NONE = Settings()


def paired(n: int, seed: int):
    """Labels that come in two sets only, seen through independent noise."""
    rng = np.random.default_rng(seed)
    t = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])[rng.integers(2, size=n)]
    z = (2 * t - 1) + rng.normal(size=t.shape) * 2
    return 1 / (1 + np.exp(-z)), t


def test_sets_that_occur_beat_labels_each_on_its_own():
    p, t = paired(400, 0)
    rule = best_sets(p, t, LABELS, NONE)
    new, truth = paired(4000, 1)
    z = np.log(new) - np.log1p(-new)
    assert rule.form == "known_sets"
    assert set(rule.sets) == {(0, 1), (2, 3)}
    assert strict(rule.answers(z, LABELS), truth, NONE) > strict(new >= 0.5, truth, NONE) + 0.3


def test_independent_labels_need_no_sets():
    rng = np.random.default_rng(0)
    p = rng.random((2000, 4)) * 0.9
    rule = best_sets(p, (rng.random(p.shape) < p).astype(float), LABELS, NONE)
    assert rule.form == "thresholds" or rule.sets is not None
    new = rng.random((5000, 4)) * 0.9
    truth = (rng.random(new.shape) < new).astype(float)
    z = np.log(new) - np.log1p(-new)
    assert strict(rule.answers(z, LABELS), truth, NONE) > strict(new >= 0.5, truth, NONE) - 0.02


def test_the_correction_is_how_much_more_often_a_set_comes_than_its_labels_say():
    t = np.array([[1.0, 1], [1, 1], [0, 0], [0, 0], [1, 0]])
    rule = sets_rule(t, 1.0)
    share = (t.sum(0) + 0.5) / 6
    alone = np.log(share[0]) + np.log(share[1])
    assert rule.offsets[rule.sets.index((0, 1))] == pytest.approx(np.log(2.5 / 5.5) - alone)
    assert set(sets_rule(t, 0.0).offsets) == {0.0}


def test_few_rows_are_cut_at_one_half():
    p, t = paired(19, 0)
    assert best_sets(p, t, LABELS, NONE).thresholds == (0.5,) * 4


def test_rows_with_a_label_not_known_take_no_part():
    p, t = paired(100, 0)
    t[0] = [1, np.nan, 1, 1]
    rule = best_sets(p, t, LABELS, NONE)
    assert (0, 2, 3) not in (rule.sets or ())
