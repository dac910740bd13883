"""The run folder: what is trained is kept, an interrupted run is continued, a foreign folder is left alone.

run.json          what the run is: identity, settings, versions, status
trials/           one .npz for each stack of trials, written when the stack is finished
features-*.npy    features of a frozen encoder, computed once
scores/           logits of the chosen trials, a scores file each, for `labelwise audit` and `labelwise fit`
history.csv       losses of every trial, epoch by epoch
mistakes.parquet  one row for each test item, head and seed
report.json       the result
report.html       the page
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelwise.errors import InputError, RunFolderError
from labelwise.io.files import read_npz, write_atomically, write_json
from labelwise.training.loop import Outcome, Trial

__all__ = ["RunFolder"]

OURS = ("trials", "scores", "history.csv", "mistakes.parquet", "report.json", "report.html", "run.json")
LEFTOVER = ".tmp-"


class RunFolder:
    """A folder that belongs to one run.

    Args:
        path: the folder; made where it does not exist.
        identity: one text for everything that decides the numbers.
        about: written to run.json.
        overwrite: remove what an earlier run of ours left there.

    Raises:
        RunFolderError: where the folder holds something else, or another run.
    """

    def __init__(self, path: Path, identity: str, about: dict[str, Any], *, overwrite: bool = False):
        self.path, self.identity, self.about = path, identity, about
        try:
            self._open(overwrite)
        except OSError as error:
            raise RunFolderError(f"a run folder at {path}", str(error), "another folder: --out DIR") from None

    def _open(self, overwrite: bool) -> None:
        path = self.path
        self._made = [p for p in (path, *path.parents) if not p.exists()]
        if path.exists() and not path.is_dir():
            raise RunFolderError(f"a run folder at {path}", "a file of that name", "another folder: --out DIR")
        present = [p for p in path.iterdir() if not p.name.startswith(LEFTOVER)] if path.is_dir() else []
        if present:
            found = self._run_json()
            if overwrite:
                self._clear()
            elif found["identity"] != self.identity:
                raise RunFolderError(
                    f"to run in {path}",
                    "it holds a run with other settings, data or versions: " + _first_difference(found, self.about),
                    "another folder with --out, or --overwrite to replace it",
                )
        path.mkdir(parents=True, exist_ok=True)
        for leftover in [*path.glob(LEFTOVER + "*"), *path.glob(f"*/{LEFTOVER}*")]:
            leftover.unlink()
        if not self.finished:
            self.write_status("running")  # before anything else: without it the folder would be a stranger's
        (path / "trials").mkdir(exist_ok=True)

    @property
    def finished(self) -> bool:
        """True where the run is done and its result written."""
        file = self.path / "run.json"
        return file.exists() and self._run_json().get("status") == "finished"

    def write_status(self, status: str, **more: Any) -> None:
        """Write run.json with the status, and anything more."""
        write_json(self.path / "run.json", {"identity": self.identity, "status": status, **self.about, **more})

    def forget(self) -> None:
        """Leave no trace where this run made the folder and nothing was trained in it: the input was wrong."""
        if self._made and not any((self.path / "trials").iterdir()):
            self._clear()
            for made in self._made:
                made.rmdir()

    def load(self, name: str, trials: Sequence[Trial]) -> list[Outcome] | None:
        """The outcomes of a finished stack, or None where it is not finished."""
        file = self.path / "trials" / f"{name}.npz"
        if not file.exists():
            return None
        try:
            arrays = read_npz(file)
            return [_unpack(arrays, trial.key) for trial in trials]
        except (InputError, KeyError) as error:
            raise RunFolderError(
                f"the finished trials {name}", f"{file} cannot be read: {error}", "remove the file to train them again"
            ) from None

    def save(self, name: str, trials: Sequence[Trial], outcomes: Sequence[Outcome]) -> None:
        """Write the outcomes of a stack, whole or not at all."""
        arrays: dict[str, Any] = {}
        for trial, outcome in zip(trials, outcomes, strict=True):
            arrays.update(_pack(outcome, trial.key))
        write_npz(self.path / "trials" / f"{name}.npz", arrays)

    def _run_json(self) -> dict[str, Any]:
        try:
            found = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("identity"), str):
            raise RunFolderError(
                f"a run folder at {self.path}",
                "a folder with files that are not a run of labelwise",
                "an empty or a new folder: --out DIR",
            )
        return found

    def _clear(self) -> None:
        """Remove what a run leaves, run.json last: until then the folder is known to be ours."""
        for name in (*(p.name for p in self.path.glob("features-*.npy")), *OURS):
            target = self.path / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)


def write_npz(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to an .npz, whole or not at all, without pickling anything."""

    def write(part: Path) -> None:
        with open(part, "wb") as handle:
            np.savez(handle, allow_pickle=False, **arrays)

    write_atomically(file, write)


def _pack(outcome: Outcome, key: str) -> dict[str, np.ndarray]:
    numbers = np.array([outcome.expected_loss, outcome.initial_loss, outcome.gradient_norm])
    logits = {f"{key}/logits/{part}": z for part, z in outcome.logits.items()}
    return {f"{key}/start": numbers, f"{key}/history": outcome.history, **logits}


def _unpack(arrays: dict[str, np.ndarray], key: str) -> Outcome:
    expected, initial, norm = arrays[f"{key}/start"].tolist()
    prefix = f"{key}/logits/"
    logits = {name[len(prefix) :]: z for name, z in arrays.items() if name.startswith(prefix)}
    return Outcome(expected, initial, norm, arrays[f"{key}/history"], logits)


def _first_difference(found: dict[str, Any], about: dict[str, Any]) -> str:
    for section in ("settings", "data", "versions"):
        old, new = found.get(section) or {}, about.get(section) or {}
        for key in new:
            if old.get(key) != new[key]:
                return f"{key} was {old.get(key)!r}, now {new[key]!r}"
    return "another identity"
