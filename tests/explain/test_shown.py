"""An explained row as text and HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwise.explain import explain_scores
from labelwise.explain.shown import BAR, bar


def test_text_holds_numbers_bars_answers_and_caveats():
    text = str(explain_scores([2.0, 1.0, 0.1], names=["cat", "dog", "bird"]))
    assert "0.6590 ██████████▌" in text
    assert "argmax (its rule) one label: cat, with 0.6590" in text
    assert "three labels: cat, dog and bird" in text
    assert "! several_labels:" in text
    assert max(map(len, text.splitlines())) <= 100


def test_text_of_probabilities_names_the_inverse_links():
    text = str(explain_scores([0.33, 0.33, 0.34], kind="probs"))
    assert "logit (softmax)" in text
    assert "logit (sigmoid)" in text
    assert "z = ln p - ln(1 - p)" in text


def test_a_long_row_shows_its_highest_scores_and_the_sum_of_all():
    text = str(explain_scores(list(range(100))))
    assert "sum of 100" in text
    assert "\n99 " in text
    assert "\n5 " not in text


def test_names_are_cut_in_text_and_escaped_in_html():
    told = explain_scores([1.0, 2.0], names=["<script>alert(1)</script>", "n" * 80])
    html = told._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "n" * 80 not in str(told).split("\n\n")[0]


def test_html_says_why_a_reading_is_missing():
    assert "cannot come from softmax" in explain_scores([0.9, 0.9], kind="probs")._repr_html_()


@given(st.floats(0, 1))
def test_bars_are_as_long_as_their_probability(p):
    drawn = bar(p)
    assert len(drawn) == BAR
    assert drawn.count("█") == pytest.approx(p * BAR, abs=1)
    assert ("┊" in drawn) == (p < 0.5 + 1 / 16 / BAR)
