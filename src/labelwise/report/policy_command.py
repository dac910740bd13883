"""The command `labelwise fit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["fit_command"]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _groups(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> list[list[str]]:
    return [[name.strip() for name in group.split(",")] for group in value]


def _costs(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}: numbers in brackets, e.g. [1, 5] or [[0, 1], [5, 0]]") from None


@click.command("fit", context_settings=CONTEXT)
@click.argument("source")
@click.option(
    "--objective", default="accuracy", show_default=True, metavar="NAME", help="What decisions are tuned for."
)
@click.option("--ordered", is_flag=True, help="The classes of the columns are in order.")
@click.option(
    "--costs", callback=_costs, metavar="JSON", help="For cost: [false yes, missed], or a matrix [[...], ...]."
)
@click.option(
    "--utilities",
    callback=_costs,
    metavar="JSON",
    help="For utility: [true yes, false yes, missed, true no, unsure], or a matrix, its last column no answer.",
)
@click.option("--k", type=int, help="For top_k: labels per row.")
@click.option(
    "--level",
    type=float,
    help="For precision_floor, recall_floor, yes_no_unsure, few_misses: the floor, or the ceiling.",
)
@click.option("--delta", type=float, default=0.1, show_default=True, help="Probability that a promise may be broken.")
@click.option("--exactly-one", is_flag=True, help="Of several labels the most probable one, always and alone.")
@click.option("--at-least-one", is_flag=True, help="The most probable label where none reaches its threshold.")
@click.option("--at-most", type=int, metavar="K", help="No more labels than that.")
@click.option(
    "--exclusive", "groups", multiple=True, callback=_groups, metavar="A,B", help="At most one of these labels."
)
@click.option("--sure", type=float, metavar="SHARE", help="Yes and no only where so many are right, else unsure.")
@click.option("--sure-error", type=float, metavar="RATE", help="Instead: most wrong ones among a label's yes and no.")
@click.option(
    "--calibrator", "calibrators", multiple=True, metavar="NAME", help="One to choose among; may be repeated."
)
@click.option("--low-confidence", type=float, metavar="P", help="Caveat below this probability of the answer.")
@click.option("--coverage", type=float, metavar="SHARE", help="Share of rows to be left without that caveat.")
@click.option("--risk", type=float, metavar="RATE", help="Most errors among rows without that caveat, certified.")
@click.option("--sets", metavar="SCORE", help="Sets of classes that hold the true one: lac, aps or raps.")
@click.option("--set-coverage", type=float, metavar="SHARE", help="How often they do, certified.  [default: 0.9]")
@click.option("--set-per-class", is_flag=True, help="So often for each class.")
@click.option("--close-call", type=float, metavar="GAP", help="Caveat where the two best differ by less.")
@click.option("--out-of-domain", type=float, metavar="SHARE", help="Share of known rows that may be called unknown.")
@click.option("--one-expected", is_flag=True, help="Several labels are a caveat.")
@click.option("--softmax-trained", is_flag=True, help="Scores of several labels come from a softmax head.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the folds.")
@click.option("-o", "--out", required=True, metavar="FILE", help="The policy file to write (.json).")
@click.option("--report", metavar="FILE", help="A page (.html) of what was tuned and what it is worth.")
@click.option("--json", "as_json", is_flag=True, help="Print the policy file as well, and nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing.")
def fit_command(
    source: str,
    out: str,
    report: str | None,
    ordered: bool,
    softmax_trained: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Calibrate saved scores, tune decisions for an objective, and write one policy file.

    SOURCE is a scores file (.npz, .parquet, .csv) with labels, of rows that the model was not trained on.

    \b
    labelwise fit val.npz --objective macro_f1 --at-least-one -o policy.json --report policy.html
    labelwise fit val.parquet --coverage 0.9 --close-call 0.1 -o policy.json
    labelwise fit val.npz --objective precision_floor --level 0.9 -o policy.json
    labelwise fit val.npz --sets aps --set-coverage 0.95 -o policy.json
    labelwise fit val.npz --objective cost --costs "[1, 5]" -o policy.json
    labelwise fit val.npz --objective macro_f1 --sure 0.95 -o policy.json
    """
    from labelwise.errors import InputError
    from labelwise.io.scores_file import read_scores
    from labelwise.policies.fit import fit_policy

    file = read_scores(source, ordered=ordered)
    if file.targets is None:
        raise InputError("labels to fit a policy on", f"{source}: scores without labels", "a file with y or label")
    if options["low_confidence"] is None:
        del options["low_confidence"]
    options["calibrators"] = options["calibrators"] or None
    trained_with = "softmax" if softmax_trained else None
    policy = fit_policy(file.scores, file.labels, trained_with=trained_with, **options)
    policy.save(out)
    if report is not None:
        from labelwise.report.policy_page import write_policy_page

        write_policy_page(policy, file.scores, file.labels, report, name=Path(source).name)
    if as_json:
        click.echo(json.dumps(policy.to_dict(), allow_nan=False))
    elif not quiet:
        click.echo(f"{policy}\nwritten: {out}" + (f"\nwritten: {report}" if report else ""))
