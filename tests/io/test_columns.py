import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.errors import InputError, OptionError
from labelwise.io.columns import encode, find_columns, is_encoded, listed, read_words, take

COLUMNS = ["x", "tag_a", "tag_b", "Class", "a[1]"]


def test_names_and_patterns_in_order():
    assert find_columns(["Class", "tag_*"], COLUMNS, option="label") == {"Class": True, "tag_a": False, "tag_b": False}
    assert find_columns(["*", "x"], COLUMNS, option="label")["x"] is True
    assert list(find_columns(["*"], COLUMNS, option="label")) == COLUMNS


def test_a_column_is_never_a_pattern():
    assert find_columns(["a[1]"], COLUMNS, option="exclude") == {"a[1]": True}


def test_an_unknown_name_says_the_closest():
    with pytest.raises(OptionError) as caught:
        find_columns(["class"], COLUMNS, option="label")
    assert caught.value.asked == "--label class"
    assert caught.value.instead == "Class (closest); columns: x, tag_a, tag_b, Class, a[1]"
    with pytest.raises(OptionError, match="one of x, tag_a"):
        find_columns(["tog_?"[::-1]], COLUMNS, option="label")
    with pytest.raises(OptionError, match=r"--group tag_\*"):
        find_columns(["tag_*"], COLUMNS, option="group", patterns=False)
    assert find_columns(["class", "x"], COLUMNS, option="label", optional=True) == {"x": True}


def test_names_that_polars_would_read_as_patterns():
    frame = pl.DataFrame({"*": [1], "^a.*$": [2], "ab": [3]})
    assert take(frame, ["^a.*$", "*"]).columns == ["^a.*$", "*"]
    assert take(frame, ["*"]).rows() == [(1,)]


def test_lists_are_short_and_printable():
    assert listed([str(i) for i in range(50)]).endswith("39 and 10 more")
    assert listed(["a", "", "\x1b[2J"]) == "a, '', '\\x1b[2J'"


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1", "2 ", "NA"], [1, 2, None]),
        (["1.5", "nan", "", "N/A", "null", "None"], [1.5, None, None, None, None, None]),
        (["-1e3", "inf"], [-1000.0, float("inf")]),
        (["1", "two"], ["1", "two"]),
        (["NA", "none"], ["NA", "none"]),
        ([None, None], [None, None]),
        (["1", None], [1, None]),
        (["1,5", "2"], ["1,5", "2"]),
    ],
)
def test_words_for_missing_do_not_make_numbers_text(cells, read):
    assert read_words(pl.Series(cells, dtype=pl.String)).to_list() == read


def test_typed_columns_are_left_alone():
    for column in (pl.Series([1, 2]), pl.Series(["1", "2"], dtype=pl.Categorical)):
        assert read_words(column) is column


def test_numbers_booleans_and_categories():
    frame = pl.DataFrame(
        {
            "n": [1, None, 3],
            "b": [True, False, None],
            "t": ["v", None, "u"],
            "d": pl.Series([1, 2, 3], dtype=pl.Decimal),
        }
    )
    matrix, names, encoded = encode(frame, categorical={"t"})
    assert names == ("n", "b", "t=u", "t=v", "t is missing", "d")
    assert encoded == {"t": 3}
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(
        matrix, np.array([[1, 1, 0, 1, 0, 1], [np.nan, 0, 0, 0, 1, 2], [3, np.nan, 1, 0, 0, 3]], np.float32)
    )


@given(st.lists(st.sampled_from(["a", "b", "ü=x", "", None]), min_size=1, max_size=20), st.booleans())
def test_one_hot_rows_sum_to_one_and_name_their_value(values, categories):
    column = pl.Series("c", values, dtype=pl.Categorical if categories else pl.String)
    matrix, names, _ = encode(column.to_frame(), categorical={"c"})
    assert (matrix.sum(1) == 1).all()
    assert all(is_encoded(name, "c") for name in names)
    for row, value in zip(matrix, values, strict=True):
        assert names[row.argmax()] == ("c is missing" if value is None else f"c={value}")


def test_an_enum_and_numbers_can_be_categories():
    frame = pl.DataFrame({"e": pl.Series(["lo", "hi"], dtype=pl.Enum(["lo", "hi"])), "n": [2, 10]})
    assert encode(frame, categorical={"e", "n"})[1] == ("e=hi", "e=lo", "n=2", "n=10")


def test_a_name_that_one_hot_encoding_would_give_twice_is_refused():
    with pytest.raises(InputError, match="'c=u' more than once"):
        encode(pl.DataFrame({"c": ["u", "v"], "c=u": [1, 2]}), categorical={"c"})


def test_too_many_values_are_refused():
    frame = pl.DataFrame({"t": [f"v{i}" for i in range(1001)]})
    with pytest.raises(InputError, match="1,001 different values in 1,001 rows"):
        encode(frame, categorical={"t"})
    assert len(encode(frame.head(1000), categorical={"t"})[1]) == 1000


@pytest.mark.parametrize(
    ("column", "given"),
    [
        (pl.Series("c", ["R", None]), "'c' holds text, first 'R'"),
        (pl.Series("c", [None, "R"], dtype=pl.Categorical), "'c' holds text, first 'R'"),
        (pl.Series("c", ["1", "2", "3x"]), "'c' holds text, first that is no number, in row 2, '3x'"),
        (pl.Series("c", ["y" * 100]), "text, first '" + "y" * 56 + "..."),
        (pl.Series("c", ["2020-01-01"]).str.to_date(), "'c' holds dates, first datetime.date(2020, 1, 1)"),
        (pl.Series("c", [None, None]), "'c' holds nothing"),
        (pl.Series("c", [[1, 2]]), "'c' holds List(Int64), first"),
        (pl.Series("c", [b"x"]), "'c' holds Binary, first b'x'"),
        (pl.Series("c", [{"a": 1}]), "'c' holds Struct"),
    ],
)
def test_other_columns_are_named_with_their_first_value(column, given):
    with pytest.raises(InputError) as caught:
        encode(column.to_frame(), categorical=())
    assert given in caught.value.given
    assert caught.value.instead.startswith("--exclude c")
    assert ("--categorical c" in caught.value.instead) == ("text" in given or "dates" in given)


def test_all_of_them_are_told_at_once():
    frame = pl.DataFrame({f"c {i}": ["u", "v"] for i in range(7)})
    with pytest.raises(InputError) as caught:
        encode(frame, categorical=())
    assert caught.value.given.endswith("'c 4' holds text, first 'u'; and 2 more columns")
    assert "--exclude 'c 0' --exclude 'c 1'" in caught.value.instead
    assert "--categorical '*': every text column" in caught.value.instead


def test_lists_cannot_be_categories():
    with pytest.raises(InputError, match="--categorical c\ngiven: a column of List"):
        encode(pl.DataFrame({"c": [[1], [2]]}), categorical={"c"})
