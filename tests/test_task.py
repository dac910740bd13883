"""Labels -> Task: every reading, every trap, and no other exception for whatever people pass."""

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelwise.errors import InputError, OptionError
from labelwise.task import Task, infer_task, read_labels

MULTIHOT = [[1, 0, 1], [0, 0, 0], [0, 1, 1], [1, 1, 0]]


def traps(labels, **options):
    return {t.name for t in read_labels(labels, **options).task.traps}


# ------------------------------------------------------------------ readings


@pytest.mark.parametrize(
    ("y", "kind", "names"),
    [
        ([0, 1, 1, 0], "binary", ("0", "1")),
        ([True, False, True], "binary", ("0", "1")),
        (["no", "yes", "no"], "binary", ("no", "yes")),
        (np.array([b"no", b"yes"]), "binary", ("no", "yes")),
        ([-1, 1, 1], "binary", ("-1", "1")),
        ([0, 1, 2, 1], "multiclass", ("0", "1", "2")),
        ([2.0, 0.0, 1.0], "multiclass", ("0", "1", "2")),
        (["cat", "dog", "cow"], "multiclass", ("cat", "cow", "dog")),
        ([3, "b", 2.5], "multiclass", ("2.5", "3", "b")),
        ([datetime.date(2020, 1, 2), datetime.date(2020, 1, 1)], "binary", ("2020-01-01", "2020-01-02")),
        (MULTIHOT, "multilabel", ("0", "1", "2")),
        (np.array(MULTIHOT, bool), "multilabel", ("0", "1", "2")),
        ([["sea", "sun"], [], ["sun"]], "multilabel", ("sea", "sun")),
        ([{"sea", "sun"}, {"sun", "fun"}], "multilabel", ("fun", "sea", "sun")),
        ([["sea", "sun"], ["sun", "sea"], ["sun", "fun"]], "multilabel", ("fun", "sea", "sun")),
        ([[3, 5], [5], []], "multilabel", ("3", "5")),
        ([["cat"], ["dog"], ["cow"]], "multiclass", ("cat", "cow", "dog")),
        (np.array([["a", "b"], ["b"]], dtype=object), "multilabel", ("a", "b")),
        ([[1, 0], [0, 1], [1, 0]], "multiclass", ("0", "1")),
        ([["car", "red"], ["van", "blue"]], "grouped", ("label0=car", "label0=van", "label1=blue", "label1=red")),
        ([[0, 3], [1, 2]], "grouped", ("label0=0", "label0=1", "label1=2", "label1=3")),
    ],
)
def test_readings(y, kind, names):
    labels = read_labels(y)
    assert (labels.task.kind, labels.task.class_names) == (kind, names)
    assert labels.task.evidence, "a reading always says why"
    assert len(labels.targets) == len(y)
    assert kind in str(labels.task)


@pytest.mark.parametrize(
    ("column", "kind", "names"),
    [
        (pl.Series(["mid", "low", "high"], dtype=pl.Enum(["low", "mid", "high"])), "ordinal", ("low", "mid", "high")),
        (pl.Series(["mid", "low", "mid"], dtype=pl.Categorical), "binary", ("low", "mid")),
        (pl.Series([0, 1, 2]), "multiclass", ("0", "1", "2")),
        (pl.Series([["a"], ["a", "b"], []]), "multilabel", ("a", "b")),
        (pl.DataFrame({"sea": [1, 0, 1], "sun": [1, 1, 0]}), "multilabel", ("sea", "sun")),
        (pl.DataFrame({"k": ["car", "van"], "m": ["x", "y"]}), "grouped", ("k=car", "k=van", "m=x", "m=y")),
        (pl.DataFrame({"tags": [["a"], ["a", "b"]]}), "multilabel", ("a", "b")),
    ],
)  # fmt: skip
def test_polars_columns(column, kind, names):
    task = infer_task(column)
    assert (task.kind, task.class_names) == (kind, names)


def test_pandas_columns():
    pd = pytest.importorskip("pandas")
    ordered = pd.Categorical(["mid", "low", None], categories=["low", "mid", "high"], ordered=True)
    for column in (ordered, pd.Series(ordered)):
        labels = read_labels(column)
        assert (labels.task.kind, labels.task.class_names) == ("ordinal", ("low", "mid", "high"))
        assert labels.targets.tolist() == [1, 0, -1]
    numbers = pd.Series(pd.Categorical([2.0, 1.0, 3.0], categories=[3.0, 1.0, 2.0], ordered=True))
    assert infer_task(numbers).class_names == ("3", "1", "2")
    unordered = pd.Series(pd.Categorical(["mid", "low", "high"], categories=["low", "mid", "high"]))
    assert infer_task(unordered).kind == "multiclass"
    assert read_labels(pd.Series([1, None, 2], dtype="Int64")).targets.tolist() == [0, -1, 1]
    assert read_labels(pd.Series(["a", None, "b"], dtype="string")).targets.tolist() == [0, -1, 1]
    frame = pd.DataFrame({"a": [True, None, True], "b": [False, True, True]}, dtype="boolean")
    labels = read_labels(frame)
    assert (labels.task.kind, labels.task.class_names) == ("multilabel", ("a", "b"))
    assert np.isnan(labels.targets[1, 0])


def test_an_order_may_name_classes_that_do_not_occur():
    labels = read_labels(["b", "a", "b"], ordered=["c", "b", "a"])
    assert (labels.task.kind, labels.task.class_names) == ("ordinal", ("c", "b", "a"))
    assert labels.targets.tolist() == [1, 2, 1]
    assert "c < b < a" in " ".join(labels.task.evidence)


def test_class_indices_with_names_keep_the_names_order():
    labels = read_labels([2, 0, 2], names=["zebra", "ant", "bee"])
    assert labels.task.class_names == ("zebra", "ant", "bee")
    assert labels.targets.tolist() == [2, 0, 2]
    assert labels.task.kind == "multiclass"  # three classes are possible, although only two occur


def test_columns_and_truth_of_each_kind():
    binary = read_labels([0, 1])
    assert (binary.task.n_outputs, binary.task.column_names) == (1, ("1",))
    assert binary.task.truth(binary.targets).tolist() == [[0], [1]]
    ordinal = read_labels([2, 0, None], ordered=[0, 1, 2])
    truth = ordinal.task.truth(ordinal.targets)
    assert truth[:2].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert np.isnan(truth[2]).all()
    grouped = read_labels([["car", 0], ["van", 1], ["van", None]], groups=["type", "seats"])
    assert grouped.task.n_outputs == 4
    assert not grouped.task.exclusive
    truth = grouped.task.truth(grouped.targets)
    assert truth[:2].tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]
    assert truth[2, :2].tolist() == [0, 1]
    assert np.isnan(truth[2, 2:]).all()


@pytest.mark.parametrize(
    ("y", "kind", "was"),
    [
        ([0, 1, 1], "multiclass", "binary"),
        ([0, 1, 2], "ordinal", "multiclass"),
        ([[1, 0], [0, 1]], "binary", "multiclass"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], "multilabel", "multiclass"),
    ],
)
def test_the_caller_may_choose_where_two_readings_are_possible(y, kind, was):
    assert infer_task(y).kind == was
    labels = read_labels(y, kind=kind)
    assert labels.task.kind == kind
    assert any("the caller says so" in e for e in labels.task.evidence)
    assert labels.targets.shape == ((len(y), len(y[0])) if kind == "multilabel" else (len(y),))


# ------------------------------------------------------------------ traps


@pytest.mark.parametrize(
    ("y", "trap", "fatal"),
    [
        ([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], "float_one_hot", False),
        ([[1, 0], [0, 1], [1, 0], [0, 1]], "one_hot", False),
        ([1, 2, 3, 3, 2, 1], "labels_from_one", False),
        ([0.0, 1.0, 1.0, 0.0], "float_labels", False),
        (["cat", "dog", "cat", "dog"], "string_labels", False),
        ([[0], [1], [1], [0]], "single_column", False),
        ([["cat"], ["dog"], ["cat"], ["dog"]], "one_hot", False),
        ([4, 4, 4], "one_class", True),
        ([[0, 0], [0, 0]], "one_class", True),
        ([[1, 0], [1, 0], [1, 0]], "one_class", True),
        ([[1, 0], [0, 0], [1, 0]], "empty_label", False),
        ([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]], "empty_label", False),
        ([[1, 1], [1, 0], [1, 1]], "full_label", False),
        ([0, 1, None, 1, 0], "missing_labels", True),
        (["a", "", "b", "a", "b"], "missing_labels", True),
        ([[1, 0], [np.nan, 1], [1, 1]], "missing_labels", False),
        (["a", "a", "b", "b", "c"], "label_seen_once", False),
        ([[1, 1], [0, 1], [0, 0]], "label_seen_once", False),
        (["a|b", "a", "b", "a|b", "a", "b"], "joined_strings", False),
        (["a; b", "a", "a; b", "a"], "joined_strings", False),
        (["a,b", "a", "a,b", "a"], "joined_strings", False),
        (list(range(21)) * 1, "many_classes", False),
    ],
)
def test_traps_are_named(y, trap, fatal):
    found = {t.name: t for t in read_labels(y).task.traps}
    assert trap in found
    assert found[trap].fatal is fatal
    assert str(found[trap]) == found[trap].text != ""


@pytest.mark.parametrize("y", [[0, 1, 2, 2, 1, 0], MULTIHOT, np.array([0, 1, 1, 0])])
def test_clean_labels_have_no_trap(y):
    assert traps(y) == set()


@pytest.mark.parametrize(
    ("y", "trap"),
    [
        (["New York", "Paris", "New York", "Paris"], "joined_strings"),
        ([0, 1, 2, 2, 1, 0], "labels_from_one"),
        ([1, 3, 2, 5, 5, 3, 2, 1], "labels_from_one"),
        (pl.Series([0, 1, None, 1, 0]), "float_labels"),  # integers with a gap are not floats
        ([7, 7], "label_seen_once"),
    ],
)
def test_traps_are_not_cried_for_nothing(y, trap):
    assert trap not in traps(y)


def test_counts_and_first_rows_are_told():
    text = {t.name: t.text for t in read_labels([0, 1, 0, None, 1, None]).task.traps}["missing_labels"]
    assert "2 rows" in text
    assert "first row 3" in text
    text = {t.name: t.text for t in read_labels([[1, 0], [np.nan, 1], [1, 1]]).task.traps}["missing_labels"]
    assert "1 of 6 cells" in text


def test_traps_of_groups_name_the_group_and_missing_answers_do_not_stop_it():
    labels = read_labels([["car", 1.0], ["van", 2.0], ["car", None], ["van", 1.0]], groups=["type", "seats"])
    (trap,) = [t for t in labels.task.traps if t.name == "missing_labels"]
    assert not trap.fatal
    assert trap.text.startswith("seats: ")


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([], "no rows"),
        ([None, None], "every label is missing"),
        ([0.5, 1.0], "0.5"),
        ([1.0, np.inf], "inf"),
        ([1e300, 1.0], "measurement"),
        ([[0.2, 0.8], [0.5, 0.5]], "soft labels"),
        ([[1, 0.5], [0, 1]], "0.5 at row 0, column 1"),
        ([["a"], "b"], "'b' at row 1"),
        ([["a", None], ["b"]], "row 0"),
        ([[1, [2]], [2, [3]]], "list at row 0"),
        ([{"a": 1}], "dict at row 0"),
        (np.array([b"\xff", b"a"]), "row 0"),
        (np.zeros((2, 2, 2)), "(2, 2, 2)"),
        (np.zeros((3, 0)), "(3, 0)"),
        (np.array([1 + 2j, 3]), "complex128"),
        (np.zeros(2, dtype=[("a", int)]), "dtype"),
        ("abc", "shape ()"),
        (None, "shape ()"),
        ([[], []], "empty"),
    ],
)
def test_what_is_no_label_is_refused_with_its_place(y, words):
    with pytest.raises(InputError) as caught:
        infer_task(y)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("y", "options", "words"),
    [
        ([0, 1, 2], {"kind": "multiclas"}, "multiclass (closest)"),
        ([0, 1, 2], {"kind": 3}, "task 3"),
        ([0, 1, 2], {"kind": "binary"}, "exactly one of 3"),
        (MULTIHOT, {"kind": "multiclass"}, "any subset of 3"),
        ([0, 1, None], {"kind": "multilabel"}, "multilabel"),
        (["a", "b", "c"], {"ordered": "abc"}, "as a list"),
        (["a", "b", "c"], {"ordered": 5}, "as a list"),
        (["a", "b", "c"], {"ordered": ["a", "b"]}, "'c'"),
        (["a", "b", "c"], {"ordered": ["a", "b", "c", "a"]}, "more than once"),
        (["a", "b", "c"], {"ordered": True, "kind": "multiclass"}, "would not use"),
        (MULTIHOT, {"ordered": True}, "any subset"),
        (MULTIHOT, {"names": ["a", "b"]}, "names for 3 label columns"),
        (MULTIHOT, {"names": ["a", "b", "a"]}, "'a' more than once"),
        ([0, 1], {"groups": ["a"]}, "shape (2,)"),
        ([[0, 1], [1, 2]], {"groups": ["a"]}, "shape (2, 2)"),
        ([[0, 1], [1, 2]], {"groups": ["a", "b"], "names": ["x", "y"]}, "no effect"),
    ],
)
def test_options_that_do_not_fit_or_have_no_effect_are_errors(y, options, words):
    with pytest.raises(OptionError) as caught:
        infer_task(y, **options)
    assert words in str(caught.value)


def test_labels_outside_the_names_are_refused_with_the_row():
    with pytest.raises(InputError, match=r"label 2 \(first at row 1\)"):
        infer_task([0, 2, 1], names=["a", "b"])
    with pytest.raises(InputError, match="'c'"):
        infer_task(["a", "c"], names=["a", "b"])


def test_given_labels_are_not_changed():
    y = np.array([[1.0, np.nan], [0.0, 1.0]])
    before = y.copy()
    labels = read_labels(y)
    labels.targets[:] = 9
    np.testing.assert_array_equal(y, before)


# ------------------------------------------------------------------ whatever people pass

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(0, 4), st.floats(), st.text(max_size=4), st.binary(max_size=3),
    st.dates(), st.complex_numbers(), st.sampled_from(["a", "b", "nan", " "]), st.decimals(allow_nan=False),
)  # fmt: skip
ARRAYS = hnp.arrays(
    dtype=st.one_of(
        hnp.scalar_dtypes(), hnp.byte_string_dtypes(max_len=3), hnp.unicode_string_dtypes(max_len=3), hnp.array_dtypes()
    ),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
)
ROWS = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.sets(SCALARS, max_size=3))
LISTS = st.lists(ROWS, max_size=6)
LIKELY = st.one_of(
    st.lists(st.integers(-2, 4), max_size=12),
    st.lists(st.one_of(st.none(), st.sampled_from("abc")), max_size=12),
    hnp.arrays(
        np.float64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.sampled_from([0.0, 1.0, np.nan])
    ),
    hnp.arrays(np.int64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.integers(0, 3)),
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(LIKELY, ARRAYS, LISTS))
def test_any_labels_give_a_task_that_round_trips_or_an_error_of_ours(y):
    try:
        labels = read_labels(y)
    except (InputError, OptionError):
        return
    task, targets = labels.task, labels.targets
    assert isinstance(task, Task)
    assert len(targets) == len(y)
    assert len(set(task.class_names)) == len(task.class_names)
    truth = task.truth(targets)
    assert truth.shape == (len(y), task.n_outputs)
    assert np.isin(truth[~np.isnan(truth)], (0, 1)).all()
    if task.exclusive:
        known = targets[targets >= 0]
        named = [task.class_names[t] for t in known]
        again = read_labels(named, names=task.class_names, kind=task.kind if task.kind != "ordinal" else None)
        assert again.targets.tolist() == known.tolist()
        assert {"missing_labels"} <= {t.name for t in task.traps} or (targets >= 0).all()
    elif task.kind == "multilabel":
        again = read_labels(targets, names=task.class_names)
        if again.task.kind == "multilabel":
            np.testing.assert_array_equal(again.targets, targets)
