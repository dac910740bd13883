import numpy as np
import pytest

from labelwise.errors import InputError
from labelwise.io.arrays import from_arrays, from_npz

X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])
TRAIN = {"x_train": X[:4], "y_train": Y[:4], "x_test": X[4:], "y_test": Y[4:]}


def read(**arrays):
    return from_arrays(arrays, need_labels=True)


def test_everything_there_is():
    raw = read(
        X=X,
        y=Y,
        classes=np.array(["a", "b", "c"]),
        groups=np.array([1, 1, 2, 2, 3, 3]),
        ids=np.array([b"p", b"q", b"r", b"s", b"t", b"u"]),
        features=np.array(["wide", "high"]),
        extra=np.zeros(3),
    )
    assert raw.features.dtype == np.float32
    assert raw.names == ["a", "b", "c"]
    assert raw.groups is not None
    assert raw.groups.tolist() == [1, 1, 2, 2, 3, 3]
    assert raw.ids is not None
    assert raw.ids.tolist() == list("pqrstu")
    assert raw.feature_names == ("wide", "high")
    assert raw.notes == ("arrays not read: extra",)


def test_train_and_test_part_become_one_with_the_test_rows_marked():
    raw = from_arrays(TRAIN, need_labels=True)
    assert raw.features.tolist() == X.tolist()
    assert raw.y.tolist() == Y.tolist()
    assert raw.test_rows is not None
    assert raw.test_rows.tolist() == [False] * 4 + [True] * 2
    assert raw.ids is not None
    assert raw.ids.tolist() == ["train/0", "train/1", "train/2", "train/3", "test/0", "test/1"]


def test_a_train_part_alone_has_no_test_rows():
    raw = read(x_train=X, y_train=Y)
    assert raw.test_rows is None
    assert len(raw.features) == 6


def test_without_labels_both_parts_are_taken():
    raw = from_arrays({"x_train": X[:4], "x_test": X[4:]}, need_labels=False)
    assert raw.features.tolist() == X.tolist()
    assert raw.y is None
    assert from_arrays({"X": X, "y": Y[:2], "classes": np.array(["a"])}, need_labels=False).y is None


def test_whole_floats_as_groups_are_codes():
    raw = read(X=X, y=Y, groups=[1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    assert raw.groups is not None
    assert raw.groups.dtype == np.int64


def test_text_as_objects_is_text():
    raw = read(X=X, y=Y, ids=np.array(list("pqrstu"), dtype=object))
    assert raw.ids is not None
    assert raw.ids.dtype.kind == "U"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X, "x": X, "y": Y}, "both X and x"),
        ({"X": X, "y": Y, "Y": Y}, "both y and Y"),
        ({"X": X, "y": Y, "classes": ["a"], "labels": ["a"]}, "both classes and labels"),
        ({"y": Y}, "the arrays y\ninstead: an array X"),
        ({"X": X, "y": None}, "the arrays X\ninstead: an array y"),
        ({}, r"the arrays \(none\)"),
        ({"X": X, "z": Y}, "the arrays X, z\ninstead: an array y"),
        ({"X": X, "labels": Y}, "the name y for the array `labels`"),
        ({"X": X, "y": Y, "group": Y}, "an array 'group'\ninstead: the name 'groups'"),
        ({"X": X, "y": Y, "groups": Y[:3]}, r"6 groups, one per row\ngiven: shape \(3,\)"),
        ({"X": X, "y": Y, "groups": np.full(6, np.nan)}, "groups as whole numbers or text"),
        ({"X": X, "y": Y, "ids": np.zeros((6, 1))}, r"shape \(6, 1\)"),
        ({"X": X, "y": Y, "features": np.array(["a"])}, "one name in `features` per column"),
        ({"X": X, "y": np.eye(3)[Y], "labels": np.array(["a", "b"])}, "as many names as columns"),
        ({"X": X, "y": Y, "classes": np.zeros((2, 2))}, r"names in `classes`\ngiven: shape \(2, 2\)"),
        ({"X": [[1, 2], [3]], "y": [0, 1]}, "X as an array\ngiven: a list: "),
        (TRAIN | {"X": X}, "both X and x_train and x_test"),
        ({k: v for k, v in TRAIN.items() if k != "y_test"}, "y_test in the arrays"),
        ({k: v for k, v in TRAIN.items() if k != "x_train"}, "x_train in the arrays"),
        (TRAIN | {"x_test": X[4:, :1]}, "x_train and x_test of one shape"),
        (TRAIN | {"y_test": Y[:1]}, r"as many labels in y_test as rows in x_test \(2\)"),
        (TRAIN | {"y_test": np.eye(3)[Y[4:]]}, "y_train and y_test of one shape"),
    ],
)
def test_what_is_refused(arrays, message):
    with pytest.raises(InputError, match=message):
        read(**arrays)


def test_a_group_on_both_sides_of_the_stated_test_part_is_refused():
    with pytest.raises(InputError, match="group 'b' in both"):
        from_arrays(TRAIN | {"groups": np.array(list("aabbbc"))}, need_labels=True)
    assert from_arrays(TRAIN | {"groups": np.array(list("aabbcc"))}, need_labels=True).groups is not None


def test_bit_packed_labels_are_recognised():
    packed = np.packbits(np.eye(9, dtype=np.uint8), axis=1)
    with pytest.raises(InputError) as caught:
        read(X=np.eye(9), Y=packed, labels=np.array(list("abcdefghi")))
    assert "looks bit-packed" in caught.value.given
    assert caught.value.instead == "Y = np.unpackbits(Y, axis=1)[:, :9]"


def test_a_sparse_matrix_is_not_taken_for_one_object():
    sparse = pytest.importorskip("scipy.sparse").csr_array(X)
    with pytest.raises(InputError, match=r"X\.toarray\(\)"):
        read(X=sparse, y=Y)


def test_npz_says_where_it_is_from(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, Y=Y)
    raw = from_npz(tmp_path / "a.npz", need_labels=True)
    assert raw.found["path"] == str(tmp_path / "a.npz")
    assert len(raw.found["sha256"]) == 64
    np.savez(tmp_path / "b.npz", x=X)
    with pytest.raises(InputError, match=r"labels in .*b\.npz\ngiven: the arrays x"):
        from_npz(tmp_path / "b.npz", need_labels=True)
