import numpy as np
import polars as pl
import pytest

from labelwise import InputError, Logits, OptionError, Probs, audit
from labelwise.io.scores_file import batches_of, read_scores
from labelwise.task import Task

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(6, 3))
Y = np.array([0, 1, 2, 2, 1, 0])


def npz(tmp_path, **arrays):
    path = tmp_path / "scores.npz"
    np.savez(path, **arrays)
    return path


def table(tmp_path, suffix=".parquet", **columns):
    path = tmp_path / f"scores{suffix}"
    frame = pl.DataFrame(columns)
    frame.write_parquet(path) if suffix == ".parquet" else frame.write_csv(path)
    return path


def test_npz_of_every_task(tmp_path):
    many = read_scores(npz(tmp_path, logits=Z, y=Y, classes=["x", "y", "z"], ids=list("abcdef"), extra=[1]))
    assert (many.scores.task.kind, many.scores.task.class_names) == ("multiclass", ("x", "y", "z"))
    assert isinstance(many.scores, Logits)
    assert np.array_equal(many.targets, Y)
    assert many.scores.ids.tolist() == list("abcdef")
    assert many.notes == ("not read: extra",)
    labels = np.array([[1, 0, np.nan]] * 6)
    assert read_scores(npz(tmp_path, probs=np.full((6, 3), 0.5), y=labels)).scores.task.kind == "multilabel"
    yes = read_scores(npz(tmp_path, probs=np.full(6, 0.5), y=Y % 2))
    assert (yes.scores.task.kind, yes.scores.array.shape) == ("binary", (6, 1))
    assert read_scores(npz(tmp_path, logits=Z, y=Y), ordered=True).scores.task.kind == "ordinal"
    assert read_scores(npz(tmp_path, logits=Z, y=Y, classes=list("abc")), ordered=("a", "b", "c"))
    with pytest.raises(OptionError, match="c < b < a"):
        read_scores(npz(tmp_path, logits=Z, y=Y, classes=list("abc")), ordered=("c", "b", "a"))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_tables_with_a_column_per_class(tmp_path, suffix):
    path = table(
        tmp_path,
        suffix,
        logit_x=Z[:, 0],
        logit_y=Z[:, 1],
        logit_z=Z[:, 2],
        label=["x", "y", "z", "z", "y", None],
        id=list("abcdef"),
        group=[0, 0, 1, 1, 2, 2],
        note=list("uvwxyz"),
    )
    found = read_scores(path)
    assert found.scores.task.class_names == ("x", "y", "z")
    assert np.allclose(found.scores.array, Z)
    assert found.targets.tolist() == [0, 1, 2, 2, 1, -1]
    assert found.scores.groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.notes == ("not read: note",)


def test_tables_with_a_list_column_or_labels_as_columns(tmp_path):
    found = read_scores(table(tmp_path, logits=Z.tolist(), label=Y))
    assert np.allclose(found.scores.array, Z)
    found = read_scores(table(tmp_path, probs=[[0.5, 0.5]] * 2, label_a=[1, 0], label_b=[0, None]))
    assert found.scores.task.class_names == ("a", "b")
    assert np.array_equal(found.targets, [[1, 0], [0, np.nan]], equal_nan=True)
    found = read_scores(table(tmp_path, prob_yes=[0.5, 0.7], label=[1, 0]))
    assert found.scores.task.class_names == ("not yes", "yes")
    assert isinstance(found.scores, Probs)
    # columns in any order belong together by name
    found = read_scores(table(tmp_path, prob_b=[0.1], prob_a=[0.9], label_a=[1], label_b=[0]))
    assert found.targets.tolist() == [[0, 1]]


def test_scores_without_labels_take_the_task_of_others(tmp_path):
    task = Task("multilabel", ("a", "b", "c"))
    found = read_scores(npz(tmp_path, logits=Z), task=task)
    assert found.targets is None
    assert found.scores.task is task


def test_batches_are_the_file(tmp_path):
    path = table(tmp_path, logits=Z.tolist(), label=Y, id=list("abcdef"))
    whole = read_scores(path)
    parts = [read_scores(path, rows=rows) for rows in batches_of(path, cells=6)]
    assert [len(p.scores) for p in parts] == [2, 2, 2]
    assert np.array_equal(np.concatenate([p.scores.array for p in parts]), whole.scores.array)
    assert np.array_equal(np.concatenate([p.targets for p in parts]), whole.targets)
    assert batches_of(npz(tmp_path, logits=Z, y=Y)) == [None]


BAD = {
    "no scores": (dict(scores=Z, y=Y), "the arrays scores, y"),
    "two kinds": (dict(logits=Z, probs=np.abs(Z), y=Y), "logits and probs"),
    "lengths": (dict(logits=Z, y=Y[:-1]), "5 labels"),
    "ids": (dict(logits=Z, y=Y, ids=[1, 2, 3, 4, 5, 1]), "id '1' 2 times, first at row 0"),
    "names": (dict(logits=Z, y=Y, classes=["a", "b"]), "2 names"),
    "twice": (dict(logits=Z, y=Y, classes=["a", "b", "a"]), "'a' twice"),
    "range": (dict(logits=Z, y=Y + 1), "3 at row 2"),
    "fraction": (dict(logits=Z, y=Y + 0.5), "0.5 at row 0"),
    "nan": (dict(logits=np.where(Z[4, 1] == Z, np.nan, Z), y=Y), "row 4, column 1"),
    "negative": (dict(probs=np.where(Z[4, 1] == Z, -0.25, 0.5), y=Y), "row 4, column 1"),
    "matrix": (dict(logits=Z, y=np.full((6, 3), 2.0)), "2 at row 0, column 0"),
    "other width": (dict(logits=Z, y=np.zeros((6, 2))), r"shape \(6, 2\)"),
    "text": (dict(logits=np.array([["a", "b"]] * 6), y=Y), "dtype <U1"),
    "three dimensions": (dict(logits=np.zeros((6, 3, 2)), y=Y), r"shape \(6, 3, 2\)"),
    "empty": (dict(logits=np.zeros((0, 3)), y=Y[:0]), r"shape \(0, 3\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_npz_is_one_message(tmp_path, name):
    arrays, message = BAD[name]
    with pytest.raises(InputError, match=message):
        read_scores(npz(tmp_path, **arrays))


def test_bad_tables_are_one_message(tmp_path):
    with pytest.raises(InputError, match="3 numbers in row 0, 2 in row 1"):
        read_scores(table(tmp_path, logits=[[1.0, 2, 3], [1.0, 2]], label=[0, 1]))
    with pytest.raises(InputError, match="'w' at row 1"):
        read_scores(table(tmp_path, logit_x=[0.0, 1], logit_y=[1.0, 0], label=["x", "w"]))
    with pytest.raises(InputError, match="'c' has only one of the two"):
        read_scores(table(tmp_path, prob_a=[0.5], prob_b=[0.5], label_a=[1], label_b=[0], label_c=[1]))
    with pytest.raises(InputError, match="column logit_x"):
        read_scores(table(tmp_path, logit_x=["a"], logit_y=["b"], label=[0]))
    with pytest.raises(InputError, match="labels of one form"):
        read_scores(table(tmp_path, prob_a=[0.5], prob_b=[0.5], label_a=[1], label=[0]))


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_scores(tmp_path / "gone.npz")
    (tmp_path / "a.txt").write_text("1")
    with pytest.raises(InputError, match=r"kind '.txt'"):
        read_scores(tmp_path / "a.txt")
    for suffix in (".npz", ".parquet"):
        path = tmp_path / f"cut{suffix}"
        whole = npz(tmp_path, logits=Z, y=Y) if suffix == ".npz" else table(tmp_path, logits=Z.tolist(), label=Y)
        path.write_bytes(whole.read_bytes()[:200])
        with pytest.raises(InputError, match="damaged"):
            read_scores(path)
        with pytest.raises(InputError, match="damaged"):
            batches_of(path) if suffix == ".parquet" else read_scores(path)


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, logits=np.array([{"a": 1}], dtype=object), y=[0])
    with pytest.raises(InputError, match="pickle"):
        read_scores(path)


def test_logits_of_another_link_than_the_tasks_own_become_its_probabilities(tmp_path):
    path, z = tmp_path / "sigmoid.npz", np.array([[2.0, -1.0, 0.0], [0.0, 1.0, -3.0]])
    np.savez(path, logits=z, y=[0, 1], link="sigmoid")
    found = read_scores(path)
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(found.scores.array, p / p.sum(1, keepdims=True))
    assert found.scores.kind == "probabilities"
    assert "sigmoid" in found.notes[0]
    np.savez(path, logits=z, y=[0, 1], link="softmax")
    assert read_scores(path).scores.kind == "logits"
    np.savez(path, logits=z, y=[0, 1], link="sigmod")
    with pytest.raises(OptionError, match="sigmoid"):
        read_scores(path)


def test_an_npz_holds_class_indices_also_where_the_classes_are_numbers(tmp_path):
    path = tmp_path / "numbers.npz"
    np.savez(path, logits=np.zeros((4, 3)), y=[0, 1, 2, 0], classes=["1", "2", "3"])
    found = read_scores(path)
    assert found.targets.tolist() == [0, 1, 2, 0]
    assert found.labels.targets is found.targets
    assert audit(found.scores, found.labels, resamples=60).n == 4
