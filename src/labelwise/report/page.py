"""Comparison -> one offline HTML page, and the folder it lies in.

The page is whole without JavaScript: numbers, tables and pictures stand in the HTML. Scripts add the threshold slider,
the filter of the mistakes and tooltips. A Content-Security-Policy in the page forbids every request, and every script
but these two, which are named by their hashes; all text is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labelwise.comparison.result import Claim, Comparison
from labelwise.report import causes, charts, pictures
from labelwise.report.canvas import Spec
from labelwise.report.numbers import Notes, capital, difference, interval, number, one_line, shortened
from labelwise.report.palette import PALETTES, head_ink
from labelwise.report.reproduce import command_line, python_lines

__all__ = ["comparison_fragment", "comparison_page", "write_report"]

_MAIN = (
    "strict_accuracy",
    "labelwise_accuracy",
    "no_label_rate",
    "several_labels_rate",
    "wrong_label_rate",
    "macro_f1",
    "nll",
    "ece",
)
"""Metrics of the first table; the others stand in the full one."""

_GAPS = {
    "quoted": "The gap people quote",
    "strict": "The same gap, judged strictly",
    "training": "What training alone makes",
}
_MOST_MISTAKES = 40
_MOST_CLASSES = 40
_MOST_LABELS = 6


def write_report(comparison: Comparison, folder: Path | str) -> Path:
    """Write ``report.json`` and ``report.html`` into a folder that exists, each atomically.

    Returns:
        The path of the page.
    """
    from labelwise.io.files import write_atomically, write_json

    folder = Path(folder)
    page = folder / "report.html"
    html = comparison_page(comparison).encode("utf-8", "replace")
    write_json(folder / "report.json", comparison.to_dict())
    write_atomically(page, lambda part: part.write_bytes(html) and None)
    return page


def comparison_page(comparison: Comparison) -> str:
    """The whole comparison as one HTML file that asks the network for nothing.

    Args:
        comparison: the result.

    Returns:
        The document, about 1.1 MB, of which 0.9 MB are the inlined chart library.
    """
    from markupsafe import Markup

    environment = _environment()
    scripts = [Markup(_template("page.js")), Markup(pictures.javascript())]
    drawn, specs = _pictures(comparison)
    answer = next((claim for claim in comparison.claims if claim.level == "answer"), None)
    return environment.get_template("page.html").render(
        c=comparison,
        answer=answer,
        headline=_headline(comparison, answer),
        claims=_claims(comparison, answer),
        lines=not all(charts.stackable(figure.threshold) for figure in comparison.figures.values()),
        main=[metric for metric in _MAIN if metric in comparison.metrics],
        metrics=[metric for metric in comparison.metrics if metric != "labelwise_baseline"],
        swept=_swept(comparison),
        baseline=_baseline(comparison),
        presets=list(_presets(comparison)),
        pictures=drawn,
        data=_json({"specs": specs, "sweep": _sweep(comparison)}),
        still=_still(comparison),
        mistakes=_mistakes(comparison),
        gaps=_GAPS,
        most_classes=_MOST_CLASSES,
        most_labels=_MOST_LABELS,
        palettes=PALETTES,
        inks={head: head_ink(i) for i, head in enumerate(comparison.heads)},
        style=Markup(_template("page.css")),
        scripts=scripts,
        policy=_policy(scripts),
        command=command_line(comparison),
        python=python_lines(comparison),
        new_notes=Notes,
    )


def comparison_fragment(comparison: Comparison) -> str:
    """A small table and a link to the page, for notebooks: no script, no request."""
    return (
        _environment()
        .get_template("fragment.html")
        .render(
            c=comparison,
            answers=[claim for claim in comparison.claims if claim.level == "answer"],
            main=[metric for metric in _MAIN if metric in comparison.metrics],
            page=Path(comparison.folder, "report.html").as_posix() if comparison.folder else None,
            new_notes=Notes,
        )
    )


# ------------------------------------------------------------------ the template's tools


def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("labelwise.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number,
        interval=interval,
        difference=difference,
        plain=one_line,
        cap=capital,
        sentence=lambda text: capital(one_line(text)).rstrip(".") + ".",
        short=lambda text, most=60: shortened(one_line(text), most),
        said=lambda name: str(name).replace("_", " "),
        facts=_facts,
    )
    return environment


def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def _json(value: Any) -> Any:
    """JSON that is safe inside a script element."""
    from markupsafe import Markup

    text = json.dumps(value, separators=(",", ":"), allow_nan=False)  # ascii: no line separators inside
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _policy(scripts: Sequence[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _facts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (dotted name, text) pairs."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, f"{name}.{key}".lstrip("."))
    else:
        listed = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        yield one_line(name.replace("_", " ")), "none" if value is None else one_line(listed)


# ------------------------------------------------------------------ what the page draws


def _headline(comparison: Comparison, answer: Claim | None) -> tuple[str, str]:
    """The answer as a headline and what follows its colon."""
    if answer is None:
        return " against ".join(comparison.heads) + f" on {shortened(comparison.data.name, 60)}", ""
    first, colon, rest = answer.text.partition(": ")
    return (first, rest) if colon else (answer.text, "")


def _claims(comparison: Comparison, answer: Claim | None) -> list[Claim]:
    """What else was found, but for the causes, which stand in a section of their own."""
    causes = {claim["text"] for claim in comparison.why["claims"]} if comparison.why else set()
    return [claim for claim in comparison.claims if claim is not answer and claim.text not in causes]


def _pictures(comparison: Comparison) -> tuple[dict[str, Any], dict[str, Spec]]:
    """Every figure as SVG with named colours, and the specs of those that the script makes interactive."""
    from markupsafe import Markup

    figures = comparison.figures
    specs = {
        "rules": charts.rules_chart(comparison.heads, comparison.rules),
        "confidence": charts.confidence_chart(figures, several=comparison.task["kind"] == "multilabel"),
        "reliability": charts.reliability_chart(figures),
        "rates": charts.rates_chart(comparison.heads),
        "learning": charts.learning_chart(figures),
    }
    why = comparison.why
    if why is not None:
        specs["waterfall"] = causes.waterfall_chart(why, (why["head_b"], why["head_a"]))
        specs |= {f"shapley-{gap}": causes.shapley_chart(why if gap == "quoted" else why[gap]) for gap in _GAPS}
    drawn = {name: Markup(pictures.svg(spec, None, prefix=f"{name}-")) for name, spec in specs.items()}
    for i, figure in enumerate(figures.values()):
        spec = charts.threshold_chart(figure.threshold, _baseline(comparison))
        drawn[f"threshold{i}"] = Markup(pictures.svg(spec, None, prefix=f"threshold{i}-"))
    return drawn, specs


def _baseline(comparison: Comparison) -> float | None:
    for head in comparison.heads.values():
        for values in head.rules.values():
            if "labelwise_baseline" in values:
                return values["labelwise_baseline"].value
    return None


_CURVES = ("strict_accuracy", "labelwise_accuracy", "no_label_rate", "several_labels_rate", "wrong_label_rate")
_START = 0.5


def _swept(comparison: Comparison) -> list[str]:
    """The curves that mean something here: a yes/no task has no rows without a label."""
    judged = [values for head in comparison.heads.values() for values in head.rules.values()]
    return [name for name in _CURVES if any(v[name].value is not None for v in judged if name in v)]


def _sweep(comparison: Comparison) -> dict[str, Any]:
    """The threshold curves as the slider reads them."""
    heads = [
        {"thresholds": curve.thresholds, **{name: [round(v, 5) for v in getattr(curve, name)] for name in _CURVES}}
        for curve in (figure.threshold for figure in comparison.figures.values())
    ]
    return {"frame": charts.FRAME, "heads": heads}


def _still(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Each head's shares where the slider begins and at eleven thresholds, for readers without JavaScript."""

    def at(curve: Any, k: int) -> tuple[float, dict[str, float]]:
        return curve.thresholds[k], {name: getattr(curve, name)[k] for name in _CURVES}

    still: dict[str, dict[str, Any]] = {}
    for head, figure in comparison.figures.items():
        curve = figure.threshold
        count = len(curve.thresholds)
        first = min(range(count), key=lambda k: abs(curve.thresholds[k] - _START))
        picks = sorted({round(i * (count - 1) / 10) for i in range(11)})
        still[head] = {"start": at(curve, first)[1], "points": [at(curve, k) for k in picks]}
    return still


def _presets(comparison: Comparison) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """(rule title, [(head, threshold)]) of every rule with one threshold for all labels, mean over the seeds."""
    for rule, info in comparison.rules.items():
        found = {
            head: [set(of_seed) for of_seed in result.thresholds[rule]]
            for head, result in comparison.heads.items()
            if rule in result.thresholds
        }
        if rule == "half" or not found or any(len(values) != 1 for seeds in found.values() for values in seeds):
            continue
        yield info.title, [(head, sum(v for (v,) in seeds) / len(seeds)) for head, seeds in found.items()]


def _mistakes(comparison: Comparison) -> list[Any]:
    """The surest mistakes of all heads, those with the most confidence first."""
    rows = [row for figure in comparison.figures.values() for row in figure.surest_mistakes[:_MOST_MISTAKES]]
    return sorted(rows, key=lambda row: -1.0 if row.confidence is None else row.confidence, reverse=True)
