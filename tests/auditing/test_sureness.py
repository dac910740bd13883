import numpy as np
import pytest

from labelwise.auditing.sureness import compare_confidences
from labelwise.metrics import Case, aurc


def test_confidences_are_what_they_are_called(made):
    case = made()
    z = case.scores.array
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    top = np.sort(p, axis=1)
    right = p.argmax(1) == case.targets
    found = compare_confidences(case)
    assert found["top_probability"]["aurc"] == pytest.approx(aurc(top[:, -1], right))
    assert found["margin"]["aurc"] == pytest.approx(aurc(top[:, -1] - top[:, -2], right))
    assert found["max_logit"]["aurc"] == pytest.approx(aurc(z.max(1), right))
    centred = z - z.mean(1, keepdims=True)
    q = found["max_logit_p_norm"]["p"]
    normed = centred.max(1) / (np.abs(centred) ** q).sum(1) ** (1 / q)
    assert found["max_logit_p_norm"]["aurc"] == pytest.approx(aurc(normed, right))


def test_probabilities_have_no_logit_and_labels_have_one_confidence(made):
    case = made()
    assert set(compare_confidences(Case(case.scores.to_probs("softmax"), case.targets))) == {
        "top_probability",
        "margin",
    }
    assert set(compare_confidences(made("multilabel"))) == {"answer_probability"}
