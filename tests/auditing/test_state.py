import numpy as np
import pytest

from labelwise import InputError, Logits
from labelwise.auditing import audit, audit_state
from labelwise.auditing import state as state_module
from labelwise.auditing.from_state import _auroc, _average_precision
from labelwise.metrics import aurc, auroc, average_precision
from labelwise.task import Task

KINDS = ("binary", "multiclass", "ordinal", "multilabel")
EXACT = (
    "accuracy",
    "exact_match",
    "labelwise_accuracy",
    "labelwise_baseline",
    "balanced_accuracy",
    "top_5_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "f1_samples",
    "matthews_corrcoef",
    "quadratic_weighted_kappa",
    "rank_mae",
    "accuracy_within_one",
    "log_loss",
    "brier_score",
    "brier_calibration",
    "ece",
    "ece_classwise",
    "no_label_rate",
    "seen_label_count",
    "expected_label_count",
)
DRAWN_ANEW = ("aurc", "e_aurc", "augrc")
"""Their bootstrap has cells of its own in a state."""


def bound_of(metric):
    """What a figure says it may be off by."""
    words = (metric.why or "").split("off by at most ")
    return float(words[1].split(";")[0]) if len(words) > 1 else 0.0


def parts_of(case, cuts, order):
    scores = case.scores
    pieces = [
        audit_state(Logits(scores.array[a:b], scores.task, ids=np.arange(a, b)), case.targets[a:b])
        for a, b in zip([0, *cuts], [*cuts, len(scores)], strict=True)
    ]
    total = pieces[order[0]]
    for i in order[1:]:
        total = total + pieces[i]
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shards", [1, 2, 7, 64])
def test_any_number_of_parts_in_any_order_gives_the_same(made, kind, shards):
    case = made(kind, rows=640)
    whole = parts_of(case, [], [0])
    rng = np.random.default_rng(shards)
    cuts = sorted(rng.choice(np.arange(1, 640), shards - 1, replace=False).tolist())
    total = parts_of(case, cuts, rng.permutation(shards).tolist())
    for name, value in whole.counts.items():
        assert np.array_equal(value, total.counts[name]), name
    for name, value in whole.sums.items():
        assert np.allclose(value, total.sums[name], rtol=1e-12, atol=1e-12), name
    for name in ("key", "scores", "targets", "ids"):
        assert np.array_equal(getattr(whole.sample, name), getattr(total.sample, name)), name


@pytest.mark.parametrize("kind", KINDS)
def test_the_audit_of_a_state_is_the_audit_of_its_rows(made, kind):
    case = made(kind, rows=3000)
    if kind == "multilabel":
        case.targets[::5, 1] = np.nan
    exact = audit(case.scores, case.targets, resamples=60)
    summed = parts_of(case, [1000], [1, 0]).audit(resamples=60)
    assert set(exact.metrics) == set(summed.metrics)
    for name, metric in exact.metrics.items():
        other = summed.metrics[name]
        if name in EXACT:
            assert other.value == pytest.approx(metric.value, abs=1e-12), name
            assert other.n == metric.n, name
        bound = bound_of(other)
        if metric.value is not None and bound:
            assert abs(other.value - metric.value) <= bound * 1.06 + 1e-12, name
        if metric.low is not None and metric.low < metric.high and name not in DRAWN_ANEW:
            room = 0.02 * (metric.high - metric.low) + 2.1 * bound  # the bound widens it
            assert other.low == pytest.approx(metric.low, abs=room), name
            assert other.high == pytest.approx(metric.high, abs=room), name
    assert summed.mistakes == exact.mistakes
    assert summed.approximate is None
    assert {r.id for r in summed.mistake_details.rows} == {r.id for r in exact.mistake_details.rows}
    for name, label in exact.labels.items():
        assert summed.labels[name].f1 == pytest.approx(label.f1)


def test_beyond_the_sample_counts_stay_exact_and_the_rest_says_so(made, monkeypatch):
    monkeypatch.setattr(state_module, "SAMPLE_ROWS", 300)
    case = made(rows=3000)
    exact = audit(case.scores, case.targets, resamples=60)
    summed = parts_of(case, [500, 1700], [2, 0, 1]).audit(resamples=60)
    assert summed.metrics["accuracy"] == exact.metrics["accuracy"]
    assert "sample of 300 of 3000 rows" in summed.metrics["smooth_ece"].why
    for name in ("roc_auc_macro", "average_precision_macro", "auroc_confidence", "ece"):
        one, other = exact.metrics[name], summed.metrics[name]
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.35), name
        assert "spread of a sample of 300 rows" in other.why
    assert "sample of 300 rows" in summed.approximate
    assert pytest.approx(exact.calibration["temperature"].T, rel=0.2) == summed.calibration["temperature"].T
    assert "sampled" in [f.name for f in summed.findings]


def test_the_sample_does_not_prefer_any_rows():
    rng = np.random.default_rng(0)
    scores = Logits(rng.normal(size=(50_000, 3)), Task("multiclass", ("a", "b", "c")), ids=np.arange(50_000))
    chosen = audit_state(scores, rng.integers(3, size=50_000)).sample
    assert len(chosen.key) == 20_000
    assert np.median(chosen.ids.astype(int)) == pytest.approx(25_000, abs=600)
    assert chosen.scores.mean() == pytest.approx(0, abs=0.02)


def test_bounds_hold_where_cells_are_crowded():
    rng = np.random.default_rng(1)
    for _ in range(50):
        s, y = rng.random(300), rng.integers(0, 2, 300)
        place = (s * 12).astype(int)
        pos, neg = (np.bincount(place[y == k], minlength=12) for k in (1, 0))
        for binned, exact in ((_auroc, auroc), (_average_precision, average_precision)):
            value, bound = binned(pos, neg)
            assert abs(value - exact(s, y)) <= bound + 1e-12


def test_areas_of_crowded_levels_stay_within_their_bound(made, monkeypatch):
    monkeypatch.setattr(state_module, "LEVELS", 40)
    case = made(rows=1000)
    summed = parts_of(case, [], [0]).audit(resamples=60)
    bound = float(summed.metrics["aurc"].why.split("at most ")[1])
    assert abs(summed.metrics["aurc"].value - aurc(case.confidence, case.right)) <= bound


def test_parts_of_different_tasks_do_not_add_up(made):
    one, two = made(), made("ordinal")
    with pytest.raises(InputError, match="parts of one kind"):
        audit_state(one.scores, one.targets) + audit_state(two.scores, two.targets)


def test_a_part_without_truth_is_fine_but_a_whole_is_not(made):
    case = made()
    nothing = audit_state(case.scores, np.full(600, -1))
    assert (nothing + audit_state(case.scores, case.targets)).audit(resamples=60).n == 600
    with pytest.raises(InputError, match="every label is missing"):
        nothing.audit()


def test_groups_take_intervals_away(made):
    case = made(groups=np.arange(600) // 3)
    found = audit_state(case.scores, case.targets).audit(resamples=60)
    assert found.metrics["accuracy"].low is None
    assert "groups_not_kept" in [f.name for f in found.findings]


def test_weights_are_told_not_to_count(made):
    one, other = made(weights=np.ones(600)), made()
    found = (audit_state(other.scores, other.targets) + audit_state(one.scores, one.targets)).audit(resamples=60)
    assert found.weighted is None
    assert "weights_not_kept" in [f.name for f in found.findings]


def test_rows_without_ids_are_not_listed_by_a_number_that_means_nothing(made):
    case = made()
    assert audit_state(case.scores, case.targets).audit(resamples=60).mistake_details.rows == ()


def test_intervals_of_several_labels_fall_with_the_rows(made, monkeypatch):
    monkeypatch.setattr(state_module, "SAMPLE_ROWS", 400)
    case = made("multilabel", rows=6400)
    exact = audit(case.scores, case.targets, resamples=60)
    summed = parts_of(case, [], [0]).audit(resamples=60)
    assert summed.metrics["f1_micro"].low == pytest.approx(exact.metrics["f1_micro"].low)
    assert summed.metrics["f1_micro"].high == pytest.approx(exact.metrics["f1_micro"].high)
    for name in ("f1_macro", "roc_auc_macro", "roc_auc_micro"):
        one, other = exact.metrics[name], summed.metrics[name]
        assert other.high - other.low - 2 * bound_of(other) == pytest.approx(one.high - one.low, rel=0.25), name


def test_classes_too_rare_for_the_sample_take_the_interval_away(made, monkeypatch):
    monkeypatch.setattr(state_module, "SAMPLE_ROWS", 300)
    case = made(rows=3000)
    case.targets[case.targets == 5] = 4
    case.targets[:40] = 5  # about four of them are in the sample
    found = parts_of(case, [], [0]).audit(resamples=60).metrics
    assert found["roc_auc_macro"].low is None
    assert "too few rows of 1 classes" in found["roc_auc_macro"].why
    assert found["auroc_confidence"].low is not None


def test_no_figure_is_without_interval_and_reason(made):
    for kind in KINDS:
        case = made(kind)
        for result in (audit_state(case.scores, case.targets).audit(resamples=60), audit(case.scores, case.targets)):
            for name, metric in result.metrics.items():
                assert metric.low is not None or metric.why, (kind, name)
