"""The command `labelwise explain`: a row of numbers, a term, or the list of all terms."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

__all__ = ["explain_command"]


@click.command(
    "explain",
    # a number such as -1 is no option; what else begins with a dash is refused below
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, metavar="[TERM | NUMBERS]")
@click.option("--kind", type=click.Choice(["logits", "probs"]), help="What the numbers are; by default raw scores.")
@click.option("--names", metavar="A,B,C", help="Names of the numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def explain_command(words: tuple[str, ...], kind: str | None, names: str | None, as_json: bool) -> None:
    """Say what a row of scores means, or a term.

    NUMBERS are one row of scores, shown as softmax and as sigmoid read it, with what each decision rule answers. TERM
    is a metric, head, link, decision rule, switch or word of the field. Without either, all terms are listed.

    \b
    labelwise explain 2.0 1.0 0.1
    labelwise explain .79 .80 .81 --kind probs --names cat,dog,bird
    labelwise explain label-wise accuracy
    labelwise explain LW101
    """
    from labelwise.explain import glossary, glossary_page, row

    numbers = _numbers(words)
    if numbers is not None:
        named = None if names is None else [name.strip() for name in names.split(",")]
        _print(row.explain_scores(numbers, kind=kind or "logits", names=named), as_json)
        return
    for option, value in (("--kind", kind), ("--names", names)):
        if value is not None:
            raise click.UsageError(f"{option} goes with a row of numbers, e.g. labelwise explain 2.0 1.0 0.1")
    if words and _print_rule(" ".join(words), as_json):
        return
    if words:
        _print(glossary.explain_term(" ".join(words)), as_json)
    elif as_json:
        click.echo(json.dumps({"terms": [entry.to_dict() for entry in glossary.GLOSSARY.values()]}))
    else:
        click.echo(glossary_page.listed_terms())


def _numbers(words: tuple[str, ...]) -> list[float] | None:
    """The words as numbers (also as pasted, in brackets and with commas), or None where they are a term."""
    pieces = " ".join(words).translate(str.maketrans("[](),;", "      ")).split()
    found = [_number(piece) for piece in pieces]
    if pieces and None not in found:
        return [value for value in found if value is not None]
    for word, value in zip(pieces, found, strict=True):
        if value is None and word.startswith("-"):
            raise click.NoSuchOption(word, possibilities=["--kind", "--names", "--json", "--help"])
    if found and found[0] is not None:
        bad = pieces[found.index(None)]
        raise click.UsageError(f"{bad!r} is no number: give numbers alone, or a term")
    return None


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _print_rule(name: str, as_json: bool) -> bool:
    """Print a rule of the doctor by its code or slug; False where there is none of that name."""
    from labelwise.doctor.rules import RULES

    found = next((rule for rule in RULES.values() if name.upper() == rule.code or name.lower() == rule.slug), None)
    if found is not None:
        click.echo(json.dumps(asdict(found)) if as_json else found.page())
    return found is not None


def _print(result: Any, as_json: bool) -> None:
    click.echo(json.dumps(result.to_dict(), allow_nan=False) if as_json else str(result))
