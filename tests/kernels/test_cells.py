import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.kernels import blocks, cells
from labelwise.kernels.bins import bin_of
from labelwise.kernels.cells import cell_statistics

shapes = st.tuples(st.integers(1, 200), st.integers(1, 12), st.integers(0, 2**31), st.booleans())
BINS = 15


def sample(shape):
    n, width, seed, unknown = shape
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, width)) * 3
    y = (z + rng.logistic(size=z.shape) * 2 > 0).astype(float)
    if unknown:
        y[rng.random(y.shape) < 0.3] = np.nan
    return z, y


@given(shapes, st.sampled_from(["logits", "log-probabilities", "probabilities"]))
def test_sums_are_those_of_the_formulas(shape, kind):
    z, y = sample(shape)
    p = 1 / (1 + np.exp(-z))
    s = cell_statistics({"logits": z, "log-probabilities": np.log(p), "probabilities": p}[kind], y, kind=kind)
    known, true, answer = ~np.isnan(y), np.nan_to_num(y), p >= 0.5
    loss = -np.where(true == 1, np.log(p), np.log1p(-p))
    for name, each in {
        "known": known,
        "due": true,
        "given": answer,
        "hits": answer * true,
        "expected": p,
        "nll": loss,
        "brier": (p - true) ** 2,
        "sure": np.log(np.maximum(p, 1 - p)),
    }.items():
        assert np.allclose(getattr(s, name), (each * known).sum(1)), name
    for name, each in {
        "tp": answer * true,
        "fp": answer * (1 - true),
        "fn": (1 - answer) * true,
        "cells": known,
        "label_nll": loss,
    }.items():
        assert np.allclose(getattr(s, name), (each * known).sum(0)), name
    assert np.array_equal(s.wrong, ((answer != true) & known).sum(1))


@given(shapes)
def test_mistakes_made_together_are_counted_pair_by_pair(shape):
    z, y = sample(shape)
    s = cell_statistics(z, y, kind="logits")
    for found, mistake in (
        (s.missed_together, (z < 0) & (y == 1)),
        (s.added_together, (z >= 0) & (y == 0)),
    ):
        several = mistake[mistake.sum(1) > 1].astype(int)
        assert np.array_equal(found, several.T @ several)


@given(shapes)
def test_bins_hold_every_known_cell(shape):
    z, y = sample(shape)
    p = 1 / (1 + np.exp(-z))
    found, known = cell_statistics(z, y, kind="logits").bins, ~np.isnan(y)
    for j in range(z.shape[1]):
        place, use = bin_of(p[:, j], BINS), known[:, j]
        assert np.array_equal(found.count[j], np.bincount(place[use], minlength=BINS))
        assert np.allclose(found.confidence[j], np.bincount(place[use], p[use, j], BINS))
        assert np.array_equal(found.correct[j], np.bincount(place[use], y[use, j], BINS))


@pytest.mark.parametrize("unknown", [False, True])
def test_many_blocks_and_threads_give_what_one_gives_and_nothing_is_changed(monkeypatch, unknown):
    z, y = sample((3000, 20, 0, unknown))
    before = z.copy(), y.copy()
    whole = cell_statistics(z, y, kind="logits")
    monkeypatch.setattr(blocks, "BLOCK", 1500)
    monkeypatch.setattr(cells, "in_parts", lambda job, size, **_: blocks.in_parts(job, size, threads=3))
    parts = cell_statistics(z, y, kind="logits")
    for name, value in vars(whole).items():
        if name != "bins":
            assert np.allclose(value, getattr(parts, name), rtol=1e-12), name
    assert np.array_equal(whole.bins.correct, parts.bins.correct)
    assert np.array_equal(z, before[0])
    assert np.array_equal(y, before[1], equal_nan=True)


def test_what_is_sure_does_not_saturate_and_yes_no_labels_need_no_floats():
    s = cell_statistics(np.array([[40.0], [60.0]], np.float32), np.array([[True], [False]]), kind="logits")
    assert s.sure[0] < s.sure[1] < 0
    assert s.nll.tolist() == pytest.approx([np.exp(-40), 60], rel=1e-12)
