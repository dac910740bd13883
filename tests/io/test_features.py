import numpy as np
import pytest

from labelwise.errors import InputError
from labelwise.io.features import as_features, check_numbers


@pytest.mark.parametrize(
    ("given", "dtype", "shape"),
    [
        (np.zeros((3, 2)), np.float32, (3, 2)),
        (np.zeros((3, 2), np.float16), np.float32, (3, 2)),
        (np.zeros((3, 2), np.uint8), np.float32, (3, 2)),
        (np.zeros((3, 2), bool), np.float32, (3, 2)),
        (np.zeros((3, 4, 5)), np.float32, (3, 4, 5, 1)),
        (np.zeros((3, 4, 5), np.uint8), np.uint8, (3, 4, 5, 1)),
        (np.zeros((3, 4, 5), bool), np.uint8, (3, 4, 5, 1)),
        (np.zeros((3, 4, 5, 3), np.int64), np.float32, (3, 4, 5, 3)),
        (np.zeros((3, 3, 3, 3)), np.float32, (3, 3, 3, 3)),
        (np.zeros((0, 2)), np.float32, (0, 2)),
        (np.zeros((3, 2), ">f8"), np.float32, (3, 2)),
    ],
)
def test_forms(given, dtype, shape):
    features = as_features(given, "X")
    assert features.dtype == dtype
    assert features.shape == shape


def test_what_has_the_right_form_is_neither_copied_nor_changed():
    rows = np.ones((3, 2), np.float32)
    assert as_features(rows, "X") is rows
    pixels = np.ones((3, 2, 2), np.uint8)
    assert np.shares_memory(as_features(pixels, "X"), pixels)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array([["a", "b"]]), r"dtype <U1, first value 'a'"),
        (np.array([[None, 1]], dtype=object), "dtype object, first value None"),
        (np.zeros((2, 2), complex), "dtype complex128"),
        (np.zeros((2, 2), "M8[s]"), "dtype datetime64"),
        (np.zeros(3), r"X\[:, None\]"),
        (np.zeros((3, 0)), "at least one feature"),
        (np.zeros((3, 4, 0)), "at least one feature or pixel"),
        (np.float64(3), r"shape \(\)"),
        (np.zeros((1, 2, 3, 4, 5)), "shape"),
        (np.zeros((5, 3, 8, 8)), r"channels first.*\n?.*transpose\(0, 2, 3, 1\)"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        as_features(given, "X")


def rows(**at):
    features = np.arange(12, dtype=np.float32).reshape(4, 3)
    for place, value in at.items():
        features[int(place[1]), int(place[3])] = value
    return features


def test_infinity_is_always_refused_with_its_place():
    for impute in (None, "median"):
        with pytest.raises(InputError, match=r"-inf at row 2, column 'b' \(in 2 of 4 rows"):
            check_numbers(rows(r2c1=-np.inf, r3c0=np.inf), ("a", "b", "c"), impute=impute)
    with pytest.raises(InputError, match="inf at row 0, column 2 "):
        check_numbers(as_features(np.array([[1, 2, 1e300]]), "X"), (), impute=None)


def test_missing_numbers_are_refused_with_column_count_and_first_row():
    features = rows(r1c2=np.nan, r3c2=np.nan, r3c0=np.nan)
    with pytest.raises(InputError) as caught:
        check_numbers(features, ("a", "b", "c"), impute=None, leave_out="--exclude {}")
    assert "column 'a' lacks 1 of 4 values, first in row 3; column 'c' lacks 2 of 4 values, first in row 1" in str(
        caught.value
    )
    assert caught.value.instead.endswith("--exclude a")


def test_missing_numbers_stay_nan_for_the_median_of_the_training_rows():
    features = rows(r1c2=np.nan)
    notes = check_numbers(features, (), impute="median")
    assert notes == ("column 2 lacks 1 of 4 values, first in row 1; filled with the median of the training rows",)
    assert np.isnan(features[1, 2])


def test_a_column_of_nothing_has_no_median():
    features = rows()
    features[:, 1] = np.nan
    for impute in (None, "median"):
        with pytest.raises(InputError, match="nothing but missing numbers in column 'b'"):
            check_numbers(features, ("a", "b", "c"), impute=impute)


def test_imputing_nothing_and_constant_columns_are_noted():
    features = rows()
    features[:, 1] = 7
    assert check_numbers(features, ("a", "b", "c"), impute="median") == (
        "impute: nothing was missing",
        "constant in every row: column 'b'",
    )
    assert check_numbers(features[:1], (), impute=None) == ()


def test_images_with_gaps_are_refused_even_where_rows_would_be_imputed():
    images = np.zeros((2, 3, 3, 1), np.float32)
    images[1, 2, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"nan at row 1, pixel \(2, 0, 0\)"):
        check_numbers(images, (), impute="median")
    images[1, 2, 0, 0] = np.inf
    with pytest.raises(InputError, match=r"inf at row 1, pixel \(2, 0, 0\)"):
        check_numbers(images, (), impute=None)
