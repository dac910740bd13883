import numpy as np
import polars as pl
import pytest

from labelwise import InputError
from labelwise.io.targets import encode_targets
from labelwise.task import Task

TASK = Task("multiclass", ("a", "b", "c"))


@pytest.mark.parametrize(
    "y",
    [
        [1, 0, 2],
        np.array([1.0, 0.0, 2.0]),
        ["b", "a", "c"],
        np.array(["b", "a", "c"], dtype=object),
        np.array([[1], [0], [2]]),
        pl.Series(["b", "a", "c"]),
        [1, 0, 2.0],
    ],
)
def test_names_and_indices_in_any_form(y):
    assert encode_targets(y, TASK).tolist() == [1, 0, 2]


def test_missing_labels_are_minus_one():
    assert encode_targets([None, 0, 1], TASK).tolist() == [-1, 0, 1]
    assert encode_targets([np.nan, 0, -1], TASK).tolist() == [-1, 0, -1]
    assert encode_targets(["", "a", None], TASK).tolist() == [-1, 0, -1]
    assert encode_targets([True, False], Task("binary", ("no", "yes"))).tolist() == [1, 0]


def test_classes_that_are_numbers_go_by_their_number_not_their_place():
    task = Task("ordinal", ("1", "2", "3"))
    assert encode_targets([1, 2, 3], task).tolist() == [0, 1, 2]
    assert encode_targets(["1", "2", "3"], task).tolist() == [0, 1, 2]
    assert encode_targets([1.0, np.nan], task).tolist() == [0, -1]
    with pytest.raises(InputError, match="0 at row 1"):
        encode_targets([1, 0], task)


def test_strangers_are_named_with_their_row():
    for y, message in (
        ([0, 3], "3 at row 1"),
        (["a", "z"], "'z' at row 1"),
        ([0.5], "0.5 at row 0"),
        ([np.inf], "inf at row 0"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
    ):
        with pytest.raises(InputError, match=message):
            encode_targets(y, TASK)
    with pytest.raises(InputError, match="grouped"):
        encode_targets([[0, 1]], Task("grouped", ("a=0", "b=1")))
