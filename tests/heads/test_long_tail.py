"""Logit adjustment: softmax at tau 0, balanced softmax at tau 1, and both readings."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from labelwise.errors import OptionError
from labelwise.heads import HEADS
from labelwise.heads.class_shares import log_shares
from labelwise.task import read_labels

ADJUSTED = HEADS["logit_adjusted"]
LABELS = read_labels(np.repeat([0, 1, 2], [80, 15, 5]))
LOG_SHARES = log_shares(np.eye(3)[LABELS.targets])


def bound(**settings):
    return ADJUSTED.with_settings(**settings).bind(LABELS.task, LABELS.targets)


def test_without_tau_it_is_softmax():
    z, y = torch.randn(30, 3), torch.randint(0, 3, (30,))
    torch.testing.assert_close(bound(tau=0).loss_rows(z, y), HEADS["softmax"].loss_rows(z, y))
    np.testing.assert_allclose(bound(tau=0).log_probs(z.numpy(), LABELS.task), z.double().log_softmax(1), rtol=1e-6)


def test_with_tau_one_it_is_the_balanced_softmax():
    """e^z times the counts, over their sum (Ren et al. 2020, equation 4)."""
    z, y = torch.randn(30, 3, dtype=torch.float64), torch.randint(0, 3, (30,))
    counts = torch.from_numpy(np.exp(LOG_SHARES))
    p = counts * z.exp() / (counts * z.exp()).sum(1, keepdim=True)
    torch.testing.assert_close(bound().loss_rows(z, y), -p.log().gather(1, y[:, None])[:, 0])
    shifted = z + torch.from_numpy(LOG_SHARES)
    torch.testing.assert_close(bound().loss_rows(z, y), cross_entropy(shifted, y, reduction="none"))


def test_read_plainly_it_is_what_was_trained_read_balanced_every_class_counts_alike():
    z = np.zeros((1, 3))  # no evidence at all
    np.testing.assert_allclose(bound().log_probs(z, LABELS.task), np.log(np.ones((1, 3)) / 3))
    np.testing.assert_allclose(bound(reading="plain").log_probs(z, LABELS.task)[0], LOG_SHARES)
    assert bound(reading="plain").calibrated
    assert not bound().calibrated


def test_its_first_loss_is_the_entropy_of_the_shares():
    share = np.array([0.8, 0.15, 0.05])
    found = bound().initial_loss(LABELS.task, LABELS.targets)
    assert found == pytest.approx(-(share * LOG_SHARES).sum(), rel=1e-12)


def test_without_the_shares_there_is_no_loss():
    with pytest.raises(OptionError, match="bind"):
        ADJUSTED.loss(torch.zeros(1, 3), torch.tensor([0]))
