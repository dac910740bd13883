import json

import numpy as np
import pytest

import labelwise as lw
from labelwise import OptionError, fit_policy

from .conftest import problem


def test_a_certified_precision_holds_on_new_rows():
    policy = fit_policy(*problem("multilabel", 4000), objective="precision_floor", level=0.8)
    scores, y = problem("multilabel", 20000, 1)
    given = policy.decide(scores).indicators
    certificates = policy.report["certificates"]
    assert [c["label"] for c in certificates] == list("abcdef")
    for column, certificate in enumerate(certificates):
        assert certificate["threshold"] is not None
        assert y[given[:, column], column].mean() > 0.79
    assert "certificate, precision of a, 0.8: bound" in str(policy)


def test_what_cannot_be_certified_is_never_given_and_said():
    policy = fit_policy(*problem("multilabel", 60), objective="precision_floor", level=0.99)
    assert policy.rule.thresholds == (None,) * 6
    assert all("no threshold certifies" in c["why"] for c in policy.report["certificates"])
    assert "no threshold certifies" in str(policy)


def test_misses_are_as_few_as_promised():
    policy = fit_policy(*problem("multilabel", 1000), objective="few_misses", level=0.1)
    scores, y = problem("multilabel", 20000, 1)
    missed = (~policy.decide(scores).indicators & (y == 1)).sum(1) / np.maximum(y.sum(1), 1)
    assert missed.mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("kind,risk", [("multiclass", 0.2), ("binary", 0.15), ("multilabel", 0.4)])
def test_rows_without_the_caveat_err_at_most_so_often(kind, risk):
    policy = fit_policy(*problem(kind, 3000), risk=risk)
    scores, y = problem(kind, 20000, 1)
    decided = policy.decide(scores)
    sure = ~decided.caveat_flags[:, 0]
    right = (decided.indicators == (scores.task.truth(y) == 1)).all(1)
    certificate = policy.report["certificates"][-1]
    if certificate["threshold"] is None:
        assert not sure.any()
    else:
        assert 1 - right[sure].mean() < risk + 0.01
        assert sure.mean() > 0.05
    again = lw.Policy.from_bytes(json.dumps(policy.to_dict()).encode())
    assert again.decide(scores).caveats == decided.caveats


@pytest.mark.parametrize(
    "kind,options,match",
    [
        ("multilabel", {"objective": "precision_floor"}, "level with it"),
        ("multilabel", {"level": 0.9}, "no effect"),
        ("multilabel", {"objective": "precision_floor", "level": 0.9, "at_least_one": True}, "thresholds alone"),
        (
            "multilabel",
            {"objective": "precision_floor", "level": 0.9, "calibrators": ["isotonic"]},
            "keeps every order",
        ),
        ("multilabel", {"objective": "precision_floor", "level": 0.9, "delta": 0}, "delta=0"),
        ("multiclass", {"objective": "precision_floor", "level": 0.9}, "one that is for it"),
        ("multiclass", {"risk": 0.1, "coverage": 0.5}, "one of them"),
    ],
)
def test_promises_that_cannot_be_kept_are_not_made(kind, options, match):
    with pytest.raises(OptionError, match=match):
        fit_policy(*problem(kind, 100), **options)


def test_rows_in_groups_are_not_independent():
    scores, y = problem("multiclass", 100)
    grouped = lw.Logits(scores.array, scores.task, groups=np.arange(100) // 2)
    with pytest.raises(OptionError, match="not independent"):
        fit_policy(grouped, y, risk=0.1)
