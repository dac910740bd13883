"""The folder of an audit: what was audited and how, the result, the page; a stranger's folder is left alone.

run.json     sources with their digests, settings, versions
audit.json   the result
report.html  the page
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import labelwise
from labelwise.errors import RunFolderError
from labelwise.io.files import sha256_of, write_json

__all__ = ["about_audit", "folder_of", "open_folder"]

RUNS = "labelwise-runs"
OURS = ("report.html", "audit.json", "run.json")


def about_audit(files: Mapping[str, Sequence[Path]], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What decides an audit, for run.json: the same content and settings give the same ``identity``.

    Args:
        files: by their part in it: ``scores``, ``against``, ``ood``.
        settings: options that change figures.
    """
    digests = {part: [[path.name, sha256_of(path)] for path in paths] for part, paths in files.items()}
    versions = {"labelwise": labelwise.__version__, "python": platform.python_version(), "numpy": np.__version__}
    what = {"verb": "audit", "settings": dict(settings), "data": digests, "versions": versions}
    identity = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {"schema": 1, "identity": identity, **what, "status": "finished", "created": created}


def folder_of(name: str, about: Mapping[str, Any]) -> Path:
    """The folder of an audit that was given none."""
    return Path(RUNS, f"audit-{name}-{about['identity'][:8]}")


def open_folder(path: Path, about: Mapping[str, Any], *, overwrite: bool) -> None:
    """Make the folder and write its run.json, or refuse.

    Raises:
        RunFolderError: where the folder holds something else, or, without `overwrite`, another audit.
    """
    if path.exists() and not path.is_dir():
        raise RunFolderError(f"a folder at {path}", "a file of that name", "another folder: --out DIR")
    try:
        present = path.is_dir() and any(not entry.name.startswith(".tmp-") for entry in path.iterdir())
        if present:
            _refuse(path, about, overwrite)
        path.mkdir(parents=True, exist_ok=True)
        write_json(path / "run.json", about)  # before anything else: without it the folder would be a stranger's
    except OSError as error:
        raise RunFolderError(f"a folder at {path}", str(error), "another folder: --out DIR") from None


def _refuse(path: Path, about: Mapping[str, Any], overwrite: bool) -> None:
    try:
        found = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("verb") != "audit":
        raise RunFolderError(
            f"the folder of an audit at {path}",
            "a folder with files that are not an audit of labelwise",
            "an empty or a new folder: --out DIR",
        )
    if found.get("identity") == about["identity"]:
        return
    if not overwrite:
        differs = next(
            (key for key in ("data", "settings", "versions") if found.get(key) != about[key]), "what was audited"
        )
        raise RunFolderError(
            f"to write the audit into {path}",
            f"it holds another audit: {differs} was {found.get(differs)}, now {about.get(differs)}",
            "another folder with --out, or --overwrite to replace it",
        )
    for name in OURS:
        (path / name).unlink(missing_ok=True)
