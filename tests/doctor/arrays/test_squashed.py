"""Scores that went through a second softmax: few classes, few rows, few decimals."""

import numpy as np
import pytest

from labelwise.doctor import check_scores


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def data(n, c, sd, seed=0):
    rng = np.random.default_rng(seed)
    p = softmax(rng.normal(size=(n, c)) * sd)
    return p, (p.cumsum(1) < rng.uniform(size=(n, 1))).sum(1).clip(0, c - 1)


def slugs(scores, y=None):
    return {f.slug for f in check_scores(scores, y, kind="probs")}


@pytest.mark.parametrize("c", [2, 3, 4])
def test_a_hundred_rows_of_few_classes_are_enough_where_the_labels_say_so(c):
    p, y = data(100, c, 3.0)
    findings = check_scores(softmax(p), y, kind="probs")
    assert "double-softmax" in {f.slug for f in findings}
    assert findings.repaired == pytest.approx(p, abs=1e-9)
    assert "double-softmax" not in slugs(softmax(p))  # without labels nothing tells it from an honest model


@pytest.mark.parametrize("c", [2, 3, 4, 5, 6])
def test_honest_scores_near_uniform_are_left_alone(c):
    for sd in (0.1, 0.2, 0.3):
        for seed in range(5):
            p, y = data(300 if c <= 4 else 40, c, sd, seed)
            assert "double-softmax" not in slugs(p, y), (sd, seed)


def test_labels_that_speak_for_the_saved_scores_outweigh_their_height():
    rng = np.random.default_rng(0)
    p = np.column_stack([q := rng.uniform(0.28, 0.72, 500), 1 - q])
    p[0] = 0.7305, 0.2695
    y = (rng.uniform(size=500) > p[:, 0]).astype(int)
    assert "double-softmax" not in slugs(p, y)


def test_decimals_that_are_all_rounded_the_same_way_still_sum_to_one():
    p, y = data(400, 40, 3.0)
    saved = np.round(softmax(p), 3)
    assert np.abs(saved.sum(1) - 1).max() > 0.0101
    assert "double-softmax" in slugs(saved, y)
