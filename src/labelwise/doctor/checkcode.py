"""check_code: from paths to Findings, by way of the analyser, the options, the noqa comments and the cache."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labelwise.doctor.code.judge import place
from labelwise.doctor.code.machine import Claim
from labelwise.doctor.code.notebooks import parse
from labelwise.doctor.code.project import Source, read_source
from labelwise.doctor.code.values import Site
from labelwise.doctor.code.worker import analyse_in_two
from labelwise.doctor.finding import Finding, Findings, Place
from labelwise.doctor.rules import RULES
from labelwise.doctor.surface.cache import Cache, key_of
from labelwise.doctor.surface.config import Options, read_config, selected
from labelwise.doctor.surface.files import collect, shown
from labelwise.doctor.surface.fixes import edits_for
from labelwise.doctor.surface.noqa import read_noqa, silence, unused_edit

__all__ = ["Report", "check_code", "report"]


@dataclass(frozen=True)
class Report:
    """Findings with the texts they were found in (for fixes, baselines and noqa)."""

    findings: Findings
    sources: dict[str, Source]
    files: dict[str, Path]

    def line(self, finding: Finding) -> str:
        """The text of the finding's line."""
        source = self.sources.get(finding.path)
        if source is None or finding.line is None:
            return ""
        if source.cells is not None:
            places = source.cells.places
            wanted = (finding.cell, finding.line)
            at = places.index(wanted) + 1 if wanted in places else 0
        else:
            at = finding.line
        lines = source.text.split("\n")
        return lines[at - 1] if 0 < at <= len(lines) else ""


def check_code(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    options: Options | None = None,
    cache: bool = False,
) -> Findings:
    """Find output-layer mistakes in Python files and notebooks, without importing or running them.

    All files are read together, so that a model in one file and its loss in another are seen as one path. Whatever
    cannot be proven is not reported.

    Args:
        paths: files or folders.
        options: what to look for; by default ``[tool.labelwise]`` of the nearest pyproject.toml.
        cache: keep what was found in ``.labelwise_cache`` here, by content.

    Returns:
        The findings, by file and line; `skipped` names files that could not be read.

    Raises:
        InputError: where a path does not exist.
        OptionError: where the options name an unknown rule.

    Example:
        >>> import tempfile, pathlib
        >>> code = "import torch.nn.functional as F\\ndef f(z, y):\\n    return F.cross_entropy(F.softmax(z, 1), y)\\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "train.py").write_text(code)
        ...     [(f.slug, f.line) for f in check_code(folder)]
        [('double-softmax', 3)]

    Source: labelwise; the rules name theirs (`labelwise.doctor.RULES`).
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return report(given, options=options, cache=cache).findings


def report(paths: list[str | os.PathLike[str]], *, options: Options | None = None, cache: bool = False) -> Report:
    """`check_code` together with the texts."""
    if options is None:
        options = read_config(Path(paths[0]) if paths else Path())
    files = {shown(path): path for path in collect(paths, options.exclude)}
    contents: dict[str, bytes] = {}
    skipped: list[str] = []
    for name, path in files.items():
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            skipped.append(f"{name}: {error.strerror}")
    sources = {name: read_source(name, data) for name, data in contents.items()}
    store = Cache(Path.cwd()) if cache else None
    key = key_of(contents, options.pedantic) if store else ""
    raw = store.get(key) if store else None
    if raw is None:
        raw = _find(sources, {n: files[n] for n in sources}, options.pedantic)
        if store:
            store.put(key, raw)
    kept = _kept(raw, sources, options)
    return Report(Findings(tuple(kept), len(contents), tuple(skipped)), sources, files)


def _find(sources: dict[str, Source], files: dict[str, Path], pedantic: bool) -> list[tuple[int | None, Finding]]:
    """Everything found, with the line in the joined text (for noqa)."""
    analysis = analyse_in_two(sources, files, pedantic=pedantic)
    trees = {}
    out: list[tuple[int | None, Finding]] = []
    for name, source in sources.items():
        broken = [*source.broken]
        if name in analysis.errors:
            line, message = analysis.errors[name]
            cell, line = source.cells.place(line) if source.cells else (None, line)
            broken.append((cell, line, f"syntax error: {message}"))
        if name in analysis.crashed:
            broken.append((None, 1, f"not followed to its end, please report it: {analysis.crashed[name]}"))
        out += [(None, _unreadable(name, *one)) for one in broken]
    for claim in analysis.claims:
        source = sources[claim.site.path]
        finding = _finding(claim, sources)
        if source.cells is None:
            if claim.site.path not in trees:
                trees[claim.site.path] = parse(source.text)
            edits = edits_for(claim.code, trees[claim.site.path], source.text, claim.site.line, claim.site.col)
            finding = Finding(**{**_fields(finding), "fixes": edits})
        out.append((claim.site.line, finding))
    return out


def _fields(finding: Finding) -> dict:
    return {name: getattr(finding, name) for name in finding.__dataclass_fields__}


def _unreadable(name: str, cell: int | None, line: int, message: str) -> Finding:
    rule = RULES["LW900"]
    return Finding(rule.code, rule.slug, rule.severity, "high", name, message, line, 0, cell)


def _finding(claim: Claim, sources: dict[str, Source]) -> Finding:
    rule = RULES[claim.code]
    cell, line, column = _place(claim.site, sources)
    evidence = []
    for site in claim.evidence:
        c, n, _ = _place(site, sources)
        evidence.append(Place(site.path, n, site.what, c))
    return Finding(
        rule.code,
        rule.slug,
        rule.severity,
        claim.confidence,
        claim.site.path,
        _in_cells(claim, sources),
        line,
        column,
        cell,
        tuple(evidence),
    )


def _in_cells(claim: Claim, sources: dict[str, Source]) -> str:
    """The message, with places of a notebook as cell and line."""
    message = claim.message
    for site in dict.fromkeys((claim.site, *claim.evidence)):
        cell, line, _ = _place(site, sources)
        if cell is not None:
            told = re.escape(place(site))
            message = re.sub(rf"{told}(?!\d)", f"{PurePosixPath(site.path).name}:cell {cell}:{line}", message)
    return message


def _place(site: Site, sources: dict[str, Source]) -> tuple[int | None, int, int]:
    source = sources[site.path]
    lines = source.text.split("\n")
    text = lines[site.line - 1] if site.line <= len(lines) else ""
    column = site.col if text.isascii() else len(text.encode()[: site.col].decode(errors="ignore"))
    if source.cells is None:
        return None, site.line, column
    cell, line = source.cells.place(site.line)
    return cell, line, column


def _kept(raw: list[tuple[int | None, Finding]], sources: dict[str, Source], options: Options) -> list[Finding]:
    by_path: dict[str, list[tuple[int | None, Finding]]] = {}
    for line, finding in raw:
        by_path.setdefault(finding.path, []).append((line, finding))
    out: list[Finding] = []
    for name, source in sources.items():
        found = by_path.get(name, [])
        if not found and "noqa" not in source.text:
            continue
        codes = selected(options, name)
        noqas = read_noqa(source.text) if "noqa" in source.text.lower() else []
        kept, unused = silence([(n, f) for n, f in found if f.code in codes], noqas)
        if "LW901" in codes:
            kept += [_unused(name, n, source) for n in unused]
        out += sorted(kept, key=lambda f: (f.cell or 0, f.line or 0, f.column or 0, f.code))
    return out


def _unused(name: str, noqa, source: Source) -> Finding:
    rule = RULES["LW901"]
    ours = ", ".join(c for c in noqa.codes if c in RULES)
    cell, line = source.cells.place(max(noqa.line, 1)) if source.cells else (None, max(noqa.line, 1))
    fixes = () if source.cells or noqa.line == 0 else (unused_edit(noqa, source.text),)
    return Finding(
        rule.code,
        rule.slug,
        rule.severity,
        "high",
        name,
        f"noqa: {ours} silences nothing here",
        line,
        noqa.start,
        cell,
        (),
        None,
        fixes,
    )
