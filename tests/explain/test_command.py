"""The command: numbers, terms, lists, JSON, errors."""

import json

import click
import pytest
from click.testing import CliRunner

from labelwise.cli import VERBS
from labelwise.errors import OptionError
from labelwise.explain import GLOSSARY
from labelwise.explain.command import explain_command


def run(*words):
    result = CliRunner().invoke(explain_command, list(words), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_the_verb_is_in_the_table():
    assert VERBS["explain"][0] == "labelwise.explain.command:explain_command"


def test_a_row_of_numbers_also_negative_also_pasted():
    assert "one label: 0, with 0.6590" in run("2.0", "1.0", "0.1")
    assert json.loads(run("-1", "-2.5e-1", "--json"))["row"] == [-1, -0.25]
    assert json.loads(run("--json", "--", "-1", "2"))["row"] == [-1, 2]
    assert json.loads(run("[2.0, -1.0]", "--json"))["row"] == [2, -1]
    assert json.loads(run("-.5", "--json"))["names"] == ["yes"]


def test_kind_and_names():
    told = json.loads(run(".79", ".80", ".81", "--kind", "probs", "--names", "cat,dog, bird", "--json"))
    assert told["names"] == ["cat", "dog", "bird"]
    assert told["readings"][0]["probabilities"] is None
    assert told["readings"][1]["decisions"][0]["labels"] == ["cat", "dog", "bird"]


def test_a_term_of_several_words_and_with_a_number():
    assert run("label-wise", "accuracy").startswith("label-wise accuracy\n")
    assert run("top", "5", "accuracy").startswith("top 5 accuracy\n")
    assert json.loads(run("bce", "--json"))["name"] == "sigmoid + binary cross-entropy"


def test_nothing_lists_all_terms():
    assert "pos_weight" in run()
    assert [entry["name"] for entry in json.loads(run("--json"))["terms"]] == list(GLOSSARY)


def test_mistaken_words_are_refused():
    with pytest.raises(OptionError, match="softmax"):
        run("sofmax")
    with pytest.raises(click.NoSuchOption, match="--knid"):
        run("1", "2", "--knid", "probs")
    with pytest.raises(click.UsageError, match="'two' is no number"):
        run("1", "two")
    with pytest.raises(click.UsageError, match="--kind goes with a row of numbers"):
        run("softmax", "--kind", "probs")
    with pytest.raises(click.UsageError, match="--names goes with a row of numbers"):
        run("--names", "a,b")
