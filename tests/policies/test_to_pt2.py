import io
import json
import pickletools
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import labelwise as lw
from labelwise import OptionError
from labelwise.cli import cli
from labelwise.policies.to_pt2 import ABOUT

from .conftest import problem
from .test_parity import PROBABILITY_TOLERANCE, grid

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_the_program_decides_alike(policies, tmp_path, kind):
    policy = policies[kind]
    if kind == "multiclass":
        policy = lw.fit_policy(*problem(kind, 200), sets="raps", close_call=0.1)
    policy.to_pt2(tmp_path / "policy.pt2")
    about = {ABOUT: ""}
    module = torch.export.load(tmp_path / "policy.pt2", extra_files=about).module()
    assert json.loads(about[ABOUT])["policy_sha256"] == policy.sha256
    array = grid(policy.task.n_outputs)
    ours = policy.decide(lw.Logits(array, policy.task))
    answers, probs, caveats, *sets = (x.numpy() for x in module(torch.from_numpy(array)))
    np.testing.assert_array_equal(answers, ours.indicators)
    np.testing.assert_array_equal(caveats, ours.caveat_flags)
    np.testing.assert_allclose(probs, ours.probabilities, atol=PROBABILITY_TOLERANCE, rtol=0)
    assert [x.tolist() for x in sets] == ([] if ours.members is None else [ours.members.tolist()])
    assert len(module(torch.from_numpy(array[:1]))[0]) == 1  # any number of rows


def test_the_file_holds_no_pickle_and_no_path_of_this_machine(policies, tmp_path):
    policies["binary"].to_pt2(tmp_path / "policy.pt2", dtype="float64")
    with zipfile.ZipFile(tmp_path / "policy.pt2") as file:
        for name in file.namelist():
            content = file.read(name)
            assert b".py" not in content, name
            assert not zipfile.is_zipfile(io.BytesIO(content)), name
            if content[:1] == b"\x80":
                with pytest.raises(ValueError):
                    list(pickletools.genops(content))


def test_export_by_name(policies, tmp_path):
    def run(*words):
        result = CliRunner().invoke(cli, ["export", str(tmp_path / "policy.json"), *map(str, words)])
        if isinstance(result.exception, lw.LabelwiseError):
            raise result.exception
        return result

    policies["binary"].save(tmp_path / "policy.json")
    assert "written" in run("--to", "torch", "-o", tmp_path / "policy.pt2").output
    assert zipfile.is_zipfile(tmp_path / "policy.pt2")
    assert "written" in run("--to", "numpy", "-o", tmp_path / "decider.py").output
    assert "def decide(scores):" in (tmp_path / "decider.py").read_text()
    with pytest.raises(OptionError, match="--dtype of a numpy file"):
        run("--to", "numpy", "--dtype", "float64", "-o", tmp_path / "decider.py")
    assert run("--to", "pickle", "-o", tmp_path / "x").exit_code != 0
