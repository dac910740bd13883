from __future__ import annotations

import re

import pytest
from comparison_example import comparison

from labelwise.errors import OptionError
from labelwise.report import charts, pictures


@pytest.fixture(scope="module")
def spec():
    return charts.learning_chart(comparison().figures)


def test_ids_get_the_prefix(spec):
    picture = pictures.svg(spec, prefix="one-")
    assert all(i.startswith("one-") for i in re.findall(r'\bid="([^"]*)"', picture))
    assert all(i.startswith("one-") for i in re.findall(r"url\(#([^)]*)\)", picture))


def test_themes_paint_differently_and_no_theme_leaves_names(spec):
    assert pictures.svg(spec, "dark") != pictures.svg(spec, "light")
    assert "var(" not in pictures.svg(spec, "dark")
    assert "var(--lw-head0)" in pictures.svg(spec, None)
    with pytest.raises(OptionError, match="dark"):
        pictures.svg(spec, "darkk")


def test_png_is_an_image_of_the_asked_size(spec):
    small, large = pictures.png(spec, scale=1), pictures.png(spec, "dark", scale=2)
    assert small.startswith(b"\x89PNG")
    width = [int.from_bytes(image[16:20], "big") for image in (small, large)]
    assert width[1] == pytest.approx(2 * width[0], abs=2)


def test_slimming_keeps_text_and_colours(spec):
    picture = pictures.svg(spec)
    assert ">softmax<" in picture
    assert 'font-family="' in picture[:200]
    assert not re.search(r'="[^"]*\d\.\d{3,}', picture)


def test_a_spec_may_load_nothing(spec):
    asking = {**spec, "datasets": {}, "data": {"url": "http://127.0.0.1:9/rows.json"}, "hconcat": []}
    for panel in spec["hconcat"]:
        layers = [{k: v for k, v in layer.items() if k != "data"} for layer in panel["layer"]]
        asking["hconcat"].append({**{k: v for k, v in panel.items() if k != "data"}, "layer": layers})
    with pytest.raises(ValueError, match="allowed"):
        pictures.svg(asking)


def test_the_script_brings_everything_it_needs():
    script = pictures.javascript()
    assert "window.vegaEmbed" in script
    assert "</script" not in script
    assert "\r" not in script
    assert not re.search(r"^\s*import ", script, re.MULTILINE)
