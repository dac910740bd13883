import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.errors import InputError
from labelwise.metrics import augrc, aurc, auroc, coverage_at_risk, excess_aurc, risk_coverage

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)


def arrays(pairs):
    return np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])


def naive_aurc(confidence, correct):
    wrong = 1 - correct[np.argsort(-confidence, kind="stable")].astype(float)
    return (np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean()


def test_ties_are_the_average_over_their_orders():
    c, y = np.array([0.9, 0.5, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 1, 0])
    orders = [naive_aurc(c, y[[0, *o, 4]]) for o in itertools.permutations([1, 2, 3])]
    assert aurc(c, y) == pytest.approx(np.mean(orders))


@given(rows)
def test_areas_do_not_depend_on_the_order_of_the_file(pairs):
    c, y = arrays(pairs)
    for area in (aurc, excess_aurc, augrc):
        assert area(c, y) == pytest.approx(area(c[::-1], y[::-1]))


@given(rows)
def test_augrc_is_the_formula_of_the_paper(pairs):
    c, y = arrays(pairs)
    accuracy, area = y.mean(), auroc(c, y)
    expected = (0 if area is None else (1 - area) * accuracy * (1 - accuracy)) + (1 - accuracy) ** 2 / 2
    assert augrc(c, y) == pytest.approx(expected)


@given(st.permutations(list(range(12))), st.integers(0, 2**12 - 1))
def test_without_ties_aurc_is_the_mean_risk(order, bits):
    c, y = np.array(order, float), np.array([bits >> i & 1 for i in range(12)])
    assert aurc(c, y) == pytest.approx(naive_aurc(c, y))
    best = naive_aurc(np.arange(12.0), np.sort(y))
    assert excess_aurc(c, y) == pytest.approx(aurc(c, y) - best, abs=1e-12)
    assert excess_aurc(c, y) >= -1e-12


def test_curve_and_coverage():
    c, y = np.array([0.9, 0.8, 0.8, 0.6]), np.array([1, 1, 0, 0])
    curve = risk_coverage(c, y)
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 3, 0.5])
    assert coverage_at_risk(c, y, 0.34) == 0.75
    assert coverage_at_risk(c, 1 - y, 0.0) == 0.0
    assert coverage_at_risk([], [], 0.1) is None
    rng = np.random.default_rng(0)
    long = risk_coverage(rng.random(5000), rng.random(5000) < 0.5)
    thin = long.thinned(100)
    assert len(thin.risk) <= 100
    assert thin.coverage[0] == long.coverage[0]
    assert thin.coverage[-1] == 1.0
    assert set(curve.to_dict()) == {"confidence", "coverage", "risk"}


def test_bad_input_and_unknown_rows():
    with pytest.raises(InputError, match="nan at row 1"):
        aurc([0.5, np.nan], [1, 0])
    with pytest.raises(InputError, match="one length"):
        aurc([0.5], [1, 0])
    assert aurc([0.9, 0.1], [1, np.nan]) == 0
    assert aurc([], []) is None
