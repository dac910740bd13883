"""The command line: light help, one document or one message, never a traceback."""

import json
import subprocess
import sys

import numpy as np
import pytest

from labelwise import cli
from labelwise.io.files import write_json
from labelwise.report import page

QUICK = ("--backbone", "linear", "--epochs", "2", "--rates", "0.01,0.1", "--seeds", "2", "--no-why")


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """The page has tests of its own, and takes longer than all the rest."""
    monkeypatch.setattr(
        page, "write_report", lambda result, folder: write_json(folder / "report.json", result.to_dict())
    )


@pytest.fixture
def source(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4)).astype(np.float32)
    np.savez(tmp_path / "data.npz", X=x, y=x[:, :3].argmax(1))
    monkeypatch.chdir(tmp_path)
    return "data.npz"


@pytest.fixture
def run(monkeypatch, capsys):
    """Call the program in this process: (exit code, stdout, stderr)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["labelwise", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["compare", "--help"]])
def test_help_imports_no_numpy(words):
    code = f"""
import sys
sys.argv = ["labelwise", *{words!r}]
from labelwise.cli import main
try:
    main()
finally:
    heavy = {{"numpy", "torch", "polars", "rich", "altair"}} & set(sys.modules)
    assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "abelwise" in done.stdout or "compare" in done.stdout


def test_help_names_every_verb_and_every_option_has_a_text(run):
    code, out, _ = run("--help")
    assert code == 0
    for verb in cli.VERBS:
        assert verb in out
    lacking = [p.name for p in cli.compare_command.params if p.name not in ("source", "help") and not p.help]
    assert not lacking


def test_json_prints_one_document_and_nothing_else(run, source):
    code, out, err = run("compare", source, *QUICK, "--json", "--out", "run")
    assert code == 0
    document = json.loads(out)
    assert document["heads"]["softmax"]["rules"]["argmax"]["strict_accuracy"]["value"] > 0.5
    assert document["settings"]["seeds"] == [0, 1]
    assert "%" in err, "progress goes to stderr"


def test_quiet_says_nothing_on_stderr(run, source):
    code, out, err = run("compare", source, *QUICK, "--quiet", "--out", "run")
    assert code == 0
    assert err == ""
    assert "softmax" in out


def test_the_run_has_a_folder_of_its_own_and_continues_in_it(run, source, tmp_path):
    for _ in range(2):
        assert run("compare", source, *QUICK, "--quiet")[0] == 0
    (folder,) = (tmp_path / "labelwise-runs").iterdir()
    assert folder.name.startswith("data-")
    assert (folder / "report.json").exists()


def test_heads_with_settings_are_told_apart_at_the_right_commas(run, source):
    heads = "softmax,sigmoid(reduction=sum_labels,bias=prior)"
    code, out, _ = run("compare", source, *QUICK, "--quiet", "--json", "--heads", heads)
    assert code == 0
    assert list(json.loads(out)["heads"]) == ["softmax", "sigmoid(reduction=sum_labels,bias=prior)"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare", "dat.npz"], "data.npz (closest)"),
        (["compare"], "Missing argument 'SOURCE'"),
        (["compar", "data.npz"], "compare (closest)"),
        (["compare", "data.npz", "--head", "softmax"], "--heads"),
        (["compare", "data.npz", "--heads", "sofmax"], "softmax (closest)"),
        (["compare", "data.npz", "--heads", ","], "some of: softmax"),
        (["compare", "data.npz", "--rates", "fast"], "numbers with commas"),
        (["compare", "data.npz", "--rates", "0.1,nan"], "positive numbers"),
        (["compare", "data.npz", "--seeds", "many"], "'many' is not a valid integer"),
        (["compare", "data.npz", "--seeds", "0"], "at least one seed"),
        (["compare", "data.npz", "--epochs", "0"], "at least 1"),
        (["compare", "data.npz", "--backbone", "cnn"], "which needs images"),
        (["compare", "data.npz", "--backbone", "no_such_module:f"], "No module named"),
        (["compare", "data.npz", "--features", "math:sqrtt"], "no attribute 'sqrtt'"),
        (["compare", "data.npz", "--optimiser", "adma"], "adam (closest)"),
        (["compare", "data.npz", "--device", "gpu"], "cpu, cuda, or auto"),
        (["compare", "data.npz", "--task", "multilable"], "multilabel (closest)"),
        (["compare", "data.npz", "--label", "y"], "no effect"),
        (["compare", "data.npz", "--impute", "mean"], "median"),
        (["compare", "data.npz", "--out", "data.npz"], "a file of that name"),
        (["compare", "data.npz", "--ood", "nothing.npz"], "nothing.npz"),
        (["compare", "rare.npz"], "too rare to split: '3' (1)"),
        (["compare", "one.npz"], "nothing to tell apart"),
        (["compare", "short.npz"], "100 labels"),
        (["compare", "hole.npz"], "no label"),
        (["compare", "grouped.npz"], "grouped_softmax"),
    ],
    ids=lambda v: " ".join(v[1:]) if isinstance(v, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(run, source, tmp_path, words, told):
    with np.load(source) as archive:
        x, y = archive["X"], archive["y"]
    np.savez("rare.npz", X=x, y=np.r_[y[:-1], 3])
    np.savez("one.npz", X=x, y=y * 0)
    np.savez("short.npz", X=x, y=y[:100])
    np.savez("hole.npz", X=x, y=np.r_[y[:-1].astype(float), np.nan])
    np.savez("grouped.npz", X=x, y=np.c_[y, y + 1])
    before = sorted(p.name for p in tmp_path.rglob("*"))
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert told in err
    assert "Traceback" not in err
    assert err.startswith("labelwise: ")
    assert sorted(p.name for p in tmp_path.rglob("*")) == before, "nothing is left behind"


def test_a_folder_of_another_run_is_not_overwritten(run, source):
    assert run("compare", source, *QUICK, "--quiet", "--out", "run")[0] == 0
    other = ("compare", source, *QUICK, "--quiet", "--out", "run", "--seed", "5")
    code, out, err = run(*other)
    assert (code, out) == (2, "")
    assert "--overwrite" in err
    assert run(*other, "--overwrite")[0] == 0


def test_a_reader_that_goes_away_is_no_error(source):
    program = "from labelwise.cli import main; main()"
    command = f"{sys.executable} -c '{program}' compare {source} {' '.join(QUICK)} --json --quiet | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert len(done.stdout) == 10
