"""Where labelwise disagrees with a peer on purpose, and where peers that are installed agree (none is required)."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from labelwise.kernels import row_statistics
from labelwise.metrics import (
    average_precision,
    binary_log_loss,
    ece,
    f1,
    log_loss,
    mean_average_precision,
    smooth_ece,
)

RNG = np.random.default_rng(0)


def test_log_loss_of_indicators_counts_the_negatives():
    """scikit-learn takes indicator rows for a distribution over classes: negatives do not count."""
    y = np.array([[1, 0, 0], [0, 1, 0]])
    good, bad = np.where(y, 0.8, 0.1), np.where(y, 0.8, 0.79)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert oracle.log_loss(y, good) == oracle.log_loss(y, bad)
    assert binary_log_loss(good, y) < binary_log_loss(bad, y) / 3


def test_log_loss_of_float32_is_not_clipped_at_float32_eps():
    p = np.array([[1e-30, 1], [0.5, 0.5]], np.float32)
    clipped = oracle.log_loss([0, 1], p, labels=[0, 1])
    assert log_loss(p, np.array([0, 1])) == pytest.approx((30 * np.log(10) + np.log(2)) / 2, rel=1e-6)
    assert clipped < 0.3 * log_loss(p, np.array([0, 1]))


def test_f1_of_nothing_is_left_out_not_zero():
    y, a = np.array([[1, 0], [0, 0]]), np.array([[1, 0], [0, 0]], bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert oracle.f1_score(y, a, average="samples") == 0.5
        assert oracle.f1_score(y, a, average="macro") == 0.5
    assert f1(a, y, "samples") == f1(a, y, "macro") == 1.0


def test_labels_without_positives_are_left_out_of_the_mean_not_zero():
    y, s = np.array([[1, 0], [0, 0], [1, 0]]), RNG.random((3, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = oracle.average_precision_score(y, s, average="macro")
    assert mean_average_precision(s, y) == average_precision(s[:, 0], y[:, 0]) == pytest.approx(2 * theirs)


def test_level_scores_are_not_ordered_by_class_for_top_k():
    """scikit-learn breaks ties by class index: a constant score then gives the higher classes for free."""
    z = np.zeros((10, 10))
    theirs = oracle.top_k_accuracy_score(np.arange(10), z, k=5)
    ranks = row_statistics(z, np.arange(10)).rank
    assert theirs == 0.5
    assert (ranks < 5).mean() == 0.1  # the one class that argmax gives


def test_ece_is_that_of_torchmetrics_up_to_the_edges_of_bins():
    functional = pytest.importorskip("torchmetrics.functional.classification", reason="torchmetrics is not installed")
    import torch

    c = RNG.random(500)
    y = RNG.random(500) < c**2
    for bins in (2, 15):
        theirs = functional.binary_calibration_error(torch.tensor(c), torch.tensor(y.astype(int)), n_bins=bins)
        assert ece(c, y, bins) == pytest.approx(float(theirs), abs=1e-6)


def test_ece_is_that_of_mapie():
    calibration = pytest.importorskip("mapie.metrics.calibration", reason="MAPIE is not installed")
    c = RNG.random(500)
    y = (RNG.random(500) < c**2).astype(int)
    assert ece(c, y, 15) == pytest.approx(calibration.expected_calibration_error(y, c, num_bins=15), abs=1e-9)


def test_smooth_ece_is_that_of_relplot():
    relplot = pytest.importorskip("relplot", reason="relplot is not installed")
    for power in (1.0, 1.7, 3.0):
        c = RNG.beta(4, 1, 2000)
        y = (RNG.random(2000) < c**power).astype(float)
        assert smooth_ece(c, y) == pytest.approx(relplot.smECE(c, y), abs=2e-3)
