import ast
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import labelwise as lw
from labelwise.policies.to_numpy import policy_source

from .conftest import numpy_file, problem


def test_the_file_needs_numpy_alone(policies, tmp_path):
    policies["multilabel"].to_numpy(tmp_path / "decider.py")
    scores, _ = problem("multilabel", 50, 3)
    np.save(tmp_path / "scores.npy", scores.array)
    program = (
        "import sys, json, numpy as np, decider\n"
        "found = decider.decide(np.load('scores.npy'))\n"
        "assert not [m for m in sys.modules if m.startswith('labelwise')]\n"
        "print(json.dumps([found['labels'], found['caveats'], decider.ABOUT]))"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    labels, caveats, about = ast.literal_eval(done.stdout)
    decided = policies["multilabel"].decide(scores)
    assert labels == decided.labels
    assert caveats == decided.caveats
    assert about["policy_sha256"] == policies["multilabel"].sha256


def test_imports_of_the_file(policies):
    tree = ast.parse(policy_source(policies["multiclass"]))
    imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert imported == ["numpy"]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_the_file_can_be_read(policies):
    source = policy_source(policies["multiclass"])
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert {"calibrated", "snap", "log_shares", "answered", "cautioned", "decide"} < set(functions)
    assert len(functions) == len(set(functions))
    assert "\n    return np.rint(x * 4294967296.0) / 4294967296.0\n" in source


NASTY = '"""\nraise SystemExit\n"""', "{0}", "'\\", "é\U0001f600\n"


def test_text_of_the_policy_stays_text(policies):
    task = lw.Task("multiclass", NASTY)
    policy = replace(policies["multiclass"], task=task, objective='"""\nraise SystemExit("out")\n"""')
    scores, _ = problem("multiclass", 20)
    scores = lw.Logits(scores.array, task)
    assert numpy_file(policy).decide(scores.array)["labels"] == policy.decide(scores).labels


def test_other_scores_are_refused(policies):
    decide = numpy_file(policies["multiclass"]).decide
    with pytest.raises(ValueError, match=r"\(N, 4\) logits are wanted; these have shape \(3, 2\)"):
        decide(np.zeros((3, 2)))
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="finite"):
            decide(np.full((1, 4), bad))
    scores, y = problem("multiclass", 60)
    decide = numpy_file(lw.fit_policy(scores.to_probs("softmax"), y, calibrators=["identity"])).decide
    with pytest.raises(ValueError, match="from 0 to 1"):
        decide(np.full((1, 4), 1.5))


def test_no_rows_and_many_blocks_of_rows(policies):
    file = numpy_file(policies["multiclass"])
    assert file.decide(np.zeros((0, 4)))["labels"] == []
    scores, _ = problem("multiclass", 100_000, 5)
    found = file.decide_arrays(scores.array)
    np.testing.assert_array_equal(found["answers"], policies["multiclass"].decide(scores).indicators)


def test_names(policies):
    policy = lw.fit_policy(*problem("multiclass", 200), sets="aps", close_call=0.2)
    scores, _ = problem("multiclass", 100, 1)
    decided = policy.decide(scores)
    found = numpy_file(policy).decide(scores.array)
    assert (found["labels"], found["caveats"], found["sets"]) == (decided.labels, decided.caveats, decided.sets)
    scores, _ = problem("binary", 100, 1)
    decided = policies["binary"].decide(scores)
    found = numpy_file(policies["binary"]).decide(scores.array)
    assert (found["labels"], found["caveats"]) == (decided.labels, decided.caveats)
