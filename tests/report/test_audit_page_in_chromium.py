"""The page of an audit as a reader meets it: offline, with and without JavaScript."""

from __future__ import annotations

import pytest
from audit_example import with_everything

from labelwise.report.audit_page import write_audit


@pytest.fixture(scope="module")
def result(hostile_names):
    return with_everything(hostile_names[:4])


@pytest.fixture(scope="module")
def address(result, tmp_path_factory):
    return write_audit(result, tmp_path_factory.mktemp("audit")).as_uri()


@pytest.mark.parametrize("width", [360, 1280])
def test_silent_offline_and_never_sideways(open_page, address, width):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme="dark")
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('[data-chart]:not(.is-live)').length === 0")
    assert page.asked == [address]
    assert page.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0


def test_both_sliders_move_their_numbers_and_their_markers(open_page, result):
    page = open_page()
    page.locator("#threshold-slider").fill("0.8")
    page.locator("#coverage-slider").fill("0.5")
    assert result.figures is not None
    curve = result.figures.thresholds
    at = curve.threshold.index(0.8)
    strict = page.locator("#threshold [data-metric=strict_accuracy] [data-head]").inner_text()
    assert float(strict) == pytest.approx(curve.strict_accuracy[at], abs=0.0006)
    marker = page.locator("#threshold circle.strict_accuracy")
    assert float(marker.get_attribute("cx")) == pytest.approx(48 + 0.8 * 580)
    risk = result.figures.risk_coverage
    near = min(range(len(risk.coverage)), key=lambda k: abs(risk.coverage[k] - 0.5))
    wrong = page.locator("#coverage [data-metric=wrong_answer_rate] [data-head]").inner_text()
    assert float(wrong.rstrip("%")) / 100 == pytest.approx(risk.risk[near], abs=0.0006)
    assert page.locator("#coverage output").inner_text() == "50%"


def test_readable_without_javascript(open_page, address):
    page = open_page(java_script_enabled=False)
    assert page.asked == [address]
    assert not page.locator("#threshold-slider").is_visible()
    for picture in page.locator(".still svg, .curve svg, .small svg").all():
        assert picture.bounding_box()["height"] > 50
    page.locator("#coverage summary").click()
    assert page.locator("#coverage details[open] tbody tr").first.is_visible()
