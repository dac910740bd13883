from itertools import product

import numpy as np
import pytest

from labelwise import Task
from labelwise.decisions import class_weights as module
from labelwise.decisions.class_weights import class_weights
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings
from labelwise.decisions.values import macro_f

CLASSES = Task("multiclass", tuple("abc"))


def rare(n: int, seed: int, sharp: float = 2.0):
    """Calibrated probabilities with one rare class, and their truth."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) * sharp + [1.5, 0.0, -2.0]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return p, np.eye(3)[(p.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=2)]


def figure(rule, p, t, beta=1.0):
    return macro_f(beta)(rule.answers(np.log(p), CLASSES), t, Settings())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_offsets_are_nearly_the_best_of_a_fine_grid(seed, beta, monkeypatch):
    monkeypatch.setattr(module, "softened", lambda p, t: t)
    p, t = rare(60, seed)
    offsets = module._ascended(np.log(p), p, t, beta)
    ours = figure(TunedRule("highest", offsets=tuple(offsets)), p, t, beta)
    best = 0.0
    for a, b in product(np.linspace(-4, 4, 41), repeat=2):
        answers = np.eye(3)[(np.log(p) + np.array([0.0, a, b])).argmax(1)] == 1
        best = max(best, macro_f(beta)(answers, t, Settings()) or 0.0)
    assert ours >= best - 0.03


def test_one_sweep_is_exact():
    """The sum of F that a sweep says is that of its answers."""
    p, t = rare(80, 3)
    offsets = np.array([0.3, -0.2, 0.1])
    for c in range(3):
        leaders = module._Leaders(np.log(p) + offsets)
        offset, total = module._best_offset(leaders.besides(c), np.log(p[:, c]), t, offsets[c], c, 1.0)
        changed = offsets.copy()
        changed[c] = offset
        answers = np.eye(3)[(np.log(p) + changed).argmax(1)] == 1
        hits, given, due = (answers & (t == 1)).sum(0), answers.sum(0), t.sum(0)
        assert total == pytest.approx((2 * hits / (due + given)).sum())


def test_the_leaders_of_rows_are_kept_up():
    rng = np.random.default_rng(0)
    leaders = module._Leaders(np.round(rng.normal(size=(50, 5)), 1))
    for _ in range(40):
        leaders.add(int(rng.integers(5)), float(rng.normal()))
        fresh = module._Leaders(leaders.u.copy())
        np.testing.assert_allclose(leaders.value, fresh.value)
        for c in range(5):
            assert (leaders.besides(c)[0] != c).all()
            np.testing.assert_allclose(leaders.besides(c)[1], np.delete(leaders.u, c, axis=1).max(1))


def test_rare_classes_gain_on_new_rows():
    p, t = rare(1000, 0, sharp=0.7)
    new, truth = rare(20000, 1, sharp=0.7)
    usual = np.eye(3)[new.argmax(1)] == 1
    assert (
        figure(class_weights(1.0)(p, t, CLASSES, Settings()), new, truth)
        > macro_f(1.0)(usual, truth, Settings()) + 0.01
    )


def test_classes_that_are_alike_are_left_alone():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 3)) * 2
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    t = np.eye(3)[(p.cumsum(1) < rng.random((300, 1))).sum(1).clip(max=2)]
    assert class_weights(1.0)(p, t, CLASSES, Settings()).offsets == (0.0, 0.0, 0.0)


def test_rows_that_are_not_known_and_classes_that_never_come():
    p, t = rare(50, 0)
    t[:, 2] = 0
    t[:5] = np.nan
    rule = class_weights(1.0)(p, t, CLASSES, Settings())
    assert np.isfinite(rule.offsets).all()
