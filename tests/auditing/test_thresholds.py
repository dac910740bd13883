import numpy as np
import pytest
from sklearn import metrics as oracle

from labelwise import Probs
from labelwise.auditing import audit_case, thresholds
from labelwise.auditing.thresholds import best_thresholds
from labelwise.decisions.tuning import best_cut, f_gain, right
from labelwise.metrics import Case
from labelwise.task import Task


def test_in_sample_values_are_reached_by_the_thresholds(made):
    case = made("multilabel", rows=150)
    p = 1 / (1 + np.exp(-case.scores.array.astype(float)))
    for j, (name, found) in enumerate(best_thresholds(case).items()):
        assert name == case.scores.task.class_names[j]
        y = case.targets[:, j]
        answers = {o: p[:, j] >= t.threshold for o, t in found.items()}
        assert found["f1"].value == pytest.approx(oracle.f1_score(y, answers["f1"]))
        assert found["accuracy"].value == pytest.approx(oracle.accuracy_score(y, answers["accuracy"]))
        assert found["precision_90"].value == pytest.approx(oracle.recall_score(y, answers["precision_90"]))
        assert oracle.precision_score(y, answers["precision_90"]) >= 0.9
        assert found["recall_90"].value == pytest.approx(oracle.precision_score(y, answers["recall_90"]))
        assert oracle.recall_score(y, answers["recall_90"]) >= 0.9
        best = max(oracle.f1_score(y, p[:, j] >= t) for t in np.unique(p[:, j]))
        assert found["f1"].value == pytest.approx(best)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "ordinal"])
def test_every_kind_of_task_has_thresholds_on_probabilities(made, kind):
    case = made(kind)
    of_probs = Case(case.scores.to_probs("sigmoid" if kind == "binary" else "softmax"), case.targets)
    for name, found in best_thresholds(case).items():
        for objective, t in found.items():
            again = best_thresholds(of_probs)[name][objective]
            assert again.value == pytest.approx(t.value)
            if t.threshold is not None:
                assert 0 <= t.threshold <= 1


def test_tuning_on_noise_is_seen_to_be_luck():
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(30):
        p, y = rng.random(60), (rng.random(60) < 0.2).astype(int)
        found = best_thresholds(Case(Probs(p, Task("binary", ("n", "y"))), y))["y"]["accuracy"]
        gaps.append(found.value - found.out_of_fold)
    assert np.mean(gaps) > 0.01
    assert min(gaps) > -0.02


def test_what_cannot_be_reached_is_none_with_a_reason():
    p, y = np.linspace(0, 1, 40), np.array([1, 0] * 20)
    found = best_thresholds(Case(Probs(p[::-1].copy(), Task("binary", ("n", "y"))), y))["y"]
    assert found["precision_90"].threshold is None or found["precision_90"].value > 0
    never = best_thresholds(Case(Probs(p, Task("binary", ("n", "y"))), np.zeros(40, int)))["y"]
    assert never["f1"].threshold is None
    assert never["f1"].why == "the label never occurs"
    rare = np.zeros(40, int)
    rare[0] = 1
    found = best_thresholds(Case(Probs(p, Task("binary", ("n", "y"))), rare))["y"]
    assert found["accuracy"].threshold is None
    assert "never giving the label" in found["accuracy"].why or "folds" in found["accuracy"].why
    assert found["precision_90"].why


def test_policies_tune_to_the_same_figures(made):
    """`decisions.tuning.best_cut` sorts pairs and knows no folds: slower, and an oracle."""
    case = made("multilabel", rows=200)
    p = 1 / (1 + np.exp(-case.scores.array.astype(float)))
    for j, found in enumerate(best_thresholds(case).values()):
        y = case.targets[:, j]
        for name, gain in (("f1", f_gain(1.0)), ("accuracy", right)):
            given = p[:, j] >= best_cut(p[:, j], y, gain)
            reached = gain(np.array([(given * y).sum()]), np.array([given.sum()]), float(y.sum()), len(y))
            assert found[name].value == pytest.approx(float(reached[0]))


def test_out_of_fold_figures_are_those_of_refitting_by_hand(made):
    case = made("binary", rows=120)
    fold = thresholds.folds(case, np.arange(120))
    logit, y = case.scores.array[:, 0], case.targets
    counts = np.zeros((2, 2))
    for k in range(5):
        fit, test = fold != k, fold == k
        part = Case(type(case.scores)(logit[fit], case.scores.task), y[fit])
        limit = best_thresholds(part)["yes"]["f1"].threshold
        answer = 1 / (1 + np.exp(-logit[test].astype(float))) >= limit
        np.add.at(counts, (y[test], answer.astype(int)), 1)
    assert best_thresholds(case)["yes"]["f1"].out_of_fold == pytest.approx(
        2 * counts[1, 1] / (2 * counts[1, 1] + counts[0, 1] + counts[1, 0])
    )


def test_of_very_many_rows_a_sample_is_tuned_on_and_the_audit_says_so(made, monkeypatch):
    case = made("binary", rows=400)
    whole = best_thresholds(case)["yes"]["f1"]
    for module in (thresholds, __import__("labelwise.auditing.verb", fromlist=["MOST_ROWS"])):
        monkeypatch.setattr(module, "MOST_ROWS", 200)
    sampled = audit_case(case)
    assert sampled.thresholds["yes"]["f1"] != whole
    assert abs(sampled.thresholds["yes"]["f1"].value - whole.value) < 0.1
    assert "drawn by the seed" in next(f.text for f in sampled.findings if f.name == "thresholds_sampled")
