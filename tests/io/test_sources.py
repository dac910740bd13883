import os
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from labelwise.errors import InputError, OptionError
from labelwise.io.sources import KINDS, open_source, refuse_idle_options

FRAME = pl.DataFrame({"a": [1, 2]})


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("x")


@pytest.mark.parametrize(
    ("source", "kind", "name"),
    [
        ("digits", "digits", "digits"),
        ((np.eye(2), [0, 1]), "(X, y)", "arrays"),
        ((FRAME, [0, 1]), "frame and labels", "frame"),
        (FRAME, "frame", "frame"),
        ({"X": np.eye(2)}, "arrays", "arrays"),
    ],
)
def test_kinds_in_memory(source, kind, name):
    assert open_source(source)[:2] == (kind, name)


def test_kinds_on_disk(tmp_path):
    touch(tmp_path, "a.npz", "b.CSV", "c.parquet", "d.pq")
    assert [open_source(tmp_path / n)[:2] for n in ("a.npz", "b.CSV", "c.parquet", "d.pq")] == [
        ("npz", "a"),
        ("csv", "b"),
        ("parquet", "c"),
        ("parquet", "d"),
    ]
    assert open_source(str(tmp_path / "a.npz"))[0] == "npz"
    assert open_source(tmp_path)[:2] == ("folder", tmp_path.name)


def test_a_folder_by_dot_has_its_own_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_source(".")[1] == tmp_path.name


def test_what_is_not_there(tmp_path, monkeypatch):
    touch(tmp_path, "mnist_10k.npz", "notes.txt")
    with pytest.raises(InputError) as caught:
        open_source(tmp_path / "mnist.npz")
    assert caught.value.instead == f"{tmp_path / 'mnist_10k.npz'} (closest)"
    with pytest.raises(InputError, match=r"one of mnist_10k\.npz in "):
        open_source(tmp_path / "zebra")
    with pytest.raises(InputError, match="no folder"):
        open_source(tmp_path / "gone" / "a.npz")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"data in digit\n.*\ninstead: digits \(closest\)"):
        open_source("digit")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.md", r"the ending '\.md'\ninstead: \.npz, \.csv, \.parquet, \.pq, a folder of images, or digits"),
        ("a", "a file without an ending"),
        ("a.pkl", "a pickle can run code and is never read"),
        ("a.tsv", r"separator='\\t'"),
        ("a.csv.gz", r"the ending '\.gz'"),
    ],
)
def test_endings_that_are_not_read(tmp_path, name, message):
    touch(tmp_path, name)
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_an_empty_file_and_no_file_at_all(tmp_path):
    os.mkfifo(tmp_path / "b.csv")
    (tmp_path / "a.csv").touch()
    with pytest.raises(InputError, match="an empty file"):
        open_source(tmp_path / "a.csv")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        open_source(tmp_path / "b.csv")


@pytest.mark.parametrize("source", [3, None, [1, 2], np.eye(2), b"digits"])
def test_what_is_no_source(source):
    with pytest.raises(InputError, match=r'a path, "digits", \(X, y\)'):
        open_source(source)


@pytest.mark.parametrize(("source", "given"), [("https://example.org/a.csv", "an address"), ("", "no name")])
def test_nothing_is_fetched(source, given):
    with pytest.raises(InputError, match=given):
        open_source(source)


def test_a_tuple_is_a_pair():
    with pytest.raises(InputError, match="a tuple of 3\ninstead: a dict"):
        open_source((1, 2, 3))


VALUES = {
    "labels": ("y",),
    "exclude": ("y",),
    "categorical": ("y",),
    "impute": "median",
    "group": "y",
    "id": "y",
    "image_size": 32,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", VALUES)
def test_an_option_without_effect_on_a_source_is_refused(kind, option):
    if option in KINDS[kind].options:
        refuse_idle_options(kind, {option: VALUES[option]})
    else:
        with pytest.raises(OptionError, match=re.escape(f"a source of the kind {kind!r}, on which it has no")):
            refuse_idle_options(kind, {option: VALUES[option]})


def test_the_flag_is_named_as_on_the_command_line():
    with pytest.raises(OptionError, match="--label a b\n"):
        refuse_idle_options("npz", {"labels": ("a", "b")})
    with pytest.raises(OptionError, match="--image-size 8\n"):
        refuse_idle_options("csv", {"image_size": 8})


def test_impute_has_one_way():
    with pytest.raises(OptionError, match="impute 'mean'"):
        refuse_idle_options("csv", {"impute": "mean"})
