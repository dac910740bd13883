"""numpy, torch, an ONNX runtime and the file that needs numpy alone decide alike: not one label or caveat differs."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import labelwise as lw
from labelwise import LogProbs, OptionError, Probs, fit_policy
from labelwise.calibration import calibrators_of, fit_calibration
from labelwise.calibration.forms import FORMS
from labelwise.cli import cli
from labelwise.decisions.forms import RULE_FORMS
from labelwise.decisions.row_f import BETAS
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.sets import SET_SCORES
from labelwise.policies.program import FORMS as IN_WORDS
from labelwise.policies.program import RULES as RULES_IN_WORDS
from labelwise.scores import Scores

from .conftest import TASKS, numpy_file, problem

ort = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")
PROBABILITY_TOLERANCE = 1e-6


def grid(width: int, thresholds=()) -> np.ndarray:
    """Ties, zeros, thresholds hit exactly, float32 extremes, and random rows."""
    rng = np.random.default_rng(0)
    big = float(np.finfo(np.float32).max)
    special = [0.0, 1.0, -1.0, 88.0, -88.0, 1e4, -1e4, 1e-30, big, -big, *thresholds]
    rows = [np.full(width, v) for v in special]
    rows += [rng.choice(special, width) for _ in range(300)]
    rows += list(np.round(rng.normal(size=(500, width)) * 3))
    rows += list(rng.normal(size=(3000, width)) * 4)
    return np.array(rows, np.float32)


def assert_alike(policy: lw.Policy, array: np.ndarray, kind: type[Scores] = lw.Logits) -> None:
    from labelwise.policies.to_onnx import policy_graph

    ours = policy.decide(kind(array, policy.task))
    dtype = str(array.dtype)
    session = ort.InferenceSession(policy_graph(policy, dtype=dtype).SerializeToString())
    theirs = {"onnx": session.run(None, {"scores": array})}
    theirs["numpy"] = list(numpy_file(policy).decide_arrays(array).values())
    theirs["torch"] = [x.numpy() for x in policy.to_torch()(torch.from_numpy(array))]
    more = [members for members in (ours.doubts, ours.members) if members is not None]
    for engine, (answers, probs, caveats, *others) in theirs.items():
        np.testing.assert_array_equal(answers, ours.indicators, err_msg=engine)
        np.testing.assert_array_equal(caveats, ours.caveat_flags, err_msg=engine)
        for wanted, found in zip(more, others, strict=True):
            np.testing.assert_array_equal(found, wanted, err_msg=engine)
        np.testing.assert_allclose(probs, ours.probabilities, atol=PROBABILITY_TOLERANCE, rtol=0, err_msg=engine)


@pytest.mark.parametrize("kind", TASKS)
def test_fitted_policies(policies, kind):
    policy = policies[kind]
    hit = ()
    if policy.rule.thresholds and policy.calibration.form in ("identity", "affine"):
        p = np.array([t for t in policy.rule.thresholds if t])
        scale, bias = (np.asarray(policy.calibration.parameters.get(n, d)) for n, d in (("scale", 1.0), ("bias", 0.0)))
        hit = ((np.log(p / (1 - p)) - bias) / scale).tolist()
    assert_alike(policy, grid(policy.task.n_outputs, hit))


@pytest.mark.parametrize("name,kind", [(c.name, k) for k, task in TASKS.items() for c in calibrators_of(task)])
def test_every_calibrator(policies, name, kind):
    policy = replace(policies[kind], calibration=fit_calibration(*problem(kind, 200), name))
    assert_alike(policy, grid(policy.task.n_outputs))


@pytest.mark.parametrize(
    "rule",
    [
        TunedRule("top_k", k=2),
        TunedRule("expected_count"),
        TunedRule("expected_count", at_least_one=True),
        TunedRule("highest"),
        TunedRule("thresholds", (0.5,) * 6, at_most=2, at_least_one=True, groups=((0, 1, 2), (4, 5))),
        TunedRule("thresholds", (0.5, None, 0.1, 0.9, 0.3, 1.0)),
        TunedRule("thresholds", (0.5, None, 0.1, 0.9, 0.3, 1.0), unsure_from=(0.1, 0.3, 0.1, 0.5, 0.0, 0.9)),
        TunedRule("thresholds", (0.5,) * 6, unsure_from=(0.1,) * 6, at_most=2, groups=((0, 1),)),
        TunedRule("expected_count", at_most=2, groups=((0, 1),)),
        *(TunedRule("row_f", beta=beta) for beta in BETAS),
        TunedRule("row_f", beta=1.0, at_least_one=True, at_most=3),
        TunedRule("known_sets", sets=((), (0,), (0, 2, 5), (1, 3), (4,)), offsets=(0.5, -1.0, 0.1, 0.0, 0.0)),
        TunedRule("known_sets", sets=((), (0,), (1,), (0, 1)), offsets=(0.0,) * 4),
    ],
)
def test_every_rule_of_labels(policies, rule):
    hit = np.log([0.5 / 0.5, 0.1 / 0.9, 0.9 / 0.1, 0.3 / 0.7]).tolist()
    plain = fit_calibration(*problem("multilabel", 50), "identity")
    assert_alike(replace(policies["multilabel"], rule=rule, calibration=plain), grid(6, hit))


@pytest.mark.parametrize("score", SET_SCORES)
@pytest.mark.parametrize("per_class", [False, True])
def test_sets_of_classes(score, per_class):
    scores, y = problem("multiclass", 300)
    policy = fit_policy(scores, y, sets=score, set_coverage=0.8, set_per_class=per_class)
    # the rows that set the limits are on them exactly
    assert_alike(policy, np.concatenate([grid(4), scores.array.astype(np.float32)]))
    assert_alike(policy, scores.array)


@pytest.mark.parametrize("level", [0.5, 0.25, 0.015625])
def test_confidence_of_whole_rows(policies, level):
    plain = fit_calibration(*problem("multilabel", 50), "identity")
    caution = replace(policies["multilabel"].caution, low_confidence=level, whole_row=True)
    policy = replace(policies["multilabel"], caution=caution, calibration=plain)
    array = grid(6)
    assert_alike(policy, array)
    assert set(policy.decide(lw.Logits(array, policy.task)).caveat_flags[:, 0]) == {True, False}


@pytest.mark.parametrize("price", [0.25, 0.5])
def test_costs_with_no_answer_as_an_answer(policies, price):
    costs = tuple((*(float(y != k) for k in range(4)), price) for y in range(4))
    plain = fit_calibration(*problem("multiclass", 50), "identity")
    policy = replace(policies["multiclass"], rule=TunedRule("least_cost", costs=costs), calibration=plain)
    array = grid(4)
    assert_alike(policy, array)
    answered = policy.decide(lw.Logits(array, policy.task)).indicators.any(1)
    assert answered.any()
    assert not answered.all()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_probabilities_as_scores(kind):
    scores, y = problem(kind, 200)
    link = "softmax" if kind == "multiclass" else "sigmoid"
    policy = fit_policy(scores.to_probs(link), y, calibrators=["temperature"])
    p = scores.to_probs(link).array
    p[:3] = [[0.0], [1.0], [0.5]]
    assert_alike(policy, p, Probs)


def test_log_probabilities_and_softmax_trained_scores(policies):
    scores, y = problem("multiclass", 200)
    log_p = scores.to_log_probs("softmax")
    assert_alike(fit_policy(log_p, y, calibrators=["temperature"]), log_p.array, LogProbs)
    scores, y = problem("multilabel", 200)
    assert_alike(fit_policy(scores, y, trained_with="softmax", calibrators=["affine"]), grid(6)[11:])
    alone = replace(policies["multilabel"], score_kind="log-probabilities")
    with pytest.raises(OptionError, match="lost in rounding"):
        alone.to_torch()(torch.zeros(1, 6))


def test_a_million_random_rows(policies):
    z = (np.random.default_rng(1).normal(size=(1_000_000, 4)) * 5).astype(np.float32)
    assert_alike(policies["multiclass"], z)


def test_every_form_is_in_the_engines_words():
    assert set(IN_WORDS) == set(FORMS)
    assert set(RULES_IN_WORDS) == set(RULE_FORMS)


def test_the_graph_says_what_it_is(policies, tmp_path):
    policies["multiclass"].save(tmp_path / "policy.json")
    words = ["export", str(tmp_path / "policy.json"), "-o", str(tmp_path / "policy.onnx")]
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert "written" in result.output
    about = ort.InferenceSession(tmp_path / "policy.onnx").get_modelmeta().custom_metadata_map
    assert about["policy_sha256"] == policies["multiclass"].sha256
    assert about["class_names"] == '["a", "b", "c", "d"]'
