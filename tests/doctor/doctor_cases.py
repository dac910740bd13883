"""Reads the fixture bundles: cases of one or more files, with the expectation beside the line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "fixtures"
PRELUDES = {
    "@torch": "import torch; import torch.nn as nn; import torch.nn.functional as F",
    "@keras": "import tensorflow as tf; from tensorflow import keras; from tensorflow.keras import layers",
}
MARK = re.compile(r"#\s*(LW\d+)(?::\s*(\d+))?\s*$")


@dataclass(frozen=True)
class Case:
    rule: str
    good: bool
    name: str
    files: dict[str, str]
    expected: frozenset[tuple[str, int | None, int, str]]  # path, cell, line, code
    columns: dict[tuple[str, int | None, int, str], int]

    @property
    def id(self) -> str:
        return f"{self.rule} {'good' if self.good else 'bad'} {self.name}"


def read_cases(folder: str) -> list[Case]:
    return [case for path in sorted((HERE / folder).glob("*.txt")) for case in _bundle(path)]


def _bundle(path: Path) -> list[Case]:
    parts = re.split(r"^=== (bad|good) (.*)$", path.read_text(), flags=re.MULTILINE)
    return [_case(path.stem, *parts[i : i + 3]) for i in range(1, len(parts), 3)]


def _case(rule: str, kind: str, name: str, body: str) -> Case:
    files, expected, columns = {}, set(), {}
    chunks = re.split(
        r"^--- (\S+)$", "--- main.py" + body if not body.startswith("\n---") else body[1:], flags=re.MULTILINE
    )
    for i in range(1, len(chunks), 2):
        name_, text = chunks[i], chunks[i + 1][1:]
        for prelude, code in PRELUDES.items():
            text = re.sub(rf"^{prelude}$", code, text, flags=re.MULTILINE)
        cells = re.split(r"^%%\n", text, flags=re.MULTILINE)[1:] if name_.endswith(".ipynb") else [text]
        for number, cell in enumerate(cells, 1):
            for line, content in enumerate(cell.split("\n"), 1):
                if mark := MARK.search(content):
                    key = (name_, number if name_.endswith(".ipynb") else None, line, mark[1])
                    expected.add(key)
                    if mark[2]:
                        columns[key] = int(mark[2])
        if name_.endswith(".ipynb"):
            text = json.dumps(
                {"nbformat": 4, "cells": [{"cell_type": "code", "source": c.splitlines(True)} for c in cells]}
            )
        files[name_] = text
    return Case(rule, kind == "good", name, files, frozenset(expected), columns)
