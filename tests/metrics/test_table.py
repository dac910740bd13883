"""The battery that every metric passes: a new row in the table is covered by being there."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from labelwise import Logits, Probs, infer_task
from labelwise.metrics import METRICS, Case, brier, classwise_ece, ece, metrics_of, smooth_ece
from labelwise.task import Task

N, C = 240, 7


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def case(kind, seed=0, rows=N, groups=None, **settings):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, C)) * 2
    if kind == "multilabel":
        y = (z + rng.logistic(size=z.shape) > 1).astype(float)
        y[rng.random(y.shape) < 0.1] = np.nan
        task = Task("multilabel", tuple("abcdefg"))
    elif kind == "binary":
        y = (z[:, 0] + rng.logistic(size=rows) > 0).astype(int)
        z, task = z[:, :1], Task("binary", ("no", "yes"))
    else:
        y = (z + rng.gumbel(size=z.shape)).argmax(1)
        task = Task(kind, tuple("abcdefg"))
    if kind != "multilabel":
        y[::11] = -1
    return Case(Logits(1.5 * z, task, groups=groups), y, resamples=100, **settings)


def chosen(c, rows):
    s = c.scores
    return Case(type(s)(s.array[rows], s.task), c.targets[rows], resamples=100)


ROWS = [(name, kind) for name, row in METRICS.items() for kind in row.tasks]


def alike(a, b):
    return a == b if a is None or b is None else a == pytest.approx(b, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name, kind", ROWS)
def test_value_lies_in_its_interval_and_what_is_missing_has_a_reason(name, kind):
    m = METRICS[name].fn(case(kind))
    if m.value is None or m.low is None:
        assert m.why
    if m.low is not None:
        assert m.low <= m.value <= m.high or name in ("ece", "ece_equal_mass", "smooth_ece")  # biased, and says so
    assert m.n > 0


@pytest.mark.parametrize("name, kind", ROWS)
def test_the_order_of_rows_does_not_matter(name, kind):
    c = case(kind)
    shuffled = chosen(c, np.random.default_rng(1).permutation(N))
    assert alike(METRICS[name].fn(c).value, METRICS[name].fn(shuffled).value)


@pytest.mark.parametrize("name, kind", ROWS)
def test_rows_without_truth_are_as_if_not_there(name, kind):
    c = case(kind)
    if name == "no_label_rate" and kind != "multilabel":
        pytest.skip("it needs no truth")
    targets = c.targets.copy()
    targets[:50] = np.nan if kind == "multilabel" else -1
    masked = Case(c.scores, targets, resamples=100)
    a, b = METRICS[name].fn(masked), METRICS[name].fn(chosen(c, slice(50, None)))
    assert alike(a.value, b.value)
    assert a.n == b.n


@pytest.mark.parametrize("name, kind", ROWS)
def test_groups_change_intervals_but_never_values(name, kind):
    alone, grouped = case(kind), case(kind, groups=np.arange(N) // 4)
    a, b = METRICS[name].fn(alone), METRICS[name].fn(grouped)
    assert alike(a.value, b.value)
    assert b.low is not None or b.why


@pytest.mark.parametrize("name, kind", ROWS)
def test_no_truth_at_all_and_one_row_are_answered(name, kind):
    c = case(kind)
    nothing = Case(c.scores, np.full_like(c.targets, np.nan if kind == "multilabel" else -1), resamples=100)
    m = METRICS[name].fn(nothing)
    assert name == "no_label_rate" or (m.value is None and m.why)
    one = METRICS[name].fn(chosen(c, slice(1, 2)))
    assert one.value is not None or one.why


@pytest.mark.parametrize("kind", ["binary", "multiclass", "ordinal", "multilabel"])
def test_repeating_the_rows_as_groups_narrows_nothing(kind):
    """Four copies of every row, grouped, hold no more than the rows themselves."""
    c = case(kind, seed=3)
    s = c.scores
    copies = np.repeat(np.arange(N), 4)
    big = Case(type(s)(s.array[copies], s.task, groups=copies), c.targets[copies], resamples=300)
    for name, row in METRICS.items():
        if kind in row.tasks:
            one, four = row.fn(c), row.fn(big)
            if one.low is not None and four.low is not None and one.high - one.low > 1e-9:
                assert (four.high - four.low) / (one.high - one.low) > 0.4, name


def test_multiclass_figures_are_those_of_scikit_learn():
    c = case("multiclass")
    known = c.known
    p, y = softmax(c.scores.array[known]), c.targets[known]
    d = p.argmax(1)
    expected = {
        "accuracy": oracle.accuracy_score(y, d),
        "balanced_accuracy": oracle.balanced_accuracy_score(y, d),
        "top_5_accuracy": oracle.top_k_accuracy_score(y, p, k=5),
        "matthews_corrcoef": oracle.matthews_corrcoef(y, d),
        "log_loss": oracle.log_loss(y, p),
        "brier_score": oracle.brier_score_loss(y, p),
        "roc_auc_macro": oracle.roc_auc_score(y, p, multi_class="ovr"),
        "average_precision_macro": oracle.average_precision_score(np.eye(C)[y], p),
        "ece": ece(p.max(1), p.argmax(1) == y),
        "ece_classwise": classwise_ece(p, y),
        "smooth_ece": smooth_ece(p.max(1), p.argmax(1) == y),
    }
    for average in ("macro", "micro", "weighted"):
        precision, recall, f1, _ = oracle.precision_recall_fscore_support(y, d, average=average, zero_division=0)
        expected |= {f"precision_{average}": precision, f"recall_{average}": recall, f"f1_{average}": f1}
    found = metrics_of(c)
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name
    split = found["brier_calibration"].value + found["brier_refinement"].value
    assert split == pytest.approx(found["brier_score"].value)


def test_binary_figures_are_those_of_scikit_learn():
    c = case("binary")
    known = c.known
    p, y = 1 / (1 + np.exp(-c.scores.array[known, 0])), c.targets[known]
    found = metrics_of(c)
    for name, value in {
        "accuracy": oracle.accuracy_score(y, p >= 0.5),
        "log_loss": oracle.log_loss(y, p),
        "brier_score": oracle.brier_score_loss(y, p),
        "roc_auc_macro": oracle.roc_auc_score(y, p),
        "average_precision_macro": oracle.average_precision_score(y, p),
        "f1_macro": oracle.f1_score(y, p >= 0.5, average="macro"),
        "labelwise_baseline": 1 - y.mean(),
    }.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name


def test_multilabel_figures_are_those_of_scikit_learn_where_all_is_known():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(150, 4)) * 2
    y = (z + rng.logistic(size=z.shape) > 0).astype(float)
    y[y.sum(1) == 0, 0] = 1
    p, a = 1 / (1 + np.exp(-z)), z >= 0
    found = metrics_of(Case(Logits(z, infer_task(y)), y, resamples=50))
    for name, value in {
        "exact_match": oracle.accuracy_score(y, a),
        "labelwise_accuracy": 1 - oracle.hamming_loss(y, a),
        "f1_macro": oracle.f1_score(y, a, average="macro"),
        "f1_micro": oracle.f1_score(y, a, average="micro"),
        "f1_samples": oracle.f1_score(y, a, average="samples"),
        "roc_auc_macro": oracle.roc_auc_score(y, p),
        "roc_auc_micro": oracle.roc_auc_score(y, p, average="micro"),
        "average_precision_macro": oracle.average_precision_score(y, p),
        "log_loss": np.mean([oracle.log_loss(y[:, j], p[:, j]) for j in range(4)]),
        "brier_score": brier(p, y),
        "expected_label_count": p.sum(1).mean(),
        "ece_at_5": ece(p.ravel(), y.ravel()),  # with four labels the five likeliest are all
    }.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name


def test_ordinal_figures_are_those_of_scikit_learn():
    c = case("ordinal")
    known = c.known
    p, y = softmax(c.scores.array[known]), c.targets[known]
    d = p.argmax(1)
    found = metrics_of(c)
    assert found["quadratic_weighted_kappa"].value == pytest.approx(oracle.cohen_kappa_score(y, d, weights="quadratic"))
    assert found["rank_mae"].value == pytest.approx(oracle.mean_absolute_error(y, d))
    rps = np.mean([((np.cumsum(row) - (np.arange(C) >= k)) ** 2)[:-1].sum() for row, k in zip(p, y, strict=True)])
    assert found["ranked_probability_score"].value == pytest.approx(rps)
    peaks = Case(Logits(np.array([[0.0, 1, 2, 1], [2, 0, 1, 0]]), Task("ordinal", tuple("abcd"))), np.array([0, 0]))
    assert METRICS["unimodal_rate"].fn(peaks).value == 0.5


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_logits_log_probabilities_and_probabilities_say_the_same(kind):
    c = case(kind)
    log_p = c.scores.to_log_probs("softmax" if kind == "multiclass" else "sigmoid")
    of_logits = metrics_of(c)
    for scores in (log_p, log_p.to_probs()):
        for name, m in metrics_of(Case(scores, c.targets, resamples=100)).items():
            assert alike(m.value, of_logits[name].value), name


def test_a_probability_of_zero_for_the_truth_is_told_not_clipped():
    found = metrics_of(Case(Probs([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], infer_task([0, 1, 2])), np.array([0, 1])))
    assert found["log_loss"].value is None
    assert "1 rows gave the true class a probability of exactly 0, first row 0" in found["log_loss"].why
    task = Task("multilabel", ("a", "b"))
    found = metrics_of(Case(Probs([[0.0, 0.5]], task), np.array([[1.0, 0.0]])))
    assert found["log_loss"].value is None
    assert "row 0" in found["log_loss"].why
