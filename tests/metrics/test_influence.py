"""What a row contributes to a figure: the derivative in its weight, and the spread that resampling shows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise import Logits
from labelwise.metrics import METRICS, Case
from labelwise.metrics.ranking import average_precision_influence
from labelwise.task import Task


@st.composite
def ranked(draw):
    """Few distinct scores, so that ties are common, with some unknown truth."""
    n = draw(st.integers(3, 25))
    scores = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), float)
    truth = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=n, max_size=n)))
    truth[0] = 1
    return scores, truth


def weighted_average_precision(scores, truth, weights):
    yes, known = weights * (truth == 1), weights * ~np.isnan(truth)
    at_least = scores >= scores[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = (at_least @ yes) / (at_least @ known)
    return (yes * np.nan_to_num(precision)).sum() / yes.sum()


@given(ranked())
def test_average_precision_moves_as_the_influence_says(made):
    scores, truth = made
    step, found = 1e-5, []
    for row in range(len(scores)):
        up, down = np.ones(len(scores)), np.ones(len(scores))
        up[row], down[row] = 1 + step, 1 - step
        ends = [weighted_average_precision(scores, truth, weights) for weights in (up, down)]
        found.append((ends[0] - ends[1]) / (2 * step))
    assert average_precision_influence(scores, truth) == pytest.approx(np.array(found), abs=1e-7)


def sample(rows, seed, groups=None):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, 4)) * 1.5
    y = (z + rng.gumbel(size=z.shape)).argmax(1)
    return Case(Logits(1.6 * z, Task("multiclass", tuple("abcd")), groups=groups), y, resamples=60)


@pytest.mark.parametrize("name", ["ece", "ece_equal_mass", "smooth_ece", "average_precision_macro"])
def test_widths_are_those_of_data_sets_drawn_anew(name):
    found = [METRICS[name].fn(sample(800, seed)) for seed in range(120)]
    spread = np.std([m.value for m in found])
    assert np.mean([m.high - m.low for m in found]) == pytest.approx(3.92 * spread, rel=0.2)


@pytest.mark.parametrize("name", ["ece", "ece_equal_mass", "smooth_ece", "average_precision_macro"])
def test_rows_of_one_group_are_one_piece_of_evidence(name):
    alone = sample(600, 0)
    twice = Case(
        Logits(np.repeat(alone.scores.array, 2, 0), alone.scores.task, groups=np.repeat(np.arange(600), 2)),
        np.repeat(alone.targets, 2),
    )
    one, other = METRICS[name].fn(alone), METRICS[name].fn(twice)
    assert other.value == pytest.approx(one.value, abs=2e-3)
    assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.05)
