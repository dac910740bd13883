"""The exception tree: three parts always, one root, closest names, optional parts asked for by name."""

import importlib

import pytest

from labelwise import errors
from labelwise.errors import LabelwiseError, MissingExtra, OptionError, choose, need

TREE = [getattr(errors, name) for name in errors.__all__ if name[0].isupper()]


@pytest.mark.parametrize("error", TREE, ids=lambda e: e.__name__)
def test_every_error_says_what_was_asked_given_and_to_be_written_instead(error):
    raised = error("three classes", "two, first at row 7", "another file")
    assert isinstance(raised, LabelwiseError)
    assert isinstance(raised, ValueError)  # so that callers need not know labelwise's own types
    assert str(raised) == "asked: three classes\ngiven: two, first at row 7\ninstead: another file"
    assert (raised.asked, raised.given, raised.instead) == raised.args
    assert error.__name__ in errors.__doc__, "the tree is drawn in the docstring"


def test_a_missing_part_is_also_an_import_error_with_the_line_that_installs_it():
    with pytest.raises(MissingExtra) as caught:
        need("labelwise_no_such_module", extra="train", purpose="training heads")
    assert isinstance(caught.value, ImportError)
    assert caught.value.asked == "training heads, which needs labelwise_no_such_module"
    assert caught.value.instead == "pip install 'labelwise[train]'"


def test_a_present_part_is_returned():
    assert need("json.decoder", extra="train", purpose="x") is importlib.import_module("json.decoder")


def test_a_broken_part_is_not_called_missing(tmp_path, monkeypatch):
    """A module that is there but fails over another import must show that import, not a pip line."""
    (tmp_path / "labelwise_broken_part.py").write_text("import labelwise_not_there_either\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="labelwise_not_there_either") as caught:
        need("labelwise_broken_part", extra="train", purpose="x")
    assert not isinstance(caught.value, MissingExtra)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("sofmax", "softmax (closest); all: softmax, sigmoid"),
        ("zzz", "one of: softmax, sigmoid"),
        (3, "one of: softmax, sigmoid"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest_one(name, instead):
    with pytest.raises(OptionError) as caught:
        choose(name, ["softmax", "sigmoid"], what="head")
    assert caught.value.instead == instead
    assert repr(name) in caught.value.asked


def test_a_known_name_comes_back_from_any_iterable():
    assert choose("a", (n for n in "cba"), what="letter") == "a"
