"""A second process that follows half of the files: JSON in, JSON out, nothing pickled.

python -m labelwise.doctor.code.worker < request > answer
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelwise.doctor.code.analyse import Analysis, Part, follow, together
from labelwise.doctor.code.machine import Claim, Link
from labelwise.doctor.code.project import Source, is_relevant, read_source
from labelwise.doctor.code.values import Site

__all__ = ["analyse_in_two"]

MANY = 120


def analyse_in_two(sources: Mapping[str, Source], files: Mapping[str, Path], *, pedantic: bool = False) -> Analysis:
    """`analyse`, with a second process where there are many files and more than one core."""
    roots = list(sources)
    relevant = [name for name in roots if is_relevant(sources[name].text)]
    if len(relevant) < MANY or (os.cpu_count() or 1) < 2:
        return together([follow(sources, roots, pedantic=pedantic)])
    theirs = _second_half(sources, relevant) | (set(roots) - set(relevant))
    request = {
        "files": {n: str(files[n].resolve()) for n in roots},
        "roots": [n for n in roots if n in theirs],
        "pedantic": pedantic,
    }
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as helper:
        assert helper.stdin is not None
        assert helper.stdout is not None
        helper.stdin.write(json.dumps(request).encode())
        helper.stdin.close()
        ours = follow(sources, [n for n in roots if n not in theirs], pedantic=pedantic)
        answer = helper.stdout.read()
    try:
        other = _part(json.loads(answer))
    except (ValueError, KeyError, TypeError):
        other = follow(sources, request["roots"], pedantic=pedantic)
    return together([ours, other])


def _second_half(sources: Mapping[str, Source], relevant: Sequence[str]) -> set[str]:
    """Neighbours stay together, since they import the same files; halves of the text, not of the number."""
    ordered = sorted(relevant)
    total, seen = sum(len(sources[name].text) for name in ordered), 0
    for i, name in enumerate(ordered):
        seen += len(sources[name].text)
        if 2 * seen >= total:
            return set(ordered[i + 1 :])
    return set()


def _site(row: Mapping[str, Any]) -> Site:
    return Site(**row)


def _part(data: Mapping[str, Any]) -> Part:
    claims = tuple(
        Claim(
            row["code"],
            _site(row["site"]),
            row["message"],
            tuple(_site(s) for s in row["evidence"]),
            row["confidence"],
            frozenset(row["heads"]),
            tuple(row["needs"]),
        )
        for row in data["claims"]
    )
    links = tuple(Link(row["head"], row["family"], _site(row["site"])) for row in data["links"])
    errors = {path: (line, message) for path, (line, message) in data["errors"].items()}
    return Part(claims, links, errors, tuple(data["tangled"]), data["crashed"])


def _data(part: Part) -> dict[str, Any]:
    claims = [asdict(c) | {"heads": sorted(c.heads), "needs": list(c.needs)} for c in part.claims]
    return {
        "claims": claims,
        "links": [asdict(link) for link in part.links],
        "errors": dict(part.errors),
        "tangled": list(part.tangled),
        "crashed": dict(part.crashed),
    }


def main(argv: Sequence[str] = ()) -> None:
    """Read a request, answer it."""
    request = json.load(sys.stdin)
    sources = {name: read_source(name, Path(path).read_bytes()) for name, path in request["files"].items()}
    json.dump(_data(follow(sources, request["roots"], pedantic=request["pedantic"])), sys.stdout)


if __name__ == "__main__":
    main()
