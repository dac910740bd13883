import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise import OptionError, Task
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.three_way import (
    certified_answers,
    certified_band,
    sure_by_error,
    sure_by_precision,
    widened,
)
from labelwise.decisions.tuning import Settings

LABEL = Task("multilabel", ("a",))
cells = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40)


def calibrated(n: int, seed: int = 0):
    p = np.random.default_rng(seed).random((n, 1))
    return p, (np.random.default_rng(seed + 1).random((n, 1)) < p).astype(float)


def arrays(rows):
    return np.array([r[0] for r in rows]) / 20, np.array([float(r[1]) for r in rows])


@given(cells, st.sampled_from([0.6, 0.8, 1.0]))
def test_both_sides_are_as_right_as_wanted_and_no_wider_band_is(rows, level):
    p, t = arrays(rows)
    high, low = sure_by_precision(p, t, level)
    if high is not None:
        assert t[p >= high].mean() >= level - 1e-9
    wider = [c for c in np.unique(p) if high is None or c < high - 1e-9]
    assert all(t[p >= c].mean() < level for c in wider if not (high is not None and (p[p >= c] >= high).all()))
    no = (p < low) | (low == 1)  # below 1 is every logit
    if no.any():
        assert (1 - t[no]).mean() >= level - 1e-9


@given(cells, st.sampled_from([0.0, 0.1, 0.3]))
def test_sure_answers_err_as_rarely_as_wanted(rows, level):
    p, t = arrays(rows)
    high, low = sure_by_error(p, t, level)
    sure = (p < low) | (np.zeros(len(p), bool) if high is None else p >= high)
    if sure.any():
        assert ((p >= 0.5) != (t == 1))[sure].mean() <= level + 1e-9


def test_calibrated_probabilities_are_cut_where_theory_says():
    p, t = calibrated(100_000)
    high, low = sure_by_precision(p[:, 0], t[:, 0], 0.9)
    assert (high, low) == pytest.approx((0.8, 0.2), abs=0.02)  # the mean of p from 0.8 to 1 is 0.9
    high, low = sure_by_error(p[:, 0], t[:, 0], 0.05)
    assert (high, low) == pytest.approx((0.9, 0.1), abs=0.02)


def test_a_band_stays_around_the_tuned_threshold():
    p, t = calibrated(2000)
    for cut in (0.05, 0.5, 0.95):
        rule = widened(TunedRule("thresholds", thresholds=(cut,)), p, t, sure=0.9)
        assert rule.unsure_from[0] <= cut <= rule.thresholds[0]
    never = widened(TunedRule("thresholds", thresholds=(None,)), p, t, sure=0.9)
    assert never.thresholds == (None,)
    assert 0 < never.unsure_from[0] < 0.3


def test_what_is_sure_anyway_has_no_band():
    p, t = np.array([[0.001]] * 50 + [[0.999]] * 50), np.array([[0.0]] * 50 + [[1.0]] * 50)
    rule = widened(TunedRule("thresholds", thresholds=(0.4,)), p, t, sure=0.9)
    assert (rule.thresholds, rule.unsure_from) == ((0.4,), (0.4,))


def test_a_certified_band_holds_on_new_rows():
    p, t = calibrated(4000)
    settings = Settings(level=0.8, delta=0.1)
    rule = certified_answers(p, t, LABEL, settings)
    certificates = certified_band(p, t, LABEL, settings)
    assert [c.promise for c in certificates] == ["precision", "precision_of_no"]
    assert (certificates[0].threshold, certificates[1].threshold) == (rule.thresholds[0], rule.unsure_from[0])
    new, truth = calibrated(50_000, 7)
    assert truth[new >= rule.thresholds[0]].mean() >= 0.8
    assert 1 - truth[new < rule.unsure_from[0]].mean() >= 0.8
    assert 0.5 < rule.thresholds[0] < 0.8


def test_a_rare_label_is_a_certified_no_and_never_a_yes():
    rng = np.random.default_rng(0)
    p = rng.random((1000, 1)) * 0.02
    t = (rng.random(p.shape) < p).astype(float)
    found = certified_band(p, t, LABEL, Settings(level=0.9, delta=0.1))
    assert found[0].threshold is None
    assert "positives: no threshold certifies a precision of 0.9" in found[0].why
    assert found[1].threshold == pytest.approx(0.02, abs=0.001)
    rule = certified_answers(p, t, LABEL, Settings(level=0.9, delta=0.1))
    assert rule.thresholds == (None,)


def test_thresholds_never_cross():
    rng = np.random.default_rng(0)
    p = np.concatenate([rng.random((500, 1)) * 0.01, 1 - rng.random((500, 1)) * 0.01])
    t = (p > 0.5).astype(float)
    rule = certified_answers(p, t, LABEL, Settings(level=0.6, delta=0.1))
    assert rule.unsure_from[0] <= rule.thresholds[0]


def test_a_floor_that_both_sides_could_share_is_refused():
    with pytest.raises(OptionError, match=r"above 0\.5"):
        certified_band(*calibrated(100), LABEL, Settings(level=0.5))


def test_the_certified_band_is_broken_as_rarely_as_promised():
    """200 draws of 400 rows: a yes or a no below its floor in at most delta of them, each."""
    broken = np.zeros(2)
    for seed in range(200):
        p, t = calibrated(400, 10 * seed)
        rule = certified_answers(p, t, LABEL, Settings(level=0.8, delta=0.1, seed=seed))
        high, low = rule.thresholds[0], rule.unsure_from[0]
        broken += [high is not None and (1 + high) / 2 < 0.8, low > 0 and 1 - low / 2 < 0.8]
    assert (broken <= 200 * 0.1 + 3 * np.sqrt(200 * 0.09)).all()
