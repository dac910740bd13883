"""The policy file: its schema, its hash, and everything that is refused. JSON, version 1."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

import msgspec

import labelwise
from labelwise.errors import InputError

__all__ = [
    "VERSION",
    "CalibrationPart",
    "CautionPart",
    "PolicyFile",
    "RulePart",
    "SetsPart",
    "TaskPart",
    "TunedPart",
    "digest",
    "parse",
]

VERSION = 1


class TaskPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the columns stand for."""

    kind: Literal["binary", "multiclass", "multilabel", "ordinal"]
    class_names: list[str]


class CalibrationPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted calibration; parameters are numbers, lists, or lists of lists."""

    name: str
    form: str
    parameters: dict[str, float | list[float | list[float]]]
    why: str | None


class RulePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tuned rule."""

    form: str
    thresholds: list[float | None] | None
    unsure_from: list[float] | None
    offsets: list[float] | None
    costs: list[list[float]] | None
    k: int | None
    beta: float | None
    sets: list[list[int]] | None
    at_least_one: bool
    at_most: int | None
    groups: list[list[int]]


class CautionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a row gets which caveat."""

    low_confidence: float | None
    close_call: float | None
    familiarity: str | None
    unfamiliar_below: float | None
    one_expected: bool
    whole_row: bool


class SetsPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which classes are in a row's set; a class without a limit always is."""

    score: str
    coverage: float
    per_class: bool
    limits: list[float | None]
    n: list[int]


class TunedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the policy was tuned for, and on what."""

    objective: str
    rows: int
    data_sha256: str
    seed: int
    trained_with: str | None


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy, whole."""

    format: Literal["labelwise-policy"]
    version: int
    labelwise: str
    task: TaskPart
    score_kind: Literal["logits", "log-probabilities", "probabilities"]
    calibration: CalibrationPart
    rule: RulePart
    caution: CautionPart
    sets: SetsPart | None
    tuned_for: TunedPart
    report: dict[str, Any]
    sha256: str


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of a document without its own hash, keys sorted."""
    rest = {key: value for key, value in document.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def parse(text: bytes, where: str) -> PolicyFile:
    """Read a policy file's bytes, strictly.

    Raises:
        InputError: where it is no JSON, of another format or version, holds unknown or missing keys or wrong types, or
            was changed after it was written.
    """
    wanted = "the file as labelwise wrote it; a policy is changed by fitting it again"
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if b"\\ud" in text.lower():  # half a character can only be written so
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError("a policy file", f"{where}: no JSON ({error})", wanted) from None
    if not isinstance(document, dict) or document.get("format") != "labelwise-policy":
        raise InputError("a policy file", f"{where}: JSON of another kind", wanted)
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise InputError(
            f"a policy file of version {VERSION}, which this labelwise ({labelwise.__version__}) reads",
            f"{where}: {_said_version(document)}",
            "the labelwise that wrote it, or the policy fitted again with this one",
        )
    try:
        file = msgspec.convert(document, PolicyFile)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InputError("a policy file that fits its schema", f"{where}: {error}", wanted) from None
    try:
        found = digest(document)
    except (ValueError, RecursionError) as error:
        raise InputError("a policy file of finite numbers", f"{where}: {error}", wanted) from None
    if found != file.sha256:
        raise InputError("a policy file as it was written", f"{where}: its content does not match its sha256", wanted)
    return file


def _said_version(document: dict[str, Any]) -> str:
    if "version" not in document:
        return "no version"
    return f"version {document['version']!r:.40}, written by labelwise {document.get('labelwise')!r:.40}"


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
