from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from comparison_example import comparison, undefined, with_ood, with_why
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwise.comparison.result import Claim, Comparison, Value
from labelwise.report import page as page_module
from labelwise.report.page import comparison_fragment, comparison_page, write_report

MOST_BYTES = 1_500_000


class Page(HTMLParser):
    """Elements, attributes, text outside scripts and styles, and scripts of a document."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.scripts, self.words, self.ids, self.links, self.open = [], [], [], [], [], []
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        self.ids += [v for k, v in attrs if k == "id"]
        self.links += [v for k, v in attrs if k == "href"]

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attrs, so_far = self.scripts[-1]
            self.scripts[-1] = (attrs, so_far + data)
        elif "style" not in self.open:
            self.words.append(data)

    def meta(self, name: str) -> str:
        return next(a["content"] for tag, a in self.elements if tag == "meta" and name in a.values())

    def data(self):
        return next(json.loads(text) for attrs, text in self.scripts if attrs.get("type") == "application/json")


@pytest.fixture(scope="module")
def result():
    return comparison(folder="runs/digits")


@pytest.fixture(scope="module")
def html(result):
    return comparison_page(result)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture
def drawn_once(result, monkeypatch):
    """Pictures hold no names but those of heads: drawn once, they serve every renamed comparison."""
    drawn = page_module._pictures(result)
    monkeypatch.setattr(page_module, "_pictures", lambda comparison: drawn)


def test_every_element_is_closed(page):
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("h1") == 1


def test_ids_are_unique_and_links_within_the_page_arrive(page):
    assert len(page.ids) == len(set(page.ids))
    assert page.links
    for link in page.links:
        assert link == "data:," or link.removeprefix("#") in page.ids


def test_the_policy_forbids_the_network_and_names_the_scripts(page):
    policy = dict(part.split(" ", 1) for part in page.meta("Content-Security-Policy").split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    code = [text for attrs, text in page.scripts if not attrs]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in code}
    assert set(policy["script-src"].split()) == hashes
    assert set(policy) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}


def test_nothing_in_the_page_points_outside(page):
    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "form", "base")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name not in ("xmlns", "xmlns:xlink"):
                assert "//" not in (value or ""), (tag, name, value)


def test_the_numbers_are_in_the_html_without_any_script(result, page):
    for head in result.heads.values():
        for values in head.rules.values():
            assert f"{values['strict_accuracy'].value:.3f}" in page.text
            assert f"{values['no_label_rate'].value:.1%}" in page.text
    assert [tag for tag, _ in page.elements].count("svg") == 5 + len(result.heads)


def test_the_answer_is_the_headline(result, html, page):
    answer = result.claims[0].text
    first, rest = answer.split(": ")
    assert f"<h1>{first}</h1>" in html
    assert rest[1:] in page.text
    for claim in result.claims:
        assert claim.text.split(": ")[-1][1:] in page.text


@pytest.mark.usefixtures("drawn_once")
def test_without_an_answer_the_heads_are_the_headline(result):
    page = comparison_page(msgspec.structs.replace(result, claims=()))
    assert "<h1>Softmax against sigmoid on digits</h1>" in page


def test_the_slider_begins_with_the_numbers_of_its_place(result, page):
    sweep = page.data()["sweeps"]["threshold"]["curves"]
    for head, of_head in zip(result.figures.values(), sweep, strict=True):
        assert of_head["at"] == list(head.threshold.thresholds)
        assert of_head["strict_accuracy"] == pytest.approx(head.threshold.strict_accuracy, abs=1e-5)
        at = of_head["at"].index(0.5)
        assert f"{of_head['strict_accuracy'][at]:.3f}" in page.text


def test_the_page_holds_aggregates_and_few_mistakes(result, page):
    rows = [a for tag, a in page.elements if tag == "tr" and "data-kind" in a]
    assert len(rows) == sum(len(f.surest_mistakes) for f in result.figures.values())
    assert "row-" not in json.dumps(page.data())


def test_how_to_do_it_again(page):
    assert "labelwise compare digits --heads softmax,sigmoid --seeds 5" in page.text
    assert "import labelwise as lw" in page.text
    assert "torch" in page.text


@pytest.mark.usefixtures("drawn_once")
def test_undefined_figures_are_dashes_with_their_reason(result):
    page = Page(comparison_page(undefined(result)))
    marks = [link for link in page.links if link.startswith("#table-note-")]
    assert marks == ["#table-note-1"] * len(result.heads)
    assert "class 7 has no test rows" in page.text
    assert "no mistakes in seed 3" in page.text
    assert "None" not in page.text
    assert "nan" not in page.text.split()


@pytest.mark.parametrize(
    "made, ids",
    [(lambda c: c, set()), (with_why, {"why"}), (with_ood, {"ood"})],
    ids=["plain", "why", "ood"],
)
def test_sections_appear_only_with_their_content(made, ids):
    page = Page(comparison_page(made(comparison(seeds=2))))
    assert {"why", "ood"} & set(page.ids) == ids
    assert len(page.ids) == len(set(page.ids))


def test_why_tells_every_gap_in_numbers(result):
    told = with_why(result)
    page = Page(comparison_page(told))
    assert told.why is not None
    for gap in (told.why, told.why["strict"], told.why["training"]):
        assert f"+{gap['gap']:.3f}" in page.text
        for share in gap["switches"].values():
            assert f"{share['shapley']:+.3f}".replace("-", "−") in page.text
    assert "weighting (no pos_weight was given)" in page.text


@pytest.mark.parametrize(
    "options",
    [
        {"heads": ("softmax",), "classes": 2, "seeds": 1},
        {"heads": ("softmax", "sigmoid", "a", "b", "c", "d"), "classes": 10, "seeds": 2},
        {"classes": 1000, "seeds": 1, "names": tuple(f"{i:04d}" + "&<\u05d0" * 98 for i in range(1000))},
        {"kind": "multilabel", "seeds": 2},
        {"kind": "binary", "classes": 2, "seeds": 2},
    ],
    ids=["one head", "six heads", "1000 long names", "multilabel", "binary"],
)
def test_every_size_is_whole_and_small(options):
    html = comparison_page(comparison(**options))
    page = Page(html)
    assert page.open == []
    assert len(html.encode()) < MOST_BYTES
    assert ("no intervals" in page.text) is (options["seeds"] == 1)


@pytest.mark.usefixtures("drawn_once")
def test_a_yes_no_task_has_no_rows_without_a_label():
    result = comparison(kind="binary", classes=2, seeds=2)
    heads = {}
    for name, head in result.heads.items():
        rules = {
            rule: values | {m: Value(None, why="always answered") for m in ("no_label_rate", "several_labels_rate")}
            for rule, values in head.rules.items()
        }
        heads[name] = msgspec.structs.replace(head, rules=rules)
    page = Page(comparison_page(msgspec.structs.replace(result, heads=heads)))
    swept = [a["data-metric"] for tag, a in page.elements if tag == "tr" and "data-metric" in a]
    assert swept == ["strict_accuracy", "labelwise_accuracy", "wrong_label_rate"]


# ------------------------------------------------------------------ what others named


def named(result: Comparison, name: str) -> Comparison:
    """The comparison with one name wherever a name can stand."""
    figures = {}
    for head, figure in result.figures.items():
        rows = tuple(
            msgspec.structs.replace(row, id=name, target=(name,) * 9, given=(name,), argmax=name)
            for row in figure.surest_mistakes
        )
        figures[head] = msgspec.structs.replace(figure, surest_mistakes=rows)
    data = msgspec.structs.replace(
        result.data, name=name, notes=(name,), class_counts=((name, 3),), ood_name=name, ood_rows=3
    )
    return msgspec.structs.replace(
        result,
        figures=figures,
        data=data,
        task={**result.task, "class_names": [name], "evidence": [name], "traps": [{"name": "x", "text": name}]},
        claims=(Claim(name, doubt=name, level="answer"), Claim(name, level="caution")),
        settings={**result.settings, "data": name, "labels": [name]},
        run={name: {name: name}},
        folder=name,
    )


def shape(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(sorted(attributes))) for tag, attributes in page.elements]


@pytest.mark.usefixtures("drawn_once")
def test_names_are_text_and_nothing_else(result, hostile_names):
    plain = Page(comparison_page(named(result, "plain")))
    for name in hostile_names:
        html = comparison_page(named(result, name))
        page = Page(html)
        assert "alert(1)</script>" not in html
        assert "\x1b" not in html
        assert "49" not in re.findall(r"\b\d+\b", page.text) or name != "{{ 7 * 7 }}"
        ignored = {"h1", "p", "span", "br", "bdi"}  # a name without a colon or with one changes the headline's split
        assert [s for s in shape(page) if s[0] not in ignored] == [s for s in shape(plain) if s[0] not in ignored], name
        assert len(page.scripts) == 3


def test_names_of_heads_too(hostile_names):
    result = comparison(heads=hostile_names[:3], seeds=1)
    page = Page(comparison_page(result))
    assert len(page.scripts) == 3
    assert not [a for _, a in page.elements if any(k.startswith("on") for k in a)]
    assert all(
        name in {row["head"] for row in page.data()["specs"]["rates"]["datasets"].popitem()[1]} for name in result.heads
    )


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_fragments_survive_any_name(name):
    result = named(comparison(), name)
    page = Page(comparison_fragment(result))
    assert {tag for tag, _ in page.elements} <= {
        "div",
        "p",
        "strong",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sup",
        "a",
    }
    assert all(set(a) <= {"class", "style", "scope", "title", "href"} for _, a in page.elements)


def test_the_fragment_is_small_and_links_to_the_page(result):
    html = comparison_fragment(result)
    page = Page(html)
    assert len(html) < 12_000
    assert page.links == ["runs/digits/report.html"]
    assert "0.900" in page.text
    assert "script" not in html
    assert Page(comparison_fragment(msgspec.structs.replace(result, folder=None))).links == []
    assert result._repr_html_() == html


def test_a_folder_cannot_become_another_kind_of_link(result):
    (link,) = Page(comparison_fragment(msgspec.structs.replace(result, folder="javascript:alert(1)"))).links
    assert not link.startswith("javascript:")


# ------------------------------------------------------------------ files


@pytest.mark.usefixtures("drawn_once")
def test_the_report_is_written_whole_and_reads_back(result, tmp_path):
    assert write_report(result, tmp_path) == tmp_path / "report.html"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json"]
    back = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Comparison)
    assert back == result
    assert (tmp_path / "report.html").read_text("utf-8") == comparison_page(back)


@pytest.mark.usefixtures("drawn_once")
def test_lone_surrogates_do_not_stop_the_page(result, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    odd = msgspec.structs.replace(named(result, "half \ud83e pair"), folder=str(folder))
    assert "half \\ud83e pair" in comparison_page(odd).encode("utf-8").decode("utf-8")
