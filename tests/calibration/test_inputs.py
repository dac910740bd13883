import numpy as np
import pytest

from labelwise import InputError, Logits, LogProbs, Probs, Task
from labelwise.calibration.inputs import calibration_logits, link_of
from labelwise.task import Group

YES = Task("binary", ("no", "yes"))
TWO = Task("multilabel", ("a", "b"))
THREE = Task("multiclass", tuple("abc"))


@pytest.mark.parametrize("task,link", [(YES, "sigmoid"), (TWO, "sigmoid"), (THREE, "softmax")])
def test_kinds_lead_to_the_same_logits(task, link):
    z = Logits(np.random.default_rng(0).normal(size=(9, task.n_outputs)), task)
    log_p = z.to_log_probs(link)
    from_probs, from_logs = calibration_logits(log_p.to_probs()), calibration_logits(log_p)
    np.testing.assert_allclose(from_probs, from_logs, atol=1e-12)
    gap = calibration_logits(z) - from_logs
    np.testing.assert_allclose(gap - gap[:, :1] if link == "softmax" else gap, 0, atol=1e-12)


def test_certain_probabilities_stay_finite():
    for task in (YES, TWO, THREE):
        p = np.zeros((2, task.n_outputs))
        p[:, 0] = 1
        assert np.isfinite(calibration_logits(Probs(p, task))).all()
        with np.errstate(divide="ignore"):
            assert np.isfinite(calibration_logits(LogProbs(np.log(p), task))).all()


def test_scores_of_a_softmax_head_for_several_labels_are_shares():
    z = Logits(np.array([[1.0, 3.0]]), TWO)
    np.testing.assert_allclose(np.exp(calibration_logits(z, trained_with="softmax")).sum(1), 1)


def test_what_cannot_be_calibrated_is_refused():
    with pytest.raises(InputError, match="row 1, column 0"):
        calibration_logits(Logits(np.array([[0.0, 0.0], [-np.inf, 0.0]]), TWO))
    grouped = Task("grouped", ("x=a", "x=b"), groups=(Group("x", ("a", "b")),))
    with pytest.raises(InputError, match="one question"):
        link_of(grouped)
