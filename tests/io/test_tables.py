from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from labelwise.errors import InputError, OptionError
from labelwise.io.tables import from_table_source, is_frame

FRAME = pl.DataFrame(
    {
        "name": ["p", "q", "r", "s"],
        "house": [1, 1, 2, 2],
        "wide": [1.0, 2.0, 3.0, 4.0],
        "colour": ["red", "blue", "red", "red"],
        "tag_a": [0, 1, 0, 1],
        "tag_b": [1, 1, 0, 0],
        "kind": ["u", "v", "u", "v"],
    }
)
REST: dict[str, Any] = {"exclude": ["name", "colour", "tag_*", "house"]}


def read(frame: Any = FRAME, **options):
    return from_table_source(frame, kind="frame", need_labels=True, **options)


def csv(folder, text, **options):
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return from_table_source(path, kind="csv", need_labels=True, **options)


# ------------------------------------------------------------------ roles


def test_every_column_has_one_role():
    raw = read(labels=["tag_*"], exclude=["kind"], categorical=["colour"], group="house", id="name")
    assert raw.feature_names == ("wide", "colour=blue", "colour=red")
    assert raw.y.columns == ["tag_a", "tag_b"]
    assert raw.groups is not None
    assert raw.groups.tolist() == [1, 1, 2, 2]
    assert raw.ids is not None
    assert raw.ids.tolist() == ["p", "q", "r", "s"]
    assert raw.notes == ("one-hot encoded: colour (2 columns)", "left out: kind")
    assert raw.found == {"columns": 7, "one_hot": ["colour"]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["kind"], "exclude": ["kind"]}, "--label kind and --exclude kind"),
        ({"labels": ["kind"], "categorical": ["kind"]}, "--label kind and --categorical kind"),
        ({"labels": ["kind"], "group": "kind"}, "--label kind and --group kind"),
        ({"labels": ["kind"], "group": "house", "id": "house"}, "--group house and --id house"),
        ({"labels": ["kind"], "exclude": ["colour"], "categorical": ["colour"]}, "--exclude colour and --categorical"),
        ({"labels": ["kind"], "group": "hause"}, "--group hause\ngiven: .*\ninstead: house .closest"),
        ({"labels": ["kind"], "id": "nme"}, "--id nme"),
        ({"labels": ["kind"], "exclude": ["x_*"]}, r"--exclude x_\*"),
        ({"labels": ["tag_*"], "exclude": ["tag_?"]}, "--exclude with a pattern for tag_a, tag_b"),
        ({"labels": ["kind"], "group": "h*"}, r"--group h\*"),
        ({"labels": ["kind"], "categorical": ["wide*"]} | REST, "no text column among its matches wide"),
    ],
)
def test_an_option_without_effect_or_column_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        read(**options)


def test_patterns_yield_to_names():
    raw = read(labels=["kind"], exclude=["*a*"], categorical=["*"], group="house")
    assert raw.feature_names == ("wide", "colour=blue", "colour=red")
    assert raw.found["one_hot"] == ["colour"]
    assert "left out: name, tag_a, tag_b" in raw.notes
    raw = read(labels=["tag_*"], exclude=["tag_b", "name", "colour", "kind"])
    assert raw.y.name == "tag_a"
    assert raw.feature_names == ("house", "wide")


def test_without_a_label_the_likely_columns_are_named():
    with pytest.raises(InputError) as caught:
        read(FRAME.rename({"kind": "Target"}))
    assert caught.value.given == ("no --label; columns with few distinct values: Target, house, colour, tag_a, tag_b")
    with pytest.raises(InputError, match="no --label; columns: wide\n"):
        read(FRAME.select("wide"))


def test_nothing_left_to_learn_from():
    with pytest.raises(InputError, match="feature columns\ngiven: none left"):
        read(labels=["kind"], exclude=["*"])
    with pytest.raises(InputError, match="no rows, only the columns name, house"):
        read(FRAME.head(0), labels=["kind"])


def test_without_labels_what_is_not_there_is_not_missed():
    raw = from_table_source(
        FRAME.select("wide", "kind"),
        kind="frame",
        need_labels=False,
        labels=["kind", "tag_*"],
        exclude=["name"],
        group="house",
        id="name",
    )
    assert raw.feature_names == ("wide",)
    assert raw.y is None
    assert raw.groups is None


def test_labels_beside_the_frame():
    raw = read(FRAME.select("wide"), y=["a", "b", "a", "b"])
    assert raw.y == ["a", "b", "a", "b"]
    assert raw.y_name == "y"


@pytest.mark.parametrize("option", ["group", "id"])
def test_groups_and_ids_have_a_value_in_every_row(option):
    frame = FRAME.with_columns(hole=pl.Series(["a", None, "b", None]), nested=pl.Series([[1]] * 4))
    with pytest.raises(InputError, match=f"--{option} hole: a value in every row\ngiven: 2 missing, first at row 1"):
        read(frame, labels=["kind"], exclude=["name", "colour", "nested"], **{option: "hole"})
    with pytest.raises(InputError, match="List"):
        read(frame, labels=["kind"], exclude=["name", "colour", "hole"], **{option: "nested"})


def test_python_objects_are_refused_in_every_role():
    frame = pl.DataFrame({"a": [1, 2], "o": pl.Series([object(), object()], dtype=pl.Object), "y": [0, 1]})
    for options in ({}, {"labels": ["y"]}, {"labels": ["y"], "group": "o"}, {"labels": ["y"], "categorical": ["o"]}):
        with pytest.raises(InputError):
            read(frame, **options)


def test_groups_and_ids_of_any_plain_type():
    for column in (
        pl.Series([1.5, 1.5, 2, 2]),
        pl.Series([True, True, False, False]),
        pl.Series([date(2020, 1, 1)] * 2 + [date(2020, 1, 2)] * 2),
        pl.Series(["a", "a", "b", "b"], dtype=pl.Categorical),
    ):
        groups = read(FRAME.with_columns(g=column), labels=["kind"], group="g", **REST).groups
        assert groups is not None
        assert groups.dtype.kind == "U"
        assert len(set(groups.tolist())) == 2
        assert groups[0] == groups[1] != groups[2]


# ------------------------------------------------------------------ csv


def test_csv_types_and_missing_words(tmp_path):
    raw = csv(tmp_path, " a, b,label\n1,true,x\nNA,false,y\n\n3,true,x\n", labels=["label"], impute="median")
    assert raw.feature_names == ("a", "b")
    np.testing.assert_array_equal(raw.features, np.array([[1, 1], [np.nan, 0], [3, 1]], np.float32))
    assert "blank lines left out: 1" in raw.notes
    assert raw.found["path"].endswith("t.csv")


def test_the_last_row_decides_a_type_too(tmp_path):
    text = "a,label\n" + "1,x\n" * 5000 + "one,y\n"
    with pytest.raises(InputError, match="first that is no number, in row 5000, 'one'"):
        csv(tmp_path, text, labels=["label"])


def test_the_index_that_pandas_writes_is_no_feature(tmp_path):
    raw = csv(tmp_path, ",a,label\n10,1,x\n11,2,y\n", labels=["label"])
    assert raw.feature_names == ("a",)
    assert raw.ids is not None
    assert raw.ids.tolist() == [10, 11]
    assert "column '' is the index that was saved with the table: taken as ids, not as a feature" in raw.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a,label\n\xff\xfe,x\n", "damaged, cut short or of another kind: invalid utf-8"),
        ("a,label\n1,x,3\n", "found more fields"),
        ('a,label\n"1,x\n', "damaged"),
        ("\n\n", "empty CSV"),
        ("a,label\n", "no rows, only the columns a, label"),
        ("a,a,label\n1,2,x\n", "two named 'a'"),
        ("a;b;label\n1;2;x\n", "the separator seems to be ';'"),
        ("a\tlabel\n1\tx\n", r"the separator seems to be '\\t'"),
        ("a,label\n1,x\n,y\n", "column 'a' lacks 1 of 2 values, first in row 1"),
        ("a,label\ninf,x\n2,y\n", "inf at row 0, column 'a'"),
    ],
)
def test_a_csv_that_cannot_be_used(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        csv(tmp_path, text, labels=["label"])
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def test_a_name_with_glob_characters_is_a_name(tmp_path):
    path = tmp_path / "data[1].csv"
    path.write_text("a,label\n1,x\n2,y\n")
    assert from_table_source(path, kind="csv", need_labels=True, labels=["label"]).features.shape == (2, 1)


# ------------------------------------------------------------------ parquet and frames


def test_parquet_is_read_and_a_damaged_one_refused(tmp_path):
    path = tmp_path / "t[1].parquet"
    FRAME.write_parquet(path)
    raw = from_table_source(path, kind="parquet", need_labels=True, labels=["kind"], **REST)
    assert raw.features[:, 0].tolist() == [1, 2, 3, 4]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="is damaged, cut short or of another kind: parquet"):
        from_table_source(path, kind="parquet", need_labels=True, labels=["kind"])


PANDAS = (
    '{"index_columns": ["row"], "columns": [{"name": "kind", "metadata": {"num_categories": 2, "ordered": true}},'
    ' {"name": "wide", "metadata": null}]}'
)


def test_what_pandas_says_in_a_parquet_file(tmp_path):
    path = tmp_path / "t.parquet"
    frame = FRAME.select("wide", pl.col("kind").cast(pl.Categorical), pl.Series("row", ["r1", "r2", "r3", "r4"]))
    frame.write_parquet(path, metadata={"pandas": PANDAS})
    raw = from_table_source(path, kind="parquet", need_labels=True, labels=["kind"])
    assert raw.order_lost
    assert raw.feature_names == ("wide",)
    assert raw.ids is not None
    assert raw.ids.tolist() == ["r1", "r2", "r3", "r4"]
    # The caller's word counts more; a pattern does not.
    assert not from_table_source(path, kind="parquet", need_labels=True, labels=["row"], categorical=["*"]).order_lost
    raw = from_table_source(path, kind="parquet", need_labels=True, labels=["kind"], categorical=["row"])
    assert len(raw.feature_names) == 5


def test_other_frames_come_by_the_arrow_interface():
    class Foreign:
        column_names = FRAME.columns

        def __arrow_c_stream__(self, requested_schema=None):
            return FRAME.__arrow_c_stream__(requested_schema)

    assert is_frame(Foreign())
    assert is_frame(FRAME)
    assert is_frame(FRAME.lazy())
    assert not is_frame(FRAME["wide"])
    assert not is_frame(np.eye(2))
    for frame in (Foreign(), FRAME.lazy()):
        np.testing.assert_array_equal(
            read(frame, labels=["kind"], **REST).features, read(labels=["kind"], **REST).features
        )


def test_the_order_of_a_pandas_category_is_kept():
    pandas = pytest.importorskip("pandas", reason="pandas is not needed otherwise")
    pytest.importorskip("pyarrow", reason="pandas needs it to hand a frame over")
    kind = pandas.Categorical(["lo", "hi", "lo"], categories=["lo", "hi"], ordered=True)
    raw = read(pandas.DataFrame({"a": [1.0, 2.0, 3.0], "kind": kind}), labels=["kind"])
    assert raw.y.dtype == pl.Enum(["lo", "hi"])


def test_labels_are_handed_on_as_they_are():
    def labels(*values):
        return read(FRAME.with_columns(label=pl.Series(values)), labels=["label"], exclude=["kind", *REST["exclude"]]).y

    for values in ([["u"], ["u", "v"], [], ["v"]], [date(2020, 1, 1)] * 4, [0, 1, 1, 0], ["u", None, "v", "u"]):
        assert labels(*values).to_list() == values
