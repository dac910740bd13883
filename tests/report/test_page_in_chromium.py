"""The page as a reader meets it: offline, with and without JavaScript, by mouse and by keyboard."""

from __future__ import annotations

import itertools

import pytest
from comparison_example import comparison, with_ood, with_why

from labelwise.report.page import write_report


@pytest.fixture(scope="module")
def result(hostile_names):
    return with_ood(with_why(comparison(names=hostile_names)))


@pytest.fixture(scope="module")
def address(result, tmp_path_factory):
    return write_report(result, tmp_path_factory.mktemp("run")).as_uri()


def all_charts_alive(page) -> None:
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('[data-chart]:not(.is-live)').length === 0")


def at(result, metric: str, head: str, threshold: float) -> float:
    curve = result.figures[head].threshold
    return getattr(curve, metric)[curve.thresholds.index(threshold)]


def test_no_request_leaves_the_page_and_nothing_complains(open_page, address):
    page = open_page()
    all_charts_alive(page)
    assert page.asked == [address]
    assert page.said == []


def test_the_policy_stops_a_script_that_would_ask(open_page, address):
    page = open_page()
    answer = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'went out', (error) => String(error))")
    assert answer.startswith("TypeError")
    assert page.asked == [address]
    assert any("Content Security Policy" in text for text in page.said)
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("threshold", [0.0, 0.12, 1.0])
def test_the_slider_moves_every_number_together(open_page, result, threshold):
    page = open_page()
    page.locator("#slider").fill(str(threshold))
    assert page.locator("#slider-value").inner_text() == f"{threshold:.2f}"
    for i, head in enumerate(result.heads):
        for metric in ("strict_accuracy", "labelwise_accuracy", "no_label_rate", "several_labels_rate"):
            value = at(result, metric, head, threshold)
            text = page.locator(f'#live tr[data-metric="{metric}"] td[data-head="{i}"]').inner_text()
            shown = float(text.rstrip("%")) / (100 if "%" in text else 1)
            assert shown == pytest.approx(value, abs=0.0006)


def test_the_marker_lies_on_the_curves(open_page, result):
    page = open_page()
    page.locator("#slider").fill("0.8")
    for i, head in enumerate(result.heads):
        curve = page.locator(f'.curve[data-head="{i}"]')
        x, y = (float(curve.locator("circle.strict_accuracy").get_attribute(name)) for name in ("cx", "cy"))
        assert x == pytest.approx(44 + 0.8 * 300)
        assert y == pytest.approx(10 + 220 * (1 - at(result, "strict_accuracy", head, 0.8)), abs=0.1)


def test_the_slider_works_from_the_keyboard_and_by_the_presets(open_page):
    page = open_page()
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#live-threshold").inner_text() == "0.52"
    page.keyboard.press("Home")
    assert page.locator("#live-threshold").inner_text() == "0.00"
    page.locator("[data-set]").first.click()
    assert page.locator("#live-threshold").inner_text() == "0.50"


def test_a_click_on_a_curve_sets_the_threshold(open_page):
    page = open_page()
    box = page.locator(".curve svg").first
    box.scroll_into_view_if_needed()
    size = box.bounding_box()
    box.click(position={"x": size["width"] * (44 + 0.25 * 300) / 354, "y": size["height"] / 2})
    assert float(page.locator("#slider").input_value()) == pytest.approx(0.25, abs=0.011)


def test_the_artefact_can_be_seen(open_page):
    """Past the best threshold the rows lose their answer, yet label-wise accuracy stays above doing nothing."""
    page = open_page()
    page.locator("#slider").fill("0.9")

    def shown(metric: str) -> float:
        return float(page.locator(f'#live tr[data-metric="{metric}"] td[data-head="1"]').inner_text().rstrip("%"))

    assert shown("no_label_rate") > 40
    assert shown("strict_accuracy") < 0.6
    assert shown("labelwise_accuracy") > 0.9


def test_mistakes_are_filtered_by_head_and_kind(open_page, result):
    page = open_page()
    rows = page.locator("#mistake-rows tbody tr")
    page.locator("#filter-head").select_option("1")
    shown = [row for row in rows.all() if row.is_visible()]
    assert {row.get_attribute("data-head") for row in shown} == {"1"}
    assert len(shown) == len(result.figures["sigmoid"].surest_mistakes)
    assert page.locator("#filter-count").inner_text() == f"{len(shown)} shown"
    page.locator("#filter-kind").select_option("no_label")
    kinds = {row.get_attribute("data-kind") for row in rows.all() if row.is_visible()}
    assert kinds == {"no_label"}


def test_readable_without_javascript(open_page, result, address):
    page = open_page(java_script_enabled=False)
    assert page.asked == [address]
    assert not page.locator("#slider").is_visible()
    assert not page.locator("#filter-head").is_visible()
    assert page.locator("#live tr[data-metric=strict_accuracy] td").first.inner_text() == (
        f"{at(result, 'strict_accuracy', 'softmax', 0.5):.3f}"
    )
    for chart in page.locator(".still svg, .curve svg").all():
        assert chart.bounding_box()["height"] > 50
    page.locator("summary", has_text="eleven thresholds").click()
    assert page.locator("details[open] tbody tr").first.is_visible()


def test_names_run_nothing_and_are_shown_as_they_are(open_page, hostile_names):
    page = open_page()
    assert page.said == []
    text = page.locator("#data").inner_text()
    page.locator("#data summary").click()
    text = page.locator("#data").inner_text()
    for name in ("<script>alert(1)</script>", "{{ 7 * 7 }}", "🦊 fox"):
        assert name in text
    assert page.locator("img").count() == 0
    assert len(hostile_names) == page.locator("#data tbody tr").count()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_scrolls_sideways(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    all_charts_alive(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_readers_get_dark_paper_and_light_pictures_follow(open_page):
    light, dark = (open_page(color_scheme=scheme) for scheme in ("light", "dark"))

    def paper(page) -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    def ink(page) -> str:
        return page.evaluate("getComputedStyle(document.querySelector('.curve svg text')).fill")

    assert paper(light) != paper(dark)
    assert ink(light) != ink(dark)


def test_print_shows_the_still_pictures_on_light_paper(open_page):
    page = open_page(color_scheme="dark")
    all_charts_alive(page)
    page.emulate_media(media="print")
    assert page.locator(".still").first.is_visible()
    assert not page.locator(".moving").first.is_visible()
    assert not page.locator("#slider").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 253, 249)"


def test_tooltips_answer_the_pointer(open_page):
    page = open_page()
    all_charts_alive(page)
    page.locator('[data-chart="rates"] .moving .mark-symbol path').first.hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "rate" in page.locator("#vg-tooltip-element").inner_text()


def test_headings_and_tables_are_marked_up(open_page):
    page = open_page()
    levels = page.evaluate("Array.from(document.querySelectorAll('h1, h2, h3'), (h) => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
    unnamed = "Array.from(document.querySelectorAll('input, select')).filter((e) => e.labels.length === 0).length"
    assert page.evaluate(unnamed) == 0
    assert page.evaluate("document.documentElement.lang") == "en"
