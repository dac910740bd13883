import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import doctor_fingerprints as simulation

from labelwise import Logits, Probs, infer_task
from labelwise.doctor import check_scores
from labelwise.doctor.arrays import FINGERPRINTS
from labelwise.errors import InputError


@pytest.fixture(scope="module")
def measured():
    return simulation.measure(24)


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_honest_scores_are_not_flagged(measured, name):
    kinds = ("softmax", "binary") if name == "F15" else ("softmax", "sigmoid", "binary")
    allowed = 0.1 if name == "F22" else 0.0  # values that saturate honestly are told as a note
    assert max(measured[name][k] for k in kinds) <= allowed


@pytest.mark.parametrize("name", simulation.EXACT)
def test_exact_signs_are_found(measured, name):
    assert measured[name]["exact"] >= 0.95


@pytest.mark.parametrize("name", [n for n in FINGERPRINTS if n not in simulation.EXACT])
def test_other_signs_are_found_often(measured, name):
    assert max(measured[name][s] for s in simulation.SAVED) >= 0.4


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(7, 60), st.floats(0.5, 4))
def test_double_softmax_is_undone_exactly(seed, c, sd):
    rng = np.random.default_rng(seed)
    p = softmax(rng.normal(size=(300, c)) * sd)
    q = softmax(p)
    kept = q.copy()
    findings = check_scores(q, p.argmax(1))
    assert findings[0].fingerprint == "F1"
    assert np.abs(findings.repaired - p).max() < 1e-9
    assert (q == kept).all()


def test_sigmoid_of_softmax_and_double_sigmoid_are_undone():
    rng = np.random.default_rng(1)
    p = softmax(rng.normal(size=(400, 6)) * 3)
    found = check_scores(1 / (1 + np.exp(-p)), p.argmax(1))
    assert [f.fingerprint for f in found] == ["F4"]
    assert np.abs(found.repaired - p).max() < 1e-9
    s = 1 / (1 + np.exp(-rng.normal(size=400) * 3))
    found = check_scores(1 / (1 + np.exp(-s)), (rng.uniform(size=400) < s).astype(int))
    assert [f.fingerprint for f in found] == ["F3"]
    assert found.repaired.shape == (400,)
    assert np.abs(found.repaired - s).max() < 1e-9


def test_softmax_over_the_batch_names_its_size():
    z = np.random.default_rng(0).normal(size=(320, 5))
    p = np.concatenate([softmax(part.T).T for part in np.split(z, 10)])
    (found,) = check_scores(p, z.argmax(1))
    assert found.slug == "softmax-wrong-dim"
    assert "batches of 32 rows" in found.message


def test_the_kind_is_stated_not_guessed():
    task = infer_task([0, 1, 2] * 20)
    z = np.random.default_rng(0).normal(size=(60, 3)) * 4
    y = np.array([0, 1, 2] * 20)
    assert "F5" not in [f.fingerprint for f in check_scores(Logits(z, task), y)]
    assert "F5" in [f.fingerprint for f in check_scores(z, y)]
    assert check_scores(Probs(softmax(z), task), z.argmax(1)).items is not None


def test_what_did_not_run_is_told():
    assert any("needs the labels" in s for s in check_scores(np.full((5, 2), 0.5)).skipped)


@pytest.mark.parametrize(
    ("scores", "y"),
    [
        (np.array(["a"]), None),
        (np.zeros((2, 2, 2)), None),
        (np.zeros((0, 3)), None),
        (np.array([[0.5, np.nan]]), None),
        (np.full((4, 2), 0.5), [0, 1]),
        (np.full((4, 2), 0.5), np.zeros((4, 3))),
    ],
)
def test_what_is_no_scores_is_refused(scores, y):
    with pytest.raises(InputError):
        check_scores(scores, y)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 60),
    st.integers(1, 8),
    st.sampled_from(["float16", "float32", "float64", "int64"]),
    st.booleans(),
)
def test_no_scores_crash_it(seed, n, c, dtype, constant):
    rng = np.random.default_rng(seed)
    p = (np.zeros((n, c)) if constant else rng.normal(size=(n, c)) * 3).astype(dtype)
    y = rng.integers(-1, c + 1, n) if seed % 2 else rng.integers(0, 2, (n, c)).astype(float)
    check_scores(p, y, ids=np.arange(n), decisions=rng.integers(0, 2, n), reported_accuracy=0.5)
