from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from labelwise.errors import InputError, LabelwiseError, OptionError, RunFolderError
from labelwise.report import audit_page as audit_page_module
from labelwise.report.audit_command import audit_command
from labelwise.report.figure_command import figure_command


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two models on the same rows, strangers, and two parts of a whole, in a folder to stand in."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 120)
    for name, noise in (("new", 1.0), ("old", 3.0)):
        np.savez(tmp_path / f"{name}.npz", logits=rng.normal(0, noise, (120, 3)) + 3 * np.eye(3)[y], y=y)
    np.savez(tmp_path / "strangers.npz", logits=rng.normal(0, 1, (40, 3)))
    return tmp_path


def run(command, *words):
    return CliRunner().invoke(command, [*words, *(["--resamples", "50"] if command is audit_command else [])])


def ran(command, *words) -> str:
    done = run(command, *words)
    if done.exception is not None:
        raise done.exception
    return done.output


def test_the_text_answers_and_the_folder_holds_all(files):
    text = ran(audit_command, "new.npz", "--ood", "strangers.npz", "--against", "old.npz", "--out", "run")
    assert "of the answers are right" in text
    assert "first file is better" in text
    assert "unknown inputs" in text
    assert "report: run/report.html" in text
    assert sorted(p.name for p in (files / "run").iterdir()) == ["audit.json", "report.html", "run.json"]
    page = (files / "run" / "report.html").read_text("utf-8")
    assert "labelwise audit new.npz --against old.npz --ood strangers.npz" in page


def test_json_is_one_document_of_the_promised_shape(files, monkeypatch):
    monkeypatch.setattr(audit_page_module, "audit_page", lambda audit, about: "drawn elsewhere")
    document = json.loads(ran(audit_command, "new.npz", "--json", "--quiet"))
    assert {"schema", "task", "n", "n_classes", "metrics", "calibration", "thresholds", "mistakes", "findings"} <= set(
        document
    )
    assert set(document["metrics"]["accuracy"]) == {"value", "low", "high", "n", "why"}
    (folder,) = (files / "labelwise-runs").iterdir()
    assert folder.name.startswith("audit-new-")
    assert json.loads((folder / "audit.json").read_text()) == document


def test_nothing_is_overwritten_unasked(files, monkeypatch):
    monkeypatch.setattr(audit_page_module, "audit_page", lambda audit, about: "drawn elsewhere")
    ran(audit_command, "new.npz", "--out", "run")
    before = (files / "run" / "audit.json").read_bytes()
    ran(audit_command, "new.npz", "--out", "run")
    assert (files / "run" / "audit.json").read_bytes() == before
    with pytest.raises(RunFolderError, match="data was"):
        ran(audit_command, "old.npz", "--out", "run")
    assert (files / "run" / "audit.json").read_bytes() == before
    ran(audit_command, "old.npz", "--out", "run", "--overwrite")
    assert (files / "run" / "audit.json").read_bytes() != before
    (files / "mine").mkdir()
    (files / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(RunFolderError, match="not an audit"):
        ran(audit_command, "new.npz", "--out", "mine", "--overwrite")


@pytest.mark.parametrize(
    "words, error, said",
    [
        (["no.npz"], InputError, "no such file"),
        (["no*.npz"], InputError, "no such file"),
        (["."], InputError, "a folder"),
        (["strangers.npz"], InputError, "labels"),
        (["new.npz", "--workers", "1", "--ood", "strangers.npz"], OptionError, "--ood"),
        (["new.npz", "--task", "multiclass"], OptionError, "no effect"),
        (["new.npz", "--link", "softmax"], OptionError, "anyway"),
    ],
)
def test_wrong_input_leaves_no_folder(files, words, error, said):
    with pytest.raises(error, match=said):
        ran(audit_command, *words)
    assert not (files / "labelwise-runs").exists()


def test_parts_of_a_whole(files):
    text = ran(audit_command, "[no]*w.npz", "old.npz", "--workers", "1")
    assert "240 rows" in text
    assert "new.npz, old.npz" in text


def test_what_the_file_cannot_tell_is_stated(files, monkeypatch):
    monkeypatch.setattr(audit_page_module, "audit_page", lambda audit, about: json.dumps(about["command"]))
    with np.load("new.npz") as one:
        np.savez("marks.npz", logits=one["logits"], y=np.eye(3)[one["y"]])
    plain, stated = (
        json.loads(ran(audit_command, *words, "--json", "--quiet", "--out", out))
        for out, words in (("a", ["new.npz"]), ("b", ["marks.npz", "--task", "multiclass"]))
    )
    assert stated == plain
    assert "--task multiclass" in (files / "b" / "report.html").read_text()
    assert json.loads((files / "b" / "run.json").read_text())["settings"]["task"] == "multiclass"
    assert "one_label_per_row" in ran(audit_command, "marks.npz", "--json", "--quiet", "--out", "c")
    # the other file may have its labels in the usual form; strangers are read by the same link
    ran(audit_command, "marks.npz", "--task", "multiclass", "--against", "old.npz", "--out", "d")
    ran(audit_command, "new.npz", "--link", "sigmoid", "--ood", "strangers.npz", "--out", "e")
    document = json.loads((files / "e" / "audit.json").read_text())
    assert document["kind"] == "probabilities"
    assert document["unknown"]["n"] == 40
    parts = ran(audit_command, "marks.npz", "--task", "multiclass", "--workers", "1", "--json", "--quiet", "--out", "f")
    assert json.loads(parts)["metrics"]["accuracy"] == plain["metrics"]["accuracy"]


def test_figures_are_listed_and_written(files):
    ran(audit_command, "new.npz", "--out", "run")
    names = ran(figure_command, "run").split()
    assert {"reliability", "reliability-by-label", "coverage", "threshold", "confidence", "confusion"} == set(names)
    for name in ("coverage", "confusion"):
        ran(figure_command, "run", "--figure", name, "-o", f"{name}.png")
        assert (files / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    picture = ran(figure_command, "run", "--figure", "reliability-by-label", "--theme", "dark")
    assert picture.startswith("<svg")
    assert "var(" not in picture
    with pytest.raises(OptionError, match=r"confusion \(closest\)"):
        ran(figure_command, "run", "--figure", "confusoin")
    with pytest.raises(OptionError, match="exists"):
        ran(figure_command, "run", "--figure", "coverage", "-o", "coverage.png")


def test_figures_of_a_comparison(files):
    from comparison_example import comparison

    from labelwise.io.files import write_json

    (files / "run").mkdir()
    write_json(files / "run" / "report.json", comparison(seeds=1).to_dict())
    names = ran(figure_command, "run").split()
    assert {"rules", "threshold-softmax"} <= set(names)
    assert ran(figure_command, "run", "--figure", "threshold-softmax").startswith("<svg")


def test_a_folder_that_is_no_run(files):
    (files / "run").mkdir()
    with pytest.raises(LabelwiseError, match="neither"):
        ran(figure_command, "run")
    (files / "run" / "audit.json").write_text("{")
    with pytest.raises(LabelwiseError, match="damaged"):
        ran(figure_command, "run")
