import numpy as np
import polars as pl
import pytest

from labelwise import InputError, OptionError, Probs
from labelwise.io.scores_file import batches_of, read_scores

Z = np.random.default_rng(0).normal(size=(6, 3))
Y = np.array([0, 1, 2, 2, 1, 0])
ONE_HOT = np.eye(3)[Y]


@pytest.fixture
def npz(tmp_path):
    def write(name="scores.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def test_a_matrix_with_one_label_per_row_may_stand_for_classes(npz):
    path = npz(logits=Z, y=ONE_HOT, classes=list("abc"))
    assert read_scores(path).scores.task.kind == "multilabel"
    found = read_scores(path, kind="multiclass")
    assert found.scores.task.kind == "multiclass"
    assert found.scores.task.class_names == ("a", "b", "c")
    assert found.targets.tolist() == Y.tolist()
    holes = ONE_HOT.copy()
    holes[2] = np.nan
    assert read_scores(npz(logits=Z, y=holes), kind="multiclass").targets.tolist() == [0, 1, -1, 2, 1, 0]


def test_rows_with_no_label_or_several_have_no_class(npz):
    for row, said in ((np.zeros(3), "0 labels at row 4, 1 such"), (np.array([1, 0, 1]), "2 labels at row 4")):
        y = ONE_HOT.copy()
        y[4] = row
        with pytest.raises(InputError, match=said):
            read_scores(npz(logits=Z, y=y), kind="multiclass")


def test_classes_may_be_read_as_labels(npz, tmp_path):
    found = read_scores(npz(logits=Z, y=np.where(Y == 1, -1, Y)), kind="multilabel")
    assert found.scores.task.kind == "multilabel"
    wanted = ONE_HOT.copy()
    wanted[Y == 1] = np.nan
    assert np.array_equal(found.targets, wanted, equal_nan=True)
    table = pl.DataFrame({"logit_x": Z[:, 0], "logit_y": Z[:, 1], "label": ["x", "y", "y", None, "x", "y"]})
    table.write_parquet(tmp_path / "scores.parquet")
    whole = read_scores(tmp_path / "scores.parquet", kind="multilabel")
    parts = [
        read_scores(tmp_path / "scores.parquet", kind="multilabel", rows=rows)
        for rows in batches_of(tmp_path / "scores.parquet", cells=4)
    ]
    assert len(parts) == 3
    assert np.array_equal(np.concatenate([p.targets for p in parts]), whole.targets, equal_nan=True)


def test_the_stated_link_is_that_of_the_logits(npz):
    found = read_scores(npz(logits=Z, y=Y), link="sigmoid")
    sigmoid = 1 / (1 + np.exp(-Z))
    assert isinstance(found.scores, Probs)
    assert np.allclose(found.scores.array, sigmoid / sigmoid.sum(1, keepdims=True))
    assert "sigmoid head" in found.notes[0]
    found = read_scores(npz(logits=Z, y=ONE_HOT), link="softmax")
    assert np.allclose(found.scores.array.sum(1), 1)
    told = read_scores(npz("told.npz", logits=Z, y=Y, link="sigmoid"))
    assert np.array_equal(told.scores.array, read_scores(npz(logits=Z, y=Y), link="sigmoid").scores.array)


@pytest.mark.parametrize(
    "stated, arrays, said",
    [
        ({"kind": "multiclass"}, {"logits": Z, "y": Y}, "no effect"),
        ({"kind": "multilabel"}, {"logits": Z, "y": ONE_HOT}, "no effect"),
        ({"kind": "binary"}, {"logits": Z[:, 0], "y": Y % 2}, "no effect"),
        ({"kind": "binary"}, {"logits": Z[:, :2], "y": Y % 2}, r"logits\[:, 1\] - logits\[:, 0\]"),
        ({"kind": "multiclass"}, {"logits": Z[:, 0], "y": Y % 2}, "1 column of scores"),
        ({"kind": "multiclas"}, {"logits": Z, "y": ONE_HOT}, r"multiclass \(closest\)"),
        ({"kind": "ordinal"}, {"logits": Z, "y": Y}, "--ordered"),
        ({"kind": "multilabel", "ordered": True}, {"logits": Z, "y": Y}, "one of the two"),
        ({"link": "softmax"}, {"logits": Z, "y": Y}, "anyway"),
        ({"link": "sigmoid"}, {"logits": Z, "y": ONE_HOT}, "anyway"),
        ({"link": "sigmoid"}, {"probs": np.full((6, 3), 0.2), "y": Y}, "past any link"),
        ({"link": "sigmoid"}, {"logits": Z, "y": Y, "link": "sigmoid"}, "no effect"),
        ({"link": "softmax"}, {"logits": Z, "y": Y, "link": "sigmoid"}, "contradicts"),
        ({"link": "sigmod"}, {"logits": Z, "y": Y}, r"sigmoid \(closest\)"),
    ],
)
def test_what_has_no_effect_or_contradicts_is_an_error(npz, stated, arrays, said):
    with pytest.raises(OptionError, match=said):
        read_scores(npz(**arrays), **stated)


def test_a_task_and_a_kind_are_one_too_many(npz):
    path = npz(logits=Z, y=ONE_HOT)
    with pytest.raises(OptionError, match="one of them"):
        read_scores(path, kind="multiclass", task=read_scores(path).scores.task)
