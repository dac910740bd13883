"""The commands `labelwise decide` and `labelwise export`."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

__all__ = ["decide_command", "export_command"]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("decide", context_settings=CONTEXT)
@click.argument("policy")
@click.argument("source")
@click.option("-o", "--out", required=True, metavar="FILE", help="The file of decisions to write (.parquet).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing.")
def decide_command(policy: str, source: str, out: str, as_json: bool, quiet: bool) -> None:
    """Turn new scores into labels with caveats, by a policy file.

    Parquet files are read, decided and written in batches: they may be larger than memory.

    \b
    labelwise decide policy.json new.parquet -o decisions.parquet
    """
    from labelwise.policies.policy import Policy
    from labelwise.policies.stream import decide_file

    totals = decide_file(Policy.load(policy), source, out)
    if as_json:
        click.echo(json.dumps({"out": out, **totals}))
    elif not quiet:
        caveats = ", ".join(f"{count} {name}" for name, count in totals.items() if count and name != "rows")
        click.echo(f"{totals['rows']} rows decided; caveats: {caveats or 'none'}\nwritten: {out}")


EXPORTS: dict[str, Callable[..., None]] = {
    "onnx": lambda policy, out, **dtype: policy.to_onnx(out, **dtype),
    "torch": lambda policy, out, **dtype: policy.to_pt2(out, **dtype),
    "numpy": lambda policy, out: policy.to_numpy(out),
}
"""Formats: an ONNX graph, a PyTorch program (.pt2), a Python file that needs numpy alone."""


@click.command("export", context_settings=CONTEXT)
@click.argument("policy")
@click.option("--to", type=click.Choice(list(EXPORTS)), default="onnx", show_default=True, help="The format.")
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), help="Of the scores, for onnx and torch.  [default: float32]"
)
@click.option("-o", "--out", required=True, metavar="FILE", help="The file to write.")
@click.option("--quiet", is_flag=True, help="Print nothing.")
def export_command(policy: str, to: str, dtype: str | None, out: str, quiet: bool) -> None:
    """Write a policy file for another engine: scores in, answers, probabilities and caveats out.

    None of the files needs labelwise: an ONNX graph, a PyTorch program (.pt2), or Python that needs numpy alone.

    \b
    labelwise export policy.json --to onnx -o policy.onnx
    labelwise export policy.json --to torch -o policy.pt2
    labelwise export policy.json --to numpy -o policy_numpy.py
    """
    from labelwise.errors import OptionError
    from labelwise.policies.policy import Policy

    if to == "numpy" and dtype is not None:
        raise OptionError("--dtype of a numpy file", f"--dtype {dtype}", "no --dtype: it takes scores of any")
    EXPORTS[to](Policy.load(policy), out, **({} if dtype is None else {"dtype": dtype}))
    if not quiet:
        click.echo(f"written: {out}")
