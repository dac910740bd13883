import numpy as np
import pytest

from labelwise import InputError, Logits
from labelwise.auditing.paired import compare_cases
from labelwise.metrics import METRICS, Case, delong_paired, mcnemar

KINDS = ("binary", "multiclass", "ordinal", "multilabel")


def other(case, noise, seed=9):
    rng = np.random.default_rng(seed)
    array = case.scores.array + noise * rng.normal(size=case.scores.array.shape)
    return Case(Logits(array, case.scores.task, groups=case.scores.groups), case.targets, resamples=200)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_against_itself_shows_nothing(made, kind):
    case = made(kind)
    found = compare_cases(case, case)
    assert (found.only_a, found.only_b) == (0, 0)
    for name, d in found.metrics.items():
        assert d.value == 0, name
        if d.low is not None:
            assert d.low == d.high == 0
        assert d.p in (None, 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worse_file_is_seen_to_be_worse(made, kind):
    case = made(kind, rows=2000)
    found = compare_cases(case, other(case, 6.0))
    name = "exact_match" if kind == "multilabel" else "accuracy"
    assert found.metrics[name].low > 0
    assert found.metrics[name].p < 1e-3
    assert found.metrics["brier_score"].high < 0
    assert found.metrics["roc_auc_macro"].low > 0
    assert found.metrics[name].p == mcnemar(found.only_a, found.only_b)
    for name, d in found.metrics.items():
        if name in METRICS:
            assert d.a == pytest.approx(METRICS[name].fn(case).value, abs=1e-9), name


def test_auroc_of_one_column_is_paired_delong(made):
    case = made("binary")
    second = other(case, 2.0)
    found = compare_cases(case, second).labels["yes"]
    value, low, high, p = delong_paired(case.scores.array[:, 0], second.scores.array[:, 0], case.targets)
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)
    assert found.p_holm == found.p
    assert found.p == pytest.approx(p, abs=1e-3)


def test_level_files_are_called_different_at_their_stated_rate(made):
    """Two equally noisy copies: McNemar at 5 % should cry wolf about 5 times in 100."""
    cries = 0
    for seed in range(100):
        case = made("multiclass", rows=200, seed=seed)
        a, b = other(case, 2.0, seed=1000 + seed), other(case, 2.0, seed=2000 + seed)
        right = [(c.rows.decision == c.targets) for c in (a, b)]
        cries += mcnemar(int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())) < 0.05
    assert cries <= 12


def test_groups_widen_paired_intervals(made):
    case = made("multiclass", rows=300)
    copies = np.repeat(np.arange(300), 4)
    a = Case(Logits(case.scores.array[copies], case.scores.task, groups=copies), case.targets[copies], resamples=300)
    wide = compare_cases(a, other(case, 3.0) and _copied(other(case, 3.0), copies))
    narrow = compare_cases(case, other(case, 3.0))
    for name in ("log_loss", "roc_auc_macro", "f1_macro"):
        ratio = (wide.metrics[name].high - wide.metrics[name].low) / (
            narrow.metrics[name].high - narrow.metrics[name].low
        )
        assert 0.75 < ratio < 1.3, name


def _copied(case, copies):
    return Case(Logits(case.scores.array[copies], case.scores.task, groups=copies), case.targets[copies], resamples=300)


def test_other_rows_are_refused(made):
    case = made()
    with pytest.raises(InputError, match="labels differ"):
        compare_cases(case, Case(case.scores, np.roll(case.targets, 1)))
    a = Case(Logits(case.scores.array, case.scores.task, ids=np.arange(600)), case.targets)
    b = Case(Logits(case.scores.array, case.scores.task, ids=np.arange(600)[::-1]), case.targets)
    with pytest.raises(InputError, match="ids differ"):
        compare_cases(a, b)
    with pytest.raises(InputError, match="one task"):
        compare_cases(case, made("ordinal"))
