from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.comparison.result import Value
from labelwise.report.numbers import Notes, difference, interval, number, one_line, shortened


@pytest.mark.parametrize(
    "value, metric, text",
    [
        (0.96049, "strict_accuracy", "0.960"),
        (1.0, "strict_accuracy", "1.000"),
        (0.1054, "no_label_rate", "10.5%"),
        (0.5, "overconfident_mistakes", "50.0%"),
        (0.143, "nll", "0.143"),
        (-0.5, "nll", "−0.500"),
        (-0.0001, "no_label_rate", "0.0%"),
        (float("inf"), "nll", "∞"),
        (float("nan"), "nll", "–"),
        (None, "nll", "–"),
    ],
)
def test_figures_as_text(value, metric, text):
    assert number(value, metric) == text


@pytest.mark.parametrize(
    "value, metric, text",
    [
        (Value(0.96, 0.951, 0.969, 5), "strict_accuracy", "0.951–0.969"),
        (Value(0.01, -0.01, 0.03, 5), "no_label_rate", "−1.0 to 3.0"),
        (Value(0.96, n=1, why="one seed"), "strict_accuracy", ""),
        (Value(None, why="no rows"), "strict_accuracy", ""),
    ],
)
def test_intervals_as_text(value, metric, text):
    assert interval(value, metric) == text


def test_differences_always_carry_a_sign():
    assert difference(0.0, "nll") == "+0.000"
    assert difference(-0.012, "no_label_rate") == "−1.2"
    assert difference(None, "nll") == "–"


@given(st.text())
def test_a_line_stays_one_line(text):
    line = one_line(text)
    assert "\u202e" not in line
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in line)
    if text.isalnum():
        assert line == text


@given(st.text(min_size=1), st.integers(2, 30))
def test_shortened_is_short(text, most):
    assert len(shortened(text, most)) <= most
    if len(text) <= most:
        assert shortened(text, most) == text


def test_each_reason_is_told_once():
    notes = Notes()
    assert [notes.mark(why) for why in ("a", None, "b", "a")] == [1, None, 2, 1]
    assert notes.reasons == ["a", "b"]
