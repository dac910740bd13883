"""The cache: what was found for exactly these contents, kept beside the checked files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from labelwise import __version__
from labelwise.doctor.finding import Edit, Finding, Place

__all__ = ["Cache", "key_of"]

_KEPT = 8


def key_of(contents: Mapping[str, bytes], pedantic: bool) -> str:
    """A digest of every file's path and content, of the option that changes the analysis, and of our version."""
    digest = hashlib.sha256(f"{__version__} {_own_sources()} {pedantic}".encode())
    for path, data in contents.items():
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _own_sources() -> str:
    """Changes whenever the doctor's own files do, so that a developer never sees stale findings."""
    folder = Path(__file__).parent.parent
    stats = sorted((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*.py"))
    return hashlib.sha256(repr(stats).encode()).hexdigest()


class Cache:
    """Findings by key in one JSON file; a damaged or unwritable cache is as good as none."""

    def __init__(self, folder: Path):
        self.file = folder / ".labelwise_cache" / "doctor.json"

    def get(self, key: str) -> list[tuple[int | None, Finding]] | None:
        """What was found, or None."""
        try:
            rows = json.loads(self.file.read_text("utf-8"))[key]
            return [(line, _finding(row)) for line, row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, findings: list[tuple[int | None, Finding]]) -> None:
        """Keep what was found."""
        try:
            entries = json.loads(self.file.read_text("utf-8"))
        except (OSError, ValueError):
            entries = {}
        entries = dict(list(entries.items())[-_KEPT + 1 :]) if isinstance(entries, dict) else {}
        entries[key] = [[line, asdict(finding)] for line, finding in findings]
        try:
            self.file.parent.mkdir(exist_ok=True)
            (self.file.parent / ".gitignore").write_text("*\n", "utf-8")
            part = self.file.with_suffix(".part")
            part.write_text(json.dumps(entries), "utf-8")
            part.replace(self.file)
        except OSError:
            return


def _finding(row: dict) -> Finding:
    evidence = tuple(Place(**p) for p in row.pop("evidence"))
    fixes = tuple(Edit(**e) for e in row.pop("fixes"))
    return Finding(**row, evidence=evidence, fixes=fixes)
