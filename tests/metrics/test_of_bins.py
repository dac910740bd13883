import numpy as np
import pytest

from labelwise import Logits
from labelwise.metrics import METRICS, Case, of_bins
from labelwise.task import Task

NAMES = ("ece_classwise", "brier_calibration", "brier_refinement")


def sample(rows, sharpness, seed, width=4):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, width)) * 1.5
    y = (z + rng.gumbel(size=z.shape)).argmax(1)
    return Case(Logits(sharpness * z, Task("multiclass", tuple(f"c{k}" for k in range(width)))), y)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sharpness", [1.0, 1.7])
def test_intervals_hold_the_truth_also_where_noise_is_most_of_the_figure(name, sharpness):
    truth = METRICS[name].fn(sample(200_000, sharpness, 0)).value
    found = [METRICS[name].fn(sample(300, sharpness, seed)) for seed in range(1, 61)]
    assert sum(m.low <= truth <= m.high for m in found) >= 52
    if name != "brier_refinement" and sharpness == 1:
        assert np.mean([m.value for m in found]) > 3 * truth  # why an interval round the value would not do


@pytest.mark.parametrize("name", NAMES)
def test_intervals_narrow_with_rows_down_to_the_figure(name):
    few, many = METRICS[name].fn(sample(500, 1.7, 1)), METRICS[name].fn(sample(50_000, 1.7, 1))
    assert many.high - many.low < (few.high - few.low) / 5
    assert many.low <= many.value <= many.high


@pytest.mark.parametrize("name", NAMES)
def test_no_interval_has_a_reason(name, monkeypatch):
    case = sample(100, 1, 2)
    monkeypatch.setattr(of_bins, "MANY_CELLS", 10)
    m = METRICS[name].fn(case)
    assert m.low is None
    assert "20 million" in m.why


def test_two_classes_count_one_of_them():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(500, 1)) * 2
    y = (z[:, 0] + rng.logistic(size=500) > 0).astype(int)
    yes = Case(Logits(z, Task("binary", ("no", "yes"))), y)
    both = Case(Logits(np.concatenate([0 * z, z], 1), Task("multiclass", ("no", "yes"))), y)
    for name in NAMES:
        a, b = METRICS[name].fn(yes), METRICS[name].fn(both)
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high)), name
