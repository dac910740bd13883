"""The pieces that losses of separate labels share."""

import numpy as np
import pytest
import torch

from labelwise.heads import HEADS
from labelwise.heads.per_label import best_logits, known_cells, rows_of_sides
from labelwise.heads.sides import BLOCK, Side
from labelwise.task import Task


def test_known_cells_and_their_targets():
    known, y = known_cells(torch.zeros(1, 3, dtype=torch.float64), torch.tensor([[1.0, torch.nan, 0.5]]))
    assert known.tolist() == [[True, False, True]]
    assert y.tolist() == [[1, 0, 0.5]]
    assert y.dtype == torch.float64


@pytest.mark.parametrize("reduction", ["mean_labels", "sum_labels"])
def test_few_cells_and_many_give_the_same(reduction):
    """Beyond a block the quick way is taken."""
    head = HEADS["sigmoid"].with_settings(reduction=reduction)
    z = torch.randn(2, BLOCK // 2 + 1, dtype=torch.float64)
    y = (torch.rand(z.shape) < 0.1).float()
    y[0, 0] = torch.nan
    many = rows_of_sides(head, z, y, Side(0.75, 2.0), Side(0.25, 2.0))
    few = torch.cat([rows_of_sides(head, z[[i]], y[[i]], Side(0.75, 2.0), Side(0.25, 2.0)) for i in range(2)])
    torch.testing.assert_close(many, few)


def test_the_best_logits_of_a_proper_loss_are_the_log_odds():
    y = (np.arange(1000)[:, None] < [10, 500, 990]).astype(np.float64)
    task = Task("multilabel", ("a", "b", "c"))
    rate = (y.sum(0) + 0.5) / 1001
    np.testing.assert_allclose(
        best_logits(HEADS["sigmoid"], task, y), np.log(rate / (1 - rate)), rtol=1e-10, atol=1e-12
    )
