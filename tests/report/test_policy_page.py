from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from policy_example import OPTIONS, fitted
from test_page import MOST_BYTES, Page

import labelwise as lw
from labelwise import InputError
from labelwise.cli import cli
from labelwise.report.policy_figures import policy_figures
from labelwise.report.policy_page import policy_page, write_policy_page


def html_of(policy, scores, y, **options) -> str:
    return policy_page(policy, policy_figures(policy, scores, y), **options)


page_of = functools.cache(lambda kind: Page(html_of(*fitted(kind))))


@pytest.mark.parametrize("kind", OPTIONS)
def test_every_task_is_whole_and_links_arrive(kind):
    page, (policy, *_) = page_of(kind), fitted(kind)
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link == "data:," or link.removeprefix("#") in page.ids
    assert not {"nan", "None"} & set(page.text.split())
    held = f"{policy.report['value_out_of_fold']:.3f}".replace("-", "−")
    assert f"{held} on rows that took no part" in page.text
    for found in policy.report["cross_metrics"].values():
        assert f"{found['out_of_fold']:.3f}".replace("-", "−") in page.text


def test_promises_stand_in_the_page():
    text = page_of("multiclass").text
    assert "2 of 2 promises are certified" in text
    assert "Certified: at most" in text
    assert "classes on average" in text
    policy, *data = fitted("multilabel", objective="precision_floor", level=0.97)
    text = Page(html_of(policy, *data)).text
    assert "no threshold certifies a precision of 0.97" in text
    assert "Weight of its truth" not in text


def test_bands_of_unsure_labels():
    policy, *data = fitted("multilabel", objective="yes_no_unsure", level=0.8)
    page = Page(html_of(policy, *data))
    assert "unsure" in page.ids
    for band in policy.report["unsure"]:
        assert f"{100 * band['unsure']:.1f}%" in page.text


def test_two_hundred_labels_stay_small():
    policy, *data = fitted("multilabel", 200, 300, objective="macro_f1", calibrators=("affine",))
    html = html_of(policy, *data)
    assert len(html.encode()) < MOST_BYTES
    assert "188 more" in html


def test_names_stay_names(hostile_names):
    policy, *data = fitted("multilabel", len(hostile_names), 200, names=hostile_names, objective="macro_f1")
    page = Page(html_of(policy, *data, name=hostile_names[0]))
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("script") == 3
    assert "alert(1)" in page.text


def test_fit_writes_it(tmp_path):
    _, scores, y = fitted("multilabel")
    np.savez(tmp_path / "val.npz", logits=scores.array, y=y)
    words = ["fit", "val.npz", "--objective", "macro_f1", "-o", "p.json", "--report", "p.html"]
    words = [str(tmp_path / w) if "." in w else w for w in words]
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert result.output.splitlines()[-1] == f"written: {tmp_path / 'p.html'}"
    policy = lw.Policy.load(tmp_path / "p.json")
    text = (tmp_path / "p.html").read_text()
    assert policy.sha256 in text
    assert "val.npz" in text
    document = json.loads(CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False).stdout)
    assert document["sha256"] == policy.sha256


def test_another_name_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"ends in \.html"):
        write_policy_page(*fitted("binary"), tmp_path / "p.pdf")


@pytest.mark.parametrize("width", [360, 1280])
def test_silent_offline_and_never_sideways(open_page, address, width):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme="dark")
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
    page.locator("[data-chart]:not(.is-live)").first.wait_for(state="detached")
    assert page.asked == [address]
    assert page.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0


@pytest.fixture(scope="module")
def address(tmp_path_factory, hostile_names):
    policy, *data = fitted("multilabel", 10, 200, names=hostile_names[:10], objective="macro_f1", low_confidence=0.6)
    return write_policy_page(policy, *data, tmp_path_factory.mktemp("policy") / "p.html").as_uri()
