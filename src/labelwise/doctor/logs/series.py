"""Training logs as series: text, CSV, JSON lines and TensorBoard event files, read without their libraries."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labelwise.errors import InputError

__all__ = ["Point", "Series", "finite", "read_log"]

_NUMBER = r"([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf))"
_PAIR = re.compile(r"([A-Za-z_][\w/ .-]{0,40}?)\s*[:=]\s*" + _NUMBER + r"\s*(%?)")
MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class Point:
    """One value and the line it stands on."""

    value: float
    line: int


@dataclass(frozen=True)
class Series:
    """A named sequence of values."""

    name: str
    points: tuple[Point, ...]

    @property
    def values(self) -> list[float]:
        """The numbers alone."""
        return [p.value for p in self.points]


def read_log(path: Path) -> list[Series]:
    """The series of a log file.

    Raises:
        InputError: where it cannot be read.
    """
    if not path.is_file():
        raise InputError(
            "a training log", f"{path}, which is no file", "a text log, .csv, .jsonl or TensorBoard event file"
        )
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            "a training log of at most 100 MB",
            f"{path}: {path.stat().st_size // 1_000_000} MB",
            "the lines with losses",
        )
    data = path.read_bytes()
    if "tfevents" in path.name:
        rows = list(_events(data))
    else:
        text = data.decode("utf-8", "replace")
        if path.suffix in (".csv", ".tsv"):
            try:
                rows = list(_table(text, "\t" if path.suffix == ".tsv" else ","))
            except csv.Error as error:
                raise InputError(f"the table {path}", str(error), "a header line and rows of numbers") from None
        elif path.suffix in (".jsonl", ".json"):
            rows = list(_json(text))
        else:
            rows = list(_text(text))
    series: dict[str, list[Point]] = {}
    for name, value, line in rows:
        series.setdefault(name, []).append(Point(value, line))
    return [Series(name, tuple(points)) for name, points in series.items()]


Row = tuple[str, float, int]


def _text(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        for name, value, percent in _PAIR.findall(line):
            key = re.split(r"[\s,|]+", name.strip())
            words = [w for w in key if re.search(r"[A-Za-z]", w)]
            label = (
                "_".join(words[-2:])
                if words and words[-1].lower() in ("loss", "acc", "accuracy")
                else (words[-1] if words else "")
            )
            if label:
                yield label.lower(), float(value) / (100 if percent else 1), number


def _table(text: str, delimiter: str) -> Iterator[Row]:
    for number, row in enumerate(
        csv.DictReader(io.StringIO(text.replace("\0", "")), delimiter=delimiter, strict=False), 2
    ):
        for name, value in row.items():
            if isinstance(name, str) and isinstance(value, str) and (found := _float(value)) is not None:
                yield name.strip().lower(), found, number


def _json(text: str) -> Iterator[Row]:
    try:
        whole = json.loads(text)
        rows = whole.get("log_history", [whole]) if isinstance(whole, dict) else whole
        numbered = list(enumerate(rows if isinstance(rows, list) else [], 1))
    except ValueError:
        numbered = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                numbered.append((number, json.loads(line)))
            except ValueError:
                continue
    for number, row in numbered:
        if isinstance(row, dict):
            for name, value in row.items():
                values = value if isinstance(value, list) else [value]
                for one in values:
                    if isinstance(one, (int, float)) and not isinstance(one, bool):
                        yield str(name).lower(), float(one), number


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


# ------------------------------------------------------------------ TensorBoard's records


def _events(data: bytes) -> Iterator[Row]:
    """Scalars of a tfevents file: records of (length, crc, Event, crc)."""
    at, number = 0, 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        start, end = at + 12, at + 12 + length
        if end + 4 > len(data):
            return
        number += 1
        for field, value in _fields(data[start:end]):
            if field == 5 and isinstance(value, bytes):
                for inner, summary in _fields(value):
                    if inner == 1 and isinstance(summary, bytes):
                        yield from _scalar(summary, number)
        at = end + 4


def _scalar(summary: bytes, number: int) -> Iterator[Row]:
    tag, value = "", None
    for field, content in _fields(summary):
        if field == 1 and isinstance(content, bytes):
            tag = content.decode("utf-8", "replace")
        elif field == 2 and isinstance(content, float):
            value = content
        elif field == 8 and isinstance(content, bytes):
            value = _tensor(content)
    if tag and value is not None:
        yield tag.lower(), value, number


def _tensor(content: bytes) -> float | None:
    """A TensorProto that holds one float."""
    for field, value in _fields(content):
        if field == 4 and isinstance(value, bytes) and len(value) == 4:
            return struct.unpack("<f", value)[0]
        if field == 5 and isinstance(value, (float, bytes)):
            return value if isinstance(value, float) else struct.unpack("<f", value[:4])[0] if len(value) >= 4 else None
    return None


def _fields(data: bytes) -> Iterator[tuple[int, bytes | float | int]]:
    """Fields of a protobuf message; a damaged one ends early."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield field, value
        elif wire == 1 and at + 8 <= len(data):
            yield field, struct.unpack_from("<d", data, at)[0]
            at += 8
        elif wire == 2:
            length, at = _varint(data, at)
            yield field, data[at : at + length]
            at += length
        elif wire == 5 and at + 4 <= len(data):
            yield field, struct.unpack_from("<f", data, at)[0]
            at += 4
        else:
            return


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return value, len(data)


def finite(values: list[float]) -> list[float]:
    """The numbers that are numbers."""
    return [v for v in values if math.isfinite(v)]
