"""A run can be killed at any moment and continued to the same numbers; a stranger's folder is left alone."""

import json
import os
import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import labelwise as lw
from labelwise.errors import RunFolderError
from labelwise.io.files import write_json
from labelwise.report import page

QUICK = {"backbone": "linear", "epochs": 2, "rates": [0.01, 0.1], "seeds": 2, "why": False}
KILLS = 20

# Everything is imported once; each start of a run is a fork, which is killed while it works.
KILLER = textwrap.dedent(
    """
    import json, os, random, signal, sys, time
    import torch
    torch.set_num_threads(1)
    import labelwise as lw
    import labelwise.comparison.verb  # so that a fork starts with the work itself
    from labelwise.io.files import write_json
    from labelwise.report import page

    # The page takes longer than all the rest, and is written whole or not at all like every other file.
    page.write_report = lambda result, folder: write_json(folder / "report.json", result.to_dict())

    data, folder, whole, kills = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    options = dict(backbone="linear", epochs=4, rates=[0.01, 0.1], seeds=4, why=False)

    def start(out):
        child = os.fork()
        if child:
            return child
        try:
            lw.compare(data, out=out, **options)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)

    def finish(out):
        began = time.monotonic()
        _, status = os.waitpid(start(out), 0)
        assert status == 0, f"{out}: ended with {status}"
        return time.monotonic() - began

    seconds = finish(whole)
    chance = random.Random(0)
    killed = finished = number = 0
    while killed < kills:
        child = start(f"{folder}-{number}")
        time.sleep(chance.uniform(0, min(seconds, 2)))  # on a busy machine a run is long, its moments are as random
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), f"ended with {status}"
        if status:
            killed += 1
        else:  # done before it could be killed: the next start is of a new run
            number += 1
    for run in range(number + 1):
        finish(f"{folder}-{run}")
    print(json.dumps({"killed": killed, "runs": number + 1}))
    """
)


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """The page has tests of its own, and takes longer than all the rest."""
    monkeypatch.setattr(
        page, "write_report", lambda result, folder: write_json(folder / "report.json", result.to_dict())
    )


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 4)).astype(np.float32)
    np.savez(tmp_path / "data.npz", X=x, y=x[:, :3].argmax(1))
    return tmp_path / "data.npz"


def numbers(folder):
    """Everything a run says, but for when and where it ran."""
    told = json.loads((folder / "report.json").read_text())
    tables = {}
    for file in sorted((folder / "scores").iterdir()):
        with np.load(file) as archive:
            tables[file.name] = {name: archive[name].tolist() for name in archive.files}
    return {k: v for k, v in told.items() if k not in ("run", "folder")}, tables, (folder / "history.csv").read_text()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_twenty_kills_at_random_moments_end_in_the_numbers_of_an_unbroken_run(source, tmp_path):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLER, str(source), str(folder), str(whole), str(KILLS)],
        capture_output=True,
        text=True,
        timeout=1500,
        env={**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] == KILLS
    expected = numbers(whole)
    for run in range(told["runs"]):
        path = tmp_path / f"run-{run}"
        assert numbers(path) == expected
        assert json.loads((path / "run.json").read_text())["status"] == "finished"
        assert not list(path.rglob(".tmp-*")), "nothing half-written is left behind"
        assert sorted(p.name for p in path.iterdir()) == sorted(p.name for p in whole.iterdir())


def test_what_is_trained_is_kept(source, tmp_path):
    """The second of two seeds is lost; the first is not trained again."""
    lw.compare(source, out=tmp_path / "run", **QUICK)
    expected = numbers(tmp_path / "run")
    (tmp_path / "run" / "trials" / "seed-1.npz").unlink()
    told = []
    lw.compare(source, out=tmp_path / "run", progress=lambda done, total, text: told.append(text), **QUICK)
    assert any("seed 0" in t and "kept" in t for t in told)
    assert any("seed 1" in t and "kept" not in t for t in told)
    assert numbers(tmp_path / "run") == expected


def test_a_finished_run_again_says_the_same_without_training(source, tmp_path, monkeypatch):
    first = lw.compare(source, out=tmp_path / "run", **QUICK)
    monkeypatch.setattr("labelwise.comparison.trials.train_stack", None)
    again = lw.compare(source, out=tmp_path / "run", **QUICK)
    assert again.heads == first.heads
    assert again.claims == first.claims


@pytest.mark.parametrize("change", [{"epochs": 3}, {"rates": [0.01, 0.2]}, {"heads": ["softmax"]}, {"seeds": 3}])
def test_another_run_is_never_overwritten_silently(source, tmp_path, change):
    lw.compare(source, out=tmp_path / "run", **QUICK)
    before = numbers(tmp_path / "run")
    with pytest.raises(RunFolderError, match=f"{next(iter(change))} was") as caught:
        lw.compare(source, out=tmp_path / "run", **{**QUICK, **change})
    assert "--overwrite" in caught.value.instead
    assert numbers(tmp_path / "run") == before
    result = lw.compare(source, out=tmp_path / "run", overwrite=True, **{**QUICK, **change})
    assert result.settings != before[0]["settings"]


def test_other_data_is_another_run(source, tmp_path):
    lw.compare(source, out=tmp_path / "run", **QUICK)
    with np.load(source) as archive:
        x, y = archive["X"].copy(), archive["y"]
    x[0, 0] += 1
    np.savez(source, X=x, y=y)
    with pytest.raises(RunFolderError):
        lw.compare(source, out=tmp_path / "run", **QUICK)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"name": "some other tool"}'])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_strangers_folder_is_left_alone(source, tmp_path, content, overwrite):
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    if content is not None:
        (folder / "run.json").write_text(content)
    before = {p.name: p.read_text() for p in folder.iterdir()}
    with pytest.raises(RunFolderError, match="not a run of labelwise"):
        lw.compare(source, out=folder, overwrite=overwrite, **QUICK)
    assert {p.name: p.read_text() for p in folder.iterdir()} == before


def test_a_clearing_that_was_interrupted_can_be_repeated(source, tmp_path):
    """run.json goes last, so that a half-cleared folder is still known to be ours."""
    folder = tmp_path / "run"
    lw.compare(source, out=folder, **QUICK)
    for name in ("report.json", "history.csv"):
        (folder / name).unlink()
    lw.compare(source, out=folder, overwrite=True, **{**QUICK, "epochs": 1})
    assert (folder / "report.json").exists()


@pytest.mark.parametrize("place", ["data.npz", "data.npz/inside"])
def test_a_place_where_no_folder_can_be(source, place):
    with pytest.raises(RunFolderError, match="a run folder at"):
        lw.compare(source, out=source.parent / place, **QUICK)
    assert source.stat().st_size > 1000


def test_a_damaged_trial_is_named_not_used(source, tmp_path):
    lw.compare(source, out=tmp_path / "run", **QUICK)
    (tmp_path / "run" / "trials" / "seed-0.npz").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(RunFolderError, match=r"seed-0\.npz cannot be read"):
        lw.compare(source, out=tmp_path / "run", **QUICK)


def test_an_edited_encoder_is_another_run(source, tmp_path, monkeypatch):
    name = f"users_encoder_{random.randrange(10**9)}"
    file = tmp_path / f"{name}.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    file.write_text("def encode(x):\n    return x * 2\n")
    options = {**QUICK, "features": f"{name}:encode"}
    result = lw.compare(source, out=tmp_path / "run", **options)
    assert any(f"computed by {name}:encode" in note for note in result.data.notes)
    assert list((tmp_path / "run").glob("features-*.npy"))
    lw.compare(source, out=tmp_path / "run", **options)
    file.write_text("def encode(x):\n    return x * 3\n")
    del sys.modules[name]
    import linecache

    linecache.checkcache()
    with pytest.raises(RunFolderError):
        lw.compare(source, out=tmp_path / "run", **options)


def test_scores_of_the_run_name_their_link(tmp_path):
    """A yes/no task has one column whoever trained it, and its link is the sigmoid."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 3)).astype(np.float32)
    lw.compare((x, x[:, 0] > 0), out=tmp_path / "run", **QUICK)
    for head in ("softmax", "sigmoid"):
        with np.load(tmp_path / "run" / "scores" / f"{head}-seed-0-test.npz", allow_pickle=False) as archive:
            assert archive["logits"].ndim == 1
            assert str(archive["link"]) == "sigmoid"
            assert archive["y"].shape == archive["logits"].shape
