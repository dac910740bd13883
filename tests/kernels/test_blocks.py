import numpy as np
import pytest

from labelwise.kernels.blocks import BLOCK, in_parts, row_blocks


@pytest.mark.parametrize("width", [1, 7, 1000, BLOCK, 3 * BLOCK])
def test_blocks_cover_the_rows_once_in_order(width):
    rows = np.concatenate([np.arange(b.start, b.stop) for b in row_blocks(slice(3, 1200), width)])
    assert np.array_equal(rows, np.arange(3, 1200))


@pytest.mark.parametrize("size", [0, 1, 2, 9])
def test_parts_cover_the_items_once_in_order(size):
    parts = in_parts(lambda part: list(range(part.start, part.stop)), size, threads=4)
    assert [i for part in parts for i in part] == list(range(size))


def test_a_thread_that_fails_is_heard():
    def job(part):
        raise ValueError("row 7")

    with pytest.raises(ValueError, match="row 7"):
        in_parts(job, 10, threads=2)
