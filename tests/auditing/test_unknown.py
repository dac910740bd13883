from statistics import NormalDist

import numpy as np
import pytest

from labelwise import InputError, Logits, Probs
from labelwise.auditing.unknown import unknown_inputs
from labelwise.metrics import Case, auroc, fpr_at_tpr
from labelwise.metrics.intervals import wilson
from labelwise.task import Task


def test_scores_are_those_of_the_papers(made):
    case = made("multiclass")
    strange = np.random.default_rng(5).normal(size=(200, 6))
    found = unknown_inputs(case, Logits(strange, case.scores.task))
    both = np.vstack([case.scores.array, strange])
    label = np.repeat([1, 0], [600, 200])
    energy = np.log(np.exp(both).sum(1))
    p = np.exp(both) / np.exp(both).sum(1, keepdims=True)
    for name, score in (("energy", energy), ("max_logit", both.max(1)), ("msp", p.max(1))):
        assert found.scores[name].auroc.value == pytest.approx(auroc(score, label))
        assert found.scores[name].fpr_at_95.value == pytest.approx(fpr_at_tpr(score, label))
    assert found.answered.value == pytest.approx((p[600:].max(1) >= 0.5).mean())


def test_independent_labels_have_joint_energy(made):
    case = made("multilabel")
    strange = np.random.default_rng(5).normal(size=(200, 6)) - 3
    found = unknown_inputs(case, Logits(strange, case.scores.task))
    both = np.vstack([case.scores.array, strange])
    joint = np.log1p(np.exp(both)).sum(1)
    assert found.scores["joint_energy"].auroc.value == pytest.approx(auroc(joint, np.repeat([1, 0], [600, 200])))
    assert set(found.scores) == {"joint_energy", "max_label_logit", "max_probability"}


def test_probabilities_have_lost_the_scale_that_energy_needs():
    task = Task("multiclass", ("a", "b", "c"))
    case = Case(Probs(np.full((4, 3), 1 / 3), task), np.array([0, 1, 2, 0]))
    assert set(unknown_inputs(case, Probs(np.full((2, 3), 1 / 3), task)).scores) == {"msp", "entropy"}


def test_scores_of_another_kind_are_refused(made):
    with pytest.raises(InputError, match="scored like the known ones"):
        unknown_inputs(made(), Probs(np.full((2, 6), 1 / 6), made().scores.task))


def test_the_share_that_passes_has_an_interval_that_knows_its_limit_is_estimated():
    """Known inputs are normal around 1.5, unknown around 0: the truth is known, and 200 samples are drawn."""
    task = Task("multiclass", ("a", "b"))
    rng = np.random.default_rng(0)
    truth = 1 - NormalDist().cdf(1.5 + NormalDist().inv_cdf(0.05))
    hit = wilson_hit = 0
    for seed in range(200):
        known, strange = (np.stack([rng.normal(m, 1, n), np.full(n, -9.0)], 1) for m, n in ((1.5, 300), (0, 900)))
        case = Case(Logits(known, task), np.zeros(300, int), resamples=400, seed=seed)
        fpr = unknown_inputs(case, Logits(strange, task)).scores["max_logit"].fpr_at_95
        low, high = wilson(round(fpr.value * 900), 900)
        hit, wilson_hit = hit + (fpr.low <= truth <= fpr.high), wilson_hit + (low <= truth <= high)
    assert hit >= 180
    assert wilson_hit < 150  # the limit's own chance is most of it


def test_known_inputs_in_groups_count_as_groups(made):
    case = made("multiclass")
    strange = Logits(np.random.default_rng(5).normal(size=(200, 6)), case.scores.task)
    twice = Case(
        Logits(np.repeat(case.scores.array, 2, 0), case.scores.task, groups=np.repeat(np.arange(600), 2)),
        np.repeat(case.targets, 2),
    )
    one, other = (unknown_inputs(c, strange).scores["energy"] for c in (case, twice))
    assert other.auroc.value == pytest.approx(one.auroc.value)
    assert other.auroc.high - other.auroc.low == pytest.approx(one.auroc.high - one.auroc.low, rel=0.05)
    assert other.fpr_at_95.low is None
    assert "independent" in other.fpr_at_95.why
