from __future__ import annotations

import functools

import msgspec
import pytest
from audit_example import audited, undefined, with_everything
from test_page import MOST_BYTES, Page, shape

from labelwise.auditing.result import Audit, Finding
from labelwise.report.audit_page import audit_page, write_audit

page_of = functools.cache(lambda kind: Page(audit_page(audited(kind, KINDS[kind]))))
KINDS = {"binary": 2, "multiclass": 4, "multilabel": 5, "ordinal": 4}


@pytest.mark.parametrize("kind", KINDS)
def test_every_task_is_whole_and_links_arrive(kind):
    result = audited(kind, KINDS[kind])
    page = page_of(kind)
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link == "data:," or link.removeprefix("#") in page.ids
    assert "nan" not in page.text.split()
    assert "None" not in page.text.split()
    first = "exact_match" if kind == "multilabel" else "accuracy"
    assert f"{result.metrics[first].value:.3f}" in page.text
    assert f"{result.metrics[first].value:.1%}" in page.text


def test_no_label_wise_figure_without_its_baseline():
    for kind in KINDS:
        text = page_of(kind).text
        assert ("abel-wise accuracy" in text) <= ("abel-wise accuracy of answering nothing" in text)


def test_many_classes_stay_small_and_say_what_is_left_out():
    html = audit_page(audited("multiclass", 1000, 1500))
    page = Page(html)
    assert len(html.encode()) < MOST_BYTES
    assert "200 of 1,000" in page.text
    assert "The 40 classes most involved in mistakes, of 1,000." in page.text


def test_two_hundred_labels_have_a_picture_each():
    html = audit_page(audited("multilabel", 200, 120))
    assert len(html.encode()) < MOST_BYTES
    assert html.count('viewBox="0 0 96 96"') == 200


def test_undefined_figures_are_dashes_with_their_reason():
    result = undefined()
    page = Page(audit_page(result))
    lost = [m for m in result.metrics.values() if m.value is None]
    assert lost
    for metric in lost:
        assert metric.why in page.text
    assert "None" not in page.text.split()


def test_everything_has_its_section():
    result = with_everything()
    page = Page(audit_page(result, about={"name": "one.npz", "command": "labelwise audit one.npz"}))
    assert {"against", "unknown", "again"} <= set(page.ids)
    assert "labelwise audit one.npz" in page.text
    assert not {"against", "unknown", "again"} & set(Page(audit_page(audited())).ids)
    assert "never occur" in page.text
    assert result.against is not None
    assert f"{result.against.metrics['accuracy'].b:.3f}" in page.text
    assert f"Rows counted by their weights, {result.weighted['accuracy'].value:.1%}" in page.text
    assert "The same, rows counted by their weights" in page.text
    assert "counted by their weights" not in page_of("multiclass").text


def test_errors_come_first():
    result = msgspec.structs.replace(audited(), findings=(Finding("x", "error", "the scores are not scores"),))
    page = Page(audit_page(result))
    assert page.text.index("the scores are not scores") < page.text.index("Calibration: leave")


def test_sliders_hold_the_figures():
    result = audited("multilabel", 5)
    sweeps = Page(audit_page(result)).data()["sweeps"]
    assert result.figures is not None
    curve = sweeps["threshold"]["curves"][0]
    assert curve["strict_accuracy"] == pytest.approx(result.figures.thresholds.strict_accuracy, abs=1e-5)
    assert sweeps["coverage"]["curves"][0]["wrong_answer_rate"][-1] == pytest.approx(
        1 - result.metrics["exact_match"].value, abs=1e-4
    )


def test_names_are_text_and_nothing_else(hostile_names):
    plain = Page(audit_page(with_everything()))
    for i in range(0, 8, 4):
        page = Page(audit_page(with_everything(hostile_names[i : i + 4])))
        assert [s for s in shape(page) if s[0] in ("script", "table", "section", "img", "figure")] == [
            s for s in shape(plain) if s[0] in ("script", "table", "section", "img", "figure")
        ]
        assert len(page.scripts) == 3
        assert not [a for _, a in page.elements if any(k.startswith("on") for k in a)]


def test_what_is_written_reads_back_and_draws_the_same(tmp_path):
    result = with_everything()
    assert write_audit(result, tmp_path) == tmp_path / "report.html"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["audit.json", "report.html"]
    back = Audit.from_dict(msgspec.json.decode((tmp_path / "audit.json").read_bytes()))
    assert audit_page(back) == (tmp_path / "report.html").read_text("utf-8")
