from __future__ import annotations

import json
import re

import msgspec
import pytest
from comparison_example import comparison, with_why

from labelwise.comparison.result import ThresholdCurve
from labelwise.report import causes, charts, pictures


@pytest.fixture(scope="module")
def result():
    return with_why(comparison())


def every_spec(result):
    specs = {
        "rules": charts.rules_chart(result.heads, result.rules),
        "confidence": charts.confidence_chart({h: f.confidence for h, f in result.figures.items()}),
        "reliability": charts.reliability_chart({h: f.reliability for h, f in result.figures.items()}),
        "rates": charts.rates_chart(result.heads),
        "learning": charts.learning_chart(result.figures),
    }
    if result.why is not None:
        specs["waterfall"] = causes.waterfall_chart(result.why, ("sigmoid", "softmax"))
        specs["shapley"] = causes.shapley_chart(result.why)
    for head, figure in result.figures.items():
        specs[f"threshold {head}"] = charts.threshold_chart(figure.threshold, 0.9)
    return specs


@pytest.fixture(scope="module")
def specs(result):
    return every_spec(result)


def rows_of(spec) -> list[dict]:
    return [row for rows in spec["datasets"].values() for row in rows]


def test_every_spec_becomes_a_picture_and_a_small_one(specs):
    for name, spec in specs.items():
        picture = pictures.svg(spec)
        assert picture.startswith("<svg"), name
        assert "var(" not in picture, name
        assert "NaN" not in picture, name
        assert len(picture) < 60_000, name


def test_specs_hold_aggregates_never_rows(specs):
    for name, spec in specs.items():
        assert len(rows_of(spec)) < 1000, name
        assert "row-" not in json.dumps(spec), name


def test_specs_are_json_without_nan(result):
    figure = msgspec.structs.replace(result.figures["softmax"], learning=((1, float("nan"), float("inf")),))
    spec = charts.learning_chart({"softmax": figure})
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert rows_of(spec) == [{"head": "softmax", "epoch": 1, "training": None, "validation": None}]


def test_heads_have_the_same_colour_in_every_chart(specs):
    for name in ("rules", "reliability", "rates", "learning"):
        scales = re.findall(r'"scale": (\{"domain": \["softmax", "sigmoid"\][^}]*\})', json.dumps(specs[name]))
        colours = {tuple(json.loads(s)["range"]) for s in scales if "var(" in s}
        assert colours == {("var(--lw-head0)", "var(--lw-head1)")}, name


@pytest.mark.parametrize("heads", [1, 3, 6])
def test_one_to_six_heads(heads):
    names = ("softmax", "sigmoid", "a", "b", "sigmoid(reduction=sum_labels)", "brier")[:heads]
    for name, spec in every_spec(comparison(heads=names, seeds=2)).items():
        assert "<svg" in pictures.svg(spec), name


def test_the_threshold_plot_lies_where_the_page_draws_its_marker(result):
    frame = charts.FRAME
    picture = pictures.svg(charts.threshold_chart(result.figures["sigmoid"].threshold, 0.9))
    width = frame["left"] + frame["width"] + frame["right"]
    height = frame["top"] + frame["height"] + frame["bottom"]
    assert f'viewBox="0 0 {width} {height}"' in picture
    assert f'transform="translate({frame["left"]},{frame["top"]})"' in picture
    assert f"h{frame['width']}v{frame['height']}h-{frame['width']}Z" in picture


def test_shares_that_make_up_all_rows_are_stacked_others_are_lines():
    whole = ThresholdCurve((0.0, 1.0), (0.2, 0.5), (0.9, 0.9), (0.3, 0.5), (0.4, 0.0), (0.1, 0.0))
    partial = msgspec.structs.replace(whole, wrong_label_rate=(0.5, 0.5))
    assert [charts.threshold_chart(c, None)["layer"][0]["mark"]["type"] for c in (whole, partial)] == ["area", "line"]
    assert [charts.stackable(c) for c in (whole, partial)] == [True, False]


def test_without_a_baseline_no_rule_is_drawn(result):
    curve = result.figures["softmax"].threshold
    assert len(charts.threshold_chart(curve, 0.9)["layer"]) == len(charts.threshold_chart(curve, None)["layer"]) + 1


def test_histograms_are_shares_of_their_own_number(result):
    rows = rows_of(charts.confidence_chart({h: f.confidence for h, f in result.figures.items()}))
    for head in result.figures:
        for kind, total in (("right answers", 1), ("wrong answers", -1)):
            shares = [r["share"] for r in rows if r["head"] == head and r["kind"] == kind]
            assert sum(shares) == pytest.approx(total, abs=1e-3)


def test_empty_bins_and_rates_without_a_score_are_left_out(result):
    figure = result.figures["softmax"]
    bins = msgspec.structs.replace(figure.reliability, accuracy=(None,) * 10, confidence=(None,) * 10)
    empty = msgspec.structs.replace(figure, reliability=bins, learning=())
    head = result.heads["softmax"]
    lost = msgspec.structs.replace(head, rates=tuple(msgspec.structs.replace(p, score=None) for p in head.rates))
    for spec in (
        charts.reliability_chart({"softmax": empty.reliability}),
        charts.learning_chart({"softmax": empty}),
        charts.rates_chart({"softmax": lost}),
    ):
        assert "<svg" in pictures.svg(spec)
    assert rows_of(charts.rates_chart({"softmax": lost})) == []


def test_the_edge_of_the_grid_is_marked_where_it_was_chosen(result):
    edges = {(r["head"], r["rate"]) for r in rows_of(charts.rates_chart(result.heads)) if r["edge"] == "edge"}
    assert edges == {("sigmoid", 1.0)}
