import numpy as np
import pytest
from policy_example import OPTIONS, fitted
from sklearn.metrics import f1_score, precision_score, recall_score

import labelwise as lw
from labelwise import InputError
from labelwise.report.policy_figures import policy_figures


def test_threshold_curves_are_the_figures_of_their_thresholds():
    policy, scores, y = fitted("multilabel", calibrators=("identity",), objective="macro_f1")
    figures = policy_figures(policy, scores, y)
    p = policy.decide(scores).probabilities
    assert list(figures.labels) == list(policy.task.class_names)
    for column, curve in enumerate(figures.labels.values()):
        assert curve.positives == y[:, column].sum()
        assert curve.chosen == policy.rule.thresholds[column]
        for at in (5, 15, 30):
            given = p[:, column] >= curve.threshold[at]
            for score, found in (
                (precision_score, curve.precision),
                (recall_score, curve.recall),
                (f1_score, curve.f1),
            ):
                if given.any():
                    assert found[at] == pytest.approx(score(y[:, column], given))
        given = p[:, column] >= curve.chosen
        assert curve.at[2] == pytest.approx(f1_score(y[:, column], given))
        assert 1.5 * curve.chosen <= curve.end or curve.end == 1


def test_what_is_undefined_is_none():
    y = np.zeros((60, 2))
    y[:30, 1] = 1
    scores = lw.Logits(
        np.where(y, 2.0, -2.0) + np.random.default_rng(0).normal(size=y.shape), lw.Task("multilabel", ("a", "b"))
    )
    figures = policy_figures(lw.fit_policy(scores, y, objective="macro_f1", calibrators=["identity"]), scores, y)
    assert figures.labels["a"].recall == (None,) * len(figures.labels["a"].threshold)
    assert figures.labels["a"].precision[0] == 0
    assert figures.labels["a"].positives == 0


def test_calibration_is_judged_on_other_folds():
    policy, scores, y = fitted("multiclass", calibrators=("isotonic",))
    figures = policy_figures(policy, scores, y)
    assert policy.calibration.name == "isotonic"
    assert figures.held_out
    own = policy.decide(scores).probabilities
    in_sample = (own.argmax(1) == y).mean() - own.max(1).mean()
    assert abs(in_sample) < 0.05
    assert figures.ece_before > 2 * figures.ece_after > 0.01


def test_the_chosen_point_lies_on_the_curve():
    policy, scores, y = fitted("multiclass")
    figures = policy_figures(policy, scores, y)
    assert figures.chosen is not None
    assert figures.chosen.risk is not None
    near = np.abs(np.array(figures.risk.coverage) - figures.chosen.coverage).argmin()
    assert figures.risk.risk[near] == pytest.approx(figures.chosen.risk, abs=0.02)
    assert figures.risk.coverage[-1] == 1
    flagged = policy.decide(scores).caveat_flags[:, 0].mean()
    assert figures.chosen.coverage == pytest.approx(1 - flagged, abs=0.05)


@pytest.mark.parametrize("kind", OPTIONS)
def test_every_task(kind):
    figures = policy_figures(*fitted(kind))
    assert figures.rows == 500
    assert bool(figures.labels) == (kind in ("binary", "multilabel"))
    assert sum(figures.before.count) == (2000 if kind == "multilabel" else 500)


def test_other_scores_are_refused():
    policy, scores, y = fitted("multiclass")
    with pytest.raises(InputError, match="logits for"):
        policy_figures(policy, scores.to_probs("softmax"), y)
