from __future__ import annotations

import io

import msgspec
import pytest
from comparison_example import comparison, undefined
from rich.cells import cell_len
from rich.console import Console

from labelwise.comparison.result import Claim
from labelwise.report.terminal import comparison_renderable, comparison_text


@pytest.fixture(scope="module")
def result():
    return comparison(folder="runs/digits")


def table_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(" ") and "/0." in line]


@pytest.mark.parametrize("width", [80, 90, 100, 140])
def test_lines_fit(result, width):
    lines = comparison_text(result, width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_plain_text_holds_no_control_codes(result):
    assert "\x1b" not in comparison_text(result)


def test_every_head_and_rule_has_a_line_with_the_baseline_beside(result):
    lines = table_of(comparison_text(result))
    assert len(lines) == sum(len(head.rules) for head in result.heads.values())
    for line, rule in zip(lines, [*result.rules] * 2, strict=True):
        assert line.strip().startswith(result.rules[rule].title)
        assert "/0.900" in line


def test_the_figures_are_those_of_the_comparison(result):
    first = table_of(comparison_text(result))[0].split()
    values = result.heads["softmax"].rules["argmax"]
    half = (values["strict_accuracy"].high - values["strict_accuracy"].low) / 2
    assert first[1:4] == [
        f"{values['strict_accuracy'].value:.3f}",
        f"±{half:.3f}",
        f"{values['labelwise_accuracy'].value:.3f}/0.900",
    ]


def test_the_answer_follows_the_table_and_the_report_comes_last(result):
    text = comparison_text(result)
    assert text.index("per label") < text.index("No difference shown") < text.index("spans zero")
    assert text.splitlines()[-1] == "report: runs/digits/report.html"
    assert "report:" not in comparison_text(msgspec.structs.replace(result, folder=None))


def test_undefined_figures_are_dashes_with_a_footnote(result):
    lines = comparison_text(undefined(result)).splitlines()
    assert sum("–[1]" in line for line in lines) == len(result.heads)
    assert "[1] class 7 has no test rows" in lines


def test_one_seed_has_no_intervals(result):
    text = comparison_text(comparison(seeds=1))
    assert "±" not in text
    assert "1 seed" in text
    assert "–" not in text


def test_narrow_tables_leave_the_intervals_out(result):
    assert "±" in comparison_text(result, width=96)
    assert "±" not in comparison_text(result, width=95)


def test_several_labels_show_their_own_metrics(result):
    text = comparison_text(comparison(kind="multilabel", seeds=2))
    assert "multilabel, 10 labels" in text
    assert "micro" in text
    assert "micro" not in comparison_text(result)


def test_names_cannot_disturb_the_terminal(result, hostile_names):
    for name in hostile_names:
        data = msgspec.structs.replace(result.data, name=name)
        odd = msgspec.structs.replace(result, data=data, claims=(Claim(f"about {name}", level="answer"),), folder=name)
        text = comparison_text(odd)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert len(table_of(text)) == 10
    assert "[bold red]markup[/]" in comparison_text(
        msgspec.structs.replace(result, claims=(Claim("[bold red]markup[/]", level="answer"),))
    )


def test_columns_stay_aligned_under_wide_names():
    heads = ("🦊🦊", "sigmoid(reduction=sum_labels)")
    lines = table_of(comparison_text(comparison(heads=heads, seeds=2)))
    assert len({cell_len(line) for line in lines}) == 1


@pytest.mark.parametrize("environment, coloured", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_left_to_the_console(result, environment, coloured):
    page = io.StringIO()
    console = Console(file=page, width=100, force_terminal=True, color_system="truecolor", _environ=environment)
    console.print(comparison_renderable(result))
    assert ("\x1b[33m" in page.getvalue()) is coloured
    piped = io.StringIO()
    Console(file=piped, width=100, _environ={}).print(comparison_renderable(result))
    assert "\x1b" not in piped.getvalue()


def test_str_is_the_same_text(result):
    assert str(result) == comparison_text(result)
