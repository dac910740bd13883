"""Shares of classes as losses take them."""

import numpy as np
import torch

from labelwise.heads import HEADS
from labelwise.heads.class_shares import bind_log_shares, log_shares, taken_as
from labelwise.task import read_labels


def test_a_class_that_never_occurs_has_a_small_share_and_no_infinite_logarithm():
    found = np.exp(log_shares(np.eye(3)[[0, 0, 0, 1]]))
    np.testing.assert_allclose(found, [3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5])


def test_several_labels_count_by_their_share_of_a_row():
    labels = read_labels([[1, 1, 0], [1, 0, 0], [0, 0, 0]])
    found = bind_log_shares(HEADS["softmax"], labels.task, labels.targets)["log_shares"]
    np.testing.assert_allclose(np.exp(found), np.array([2.0, 1.0, 0.5]) / 3.5)


def test_they_are_taken_in_the_dtype_of_the_logits():
    labels = read_labels([0, 0, 1])
    head = HEADS["logit_adjusted"].bind(labels.task, labels.targets)
    assert taken_as(head, torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
