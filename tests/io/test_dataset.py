import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from labelwise.errors import InputError, OptionError
from labelwise.io.dataset import read_dataset

X = np.arange(12.0).reshape(6, 2)
Y = ["u", "v", "w", "u", "v", "w"]


# ------------------------------------------------------------------ what is read


def test_digits_are_images():
    data = read_dataset("digits")
    assert data.features.shape == (1797, 8, 8, 1)
    assert data.features.dtype == np.float32
    assert (data.features.min(), data.features.max()) == (0, 16)
    assert data.task.kind == "multiclass"
    assert data.is_image
    assert str(data) == "digits: 1797 images of 8 x 8 x 1; multiclass: exactly one of 10 classes"


def test_a_pair_is_read_and_left_as_it_was():
    features, labels = X.copy(), list(Y)
    data = read_dataset((features, labels))
    assert data.task.class_names == ("u", "v", "w")
    assert data.targets.tolist() == [0, 1, 2, 0, 1, 2]
    assert data.ids.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.feature_names == ("0", "1")
    assert data.groups is None
    assert data.test_rows is None
    assert not data.is_image
    np.testing.assert_array_equal(features, X)
    assert labels == Y


def test_the_record_is_json_and_holds_the_options(tmp_path):
    pl.DataFrame({"a": [1.0, None, 3.0], "b": ["s", "t", "s"], "c": [1, 2, 3]}).write_parquet(tmp_path / "t.parquet")
    data = read_dataset(tmp_path / "t.parquet", labels="b", exclude=["c"], impute="median")
    source = json.loads(json.dumps(data.source))
    assert source == {
        "kind": "parquet",
        "columns": 3,
        "path": str(tmp_path / "t.parquet"),
        "sha256": source["sha256"],
        "rows": 3,
        "shape": [1],
        "labels": ["b"],
        "exclude": ["c"],
        "impute": "median",
    }
    assert np.isnan(data.features[1, 0])


COLUMN = st.one_of(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=5, max_size=5),
    st.lists(st.integers(-(2**24), 2**24), min_size=5, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)


@settings(max_examples=40, deadline=None)
@given(
    columns=st.dictionaries(
        # polars keeps quotation marks in the head of a CSV doubled.
        st.text(st.characters(codec="utf-8", exclude_characters='\r\n\0"'), min_size=1).filter(str.strip),
        COLUMN,
        min_size=1,
        max_size=4,
    ),
    labels=st.permutations(["u", "v", "w", "u", "v"]),
    ending=st.sampled_from(["csv", "parquet", "frame", "frame and labels", "npz"]),
)
def test_any_table_comes_back_as_it_was_written(tmp_path_factory, columns, labels, ending):
    columns = {name.strip(): values for name, values in columns.items()}
    columns.pop("label", None)
    assume(columns)
    frame = pl.DataFrame(columns)
    whole = frame.with_columns(label=pl.Series(labels))
    path = tmp_path_factory.mktemp("table") / f"t.{ending}"
    if ending == "csv":
        whole.write_csv(path)
        data = read_dataset(path, labels="label")
    elif ending == "parquet":
        whole.write_parquet(path)
        data = read_dataset(path, labels="label")
    elif ending == "npz":
        np.savez(path, X=frame.to_numpy().astype(float), y=np.array(labels), features=np.array(frame.columns))
        data = read_dataset(path)
    else:
        data = read_dataset(whole, labels="label") if ending == "frame" else read_dataset((frame, labels))
    np.testing.assert_array_equal(data.features, frame.select(pl.all().cast(pl.Float32)).to_numpy())
    assert data.feature_names == tuple(frame.columns)
    assert [data.task.class_names[t] for t in data.targets] == labels


# ------------------------------------------------------------------ identity


def test_the_digest_sees_all_that_a_run_depends_on():
    data = read_dataset({"X": X, "y": Y, "groups": [1, 1, 2, 2, 3, 3]})
    turned = np.arange(6)[::-1]
    others = [
        read_dataset({"X": X, "y": Y, "groups": [1, 1, 2, 2, 3, 3]}, task="multilabel"),
        read_dataset({"X": X, "y": Y}),
        read_dataset({"X": X, "y": Y, "groups": [1, 1, 2, 2, 3, 4]}),
        read_dataset({"X": X[turned], "y": [Y[i] for i in turned], "groups": [3, 3, 2, 2, 1, 1]}),
        read_dataset({"X": X, "y": ["a", "b", "c"] * 2, "groups": [1, 1, 2, 2, 3, 3]}),
        read_dataset({"X": X + 1, "y": Y, "groups": [1, 1, 2, 2, 3, 3]}),
        replace(data, features=data.features.astype(np.float64)),
        replace(data, test_rows=np.arange(6) > 3),
        replace(data, labels=None),
    ]
    assert len({data.digest, *(o.digest for o in others)}) == len(others) + 1
    assert replace(data, ids=np.array(list("abcdef")), name="other", notes=("x",)).digest == data.digest


def test_a_repr_is_short():
    assert len(repr(read_dataset((X, Y)))) < 400


# ------------------------------------------------------------------ labels


def test_without_labels_there_is_no_task():
    data = read_dataset({"X": X}, need_labels=False)
    assert data.labels is None
    assert str(data) == "arrays: 6 rows of 2 features"
    for name in ("task", "targets"):
        with pytest.raises(InputError, match="read without labels"):
            getattr(data, name)
    assert len(data.digest) == 64


def test_order_by_the_type_or_the_caller():
    ordered = pl.DataFrame({"a": [1, 2, 3], "y": pl.Series(["lo", "hi", "lo"], dtype=pl.Enum(["lo", "hi"]))})
    assert read_dataset(ordered, labels="y").task.class_names == ("lo", "hi")
    assert read_dataset(ordered, labels="y").task.kind == "ordinal"
    task = read_dataset((X, Y), ordered=["w", "v", "u"]).task
    assert (task.kind, task.class_names) == ("ordinal", ("w", "v", "u"))


def test_several_label_columns():
    frame = pl.DataFrame({"a": [1, 2, 3, 4], "t_1": [0, 1, 1, 0], "t_2": [1, 1, 0, 0], "s": ["x", "y", "z", "x"]})
    assert read_dataset(frame, labels="t_*", exclude="s").task.class_names == ("t_1", "t_2")
    grouped = read_dataset(frame, labels=["s", "t_1"], exclude="t_2").task
    assert (grouped.kind, [g.name for g in grouped.groups]) == ("grouped", ["s", "t_1"])
    lists = frame.with_columns(l=pl.Series([["p"], [], ["p", "q"], ["q"]]))
    assert read_dataset(lists, labels="l", exclude="s").task.class_names == ("p", "q")
    days = frame.with_columns(d=pl.Series([date(2020, 1, 1), date(2020, 1, 2)] * 2))
    assert read_dataset(days, labels="d", exclude="s").task.class_names == ("2020-01-01", "2020-01-02")


def test_names_for_indices_and_for_label_columns():
    assert read_dataset({"X": X, "y": [0, 1, 2] * 2, "classes": ["p", "q", "r"]}).task.class_names == ("p", "q", "r")
    task = read_dataset({"X": X, "Y": np.array([[1, 1], [0, 0], [0, 1]] * 2), "labels": ["p", "q"]}).task
    assert (task.kind, task.class_names) == ("multilabel", ("p", "q"))


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (["u"] * 6, {}, "y: every label is 'u': there is nothing to tell apart"),
        (["u", None, "v", "u", "v", None], {}, r"y: 2 rows have no label \(first row 1\)"),
        (Y[:5], {}, "one label for each of the 6 rows\ngiven: 5 labels in y"),
        (3, {}, "given: int in y"),
        (Y, {"ordered": "u,v,w"}, "ordered='u,v,w'"),
        (Y, {"task": "multi"}, r"multilabel \(closest\)"),
        (Y, {"task": "binary"}, "task 'binary'"),
        (np.eye(2)[[0, 1] * 3][:, ::-1] + [[1, 0]], {"ordered": True}, "no order, or one ordered column"),
        (Y, {"ordered": True, "need_labels": False}, "data that is read without labels"),
    ],
)
def test_labels_that_cannot_be_learnt_from(y, options, message):
    with pytest.raises((InputError, OptionError), match=message):
        read_dataset((X, y), **options)


def test_an_order_that_the_file_lost_is_asked_for(tmp_path):
    told = '{"index_columns": [], "columns": [{"name": "y", "metadata": {"num_categories": 2, "ordered": true}}]}'
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1, 2, 3], "y": ["lo", "hi", "lo"]}).write_parquet(path, metadata={"pandas": told})
    with pytest.raises(InputError, match=r"the order of the classes of y\n.*\ninstead: --ordered"):
        read_dataset(path, labels="y")
    assert read_dataset(path, labels="y", ordered=["lo", "hi"]).task.kind == "ordinal"
    assert read_dataset(path, labels="y", task="binary").task.kind == "binary"


def test_no_rows(tmp_path):
    with pytest.raises(InputError, match="no rows"):
        read_dataset((np.zeros((0, 2)), []))


# ------------------------------------------------------------------ real data


GENRES = ["Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short"]
GOLDEN = [
    ("mnist_10k.npz", {}, (10000, 28, 28, 1), "multiclass", 10),
    ("fashion_mnist_25k.npz", {}, (25000, 28, 28, 1), "multiclass", 10),
    ("yeast_multilabel.npz", {}, (2417, 103), "multilabel", 14),
    (
        "movies_multilabel.parquet",
        {"labels": GENRES, "exclude": ["title", "mpaa", "budget"]},
        (58788, 14),
        "multilabel",
        7,
    ),
    ("shuttle_tabular.parquet", {"labels": "Class"}, (58000, 9), "multiclass", 7),
    ("shuttle_tabular.parquet", {"labels": "Class", "exclude": "rownames"}, (58000, 9), "multiclass", 7),
    ("ticdata_kernlab.parquet", {"labels": "CARAVAN", "categorical": "*"}, (9822, 565), "binary", 1),
    ("spam_kernlab.parquet", {"labels": "type"}, (4601, 57), "binary", 1),
    (
        "diamonds_ordinal.parquet",
        {
            "labels": "cut",
            "categorical": ["color", "clarity"],
            "ordered": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
        },
        (53940, 22),
        "ordinal",
        5,
    ),
]


@pytest.mark.parametrize(("file", "options", "shape", "kind", "outputs"), GOLDEN)
def test_real_data(shared_data, file, options, shape, kind, outputs):
    data = read_dataset(shared_data / file, **options)
    assert data.features.shape == shape
    assert (data.task.kind, data.task.n_outputs) == (kind, outputs)
    assert len(data.targets) == shape[0]


def test_figures_that_the_real_data_are_known_for(shared_data):
    fashion = read_dataset(shared_data / "fashion_mnist_25k.npz")
    assert fashion.test_rows is not None
    assert fashion.test_rows.sum() == 10000
    assert np.bincount(fashion.targets[fashion.test_rows]).tolist() == [1000] * 10
    assert fashion.task.class_names[0] == "T-shirt/top"
    assert fashion.features.dtype == np.uint8
    yeast = read_dataset(shared_data / "yeast_multilabel.npz")
    assert yeast.targets.sum(1).mean() == pytest.approx(4.24, abs=0.005)
    assert yeast.targets.sum(0).min() == 34
    movies = read_dataset(shared_data / "movies_multilabel.parquet", labels=GENRES, exclude=["title", "mpaa", "budget"])
    assert (movies.targets.sum(1) == 0).mean() == pytest.approx(0.217, abs=5e-4)
    shuttle = read_dataset(shared_data / "shuttle_tabular.parquet", labels="Class")
    assert sorted(np.bincount(shuttle.targets)) == [10, 13, 50, 171, 3267, 8903, 45586]
    assert shuttle.ids[:2].tolist() == ["1", "2"]


def test_bit_packed_labels_of_real_data_are_named(shared_data):
    with pytest.raises(InputError, match=r"np\.unpackbits\(Y, axis=1\)\[:, :139\]"):
        read_dataset(shared_data / "debtags_minilm_15k.npz")


def test_missing_budgets_of_real_data(shared_data):
    path = shared_data / "movies_multilabel.parquet"
    options: dict[str, Any] = {"labels": GENRES, "exclude": ["title", "mpaa"]}
    with pytest.raises(InputError, match="column 'budget' lacks 53573 of 58788 values, first in row 0"):
        read_dataset(path, **options)
    data = read_dataset(path, **options, impute="median")
    assert np.isnan(data.features[:, data.feature_names.index("budget")]).sum() == 53573
