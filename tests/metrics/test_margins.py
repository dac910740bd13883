import numpy as np
import pytest

from labelwise.metrics.margins import FIGURES, draw_margins, margins_of, quadratic_weighted_kappa


def test_drawn_margins_spread_like_resampled_rows():
    rng = np.random.default_rng(0)
    truth, given = rng.integers(3, size=200), rng.integers(3, size=200)
    cells = np.zeros((3, 3), int)
    np.add.at(cells, (truth, given), 1)
    drawn = draw_margins(cells, 3000, seed=1)
    assert (drawn.total == 200).all()
    assert (drawn.given.sum(1) == 200).all()
    by_rows = []
    for _ in range(3000):
        rows = rng.integers(200, size=200)
        cell = np.zeros((3, 3), int)
        np.add.at(cell, (truth[rows], given[rows]), 1)
        by_rows.append([float(f(margins_of(cell))) for f in FIGURES.values()])
    for i, (name, figure) in enumerate(FIGURES.items()):
        a, b = figure(drawn), np.array(by_rows)[:, i]
        assert a.mean() == pytest.approx(b.mean(), abs=0.005), name
        assert a.std() == pytest.approx(b.std(), rel=0.1), name


def test_empty_cells_and_classes_are_kept_apart():
    drawn = draw_margins(np.array([[5, 0, 0], [0, 0, 0], [0, 0, 5]]), 50, seed=0)
    assert (drawn.truth[:, 1] == 0).all()
    assert (FIGURES["f1_macro"](drawn) == 1).all()


def test_undefined_is_nan():
    one_class = margins_of(np.array([[4, 0], [0, 0]]))
    assert np.isnan(FIGURES["matthews_corrcoef"](one_class))
    assert np.isnan(quadratic_weighted_kappa(np.array([[4, 0], [0, 0]])))


def test_millions_of_rows_do_not_overflow():
    cells = np.array([[300, 40, 5], [20, 250, 30], [1, 2, 400]])
    few, many = margins_of(cells), margins_of(cells * 10_000_000)
    for name, figure in FIGURES.items():
        assert figure(many) == pytest.approx(figure(few)), name
    assert quadratic_weighted_kappa(cells * 10_000_000) == pytest.approx(quadratic_weighted_kappa(cells))
