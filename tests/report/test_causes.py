from __future__ import annotations

import itertools

import pytest
from comparison_example import comparison, with_why

from labelwise.report import causes


@pytest.fixture(scope="module")
def why():
    return with_why(comparison()).why


def test_the_waterfall_runs_from_one_figure_to_the_other(why):
    rows = causes.waterfall_chart(why, ("sigmoid", "softmax"))["datasets"]["rows"]
    assert (rows[0]["name"], rows[-1]["name"]) == ("sigmoid", "softmax")
    assert rows[0]["to"] == pytest.approx(why["b"], rel=1e-4)
    assert rows[-1]["to"] == pytest.approx(why["a"], rel=1e-4)
    assert sum(row["change"] for row in rows[1:-1]) == pytest.approx(why["gap"], abs=1e-3)
    for row, following in itertools.pairwise(rows[:-1]):
        assert row["to"] == pytest.approx(following["from"], abs=1e-4)


@pytest.mark.parametrize("gap", ["quoted", "strict", "training"])
def test_shares_are_drawn_as_they_are(why, gap):
    of_gap = why if gap == "quoted" else why[gap]
    rows = causes.shapley_chart(of_gap)["datasets"]["rows"]
    assert [row["name"] for row in rows] == [share["title"] for share in of_gap["switches"].values()]
    assert sum(row["shapley"] for row in rows) == pytest.approx(of_gap["gap"], abs=1e-3)


def test_a_share_without_an_interval_is_drawn_without_one(why):
    shares = {name: {**share, "low": None, "high": None} for name, share in why["switches"].items()}
    rows = causes.shapley_chart({**why, "switches": shares})["datasets"]["rows"]
    assert {row["low"] for row in rows} == {None}
