"""What every page is made with: the template's tools, the scripts and the policy that allows only them.

A page is whole without JavaScript: numbers, tables and pictures stand in the HTML. Scripts add sliders, filters and
tooltips. A Content-Security-Policy in the page forbids every request, and every script but these, which are named by
their hashes; all text is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelwise.report import pictures
from labelwise.report.canvas import Figure
from labelwise.report.numbers import Notes, capital, difference, interval, number, one_line, shortened
from labelwise.report.palette import PALETTES

__all__ = ["environment", "on_paper", "page_of", "write_page"]


def page_of(template: str, *, data: Mapping[str, Any], **values: Any) -> str:
    """A template filled in, with its scripts, their data and the policy.

    Args:
        template: file name among the templates; it extends ``base.html``.
        data: what the scripts read: ``specs`` (figures that answer the pointer) and ``sweeps`` (see ``page.js``).
        **values: what the template asks for.
    """
    from markupsafe import Markup

    scripts = [Markup(_text("page.js")), Markup(pictures.javascript())]
    return (
        environment()
        .get_template(template)
        .render(
            data=_script_data(data),
            palettes=PALETTES,
            style=Markup(_text("page.css")),
            scripts=scripts,
            policy=_policy(scripts),
            new_notes=Notes,
            **values,
        )
    )


def on_paper(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Figures as SVG for a page, with named colours, each with ids of its own."""
    from markupsafe import Markup

    return {name: Markup(pictures.svg(figure, None, prefix=f"{name}-")) for name, figure in figures.items()}


def write_page(path: Path, html: str) -> None:
    """Write a page whole or not at all; half characters of odd file names become question marks."""
    from labelwise.io.files import write_atomically

    content = html.encode("utf-8", "replace")
    write_atomically(path, lambda part: part.write_bytes(content) and None)


def environment() -> Any:
    """Jinja with autoescape, and the filters of this house."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("labelwise.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
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
    return made


def _text(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def _script_data(value: Any) -> Any:
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
