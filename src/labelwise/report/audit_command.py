"""The command `labelwise audit`."""

from __future__ import annotations

import glob
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from labelwise.auditing.result import Audit
    from labelwise.io.scores_file import ScoresFile

__all__ = ["audit_command"]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
STATED = (("task", "kind"), ("link", "link"))
LARGE_BYTES = 2 * 2**30
"""Files that weigh more in all are summed up part by part; so are several files."""


@click.command("audit", context_settings=CONTEXT)
@click.argument("sources", nargs=-1, required=True, metavar="FILE|GLOB...")
@click.option("--against", metavar="FILE", help="Scores of another model on the same rows: paired differences.")
@click.option("--ood", metavar="FILE", help="Scores of the same model on inputs of no known class.")
@click.option("--ordered", is_flag=True, help="The classes of the columns are in order.")
@click.option("--task", "kind", metavar="KIND", help="multiclass or multilabel, where the labels tell it wrongly.")
@click.option("--link", metavar="LINK", help="softmax or sigmoid, where the logits of FILE are not of the usual one.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the folds and the resamples.")
@click.option("--resamples", type=int, default=1000, show_default=True, help="Draws of the bootstraps.")
@click.option("--workers", type=int, help="Processes for many files; by default one per core.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster (tcp://...) instead of processes.")
@click.option(
    "--out", metavar="DIR", help="Folder for audit.json and report.html; by default one under labelwise-runs."
)
@click.option("--overwrite", is_flag=True, help="Replace another audit in that folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="No progress.")
def audit_command(
    sources: tuple[str, ...],
    against: str | None,
    ood: str | None,
    out: str | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Say what a trained model's saved scores really say.

    FILE is .npz (logits or probs, y; optional classes, ids, groups), .parquet or .csv (logit_NAME or prob_NAME, label).
    Many files, or a quoted glob, are parts of one whole.

    \b
    labelwise audit scores.npz
    labelwise audit scores.npz --ood strangers.npz
    labelwise audit new.npz --against old.npz
    labelwise audit "shards/*.parquet"
    """
    from labelwise.report.audit_folder import about_audit, folder_of, open_folder
    from labelwise.report.audit_page import write_audit
    from labelwise.report.progress import progress_shown

    files = {"scores": _paths(sources)}
    files |= {part: _paths([path]) for part, path in (("against", against), ("ood", ood)) if path is not None}
    settings = {name: options[name] for name in ("ordered", "seed", "resamples")}
    settings |= {name: options[key] for name, key in STATED if options[key] is not None}
    with progress_shown(quiet) as progress:
        result, notes = _audited(files, progress, options)
    about = about_audit(files, settings)
    name = files["scores"][0].stem + (f"-and-{len(files['scores']) - 1}-more" if len(files["scores"]) > 1 else "")
    folder = Path(out) if out else folder_of(name, about)
    open_folder(folder, about, overwrite=overwrite)
    told = {
        "name": ", ".join(path.name for path in files["scores"][:3]) + (" …" if len(files["scores"]) > 3 else ""),
        "command": _command(sources, against, ood, options),
        "python": _python(files["scores"][0], options) if len(files["scores"]) == 1 else None,
        "facts": {"files": about["data"], "settings": settings, "versions": about["versions"], "notes": list(notes)},
    }
    page = write_audit(result, folder, about=told)
    _print(result, told["name"], page, notes, as_json)


def _paths(sources: Any) -> list[Path]:
    """Files by name; a pattern stands for what it finds."""
    from labelwise.errors import InputError

    found: list[Path] = []
    for source in sources:
        here = [Path(source)] if Path(source).exists() else [Path(p) for p in sorted(glob.glob(source, recursive=True))]
        if not here:
            raise InputError("a scores file", f"{source}: no such file", "the path of an .npz, .parquet or .csv file")
        found += here
    for path in found:
        if path.is_dir():
            raise InputError("a scores file", f"{path}: a folder", f"the files in it, e.g. '{path}/*.npz'")
    return list(dict.fromkeys(found))


def _audited(files: dict[str, list[Path]], progress: Any, options: dict[str, Any]) -> tuple[Audit, tuple[str, ...]]:
    from labelwise.auditing import audit_case, audit_files, case_of
    from labelwise.errors import InputError, OptionError
    from labelwise.io.scores_file import read_scores

    scores = files["scores"]
    settings = {name: options[name] for name in ("seed", "resamples")}
    if options["resamples"] < 50:
        raise OptionError("resamples of a bootstrap", f"--resamples {options['resamples']}", "50 or more")
    spread = {name: options[name] for name in ("workers", "scheduler") if options[name] is not None}
    if spread or len(scores) > 1 or sum(path.stat().st_size for path in scores) > LARGE_BYTES:
        if len(files) > 1:
            part = next(name for name in ("against", "ood") if name in files)
            raise OptionError(
                f"--{part} with scores that are summed up part by part",
                f"{len(scores)} file{'s' * (len(scores) > 1)}, {', '.join('--' + s for s in spread) or 'large'}",
                f"one file that fits into memory, or no --{part}",
            )
        tell = lambda done, total: progress(done, total, "parts read")  # noqa: E731 - the progress of one caller
        return audit_files(scores, **_stated(options), progress=tell, **settings, **spread), ()
    read = read_scores(scores[0], **_stated(options))
    cases, notes = [], list(read.notes)
    for part in ("scores", "against"):
        if part not in files:
            continue
        found = read if part == "scores" else _other(files[part][0], options)
        if found.targets is None:
            raise InputError(
                "labels beside the scores",
                f"{files[part][0]}: none",
                "y in an .npz; label or label_NAME columns in a table",
            )
        cases.append(case_of(found.scores, found.labels, **settings))
    unknown = None
    if "ood" in files:
        unknown = read_scores(files["ood"][0], task=read.scores.task, link=options["link"]).scores
    result = audit_case(cases[0], unknown=unknown, against=cases[1] if len(cases) > 1 else None)
    return result, tuple(notes)


def _stated(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("ordered", "kind", "link")}


def _other(path: Path, options: dict[str, Any]) -> ScoresFile:
    """The file compared with: of the same task, its labels perhaps in the usual form; its link is its own."""
    from labelwise.io.scores_file import read_scores

    kind = options["kind"]
    found = read_scores(path, ordered=options["ordered"])
    return found if kind is None or found.scores.task.kind == kind else read_scores(path, kind=kind)


def _command(sources: tuple[str, ...], against: str | None, ood: str | None, options: dict[str, Any]) -> str:
    words = ["labelwise", "audit", *sources]
    words += [word for option, value in (("--against", against), ("--ood", ood)) if value for word in (option, value)]
    words += ["--ordered"] * options["ordered"]
    words += [word for name, key in STATED if options[key] is not None for word in (f"--{name}", options[key])]
    for name, usual in (("seed", 0), ("resamples", 1000)):
        words += [f"--{name}", str(options[name])] if options[name] != usual else []
    return shlex.join(words)


def _python(path: Path, options: dict[str, Any]) -> str:
    told = "".join(f", {name}={value!r}" for name, value in _stated(options).items() if value)
    read = f"read_scores({str(path)!r}{told})"
    seed = f", seed={options['seed']}" if options["seed"] else ""
    return (
        "from labelwise.auditing import audit\nfrom labelwise.io.scores_file import read_scores\n"
        f"file = {read}\nprint(audit(file.scores, file.labels{seed}))"
    )


def _print(result: Audit, name: str, page: Path, notes: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        from labelwise.report.audit_page import audit_json

        sys.stdout.write(audit_json(result).decode() + "\n")
    elif sys.stdout.isatty():
        from rich.console import Console

        from labelwise.report.audit_terminal import audit_renderable

        console = Console()
        console.print(audit_renderable(result, name=name, page=page, notes=notes, width=min(console.width, 110)))
    else:
        from labelwise.report.audit_terminal import audit_text

        click.echo(audit_text(result, name=name, page=page, notes=notes))
