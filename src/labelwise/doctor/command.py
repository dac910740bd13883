"""The `labelwise doctor` command: parses, calls, prints."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from labelwise.doctor.checkcode import Report, report
from labelwise.doctor.finding import SEVERITIES, Findings
from labelwise.doctor.rules import RULES, find_rule
from labelwise.doctor.surface.baseline import new_findings, write_baseline
from labelwise.doctor.surface.config import Options, read_config, selected
from labelwise.doctor.surface.fixes import apply_edits, diff
from labelwise.doctor.surface.formats import FORMATS
from labelwise.doctor.surface.noqa import add_noqa
from labelwise.errors import InputError, LabelwiseError, OptionError

__all__ = ["doctor_command"]

_INVISIBLE = """\b
Not visible in saved scores: NLL on softmax, unstable logarithms, a from_logits mismatch where the net still fits,
thresholds tuned on test data without validation arrays, learning-rate effects."""


@click.command("doctor", epilog=_INVISIBLE)
@click.argument("sources", nargs=-1)
@click.option(
    "--run",
    "live",
    metavar="MODULE:FUNCTION",
    help="Live: call it for (model, loss, batch) and watch one batch. Imports and runs your code.",
)
@click.option("--fresh", is_flag=True, help="With --run: the model is untrained, so its first loss is held to theory.")
@click.option("--rule", metavar="CODE", help="Show a rule (code or slug) and stop; 'all' lists them.")
@click.option(
    "--select",
    multiple=True,
    metavar="CODES",
    help="Only these rules: prefixes or slugs, comma-separated; ALL for every rule.",
)
@click.option("--extend-select", multiple=True, metavar="CODES", help="These rules too.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Do not read these files.")
@click.option("--pedantic", is_flag=True, help="Also report paths that are not proven (confidence low).")
@click.option(
    "--output-format", type=click.Choice(sorted(FORMATS)), default="text", help="text, json, github or sarif."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --output-format json.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Lowest severity that exits with 1 (default: note).",
)
@click.option("--fix", is_flag=True, help="Make the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the unsafe ones too.")
@click.option("--diff", "show_diff", is_flag=True, help="Show what --fix would do, change nothing.")
@click.option("--add-noqa", "write_noqa", is_flag=True, help="Write a noqa comment on every line with a finding.")
@click.option("--baseline", type=click.Path(path_type=Path), help="Report only what this file does not hold.")
@click.option("--write-baseline", type=click.Path(path_type=Path), help="Write all findings to this file as known.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write .labelwise_cache.")
@click.option("--statistics", is_flag=True, help="Count by rule instead of listing.")
@click.option("--classes", type=click.IntRange(2), help="Logs: the number of classes.")
@click.option("--repair", type=click.Path(path_type=Path), help="Scores: write the corrected scores to this .npz.")
@click.option("--quiet", is_flag=True, help="Print findings only.")
def doctor_command(sources: tuple[str, ...], **given: Any) -> None:
    """Find output-layer mistakes in code, notebooks, saved scores (.npz) and training logs.

    Exit 0: nothing at or above --fail-on; 1: something; 2: the input or the options are wrong.
    """
    try:
        code = _run(sources, given)
    except LabelwiseError as error:
        click.echo(str(error), err=True)
        code = 2
    sys.exit(code)


def _run(sources: tuple[str, ...], given: dict[str, Any]) -> int:
    if given["rule"]:
        rules = list(RULES.values()) if given["rule"] == "all" else [find_rule(given["rule"])]
        click.echo(
            "\n".join(f"{r.code} {r.slug} ({r.severity}{'' if r.on else ', off'}): {r.what}" for r in rules)
            if len(rules) > 1
            else rules[0].page()
        )
        return 0
    if not sources and not given["live"]:
        raise InputError(
            "something to check", "no source", "labelwise doctor src/ notebook.ipynb scores.npz training.log"
        )
    options = _options(sources, given)
    groups = _grouped(sources)
    _refuse_idle(groups, given)
    findings = Findings()
    if groups["code"]:
        findings += _code(groups["code"], options, given)
    for path in groups["scores"]:
        findings += _scores(path, given["repair"])
    for path in groups["log"]:
        from labelwise.doctor.logs import check_log

        findings += check_log(path, classes=given["classes"])
    if given["live"]:
        findings += _live(given["live"], given["fresh"])
    codes = selected(options)
    if not groups["code"]:
        findings = Findings(
            tuple(f for f in findings if f.code in codes), findings.checked, findings.skipped, findings.repaired
        )
    written = given["write_baseline"] or given["write_noqa"]
    if not given["show_diff"] and not (written and not len(findings) and _style(given) == "text"):
        _print(findings, given)
    return _exit_code(findings, options.fail_on)


def _options(sources: tuple[str, ...], given: dict[str, Any]) -> Options:
    existing = [Path(s) for s in sources if Path(s).exists()]
    options = read_config(existing[0] if existing else Path())

    def split(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(part.strip() for value in values for part in value.split(",") if part.strip())

    changes: dict[str, Any] = {"extend_select": options.extend_select + split(given["extend_select"])}
    if given["select"]:
        changes["select"] = split(given["select"])
    changes["ignore"] = options.ignore + split(given["ignore"])
    changes["exclude"] = options.exclude + given["exclude"]
    changes["pedantic"] = options.pedantic or given["pedantic"]
    if given["fail_on"]:
        changes["fail_on"] = given["fail_on"]
    return options.but(**changes)


def _grouped(sources: tuple[str, ...]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {"code": [], "scores": [], "log": []}
    for source in sources:
        path = Path(source)
        if not path.exists():
            raise InputError(f"a file or folder {source}", "nothing of that name", "a path to code, scores or a log")
        if path.is_dir() or path.suffix in (".py", ".ipynb"):
            groups["code"].append(path)
        elif path.suffix in (".npz", ".parquet") or (path.suffix == ".csv" and _has_scores(path)):
            groups["scores"].append(path)
        elif path.suffix in (".log", ".txt", ".csv", ".tsv", ".jsonl", ".json", ".out") or "tfevents" in path.name:
            groups["log"].append(path)
        else:
            raise InputError(
                f"code, scores or a log in {source}",
                f"the suffix {path.suffix!r}",
                ".py, .ipynb, .npz, .parquet, .log, .csv, .jsonl, tfevents",
            )
    return groups


def _has_scores(path: Path) -> bool:
    """True where a .csv has columns of scores: it is no log then."""
    with path.open(encoding="utf-8", errors="replace") as file:
        columns = [name.strip(' "\r\n') for name in file.readline().split(",")]
    return any(name.startswith(("prob_", "logit_", "log_prob_")) for name in columns)


def _refuse_idle(groups: dict[str, list[Path]], given: dict[str, Any]) -> None:
    """A setting that would do nothing is an error."""
    for names, kind in (
        (("fix", "show_diff", "write_noqa", "baseline", "write_baseline", "pedantic", "exclude"), "code"),
        (("repair",), "scores"),
        (("classes",), "log"),
    ):
        for name in names:
            if given[name] and not groups[kind]:
                option = {"show_diff": "diff", "write_noqa": "add-noqa"}.get(name, name.replace("_", "-"))
                raise OptionError(
                    f"--{option}", f"no {kind} among the sources", f"leave it out, or name {kind} to check"
                )
    if given["fresh"] and not given["live"]:
        raise OptionError("--fresh", "no --run", "--run package.module:function --fresh")
    if given["show_diff"] and _style(given) != "text":
        raise OptionError("--diff", "an output format beside it", "one of them: --diff prints a diff and nothing else")
    if given["unsafe_fixes"] and not (given["fix"] or given["show_diff"]):
        raise OptionError("--unsafe-fixes", "neither --fix nor --diff", "--fix --unsafe-fixes")
    if given["repair"] and len(groups["scores"]) != 1:
        raise OptionError("--repair for one scores file", f"{len(groups['scores'])} of them", "one .npz at a time")


def _code(paths: list[Path], options: Options, given: dict[str, Any]) -> Findings:
    result = report(list(paths), options=options, cache=not given["no_cache"])
    findings = result.findings
    pairs = [(f, result.line(f)) for f in findings]
    if given["write_baseline"]:
        write_baseline(given["write_baseline"], pairs)
        click.echo(f"{_many(len(pairs), 'finding')} written to {given['write_baseline']} as known", err=True)
        return Findings((), findings.checked, findings.skipped)
    if given["baseline"]:
        findings = Findings(tuple(new_findings(given["baseline"], pairs)), findings.checked, findings.skipped)
    if given["write_noqa"]:
        _rewrite(result, findings, lambda text, found: add_noqa(text, found), None)
        click.echo(f"{_many(len(findings), 'finding')} silenced with noqa comments (not in notebooks)", err=True)
        return Findings((), findings.checked, findings.skipped)
    if given["fix"] or given["show_diff"]:
        unsafe = given["unsafe_fixes"]
        changed = _rewrite(
            result, findings, lambda text, found: apply_edits(text, found, unsafe=unsafe), given["show_diff"]
        )
        if given["fix"] and not given["show_diff"] and changed:
            findings = report(list(paths), options=options, cache=not given["no_cache"]).findings
    return findings


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _rewrite(result: Report, findings: Findings, change: Any, only_show: bool | None) -> bool:
    """Change the files (never notebooks), keeping their encoding and line ends; or show the diff."""
    changed = False
    for name, source in result.sources.items():
        found = [f for f in findings if f.path == name]
        if not found or source.cells is not None or not source.text:
            continue
        new = change(source.text, found)
        if new == source.text:
            continue
        changed = True
        if only_show:
            click.echo(diff(name, source.text, new), nl=False)
            continue
        raw = result.files[name].read_bytes()
        newline = "\r\n" if b"\r\n" in raw else "\n"
        try:
            encoded = new.replace("\n", newline).encode("utf-8")
            raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
        bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
        result.files[name].write_bytes(bom + encoded)
    return changed


def _scores(path: Path, repair: Path | None) -> Findings:
    import numpy as np

    from labelwise.doctor.arrays import check_scores

    if path.suffix != ".npz":
        return _table_of_scores(path, repair)
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {k: data[k] for k in data.files}
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"scores from {path}", str(error), "an .npz with probs or logits, and y") from None
    kind = next((k for k in ("probs", "logits", "log_probs") if k in arrays), None)
    if kind is None:
        raise InputError(
            f"scores in {path}", f"the arrays {', '.join(sorted(arrays)) or 'none'}", "an array named probs or logits"
        )
    more: dict[str, Any] = {"ids": arrays.get("ids"), "decisions": arrays.get("decisions")}
    if kind == "probs" and "logits" in arrays:
        more["logits"] = arrays["logits"]
    findings = check_scores(arrays[kind], arrays.get("y"), kind=kind, name=str(path), **more)
    if repair is not None:
        _write_repaired(path, repair, arrays, kind, findings)
    return findings


def _table_of_scores(path: Path, repair: Path | None) -> Findings:
    from labelwise.doctor.arrays import check_scores
    from labelwise.io.scores_file import read_scores

    file = read_scores(path)
    findings = check_scores(file.scores, file.targets, ids=file.scores.ids, name=str(path))
    if repair is not None:
        arrays: dict[str, Any] = {"classes": list(file.scores.task.class_names)}
        if file.targets is not None:
            arrays["y"] = file.targets
        if file.scores.ids is not None:
            arrays["ids"] = file.scores.ids.astype(str)
        _write_repaired(path, repair, arrays, "probs", findings)
    return findings


def _write_repaired(path: Path, out: Path, arrays: dict[str, Any], kind: str, findings: Findings) -> None:
    import numpy as np

    from labelwise.io.files import write_atomically

    if out.resolve() == path.resolve() or out.exists():
        raise OptionError(f"--repair {out}", "a file that exists", "a new name: the original is never written over")
    if findings.repaired is None:
        raise InputError("scores that can be repaired", "no mistake that can be undone was found", "leave --repair out")
    kept = {k: v for k, v in arrays.items() if k not in (kind, "logits", "log_probs", "decisions")}
    repaired = findings.repaired

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, probs=repaired, **kept)

    write_atomically(out, write)


def _live(target: str, fresh: bool) -> Findings:
    """Import the user's function (and so run his code) and check what it gives; what it prints goes to stderr."""
    from labelwise.doctor.live import check_model

    module, _, name = target.partition(":")
    if not name:
        raise OptionError(
            f"--run {target}", "no function", "--run package.module:function, which returns (model, loss, batch)"
        )
    sys.path.insert(0, str(Path.cwd()))
    asked = f"(model, loss, batch) from {target}"
    instead = "a function without arguments that returns the three"
    try:
        with contextlib.redirect_stdout(sys.stderr):
            model, loss, batch = getattr(importlib.import_module(module), name)()
            asked, instead = (
                "one batch through the model and its loss",
                "a pair that runs: loss(model(inputs), targets)",
            )
            return check_model(model, loss, batch, fresh=fresh)
    except LabelwiseError:
        raise
    except Exception as error:  # the user's own code may raise anything
        raise InputError(asked, f"{type(error).__name__}: {error}", instead) from error
    finally:
        sys.path.pop(0)


def _style(given: dict[str, Any]) -> str:
    return "json" if given["as_json"] else given["output_format"]


def _print(findings: Findings, given: dict[str, Any]) -> None:
    style = _style(given)
    if given["statistics"]:
        counts = {c: sum(f.code == c for f in findings) for c in sorted({f.code for f in findings})}
        text = (
            json.dumps(counts)
            if style == "json"
            else "\n".join(f"{n:5d}  {c} {RULES[c].slug}" for c, n in counts.items())
        )
        click.echo(text)
        return
    quiet = given["quiet"] and style == "text"
    text = "\n".join(str(f) for f in findings) if quiet else FORMATS[style](findings)
    if text:
        click.echo(text)


def _exit_code(findings: Findings, fail_on: str) -> int:
    if fail_on == "never":
        return 0
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return int(any(f.severity in bad for f in findings))
