import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from labelwise.doctor.command import doctor_command

BAD = (
    "import torch\nimport torch.nn.functional as F\nloss = F.cross_entropy(F.softmax(z, 1), y)\na = "
    "torch.log(F.softmax(z, dim=1))\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def go(*args):
        result = CliRunner().invoke(doctor_command, [str(a) for a in args])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return go


def test_exit_codes_and_fail_on(run, tmp_path):
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "ok.py").write_text("x = 1\n")
    assert run("ok.py").exit_code == 0
    assert run("a.py").exit_code == 1
    assert run("a.py", "--fail-on", "error").exit_code == 0
    assert run("a.py", "--fail-on", "never").exit_code == 0
    assert run("nothing.py").exit_code == 2
    assert run().exit_code == 2
    assert run("a.py", "--select", "LW9999").exit_code == 2


def test_settings_without_effect_are_refused(run, tmp_path):
    (tmp_path / "a.py").write_text(BAD)
    np.savez(tmp_path / "s.npz", probs=np.full((4, 2), 0.5))
    for args in (
        ["a.py", "--repair", "x.npz"],
        ["s.npz", "--fix"],
        ["a.py", "--classes", "3"],
        ["a.py", "--unsafe-fixes"],
        ["a.py", "--fresh"],
        ["a.py", "--diff", "--json"],
    ):
        assert run(*args).exit_code == 2, args


def test_json_prints_one_document(run, tmp_path):
    (tmp_path / "a.py").write_text(BAD)
    found = json.loads(run("a.py", "--json").stdout)
    assert [f["slug"] for f in found] == ["double-softmax", "unstable-log-softmax"]
    assert json.loads(run("a.py", "--output-format", "sarif").stdout)["version"] == "2.1.0"


def test_fix_diff_noqa_and_baseline(run, tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(BAD.replace("\n", "\r\n").encode())
    assert "+a = F.log_softmax(z, dim=1)" in run("a.py", "--diff").output
    assert b"torch.log" in file.read_bytes()
    assert "LW702" not in run("a.py", "--fix").output
    assert b"a = F.log_softmax(z, dim=1)\r\n" in file.read_bytes()
    written = run("a.py", "--write-baseline", "base.json")
    assert (written.exit_code, written.stdout) == (0, "")
    assert "1 finding written to base.json" in written.stderr
    assert run("a.py", "--baseline", "base.json").exit_code == 0
    assert run("a.py", "--add-noqa").exit_code == 0
    assert b"y)  # noqa: LW101\r\n" in file.read_bytes()
    assert run("a.py").exit_code == 0


def test_scores_are_checked_and_repaired_into_a_new_file(run, tmp_path):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 10)) * 3
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    q = np.exp(p) / np.exp(p).sum(1, keepdims=True)
    np.savez(tmp_path / "s.npz", probs=q, y=z.argmax(1))
    result = run("s.npz", "--repair", "out.npz", "--json")
    assert [f["fingerprint"] for f in json.loads(result.stdout)] == ["F1"]
    with np.load(tmp_path / "out.npz") as data:
        assert np.allclose(data["probs"], p)
    assert run("s.npz", "--repair", "s.npz").exit_code == 2
    assert run("s.npz", "--repair", "out.npz").exit_code == 2
    (tmp_path / "bad.npz").write_bytes(b"no")
    assert run("bad.npz").exit_code == 2


def test_logs_and_live(run, tmp_path):
    (tmp_path / "t.log").write_text("\n".join("epoch 1 loss: 0.0000" for _ in range(9)))
    assert "LW401" in run("t.log").output
    (tmp_path / "mine.py").write_text(
        "import torch\ndef build():\n    m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Softmax(1))\n"
        "    return m, torch.nn.CrossEntropyLoss(), (torch.randn(6, 3), torch.tensor([0, 1, 2, 3, 0, 1]))\n"
    )
    assert "LW101" in run("--run", "mine:build").output
    assert run("--run", "mine").exit_code == 2
    assert run("--run", "mine:nothing").exit_code == 2


def test_live_what_the_code_prints_and_raises(run, tmp_path):
    (tmp_path / "loud.py").write_text(
        "import torch\nprint('hello')\n"
        "def build():\n    print('building')\n    m = torch.nn.Linear(3, 4)\n"
        "    return m, torch.nn.CrossEntropyLoss(), (torch.randn(6, 3), torch.tensor([0, 1, 2, 3, 0, 1]))\n"
        "def broken():\n    return torch.nn.Linear(3, 4), len, (torch.randn(6, 5), torch.zeros(6))\n"
        "def stops():\n    raise KeyError('data')\n"
    )
    quiet = run("--run", "loud:build", "--json")
    assert json.loads(quiet.stdout) == []
    assert "hello" in quiet.stderr
    for name, text in (("broken", "RuntimeError"), ("stops", "KeyError")):
        result = run("--run", f"loud:{name}")
        assert (result.exit_code, text in result.stderr, "Traceback" in result.stderr) == (2, True, False)


def test_live_an_untrained_model_is_held_to_theory(run, tmp_path):
    (tmp_path / "wide.py").write_text(
        "import torch\ndef build():\n    torch.manual_seed(0)\n    m = torch.nn.Linear(3, 4)\n"
        "    with torch.no_grad():\n        m.weight.mul_(100)\n"
        "    return m, torch.nn.CrossEntropyLoss(), (torch.randn(6, 3), torch.tensor([0, 1, 2, 3, 0, 1]))\n"
    )
    assert "LW808" not in run("--run", "wide:build").output
    assert "LW808" in run("--run", "wide:build", "--fresh").output


def test_rules_are_shown(run):
    assert "loss floor" not in run("--rule", "LW101").output
    assert "1.4612" in run("--rule", "double-softmax").output
    assert len(run("--rule", "all").output.splitlines()) > 30


def test_statistics(run, tmp_path):
    (tmp_path / "a.py").write_text(BAD)
    assert run("a.py", "--statistics").output.split()[:3] == ["1", "LW101", "double-softmax"]


def test_scores_in_tables_are_scores_and_not_logs(run):
    z = np.random.default_rng(0).normal(size=(300, 10)) * 3
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    q = np.exp(p) / np.exp(p).sum(1, keepdims=True)
    frame = pl.DataFrame({f"prob_{c}": q[:, c] for c in range(10)} | {"label": z.argmax(1)})
    frame.write_parquet("s.parquet")
    frame.write_csv("s.csv")
    for name in ("s.parquet", "s.csv"):
        result = run(name, "--json")
        assert result.exit_code == 1
        assert "double-softmax" in result.output
    assert run("s.parquet", "--repair", "out.npz").exit_code == 1
    with np.load("out.npz", allow_pickle=False) as data:
        np.testing.assert_allclose(data["probs"], p, atol=1e-6)
        assert data["y"].tolist() == z.argmax(1).tolist()


def test_the_text_says_what_can_be_done_next(run, tmp_path):
    (tmp_path / "a.py").write_text(
        "import torch, torch.nn.functional as F\ndef f(z):\n    return torch.log(F.softmax(z, dim=1))\n"
    )
    last = run("a.py").stdout.splitlines()[-1]
    assert last == "1 can be mended with --fix; labelwise doctor --rule LW702 explains a rule"
    assert len(run("a.py", "--quiet").stdout.splitlines()) == 1
    (tmp_path / "ok.py").write_text("x = 1\n")
    assert run("ok.py").stdout == "nothing found\n"


def test_places_in_messages_of_a_notebook_are_cells_and_lines(run, tmp_path):
    cells = ["import torch.nn as nn, torch.nn.functional as F\n%time\n", "def f(z, y):\n    p = F.softmax(z, 1)\n"]
    cells[1] += "    return F.cross_entropy(p, y)\n"
    code = [{"cell_type": "code", "source": c} for c in cells]
    (tmp_path / "n.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown"}, *code]}))
    text = run("n.ipynb").stdout.splitlines()[0]
    assert text.startswith("n.ipynb:cell 3:3: LW101")
    assert "softmax at n.ipynb:cell 3:2 reaches cross_entropy at n.ipynb:cell 3:3" in text
