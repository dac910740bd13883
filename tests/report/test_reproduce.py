from __future__ import annotations

import ast
import shlex

import msgspec
import pytest
from comparison_example import comparison

from labelwise.cli import compare_command
from labelwise.report.reproduce import command_line, python_lines


@pytest.fixture
def result():
    return comparison(seeds=2)


def with_settings(result, **settings):
    return msgspec.structs.replace(result, settings={**result.settings, **settings})


def call_of(result) -> ast.Call:
    statement = ast.parse(python_lines(result)).body[1]
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Call)
    return statement.value


def test_the_command_names_every_setting(result):
    words = shlex.split(command_line(result))
    assert words[:3] == ["labelwise", "compare", "digits"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options == {
        "--heads": "softmax,sigmoid",
        "--seeds": "2",
        "--backbone": "mlp",
        "--optimiser": "sgd",
        "--rates": "0.01,0.03,0.1,0.3,1.0",
        "--epochs": "20",
        "--batch-size": "64",
        "--device": "cpu",
        "--margin": "0.01",
    }


def test_the_command_line_knows_every_option_of_it(result):
    """Parsed by the command itself, which refuses what it does not know."""
    words = shlex.split(command_line(with_settings(result, labels=["a", "b"], exclude=["c"], impute="median", id="d")))
    context = compare_command.make_context("compare", words[2:])
    assert context.params["heads"] == ["softmax", "sigmoid"]
    assert context.params["rates"] == result.settings["rates"]
    assert context.params["labels"] == ("a", "b")


def test_the_python_is_three_statements_with_the_same_values(result):
    assert len(ast.parse(python_lines(result)).body) == 3
    call = call_of(result)
    given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    assert ast.literal_eval(call.args[0]) == "digits"
    assert given == {k: v for k, v in result.settings.items() if v is not None}


@pytest.mark.parametrize("source", ["a b.csv", "x'; rm -rf ~ #", '"quoted"\n.csv', "$(touch hacked)"])
def test_sources_are_quoted(result, source):
    asked = with_settings(result, data=source, labels=["tag_*", "other tag"])
    words = shlex.split(command_line(asked))
    assert words[2] == source
    assert [words[i + 1] for i, word in enumerate(words) if word == "--label"] == ["tag_*", "other tag"]
    assert ast.literal_eval(call_of(asked).args[0]) == source


def test_seeds_that_begin_elsewhere_or_have_gaps(result):
    later = msgspec.structs.replace(result, seeds=(7, 8))
    assert "--seeds 2 --seed 7" in command_line(later)
    assert command_line(msgspec.structs.replace(result, seeds=(1, 5))) is None
