import numpy as np
import pytest

import labelwise as lw
from labelwise import InputError, OptionError, fit_policy
from labelwise.decisions.objectives import OBJECTIVES, objectives_of

from .conftest import TASKS, problem

PROMISES = ("precision_floor", "recall_floor", "few_misses", "yes_no_unsure")
EXTRA = {
    "cost": {"costs": [1, 4]},
    "utility": {"utilities": [1, -1, -0.5, 0.2, 0.1]},
    "top_k": {"k": 2},
} | {name: {"level": 0.5 if name != "yes_no_unsure" else 0.6} for name in PROMISES}
MATRICES = {
    "cost": lambda width: {"costs": 1 - np.eye(width)},
    "utility": lambda width: {"utilities": np.column_stack([np.eye(width), np.full(width, 0.4)])},
}


@pytest.mark.parametrize("kind,objective", [(k, o) for k, t in TASKS.items() for o in objectives_of(t)])
def test_every_objective_of_every_task_beats_or_equals_the_usual_rule_on_its_own_rows(kind, objective):
    extra = EXTRA.get(objective, {})
    if objective in MATRICES and kind in ("multiclass", "ordinal"):
        extra = MATRICES[objective](TASKS[kind].n_outputs)
    policy = fit_policy(*problem(kind, 300), objective=objective, calibrators=["temperature"], **extra)
    report = policy.report
    assert set(report) >= {"objective", "value_in_sample", "value_out_of_fold", "cross_metrics", "certificates"}
    assert objective in EXTRA or (OBJECTIVES[objective].judged_as or objective) in report["cross_metrics"]
    assert report["value_in_sample"] >= report["value_out_of_fold"] - 0.1
    if objective not in (*PROMISES, "utility", "top_k", "expected_count", "balanced_accuracy"):
        assert report["value_in_sample"] >= report["value_usual_rule"] - 0.02
    assert len(policy.decide(problem(kind, 5)[0])) == 5


def test_tuning_for_macro_f1_is_shown_to_cost_elsewhere():
    report = fit_policy(*problem("multilabel", 2000), objective="macro_f1").report
    cross = report["cross_metrics"]
    assert cross["macro_f1"]["out_of_fold"] > cross["macro_f1"]["usual_rule"]
    assert cross["labelwise_accuracy"]["out_of_fold"] < cross["labelwise_accuracy"]["usual_rule"]


def test_coverage_leaves_that_share_without_the_caveat():
    scores, y = problem("multiclass", 1000)
    policy = fit_policy(scores, y, coverage=0.8)
    assert policy.report["caveat_rates"]["low_confidence"] == pytest.approx(0.2, abs=0.01)


def test_coverage_of_several_labels_is_of_rows_that_are_right_as_a_whole():
    scores, y = problem("multilabel", 2000)
    policy = fit_policy(scores, y, coverage=0.3)
    assert policy.caution.whole_row
    assert policy.report["caveat_rates"]["low_confidence"] == pytest.approx(0.7, abs=0.01)
    new, truth = problem("multilabel", 5000, 1)
    decided = policy.decide(new)
    right, sure = (decided.indicators == (truth == 1)).all(1), ~decided.caveat_flags[:, 0]
    assert right[sure].mean() > right.mean() + 0.1


def test_below_half_is_a_caveat_unless_told_otherwise():
    scores, y = problem("multiclass", 200)
    assert fit_policy(scores, y).caution.low_confidence == 0.5
    assert fit_policy(scores, y, low_confidence=None).caution.low_confidence is None
    assert fit_policy(*problem("multilabel", 200)).caution.low_confidence is None


def test_strange_inputs_get_their_caveat():
    scores, y = problem("multiclass", 1000)
    policy = fit_policy(scores, y, out_of_domain=0.05)
    assert policy.report["caveat_rates"]["out_of_domain"] == pytest.approx(0.05, abs=0.01)
    strange = policy.decide(lw.Logits(np.full((1, 4), -20.0), scores.task))
    assert "out_of_domain" in strange.caveats[0]


def test_softmax_trained_scores_of_several_labels():
    rng = np.random.default_rng(0)
    y = rng.random((1500, 5)) < [0.1, 0.2, 0.3, 0.4, 0.5]
    z = rng.normal(size=y.shape) + 3 * y
    scores = lw.Logits(z + rng.normal(size=(1500, 1)) * 5, lw.Task("multilabel", tuple("abcde")))  # rows shift freely
    shares = fit_policy(scores, y, objective="samples_f1", trained_with="softmax")
    naive = fit_policy(scores, y, objective="samples_f1")
    assert shares.report["value_out_of_fold"] > naive.report["value_out_of_fold"] + 0.05
    shifted = lw.Logits(scores.array + 7, scores.task)
    assert shares.decide(shifted).labels == shares.decide(scores).labels
    count = fit_policy(scores, y, objective="expected_count", trained_with="softmax")
    assert count.decide(scores).indicators.sum(1).mean() == pytest.approx(y.sum(1).mean(), rel=0.1)


@pytest.mark.parametrize(
    "kind,options,match",
    [
        ("multiclass", {"objective": "youden"}, "one that is for it: accuracy"),
        ("multilabel", {"objective": "macrof1"}, "macro_f1"),
        ("multilabel", {"k": 2}, "no effect"),
        ("multilabel", {"objective": "top_k"}, "k with it"),
        ("multilabel", {"objective": "top_k", "k": 6}, "1..5"),
        ("multilabel", {"objective": "top_k", "k": 2, "at_most": 3}, "no room for it"),
        ("multilabel", {"objective": "macro_f1", "exactly_one": True}, "exactly_one alone"),
        ("multilabel", {"objective": "exact_match", "at_least_one": True}, "no room for it"),
        ("multilabel", {"sure": 0.9, "at_least_one": True}, "not sure for want"),
        ("multilabel", {"sure": 0.9, "sure_error": 0.1}, "one of the two"),
        ("multilabel", {"objective": "expected_count", "sure": 0.9}, "beside it goes at_least_one, at_most, groups"),
        ("multilabel", {"sure": 0.5}, "above 0.5"),
        ("multilabel", {"sure_error": 0.5}, "below 0.5"),
        ("multiclass", {"sure": 0.9}, "one answer anyway"),
        ("binary", {"risk": 0.1, "sure": 0.9}, "may be unsure"),
        ("multilabel", {"objective": "yes_no_unsure", "level": 0.5}, "above 0.5"),
        ("multilabel", {"objective": "utility"}, "utilities with it"),
        ("multilabel", {"objective": "utility", "utilities": [1, 2, 3]}, "shape"),
        ("multilabel", {"objective": "utility", "utilities": [1, -1, 2, 0]}, "worth more than wrong"),
        ("multiclass", {"objective": "utility", "utilities": [1, -1, 0, 0]}, "column more: no answer"),
        ("multilabel", {"at_most": 0}, "at_most=0"),
        ("multilabel", {"groups": [["a", "z"]]}, "label 'z'"),
        ("multilabel", {"groups": [["a"]]}, "two or more"),
        ("multilabel", {"close_call": 0.1}, "one of several classes"),
        ("multiclass", {"at_least_one": True}, "one answer anyway"),
        ("multiclass", {"one_expected": True}, "one anyway"),
        ("multiclass", {"coverage": 0.8, "low_confidence": 0.5}, "one of the two"),
        ("multiclass", {"low_confidence": 1.5}, "between 0 and 1"),
        ("multiclass", {"objective": "cost", "costs": [1, 2]}, "matrix"),
        ("multilabel", {"objective": "cost", "costs": [-1, 2]}, "negative"),
        ("binary", {"out_of_domain": 0.05}, "lost the scale"),
    ],
)
def test_settings_without_sense_or_effect_are_refused(kind, options, match):
    with pytest.raises(OptionError, match=match):
        fit_policy(*problem(kind, 50), **options)


def test_what_is_no_data_is_refused():
    scores, y = problem("multiclass", 50)
    with pytest.raises(InputError, match="ndarray"):
        fit_policy(scores.array, y)
    with pytest.raises(InputError, match="49 labels"):
        fit_policy(scores, y[1:])
    with pytest.raises(OptionError, match="weights"):
        fit_policy(lw.Logits(scores.array, scores.task, weights=np.ones(50)), y)


def test_ten_rows_are_enough_for_a_policy_that_says_so():
    policy = fit_policy(*problem("multilabel", 9), objective="macro_f1")
    assert policy.calibration.name == "identity"
    assert policy.report["value_out_of_fold"] is None
    assert "too few" in policy.report["calibration"]["why"]


def test_the_input_is_untouched():
    scores, y = problem("multilabel", 100)
    kept = scores.array.copy(), y.copy()
    fit_policy(scores, y, objective="micro_f1")
    np.testing.assert_array_equal(scores.array, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_every_objective_names_itself():
    assert all(name == row.name for name, row in OBJECTIVES.items())
