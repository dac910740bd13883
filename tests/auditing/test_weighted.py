import numpy as np
import pytest
from sklearn import metrics as oracle

from labelwise import InputError, Logits, Probs
from labelwise.auditing import audit
from labelwise.auditing.weighted import effective_rows, weighted_metrics
from labelwise.metrics import METRICS, Case
from labelwise.task import Task

KINDS = ("binary", "multiclass", "ordinal", "multilabel")


def weighted(case, weights, **settings):
    scores = type(case.scores)(case.scores.array, case.scores.task, weights=weights, **settings)
    return Case(scores, case.targets, resamples=100)


@pytest.fixture
def weights():
    return np.random.default_rng(5).gamma(0.7, size=600)


def probabilities(case):
    link = "sigmoid" if case.scores.task.kind in ("binary", "multilabel") else "softmax"
    return case.scores.to_probs(link).array.astype(np.float64)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "ordinal"])
def test_one_class_per_row_equals_scikit_learn(made, weights, kind):
    case = made(kind)
    found = weighted_metrics(weighted(case, weights))
    y, answer, p = case.targets, case.rows.decision, probabilities(case)
    w = {"sample_weight": weights}
    assert found["accuracy"].value == pytest.approx(oracle.accuracy_score(y, answer, **w))
    assert found["balanced_accuracy"].value == pytest.approx(oracle.balanced_accuracy_score(y, answer, **w))
    assert found["matthews_corrcoef"].value == pytest.approx(oracle.matthews_corrcoef(y, answer, **w))
    assert found["log_loss"].value == pytest.approx(oracle.log_loss(y, p[:, 0] if kind == "binary" else p, **w))
    assert found["brier_score"].value == pytest.approx(
        oracle.brier_score_loss(y, p[:, 0] if kind == "binary" else p, **w)
    )
    for score in ("precision", "recall", "f1"):
        for average in ("macro", "weighted"):
            name = f"{score}_{average}"
            if name in found:
                value = getattr(oracle, f"{score}_score")(y, answer, average=average, **w)
                assert found[name].value == pytest.approx(value), name
    if kind == "ordinal":
        assert found["rank_mae"].value == pytest.approx(np.average(np.abs(answer - y), weights=weights))


def test_several_labels_equal_scikit_learn(made, weights):
    case = made("multilabel")
    case.targets[::4, 1] = np.nan
    found = weighted_metrics(weighted(case, weights))
    known = ~np.isnan(case.targets)
    p = probabilities(case)
    cell_weights = np.broadcast_to(weights[:, None], known.shape)[known]
    y, answer = case.targets[known], p[known] >= 0.5
    assert found["labelwise_accuracy"].value == pytest.approx(
        oracle.accuracy_score(y, answer, sample_weight=cell_weights)
    )
    assert found["log_loss"].value == pytest.approx(oracle.log_loss(y, p[known], sample_weight=cell_weights), rel=1e-5)
    assert found["brier_score"].value == pytest.approx(
        oracle.brier_score_loss(y, p[known], sample_weight=cell_weights), rel=1e-5
    )
    assert found["f1_micro"].value == pytest.approx(oracle.f1_score(y, answer, sample_weight=cell_weights))
    f1 = [oracle.f1_score(case.targets[k, j], p[k, j] >= 0.5, sample_weight=weights[k]) for j, k in enumerate(known.T)]
    assert found["f1_macro"].value == pytest.approx(np.mean(f1))
    full = made("multilabel", seed=1)
    found = weighted_metrics(weighted(full, weights))
    right = probabilities(full) >= 0.5
    assert found["exact_match"].value == pytest.approx(
        oracle.accuracy_score(full.targets, right, sample_weight=weights)
    )
    assert found["f1_samples"].value == pytest.approx(
        oracle.f1_score(full.targets, right, average="samples", sample_weight=weights, zero_division=np.nan)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_equal_weights_change_no_figure_and_hardly_an_interval(made, kind):
    case = made(kind)
    for name, metric in weighted_metrics(weighted(case, np.full(600, 0.3))).items():
        plain = METRICS[name].fn(case)
        assert metric.value == pytest.approx(plain.value, abs=1e-6), name
        assert metric.n == 600
        if plain.high > plain.low:
            assert metric.high - metric.low == pytest.approx(plain.high - plain.low, rel=0.3), name


@pytest.mark.parametrize("kind", KINDS)
def test_whole_weights_are_repeated_rows(made, kind):
    case = made(kind, rows=120)
    times = np.random.default_rng(0).integers(0, 4, 120)
    repeated = Case(
        type(case.scores)(np.repeat(case.scores.array, times, 0), case.scores.task), np.repeat(case.targets, times, 0)
    )
    for name, metric in weighted_metrics(weighted(case, times)).items():
        assert metric.value == pytest.approx(METRICS[name].fn(repeated).value, abs=1e-6), name


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_intervals_are_those_of_drawing_rows_with_their_weights(made, weights, kind):
    case = weighted(made(kind), weights)
    found = weighted_metrics(case)
    rng = np.random.default_rng(1)
    draws = {name: [] for name in ("accuracy", "exact_match", "f1_macro", "matthews_corrcoef", "log_loss")}
    for _ in range(200):
        rows = rng.integers(600, size=600)
        scores = type(case.scores)(case.scores.array[rows], case.scores.task, weights=weights[rows])
        again = weighted_metrics(Case(scores, case.targets[rows]))
        for name in draws:
            if name in again:
                draws[name].append(again[name].value)
    for name, values in draws.items():
        if values:
            assert found[name].high - found[name].low == pytest.approx(3.92 * np.std(values), rel=0.2), name


def test_rows_of_one_group_and_rows_of_no_weight(made, weights):
    case = made("multiclass")
    alone = weighted_metrics(weighted(case, weights))
    twice = Case(
        type(case.scores)(
            np.repeat(case.scores.array, 2, 0),
            case.scores.task,
            weights=np.repeat(weights, 2),
            groups=np.repeat(np.arange(600), 2),
        ),
        np.repeat(case.targets, 2),
    )
    for name, metric in weighted_metrics(twice).items():
        assert metric.value == pytest.approx(alone[name].value)
        assert metric.high - metric.low == pytest.approx(alone[name].high - alone[name].low, rel=0.02, abs=0.005), name
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.2]])
    found = weighted_metrics(Case(Probs(p, Task("multiclass", ("a", "b")), weights=[1, 0, 1]), np.array([0, 0, 0])))
    assert found["log_loss"].value == pytest.approx(-np.log(0.8) / 2)  # the row with p = 0 does not count
    with pytest.raises(InputError, match="all of them are 0"):
        weighted_metrics(weighted(case, np.zeros(600)))


def test_effective_rows():
    assert effective_rows(np.ones(7)) == 7
    assert effective_rows(np.array([1.0, 0, 0])) == 1
    assert effective_rows(np.array([3.0, 1.0])) == round(16 / 10)


def test_an_audit_has_them_beside_the_others_and_says_which_is_which(made, weights):
    case = weighted(made(), weights)
    result = audit(case.scores, case.targets, resamples=60)
    plain = audit(Logits(case.scores.array, case.scores.task), case.targets, resamples=60)
    assert result.metrics["accuracy"] == plain.metrics["accuracy"]
    assert result.weighted["accuracy"].value != result.metrics["accuracy"].value
    assert plain.weighted is None
    (said,) = [f.text for f in result.findings if f.name == "weights_used"]
    assert f"{effective_rows(weights)} of 600" in said
    same = audit(weighted(made(), np.ones(600)).scores, case.targets, resamples=60)
    assert same.weighted is None
    assert "equal_weights" in [f.name for f in same.findings]
