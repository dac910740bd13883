import json

import numpy as np
import pytest

import labelwise as lw
from labelwise import OptionError, fit_policy

from .conftest import problem


def test_a_certified_precision_holds_on_new_rows():
    policy = fit_policy(*problem("multilabel", 4000), objective="precision_floor", level=0.8)
    scores, y = problem("multilabel", 20000, 1)
    given = policy.decide(scores).indicators
    certificates = policy.report["certificates"]
    assert [c["label"] for c in certificates] == list("abcdef")
    for column, certificate in enumerate(certificates):
        assert certificate["threshold"] is not None
        assert y[given[:, column], column].mean() > 0.79
    assert "certificate, precision of a, 0.8: bound" in str(policy)


def test_what_cannot_be_certified_is_never_given_and_said():
    policy = fit_policy(*problem("multilabel", 60), objective="precision_floor", level=0.99)
    assert policy.rule.thresholds == (None,) * 6
    assert all("no threshold certifies" in c["why"] for c in policy.report["certificates"])
    assert "no threshold certifies" in str(policy)


def test_misses_are_as_few_as_promised():
    policy = fit_policy(*problem("multilabel", 1000), objective="few_misses", level=0.1)
    scores, y = problem("multilabel", 20000, 1)
    missed = (~policy.decide(scores).indicators & (y == 1)).sum(1) / np.maximum(y.sum(1), 1)
    assert missed.mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("kind,risk", [("multiclass", 0.2), ("binary", 0.15), ("multilabel", 0.4)])
def test_rows_without_the_caveat_err_at_most_so_often(kind, risk):
    policy = fit_policy(*problem(kind, 3000), risk=risk)
    scores, y = problem(kind, 20000, 1)
    decided = policy.decide(scores)
    sure = ~decided.caveat_flags[:, 0]
    right = (decided.indicators == (scores.task.truth(y) == 1)).all(1)
    certificate = policy.report["certificates"][-1]
    if certificate["threshold"] is None:
        assert not sure.any()
    else:
        assert 1 - right[sure].mean() < risk + 0.01
        assert sure.mean() > 0.05
    again = lw.Policy.from_bytes(json.dumps(policy.to_dict()).encode())
    assert again.decide(scores).caveats == decided.caveats


@pytest.mark.parametrize("calibrator", ["per_label", "isotonic"])
def test_a_calibrator_of_its_own_rows_goes_with_certificates(calibrator):
    scores, y = problem("multilabel", 6000)
    bent = lw.Logits(scores.array + np.array([2.0, -1, 0, 1, -2, 0.5]), scores.task)
    policy = fit_policy(bent, y, objective="precision_floor", level=0.7, calibrators=[calibrator])
    assert policy.calibration.name == calibrator
    assert policy.rows == 6000
    new, truth = problem("multilabel", 20000, 1)
    given = policy.decide(lw.Logits(new.array + np.array([2.0, -1, 0, 1, -2, 0.5]), new.task)).indicators
    for column, certificate in enumerate(policy.report["certificates"]):
        assert certificate["n"] < 2200  # half of two thirds of the rows
        assert certificate["threshold"] is not None
        assert truth[given[:, column], column].mean() > 0.69


def test_a_floor_of_the_yes_goes_with_a_risk_of_the_row():
    policy = fit_policy(*problem("binary", 4000), objective="precision_floor", level=0.8, risk=0.15)
    assert [c["promise"] for c in policy.report["certificates"]] == ["precision", "risk"]
    scores, y = problem("binary", 20000, 1)
    decided = policy.decide(scores)
    yes, sure = decided.indicators[:, 0], ~decided.caveat_flags[:, 0]
    assert 0.05 < sure.mean() < 0.9
    assert (yes != (y == 1))[sure].mean() < 0.16
    assert y[yes].mean() > 0.79


@pytest.mark.parametrize(
    "kind,options,match",
    [
        ("multilabel", {"objective": "precision_floor"}, "level with it"),
        ("multilabel", {"level": 0.9}, "no effect"),
        ("multilabel", {"objective": "precision_floor", "level": 0.9, "at_least_one": True}, "thresholds alone"),
        ("multilabel", {"objective": "precision_floor", "level": 0.9, "delta": 0}, "delta=0"),
        ("multiclass", {"objective": "precision_floor", "level": 0.9}, "one that is for it"),
        ("multiclass", {"risk": 0.1, "coverage": 0.5}, "one of them"),
        ("multiclass", {"risk": 5}, "risk=5"),
        ("multiclass", {"sets": "apps"}, "aps"),
        ("multiclass", {"sets": "aps", "set_coverage": 90}, "set_coverage=90"),
        ("multiclass", {"set_coverage": 0.9}, "set_coverage without sets"),
        ("multiclass", {"set_per_class": True}, "set_per_class without sets"),
        ("multilabel", {"sets": "aps"}, "few_misses"),
    ],
)
def test_promises_that_cannot_be_kept_are_not_made(kind, options, match):
    with pytest.raises(OptionError, match=match):
        fit_policy(*problem(kind, 100), **options)


def test_rows_in_groups_are_not_independent():
    scores, y = problem("multiclass", 100)
    grouped = lw.Logits(scores.array, scores.task, groups=np.arange(100) // 2)
    with pytest.raises(OptionError, match="not independent"):
        fit_policy(grouped, y, risk=0.1)


@pytest.mark.parametrize("score", ["lac", "aps", "raps"])
def test_sets_hold_the_true_class_on_new_rows(score):
    policy = fit_policy(*problem("multiclass", 3000), sets=score, set_coverage=0.8)
    scores, y = problem("multiclass", 20000, 1)
    decided = policy.decide(scores)
    assert decided.members is not None
    assert decided.members[np.arange(len(y)), y].mean() == pytest.approx(0.8, abs=0.03)
    assert decided.sets is not None
    first = [name for name, inside in zip("abcd", decided.members[0], strict=True) if inside]
    assert decided.sets[0] == first
    assert decided.to_frame()["sets"].to_list() == decided.sets
    assert decided.to_dict()["sets"] == decided.sets
    certificate = policy.report["certificates"][-1]
    assert certificate["promise"] == "coverage"
    assert 0.8 <= certificate["bound"] < 0.802
    assert "certificate, coverage, 0.8: bound 0.8" in str(policy)
    assert policy.report["sets"]["mean_size"] == pytest.approx(decided.members.sum(1).mean(), abs=0.1)
    again = lw.Policy.from_bytes(json.dumps(policy.to_dict()).encode())
    assert again.sets == policy.sets
    assert again.decide(scores).sets == decided.sets


def test_sets_by_class_say_which_class_has_too_few_rows():
    scores, y = problem("multiclass", 400)
    few = (y != 3) | (np.cumsum(y == 3) < 5)
    scores, y = lw.Logits(scores.array[few], scores.task), y[few]
    policy = fit_policy(scores, y, sets="lac", set_per_class=True, risk=0.3)
    certificates = [c for c in policy.report["certificates"] if c["promise"] == "coverage"]
    assert [c["label"] for c in certificates] == list("abcd")
    assert certificates[3]["threshold"] is None
    assert "cannot promise a coverage of 0.9: every set holds d" in certificates[3]["why"]
    decided = policy.decide(scores)
    assert decided.members is not None
    assert decided.members[:, 3].all()


def test_without_sets_there_are_none(policies):
    decided = policies["multiclass"].decide(problem("multiclass", 3)[0])
    assert decided.sets is None
    assert "sets" not in decided.to_frame().columns


def test_of_very_many_promises_some_are_printed():
    task = lw.Task("multilabel", tuple(f"l{i}" for i in range(30)))
    z = np.random.default_rng(0).normal(size=(200, 30)) * 2
    y = (z > np.linspace(0, 5, 30)).astype(float)
    text = str(fit_policy(lw.Logits(z, task), y, objective="precision_floor", level=0.6))
    assert text.count("certificate, precision of") == 12
    assert text.endswith("of 30 promises are certified")
