"""A row read both ways: golden values, S10's answers, identities, caveats."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.errors import InputError, OptionError
from labelwise.explain import explain_scores

softmax, sigmoid = 0, 1


def _reading(row, which, **settings):
    return explain_scores(row, **settings).readings[which]


def _of(told, which) -> tuple[float, ...]:
    found = told.readings[which].probabilities
    assert found is not None
    return found


def _probabilities(row, which, **settings) -> tuple[float, ...]:
    return _of(explain_scores(row, **settings), which)


def _logits(row, which) -> tuple[float, ...]:
    found = _reading(row, which, kind="probs").logits
    assert found is not None
    return found


def _own(row, which, **settings):
    """The decision of the rule that matches the link."""
    decision = _reading(row, which, **settings).decisions[0]
    assert decision.matches
    return decision


def _caveats(decision):
    return [caveat.name for caveat in decision.caveats]


def test_golden_softmax_values():
    seven = _probabilities([1, 2, 3, 4, 1, 2, 3], softmax)
    assert np.allclose(
        seven, [0.0236405, 0.0642617, 0.1746813, 0.4748330, 0.0236405, 0.0642617, 0.1746813], atol=5e-8, rtol=0
    )
    four = explain_scores([1, 2, 4, 1])
    assert four.shares == (0.125, 0.25, 0.5, 0.125)
    assert np.allclose(_of(four, softmax), [0.0403164, 0.1095913, 0.8097760, 0.0403164], atol=5e-8, rtol=0)


def test_sigmoid_values_by_another_library():
    special = pytest.importorskip("scipy.special")
    row = [2.0, 1.0, 0.1, -30.0]
    assert np.allclose(_probabilities(row, sigmoid), special.expit(row), rtol=1e-12)
    assert np.allclose(_probabilities(row, softmax), special.softmax(row), rtol=1e-12)


def test_three_high_probabilities_are_three_labels_and_no_softmax_output():
    decision = _own([0.79, 0.80, 0.81], sigmoid, kind="probs")
    assert decision.labels == ("0", "1", "2")
    assert decision.text == "three labels: 0, 1 and 2"
    assert _caveats(decision) == ["several_labels"]
    other = _reading([0.79, 0.80, 0.81], softmax, kind="probs")
    assert other.probabilities is None
    assert other.logits is None
    assert other.decisions == ()
    assert "sum to 2.4" in str(other.why)


def test_nearly_equal_shares_are_one_label_with_low_certainty():
    decision = _own([0.33, 0.33, 0.34], softmax, kind="probs", names=["a", "b", "c"])
    assert decision.labels == ("c",)
    assert decision.confidence == pytest.approx(0.34)
    assert _caveats(decision) == ["low_confidence"]


def test_three_low_probabilities_are_no_label():
    decision = _own([0.2, 0.3, 0.4], sigmoid, kind="probs")
    assert decision.labels == ()
    assert decision.confidence is None
    assert decision.text == "no label"
    assert _caveats(decision) == ["no_label"]
    assert "argmax says 2" in decision.caveats[0].text


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12))
def test_softmax_never_has_two_above_half_and_both_links_have_the_same_argmax(row):
    told = explain_scores(row)
    shares = _of(told, softmax)
    assert sum(p > 0.5 for p in shares) <= 1
    assert sum(shares) == pytest.approx(1)
    by_sigmoid = _of(told, sigmoid)
    best = told.readings[softmax].decisions[0].labels[0]
    assert by_sigmoid[int(best)] == max(by_sigmoid)


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_two_scores_by_softmax_are_their_difference_by_sigmoid(a, b):
    told = explain_scores([a, b])
    one = _probabilities([a - b], sigmoid)[0]
    assert _of(told, softmax)[0] == pytest.approx(one, rel=1e-9)
    assert "sigmoid of their difference" in told.notes[-1]


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6))
def test_probabilities_come_back_from_their_logits(row):
    logits = _logits(row, sigmoid)
    assert np.allclose(_probabilities(logits, sigmoid), row, rtol=1e-9)
    shares = (np.array(row) / np.sum(row)).tolist()
    if len(row) > 1:
        logits = _logits(shares, softmax)
        assert np.allclose(_probabilities(logits, softmax), shares, rtol=1e-9)


def test_one_score_is_a_yes_no_question_and_softmax_has_nothing_to_say():
    told = explain_scores([1.3])
    assert told.readings[softmax].probabilities is None
    assert "always 1" in str(told.readings[softmax].why)
    assert [d.labels for d in told.readings[sigmoid].decisions] == [("yes",)]
    no = _own([-1.3], sigmoid)
    assert no.labels == ("no",)
    assert no.confidence == pytest.approx(1 / (1 + np.exp(-1.3)))
    assert _own([-1.3], sigmoid, names=["cat"]).labels == ("not cat",)


def test_half_itself_is_a_yes_and_equals_are_told():
    assert _own([0.0], sigmoid).labels == ("yes",)
    tied = _own([1.0, 3.0, 3.0], softmax)
    assert tied.labels == ("1",)
    assert "tie" in _caveats(tied)
    saturated = _reading([40.0, 50.0], sigmoid).decisions[1]
    assert saturated.rule == "argmax"
    assert "round to the same number" in saturated.caveats[-1].text


def test_rounded_softmax_output_is_accepted_and_the_kind_is_never_guessed():
    assert _reading([0.33, 0.33, 0.33], softmax, kind="probs").why is None
    told = explain_scores([0.2, 0.3, 0.5])
    assert told.kind == "logits"
    assert "sum to 1" in told.notes[0]
    assert "kind probs" in told.notes[0]
    assert not any("kind probs" in note for note in explain_scores([2.0, 0.5]).notes)


def test_json_of_infinite_logits():
    told = explain_scores([1.0, 0.0], kind="probs").to_dict()
    assert told["readings"][sigmoid]["logits"] == [None, None]
    json.dumps(told, allow_nan=False)
    assert told["readings"][softmax]["decisions"][0]["labels"] == ("0",)


@pytest.mark.parametrize("row", [[], [[1.0, 2.0]], [1.0, float("nan")], [float("inf"), 0.0], ["a", "b"]])
def test_what_is_no_row_of_numbers_is_refused(row):
    with pytest.raises(InputError):
        explain_scores(row)


def test_wrong_settings_are_refused():
    with pytest.raises(InputError, match="outside 0"):
        explain_scores([1.2, 0.1], kind="probs")
    with pytest.raises(OptionError, match="logits"):
        explain_scores([1.0, 2.0], kind="logit")
    with pytest.raises(OptionError, match="a name for each of 2"):
        explain_scores([1.0, 2.0], names=["a"])
    with pytest.raises(OptionError, match="distinct"):
        explain_scores([1.0, 2.0], names=["a", "a"])


def test_the_callers_row_is_left_alone():
    row = np.array([2.0, 1.0])
    explain_scores(row)
    assert row.tolist() == [2.0, 1.0]
