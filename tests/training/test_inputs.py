"""Scaling by the training rows alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelwise.errors import InputError
from labelwise.training.inputs import as_batch, input_shape, scaler


@given(hnp.arrays(np.float32, (20, 3), elements=st.floats(-1e6, 1e6, width=32)), st.sampled_from([1e-8, 1.0, 1e8]))
def test_training_rows_get_mean_zero_and_deviation_one_whatever_their_unit(rows, unit):
    rows = (rows * np.float32(unit)).astype(np.float32)
    scaled = scaler(rows)(rows)
    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()
    varies = rows.std(0, dtype=np.float64) > 1e-6 * np.abs(rows.mean(0, dtype=np.float64))
    varies &= rows.std(0, dtype=np.float64) > 1e-30
    np.testing.assert_allclose(scaled.mean(0, dtype=np.float64)[varies], 0, atol=1e-4)
    np.testing.assert_allclose(scaled.std(0, dtype=np.float64)[varies], 1, rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, 16777.217, 1e8 + 0.3, -3e30, 1e-30])
def test_a_constant_column_stays_harmless(value):
    rows = np.full((1001, 1), value, np.float32)
    scale = scaler(rows)
    assert np.abs(scale(rows)).max() <= np.abs(value) * 1e-6 + 1e-30
    assert scale.deviation.tolist() == [1.0]


def test_other_rows_do_not_move_the_scale_and_the_input_is_not_changed():
    rows, other = np.array([[0.0], [2.0]]), np.array([[4.0], [-100.0]])
    before = rows.copy()
    scale = scaler(rows)
    assert scale(other).tolist() == [[3.0], [-101.0]]
    assert scale(rows).tolist() == [[-1.0], [1.0]]
    np.testing.assert_array_equal(rows, before)


def test_missing_numbers_become_the_median_of_the_training_rows():
    rows = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 6.0], [100.0, 7.0]])
    scale = scaler(rows)
    filled = np.where(np.isnan(rows), 3.0, rows)
    np.testing.assert_allclose(scale(rows), (filled - filled.mean(0)) / filled.std(0), rtol=1e-6)
    np.testing.assert_allclose(scale(np.array([[np.nan, 5.0]]))[0, 0], (3 - filled[:, 0].mean()) / filled[:, 0].std())


def test_a_gap_where_training_had_none_is_refused_with_its_place():
    with pytest.raises(InputError, match="nan at row 1, column 0"):
        scaler(np.ones((3, 2)))(np.array([[1.0, 1.0], [np.nan, 1.0]]))


def test_a_column_without_any_value_is_refused():
    with pytest.raises(InputError, match="column 1 has no value"):
        scaler(np.array([[1.0, np.nan], [2.0, np.nan]]))


def test_other_columns_than_in_training_are_refused():
    with pytest.raises(InputError, match=r"\(3,\)"):
        scaler(np.ones((4, 2)))(np.ones((4, 3)))


def test_images_are_scaled_by_channel_and_their_channels_come_first():
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 6, 3)).astype(np.uint8)
    scaled = scaler(images)(images)
    np.testing.assert_allclose(scaled.mean((0, 1, 2), dtype=np.float64), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std((0, 1, 2), dtype=np.float64), 1, rtol=1e-5)
    batch = as_batch(scaled)
    assert batch.shape == (10, 3, 4, 6)
    assert input_shape(images) == (3, 4, 6)
    assert torch.equal(batch[2, 1], torch.from_numpy(scaled[2, :, :, 1]))
    assert as_batch(np.ones((2, 5), np.float32)).shape == (2, 5)
    assert input_shape(np.ones((2, 5))) == (5,)
