"""The command line: parses, calls, prints. Nothing heavy is imported before a verb runs."""

from __future__ import annotations

import importlib
import json
import re
import sys
from typing import Any

import click

from labelwise import __version__
from labelwise.errors import LabelwiseError, choose

__all__ = ["main"]

VERBS = {
    "compare": ("labelwise.cli:compare_command", "Train heads on the same data, fairly, and say which is better."),
    "audit": ("labelwise.report.audit_command:audit_command", "Say what saved scores really say."),
    "fit": ("labelwise.report.policy_command:fit_command", "From scores to one file that decides, with guarantees."),
    "decide": ("labelwise.policies.command:decide_command", "Turn new scores into labels with caveats."),
    "export": ("labelwise.policies.command:export_command", "Write a policy for another runtime."),
    "doctor": ("labelwise.doctor.command:doctor_command", "Find output-layer mistakes in code, scores and logs."),
    "explain": ("labelwise.explain.command:explain_command", "Say what a term, a rule or a row of scores means."),
    "report": ("labelwise.report.figure_command:figure_command", "Draw one figure of a run as SVG or PNG."),
}
"""Verb -> where its command is (imported when it is called), and what it does in a line."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Verbs(click.Group):
    """The verbs, loaded when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of the table."""
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their lines, without importing any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        module, _, name = VERBS[choose(cmd_name, VERBS, what="verb")][0].partition(":")
        return getattr(importlib.import_module(module), name)


@click.group(cls=Verbs, context_settings=CONTEXT)
@click.version_option(__version__, "--version")
def cli() -> None:
    """Make a classifier's last step right, and show the evidence."""


def main() -> None:
    """Run the command line; errors of labelwise become exit code 2 and one message."""
    try:
        code = cli(standalone_mode=False)  # a command that asks for an exit code gets it as its result
        if isinstance(code, int):
            sys.exit(code)
    except LabelwiseError as error:
        _fail(str(error))
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "labelwise"
        _fail(f"{error.format_message()}\nSee: {where} --help")
    except click.Abort:
        click.echo("labelwise: stopped; the same command again continues a run in its folder", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output went away
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _fail(f"cannot read or write: {error}")


def _fail(message: str) -> None:
    first, *rest = message.splitlines()
    click.echo("\n".join([f"labelwise: {first}", *("  " + line for line in rest)]), err=True)
    sys.exit(2)


def _split(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[str] | None:
    """Comma-separated words, commas within brackets left alone."""
    if value is None:
        return None
    return [word.strip() for word in re.split(r",(?![^(]*\))", value) if word.strip()]


def _numbers(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[float] | None:
    words = _split(ctx, parameter, value)
    if words is None:
        return None
    try:
        return [float(word) for word in words]
    except ValueError:
        raise click.BadParameter(f"{value!r}: numbers with commas between them, e.g. 0.001,0.01,0.1") from None


@click.command("compare", context_settings=CONTEXT)
@click.argument("source")
@click.option(
    "--heads",
    callback=_split,
    default="softmax,sigmoid",
    show_default=True,
    metavar="A,B",
    help="Heads to compare; settings in brackets: sigmoid(reduction=sum_labels,bias=prior). all: every one that fits.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="COL",
    help="Label column of a table; repeat it, or 'tag_*', for several labels.",
)
@click.option("--ordered", callback=_split, metavar="A,B,C", help="The classes from lowest to highest.")
@click.option(
    "--task",
    metavar="KIND",
    help="binary, multiclass, multilabel, ordinal or grouped, where the labels can be read in two ways.",
)
@click.option("--exclude", multiple=True, metavar="COL", help="Leave a column out; repeat it, or 'r*'.")
@click.option("--categorical", multiple=True, metavar="COL", help="One-hot encode a column.")
@click.option("--impute", metavar="median", help="Fill missing numbers with the training rows' median.")
@click.option("--group", metavar="COL", help="Rows with equal values stay on one side of every split.")
@click.option("--id", "id_column", metavar="COL", help="Column that names the rows.")
@click.option("--ood", metavar="SOURCE", help="A second source that holds none of the classes.")
@click.option(
    "--backbone", default="mlp", show_default=True, metavar="NAME", help="linear, mlp, cnn, or package.module:factory."
)
@click.option("--features", metavar="MODULE:FUNCTION", help="Frozen encoder; its features are computed once.")
@click.option("--optimiser", "--optimizer", default="adam", show_default=True, metavar="NAME", help="adam or sgd.")
@click.option("--rates", callback=_numbers, metavar="R,R", help="Grid of learning rates, the same for each head.")
@click.option("--epochs", type=int, default=20, show_default=True, help="Passes over the training rows.")
@click.option("--batch-size", type=int, help="Rows per step; by default about 100 steps an epoch.")
@click.option("--seeds", type=int, default=5, show_default=True, help="Paired repetitions.")
@click.option("--seed", type=int, default=0, show_default=True, help="The first of them.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--why/--no-why", default=None, help="Attribute the gap of the first two heads to its causes.")
@click.option("--apart", is_flag=True, help="Several label columns: also one network for each, with accuracy and cost.")
@click.option("--margin", type=float, default=0.01, show_default=True, help="Differences within it count as level.")
@click.option("--out", metavar="DIR", help="Run folder; an interrupted run there is continued.")
@click.option("--overwrite", is_flag=True, help="Replace another run in that folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="No progress.")
def compare_command(
    source: str,
    labels: tuple[str, ...],
    id_column: str | None,
    out: str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Train heads on the same data, fairly, and say which is better.

    SOURCE is `digits`, a file (.npz, .csv, .parquet), or a folder with one sub-folder of images per class.

    \b
    labelwise compare digits
    labelwise compare flowers.csv --label species
    labelwise compare films.parquet --label Action --label Drama --exclude title
    labelwise compare photos/ --backbone cnn --heads "softmax,sigmoid(reduction=sum_labels)"
    """
    for name in ("exclude", "categorical", "impute", "group", "ordered", "task"):
        if not options[name]:
            del options[name]
    if labels:
        options["labels"] = labels
    if id_column:
        options["id"] = id_column
    if ":" in options["backbone"] or options["features"]:
        sys.path.insert(0, "")  # the user's own module, from the folder they stand in
    from labelwise.comparison import compare
    from labelwise.report.progress import progress_shown

    with progress_shown(quiet) as progress:
        result = compare(source, out=out or "auto", progress=progress, **options)
    _print(result, as_json)


def _print(result: Any, as_json: bool) -> None:
    """A result as one JSON document, as a table with colours on a terminal, or as plain text."""
    if as_json:
        json.dump(result.to_dict(), sys.stdout, allow_nan=False)
        sys.stdout.write("\n")
    elif sys.stdout.isatty():
        from rich.console import Console

        from labelwise.report.terminal import comparison_renderable

        console = Console()
        console.print(comparison_renderable(result, width=min(console.width, 110)))
    else:
        click.echo(str(result))


if __name__ == "__main__":
    main()
