import json
import os

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import labelwise as lw
from labelwise import InputError
from labelwise.cli import cli
from labelwise.policies import stream
from labelwise.policies.decisions import _list_column

from .conftest import problem


def run(*words):
    result = CliRunner().invoke(cli, [str(w) for w in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def fitted(tmp_path):
    scores, y = problem("multilabel", 300)
    np.savez(tmp_path / "val.npz", logits=scores.array, y=y, classes=np.array(list("abcdef")))
    new, _ = problem("multilabel", 1000, 1)
    frame = pl.DataFrame({f"logit_{n}": c for n, c in zip("abcdef", new.array.T, strict=True)})
    frame.with_columns(id=pl.Series([f"r{i}" for i in range(1000)])).write_parquet(tmp_path / "new.parquet")
    words = ("--objective", "macro_f1", "--at-least-one", "-o", tmp_path / "policy.json")
    return tmp_path, new, run("fit", tmp_path / "val.npz", *words)


def test_fit_then_decide(fitted):
    folder, new, done = fitted
    assert "out of fold" in done.output
    policy = lw.Policy.load(folder / "policy.json")
    result = run("decide", folder / "policy.json", folder / "new.parquet", "-o", folder / "out.parquet", "--json")
    totals = json.loads(result.stdout)
    frame = pl.read_parquet(folder / "out.parquet")
    decided = policy.decide(new)
    assert totals["rows"] == len(frame) == 1000
    assert frame["labels"].to_list() == decided.labels
    assert frame["id"].to_list()[:2] == ["r0", "r1"]
    np.testing.assert_allclose(frame["prob_c"].to_numpy(), decided.probabilities[:, 2], atol=1e-6)


def test_batches_give_the_same_file(fitted, monkeypatch):
    folder, new, _ = fitted
    policy = lw.Policy.load(folder / "policy.json")
    batches = stream.batches_of
    monkeypatch.setattr(stream, "batches_of", lambda source, cells: batches(source, cells=6 * 130))
    done = []
    stream.decide_file(policy, folder / "new.parquet", folder / "out.parquet", tick=done.append)
    assert done[:2] == [130, 260]
    assert done[-1] == 1000
    assert pl.read_parquet(folder / "out.parquet")["labels"].to_list() == policy.decide(new).labels


def test_a_bad_batch_writes_nothing(fitted, monkeypatch):
    folder, _, _ = fitted
    policy = lw.Policy.load(folder / "policy.json")
    frame = pl.read_parquet(folder / "new.parquet")
    broken = frame.with_columns(logit_b=pl.when(pl.int_range(1000) == 900).then(np.inf).otherwise("logit_b"))
    broken.write_parquet(folder / "broken.parquet")
    batches = stream.batches_of
    monkeypatch.setattr(stream, "batches_of", lambda source, cells: batches(source, cells=6 * 130))
    with pytest.raises(InputError, match=r"inf at row 120, column 1 \(b\)"):
        stream.decide_file(policy, folder / "broken.parquet", folder / "out.parquet")
    assert not [name for name in os.listdir(folder) if "out.parquet" in name]


def test_columns_in_another_order_are_refused(fitted):
    folder, _, _ = fitted
    frame = pl.read_parquet(folder / "new.parquet")
    frame.select("logit_b", "logit_a", *[f"logit_{n}" for n in "cdef"]).write_parquet(folder / "other.parquet")
    with pytest.raises(InputError, match="columns in the order a, b"):
        run("decide", folder / "policy.json", folder / "other.parquet", "-o", folder / "out.parquet")
    with pytest.raises(InputError, match=r"ends in \.parquet"):
        run("decide", folder / "policy.json", folder / "new.parquet", "-o", folder / "out.csv")


def test_fit_needs_labels(fitted):
    folder, _, _ = fitted
    with pytest.raises(InputError, match="without labels"):
        run("fit", folder / "new.parquet", "-o", folder / "p.json")


def test_fit_with_costs_and_caveats(tmp_path):
    scores, y = problem("multiclass", 200)
    np.savez(tmp_path / "val.npz", probs=scores.to_probs("softmax").array, y=y)
    costs = json.dumps((1 - np.eye(4)).tolist())
    words = ("--objective", "cost", "--costs", costs, "--coverage", "0.9", "--close-call", "0.1", "--json")
    document = json.loads(run("fit", tmp_path / "val.npz", *words, "-o", tmp_path / "p.json").stdout)
    assert document["rule"]["form"] == "least_cost"
    assert document["caution"]["close_call"] == 0.1


def test_an_npz_holds_indices_also_where_classes_are_named_by_numbers(tmp_path):
    scores, y = problem("multiclass", 200)
    np.savez(tmp_path / "val.npz", logits=scores.array, y=y, classes=np.array(list("1234")))
    run("fit", tmp_path / "val.npz", "-o", tmp_path / "p.json")
    policy = lw.Policy.load(tmp_path / "p.json")
    assert policy.task.class_names == tuple("1234")
    assert policy.report["value_in_sample"] == pytest.approx((scores.array.argmax(1) == y).mean(), abs=0.05)


def test_the_next_batch_is_made_ahead_and_an_error_comes_in_its_turn():
    made = []

    def numbers():
        for k in range(3):
            made.append(k)
            yield k
        raise ValueError("the end")

    ahead = stream._ahead(numbers())
    assert [next(ahead) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the end"):
        next(ahead)
    assert made == [0, 1, 2]


def test_rows_without_labels_have_empty_lists(tmp_path):
    flags = np.zeros((4, 3), bool)
    flags[1, [0, 2]] = flags[3, 1] = True
    column = _list_column(flags, ("x", "y", "z"))
    assert column.to_list() == [[], ["x", "z"], [], ["y"]]
    assert _list_column(flags[[1, 3]], ("x", "y", "z")).to_list() == [["x", "z"], ["y"]]
    none = _list_column(flags[[0, 2]], ("x", "y", "z"))
    assert (none.to_list(), none.dtype) == ([[], []], column.dtype)
    pl.DataFrame({"labels": column}).write_parquet(tmp_path / "x.parquet")
    assert pl.read_parquet(tmp_path / "x.parquet")["labels"].to_list() == column.to_list()
