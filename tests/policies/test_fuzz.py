"""A short run of `benchmarks/fuzz.py`: whatever is done to a file, it is refused by labelwise, or it works."""

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[2] / "benchmarks" / "fuzz.py")
assert spec is not None
assert spec.loader is not None
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)


@pytest.mark.filterwarnings("ignore")
def test_mutated_policy_files():
    seen, failures = fuzz.fuzz_policies(1500, seed=1)
    assert failures == []
    assert seen["decided"] > 20
    assert seen["InputError"] > 500


@pytest.mark.filterwarnings("ignore")
def test_mutated_scores_files():
    seen, failures = fuzz.fuzz_scores(200, seed=1)
    assert failures == []
    assert seen["decided"] > 5
    assert seen["InputError"] > 100


def test_a_foreign_error_would_be_seen():
    def broken() -> str:
        raise KeyError("out")

    seen, failures = fuzz.Counter(), []
    fuzz.tried(broken, seen, failures, "here")
    assert seen["FOREIGN"] == 1
    assert "KeyError" in failures[0]
