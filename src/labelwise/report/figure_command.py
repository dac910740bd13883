"""The command `labelwise report`: one figure of a run as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from labelwise.report.canvas import Figure

__all__ = ["figure_command"]


@click.command("report", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("run", metavar="RUN")
@click.option("--figure", metavar="NAME", help="Which figure; without it their names are listed.")
@click.option("--format", "form", type=click.Choice(["svg", "png"]), help="By default as -o ends, else svg.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Paper.")
@click.option("-o", "--out", metavar="FILE", help="File to write; without it the figure goes to stdout.")
@click.option("--overwrite", is_flag=True, help="Replace that file.")
def figure_command(
    run: str, figure: str | None, form: str | None, theme: str, out: str | None, overwrite: bool
) -> None:
    """Write one figure of a run as SVG or PNG.

    RUN is a folder that `labelwise compare` or `labelwise audit` wrote.

    \b
    labelwise report labelwise-runs/audit-scores-1a2b3c4d
    labelwise report labelwise-runs/audit-scores-1a2b3c4d --figure reliability -o reliability.svg
    """
    from labelwise.errors import OptionError, choose

    figures = _figures(Path(run))
    if figure is None:
        given = [name for name, value in (("--format", form), ("-o", out)) if value]
        if given:
            raise OptionError(f"{given[0]} of a figure", "no figure", "--figure NAME; without it names are listed")
        click.echo("\n".join(figures))
        return
    made = figures[choose(figure, figures, what="figure")]
    form = form or (Path(out).suffix[1:] if out and Path(out).suffix in (".svg", ".png") else "svg")
    if out is None:
        sys.stdout.buffer.write(_drawn(made, form, theme))
        return
    from labelwise.io.files import write_atomically

    path = Path(out)
    if path.exists() and not overwrite:
        raise OptionError(f"to write {path}", "a file that exists", "another name, or --overwrite")
    content = _drawn(made, form, theme)
    write_atomically(path, lambda part: part.write_bytes(content) and None)
    click.echo(str(path))


def _drawn(figure: Figure, form: str, theme: str) -> bytes:
    from labelwise.report import pictures

    return pictures.png(figure, theme) if form == "png" else pictures.svg(figure, theme).encode()


def _figures(run: Path) -> dict[str, Figure]:
    from labelwise.errors import InputError

    for name, figures in (("audit.json", _of_audit), ("report.json", _of_comparison)):
        if (run / name).is_file():
            return figures(_read(run / name))
    raise InputError(
        "the folder of a finished run",
        f"{run}: {'neither audit.json nor report.json in it' if run.is_dir() else 'no such folder'}",
        "a folder that labelwise compare or labelwise audit wrote",
    )


def _read(path: Path) -> Any:
    import json

    from labelwise.errors import InputError

    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError("a JSON document", f"{path} is damaged: {error}", "to run the same command again") from None


def _of_audit(document: Any) -> dict[str, Figure]:
    from labelwise.auditing.result import Audit
    from labelwise.report.audit_charts import audit_figures

    return audit_figures(Audit.from_dict(document))


def _of_comparison(document: Any) -> dict[str, Figure]:
    import msgspec

    from labelwise.comparison.result import Comparison
    from labelwise.errors import InputError
    from labelwise.report.page import comparison_figures

    try:
        result = msgspec.convert(document, Comparison)
    except msgspec.ValidationError as error:
        raise InputError("a comparison as report.json has it", str(error), "a run of labelwise compare") from None
    return {**comparison_figures(result)}
