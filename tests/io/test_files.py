import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelwise.errors import InputError
from labelwise.io import files
from labelwise.io.files import read_npz, reading, sha256_of, write_atomically, write_json


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.json"
    target.write_text("old")

    def fails(part):
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, fails)
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert target.read_text() == "old"


def test_the_part_is_hidden_and_keeps_the_ending(tmp_path):
    seen = []

    def writer(part):
        seen.append(part)
        np.savez(part, a=np.arange(3))  # numpy appends .npz to any other ending

    write_atomically(tmp_path / "x.npz", writer)
    assert seen[0].parent == tmp_path
    assert seen[0].name.startswith(".tmp-")
    assert read_npz(tmp_path / "x.npz")["a"].tolist() == [0, 1, 2]


def test_a_reader_never_sees_a_part_while_the_writer_is_killed(tmp_path):
    target = tmp_path / "n.txt"
    code = f"""
from pathlib import Path
from labelwise.io.files import write_atomically
n = 0
while True:
    n += 1
    write_atomically(Path({str(target)!r}), lambda part: part.write_text(str(n % 10) * 200_000))
"""
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", code])
        while not target.exists():
            time.sleep(0.01)
        for _ in range(50):
            text = target.read_text()
            assert len(text) == 200_000
            assert len(set(text)) == 1
        process.kill()
        process.wait()
        text = target.read_text()
        assert len(text) == 200_000
        assert len(set(text)) == 1


def test_json_keeps_order_and_takes_numpy(tmp_path):
    path = tmp_path / "a.json"
    write_json(
        path, {"b": np.int64(1), "a": [np.float32(0.5), None, True], "ü": Path("x"), "t": (1,), "n": np.arange(2)}
    )
    text = path.read_text("utf-8")
    assert text.endswith("}\n")
    assert "ü" in text
    assert list(json.loads(text)) == ["b", "a", "ü", "t", "n"]
    assert json.loads(text) == {"b": 1, "a": [0.5, None, True], "ü": "x", "t": [1], "n": [0, 1]}


@pytest.mark.parametrize("bad", [float("nan"), np.float32("inf"), np.array([0.0, np.nan])])
def test_json_refuses_nan_and_says_where(tmp_path, bad):
    with pytest.raises(InputError, match=r"heads\.softmax\[1\]"):
        write_json(tmp_path / "a.json", {"heads": {"softmax": [1.0, bad]}})
    assert not list(tmp_path.iterdir())


def test_json_refuses_what_has_no_place_in_it(tmp_path):
    with pytest.raises(TypeError, match="set"):
        write_json(tmp_path / "a.json", {1, 2})


@given(
    hnp.arrays(st.sampled_from([np.float32, np.int64, np.uint8, "U3", bool]), hnp.array_shapes(max_dims=3, max_side=3))
)
def test_hash_depends_on_content_shape_dtype_and_name(array):
    digest = sha256_of({"a": array})
    assert digest == sha256_of({"a": array.copy(order="F")})
    assert digest != sha256_of({"b": array})
    assert digest != sha256_of({"a": array[None]})
    assert digest != sha256_of({"a": array.astype("U9")})
    assert digest != sha256_of({"a": np.concatenate([array, array])})


def test_hash_depends_on_the_order_of_rows():
    assert sha256_of({"a": np.array([1, 2])}) != sha256_of({"a": np.array([2, 1])})
    assert sha256_of({"a": np.array(["u", "v"], dtype=object)}) == sha256_of({"a": np.array(["u", "v"])})
    assert sha256_of({"a": np.zeros((0, 3))}) != sha256_of({"a": np.zeros((0, 2))})


def test_hash_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_npz_with_objects_is_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.eye(2), names=np.array([{"run": "code"}], dtype=object))
    with pytest.raises(InputError, match=r"'names' holds Python objects.*never read"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("cut", [0.2, 0.9, 0.99])
def test_a_cut_npz_is_one_message(tmp_path, cut):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.eye(20))
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with pytest.raises(InputError, match=r"a\.npz is damaged, cut short") as caught:
        read_npz(path)
    assert caught.value.__suppress_context__


def test_an_npz_with_a_flipped_byte_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.arange(1000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="CRC"):
        read_npz(path)


def test_other_members_of_the_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("X.txt", "1 2 3")
    with pytest.raises(InputError, match=r"X\.txt"):
        read_npz(tmp_path / "a.npz")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, X=np.zeros(3_000_000))
    monkeypatch.setattr(files, "SMALL_BYTES", 2**20)
    monkeypatch.setattr(files, "MOST_RATIO", 100)
    with pytest.raises(InputError, match=r"would unpack to 24,000,\d{3}"):
        read_npz(path)
    monkeypatch.setattr(files, "SMALL_BYTES", 2**30)
    assert read_npz(path)["X"].shape == (3_000_000,)
    monkeypatch.setattr(files, "MOST_BYTES", 10**6)
    with pytest.raises(InputError, match="would unpack"):
        read_npz(path)


def test_a_header_that_lies_about_its_size_is_refused(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000,), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 80)
    with pytest.raises(InputError, match="damaged"):
        read_npz(tmp_path / "a.npz")


def test_reading_lets_errors_of_the_house_and_interrupts_through(tmp_path):
    with pytest.raises(KeyboardInterrupt), reading(tmp_path, "csv"):
        raise KeyboardInterrupt
    with pytest.raises(InputError, match="asked: a\n"), reading(tmp_path, "csv"):
        raise InputError("a", "b", "c")
    with pytest.raises(InputError, match=r"OSError"), reading(tmp_path, "csv"):
        raise OSError


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
def test_the_file_gets_the_permissions_any_file_gets(tmp_path):
    (tmp_path / "plain").write_text("x")
    write_atomically(tmp_path / "a", lambda part: part.write_text("x"))
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode
