"""check_log: loss floors and impossible losses in training logs (F13)."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from labelwise.doctor.finding import Finding, Findings, Place
from labelwise.doctor.logs.series import Series, finite, read_log
from labelwise.doctor.rules import RULES

__all__ = ["check_log", "softmax_floor"]

_LOSS = re.compile(r"(^|[_/ .-])(loss|nll|cross_?entropy|ce|bce)($|[_/ .-])")
_ACCURACY = re.compile(r"(^|[_/ .-])(acc|accuracy|acc1|top1)($|[_/ .-])")
_SPLITS = ("val", "valid", "validation", "test", "eval", "dev", "train")
PLATEAU = 5


def softmax_floor(classes: int) -> float:
    """The lowest cross-entropy of softmax outputs that go through softmax again: ln(1 + (C-1)/e).

    Example:
        >>> [round(softmax_floor(c), 4) for c in (2, 3, 10, 100)]
        [0.3133, 0.5514, 1.4612, 3.6222]
    """
    return math.log1p((classes - 1) / math.e)


def check_log(path: str | os.PathLike[str], *, classes: int | None = None) -> Findings:
    """Look for the marks that output-layer mistakes leave in a training log.

    Formula: a softmax fed with probabilities cannot bring the cross-entropy below ln(1 + (C-1)/e); minus the
    probability of the true class (NLL on softmax) lies between -1 and 0; cross-entropy of a single output is exactly 0.

    Args:
        path: text log, .csv, .jsonl, a Trainer's state, or a TensorBoard event file.
        classes: number of classes; without it a floor is reported only beside a high accuracy.

    Returns:
        The findings, at the line of the series' last value.

    Raises:
        InputError: where the file cannot be read.

    Example:
        >>> import tempfile, pathlib
        >>> lines = [f"epoch {i} loss: {1.4612 + 0.2 / (i + 1) ** 3:.4f} accuracy: 0.97" for i in range(20)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     log = pathlib.Path(folder, "train.log")
        ...     _ = log.write_text(chr(10).join(lines))
        ...     [f.slug for f in check_log(log)]
        ['double-softmax']

    Source: labelwise; the floor is the outer softmax's value at a one-hot row.
    """
    path = Path(path)
    series = read_log(path)
    losses = [s for s in series if _LOSS.search(s.name)]
    accuracies = [s for s in series if _ACCURACY.search(s.name)]
    out = []
    for loss in losses:
        found = _judge(loss, _beside(loss, accuracies), classes)
        if found is not None:
            code, message, confidence = found
            rule = RULES[code]
            line = loss.points[-1].line
            evidence = (Place(path.name, loss.points[max(0, len(loss.points) - PLATEAU)].line, loss.name),)
            finding = Finding(
                rule.code, rule.slug, rule.severity, confidence, str(path), message, line, None, None, evidence, "F13"
            )
            if finding.code not in {f.code for f in out}:
                out.append(finding)
    skipped = [] if losses else [f"{path}: no series of losses found"]
    if losses and classes is None and not accuracies:
        skipped.append("loss floors: neither the number of classes nor an accuracy is known")
    return Findings(tuple(out), len(series), tuple(skipped))


def _split(name: str) -> str:
    return next((s[:3] for s in _SPLITS if s in name), "")


def _beside(loss: Series, accuracies: Sequence[Series]) -> Series | None:
    """The accuracy of the same split, or of any."""
    same = [a for a in accuracies if _split(a.name) == _split(loss.name)]
    return (same or list(accuracies) or [None])[0]


def _judge(loss: Series, accuracy: Series | None, classes: int | None) -> tuple[str, str, str] | None:
    values = finite(loss.values)
    if len(values) < 3:
        return None
    last = values[-PLATEAU:]
    if all(v == 0 for v in values) and len(values) >= PLATEAU:
        return (
            "LW401",
            f"{loss.name} is exactly 0 in all {len(values)} values: the cross-entropy of a single output",
            "medium",
        )
    if all(-1 <= v < 0 for v in values[1:]) and values[-1] < -0.05 and values[-1] < values[0]:
        return (
            "LW202",
            f"{loss.name} goes from {values[0]:.4f} to {values[-1]:.4f}, between -1 and 0: minus a "
            "probability, not its logarithm",
            "high",
        )
    if (
        values[-1] < -1
        and sum(b < a for a, b in itertools.pairwise(values)) > 0.8 * (len(values) - 1)
        and "nll" in loss.name
    ):
        return "LW203", f"{loss.name} falls to {values[-1]:.4f} without a floor: minus a raw score", "medium"
    if len(last) < PLATEAU or max(last) - min(last) > 0.02 * abs(last[-1]):
        return None
    reached = finite(accuracy.values)[-PLATEAU:] if accuracy is not None else []
    top = min(reached) / (100 if reached and max(reached) > 1 else 1) if reached else None
    return _floor(loss.name, min(last), top, classes)


def _floor(name: str, level: float, accuracy: float | None, classes: int | None) -> tuple[str, str, str] | None:
    candidates = [classes] if classes is not None else range(3, 1001)
    near = min(candidates, key=lambda c: abs(softmax_floor(c) - level))
    floor = softmax_floor(near)
    if abs(level - floor) <= 0.02 * floor and level >= floor * 0.995:
        told = (
            f"{name} stays at {level:.4f}; {floor:.4f} is the lowest that softmax of softmax can reach for "
            f"{near} classes"
        )
        if accuracy is not None and accuracy > 0.9 and (level > 0.9 or accuracy > 0.97):
            return "LW101", f"{told}, while the accuracy is {accuracy:.3f}", "high"
        if classes is not None and accuracy is None and abs(level - floor) <= 0.005 * floor:
            return "LW101", told, "medium"
    if classes is not None and classes > 1:
        binary = 0.6931 - 0.3799 / classes
        if abs(level - binary) <= 0.01 * binary and accuracy is not None and accuracy > 0.9:
            text = (
                f"{name} stays at {level:.4f}, the lowest that sigmoid of sigmoid can reach with one of "
                f"{classes} labels, while the accuracy is {accuracy:.3f}"
            )
            return "LW102", text, "medium"
    return None
