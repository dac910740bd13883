import numpy as np
import pytest

from labelwise import InputError, Logits, Probs
from labelwise.auditing.unknown import unknown_inputs
from labelwise.metrics import Case, auroc, fpr_at_tpr
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
