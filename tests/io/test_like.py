import numpy as np
import polars as pl
import pytest

from labelwise.errors import InputError
from labelwise.io.dataset import read_dataset
from labelwise.io.like import read_like

KNOWN = pl.DataFrame(
    {
        "a": [1.0, 2.0, 3.0],
        "c": ["red", "blue", "red"],
        "b": [4, 5, 6],
        "skip": ["x", "y", "z"],
        "label": ["u", "v", "u"],
    }
)


@pytest.fixture
def known():
    return read_dataset(KNOWN, labels="label", categorical="c", exclude="skip")


def test_columns_come_in_the_order_of_the_known_data(known):
    other = pl.DataFrame({"b": [7, 8], "more": ["s", "t"], "c": ["green", "red"], "a": [0.5, 1.5], "label": ["p", "q"]})
    data = read_like(other, known)
    assert data.feature_names == known.feature_names == ("a", "c=blue", "c=red", "b")
    assert data.features.tolist() == [[0.5, 0, 0, 7], [1.5, 0, 1, 8]]
    assert data.labels is None
    assert data.notes == ("one-hot encoded: c (2 columns)", "values that frame does not know: c=green")


def test_files_too(known, tmp_path):
    KNOWN.write_csv(tmp_path / "o.csv")
    KNOWN.write_parquet(tmp_path / "o.parquet")
    for name in ("o.csv", "o.parquet"):
        data = read_like(str(tmp_path / name), known)
        assert data.name == "o"
        np.testing.assert_array_equal(data.features, known.features)
        assert data.source["path"] == str(tmp_path / name)
        assert len(data.source["sha256"]) == 64


def test_a_column_that_is_not_there_is_named(known):
    with pytest.raises(InputError, match="the columns of frame\ngiven: frame without b, c"):
        read_like(KNOWN.select("a"), known)


def test_missing_numbers_are_judged_as_in_the_known_data(known):
    hole = KNOWN.with_columns(a=pl.Series([None, 1.0, 2.0]))
    with pytest.raises(InputError, match="column 'a' lacks 1 of 3 values"):
        read_like(hole, known)
    imputed = read_dataset(hole, labels="label", categorical="c", exclude="skip", impute="median")
    assert np.isnan(read_like((hole, None), imputed).features[0, 0])


def test_rows_of_arrays():
    known = read_dataset((np.eye(4), [0, 1, 0, 1]))
    assert read_like({"X": np.ones((2, 4))}, known).features.shape == (2, 4)
    with pytest.raises(InputError, match="data of the form of arrays: 4 rows of 4 features"):
        read_like({"X": np.ones((2, 3))}, known)
    with pytest.raises(InputError, match="digits: 1797 images"):
        read_like("digits", known)
    named = read_dataset({"X": np.eye(2), "y": [0, 1], "features": ["a", "b"]})
    with pytest.raises(InputError, match="arrays with b, a"):
        read_like({"X": np.eye(2), "features": ["b", "a"]}, named)


def images(*shape: int, dtype: type = np.uint8):
    return {"X": np.ones(shape, dtype), "y": [0, 1] * (shape[0] // 2)}


def test_images_of_one_form():
    grey, colour = read_dataset(images(4, 8, 8)), read_dataset(images(4, 8, 8, 3))
    assert read_like(images(2, 8, 8), grey).features.shape == (2, 8, 8, 1)
    assert read_like(images(2, 8, 8), colour).features.shape == (2, 8, 8, 3)
    assert read_like(read_dataset(images(2, 8, 8)), grey).n_rows == 2
    with pytest.raises(InputError, match="images of the same height"):
        read_like(images(2, 8, 8, 3), grey)
    with pytest.raises(InputError, match="uint8 pixels as in arrays, so that both have one scale"):
        read_like(images(2, 8, 8, dtype=np.float32), grey)


def test_a_folder_takes_the_size_of_the_known_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("L", (20, 30), 7).save(tmp_path / "1.png")
    data = read_like(tmp_path, read_dataset(images(4, 8, 8)))
    assert data.features.shape == (1, 8, 8, 1)
    assert data.features.max() == 7


def test_mnist_and_fashion(shared_data):
    mnist = read_dataset(shared_data / "mnist_10k.npz")
    fashion = read_like(shared_data / "fashion_mnist_25k.npz", mnist)
    assert fashion.features.shape == (25000, 28, 28, 1)
    assert fashion.labels is None
