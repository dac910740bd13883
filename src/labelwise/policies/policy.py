"""A policy: from scores to labels with caveats, as one value that a JSON file carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import labelwise
from labelwise.calibration.calibration import Calibration
from labelwise.calibration.inputs import calibration_logits
from labelwise.decisions.caution import CAVEATS, Caution
from labelwise.decisions.rows import log_shares, sigmoid
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.sets import SetRule
from labelwise.errors import InputError
from labelwise.io.files import write_atomically
from labelwise.kernels.blocks import in_parts, row_blocks
from labelwise.policies.check import calibration_of, caution_of, rule_of, sets_of, task_of
from labelwise.policies.decisions import Decisions
from labelwise.policies.schema import VERSION, PolicyFile, digest, parse
from labelwise.scores import Scores
from labelwise.task import Task

__all__ = ["Policy"]

MOST_SHOWN = 12
"""Certificates that are printed one by one."""


@dataclass(frozen=True, eq=False)
class Policy:
    """From scores to decisions: calibration, rule, caveats, and what they were tuned for.

    Attributes:
        task: what the columns stand for.
        score_kind: kind of the scores it was fitted on; others are refused.
        calibration: scores -> calibrated logits.
        rule: calibrated logits -> answers.
        caution: when a row gets which caveat.
        objective: key of `OBJECTIVES`.
        rows: number of rows it was fitted on.
        data_sha256: hash of those scores and labels.
        seed: of the folds.
        trained_with: ``"softmax"`` where scores of several labels come from a softmax head.
        sets: which classes are in a row's set, None where no sets were asked for.
        report: ``objective``, ``value_in_sample``, ``value_out_of_fold``, ``cross_metrics``, ``certificates``, ...
    """

    task: Task
    score_kind: str
    calibration: Calibration
    rule: TunedRule
    caution: Caution
    objective: str
    rows: int
    data_sha256: str
    seed: int = 0
    trained_with: str | None = None
    sets: SetRule | None = None
    report: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, scores: Scores) -> Decisions:
        """Labels, probabilities and caveats of new scores.

        Args:
            scores: of the kind, width and label order that the policy was fitted on; never changed.

        Returns:
            The decisions, in the order of the rows.

        Raises:
            InputError: for scores of another kind, width or label order, or infinite ones.
        """
        self._refuse_others(scores)
        n, width = scores.array.shape
        indicators, probabilities = np.empty((n, width), bool), np.empty((n, width))
        flags = np.empty((n, len(CAVEATS)), bool)
        members = None if self.sets is None else np.empty((n, width), bool)
        unsure = None if self.rule.unsure_from is None else np.empty((n, width), bool)

        def job(part: slice) -> None:
            for rows in row_blocks(part, 4 * width):
                some = type(scores)(scores.array[rows], scores.task)
                raw = calibration_logits(some, trained_with=self.trained_with)
                logits = self.calibration.logits(raw)
                answers = self.rule.answers(logits, self.task)
                indicators[rows] = answers
                doubts = self.rule.unsure(logits)
                flags[rows] = self.caution.caveats(raw, logits, answers, self.task, doubts)
                if unsure is not None:
                    unsure[rows] = doubts
                exclusive = self.task.kind in ("multiclass", "ordinal")
                probabilities[rows] = np.exp(log_shares(logits)) if exclusive else sigmoid(logits)
                if members is not None and self.sets is not None:
                    members[rows] = self.sets.sets(probabilities[rows])

        in_parts(job, n, least=max(1, 65_536 // width))
        return Decisions(self.task, indicators, probabilities, flags, scores.ids, members, unsure)

    def to_dict(self) -> dict[str, Any]:
        """The policy file as lists, numbers and text, with its hash."""
        document = {
            "format": "labelwise-policy",
            "version": VERSION,
            "labelwise": labelwise.__version__,
            "task": {"kind": self.task.kind, "class_names": list(self.task.class_names)},
            "score_kind": self.score_kind,
            "calibration": {
                "name": self.calibration.name,
                "form": self.calibration.form,
                "parameters": {name: _plain(value) for name, value in self.calibration.parameters.items()},
                "why": self.calibration.why,
            },
            "rule": _plain(asdict(self.rule)),
            "caution": _plain(asdict(self.caution)),
            "sets": None if self.sets is None else _plain(asdict(self.sets)),
            "tuned_for": {
                "objective": self.objective,
                "rows": self.rows,
                "data_sha256": self.data_sha256,
                "seed": self.seed,
                "trained_with": self.trained_with,
            },
            "report": _plain(self.report),
        }
        return document | {"sha256": digest(document)}

    @property
    def sha256(self) -> str:
        """Hash of everything the policy file holds."""
        return self.to_dict()["sha256"]

    def save(self, path: Path | str) -> None:
        """Write the policy file (JSON), atomically."""
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))

    @classmethod
    def load(cls, path: Path | str) -> Policy:
        """Read a policy file, strictly.

        Raises:
            InputError: where it cannot be read, is of another version, or was changed after it was written.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError("a policy file", f"{path}: no such file", "the path of a file that labelwise fit wrote")
        return cls.from_bytes(path.read_bytes(), str(path))

    @classmethod
    def from_bytes(cls, text: bytes, where: str = "policy") -> Policy:
        """Read the bytes of a policy file; errors as in `load`."""
        file = parse(text, where)
        task = task_of(file, where)
        tuned = file.tuned_for
        return cls(
            task,
            file.score_kind,
            calibration_of(file, task, where),
            rule_of(file, task, where),
            caution_of(file, task, where),
            tuned.objective,
            tuned.rows,
            tuned.data_sha256,
            tuned.seed,
            tuned.trained_with,
            sets_of(file, task, where),
            file.report,
        )

    def to_torch(self) -> Any:
        """The policy as a torch module, as `policy_module` has it."""
        from labelwise.policies.to_torch import policy_module

        return policy_module(self)

    def to_pt2(self, path: Path | str, *, dtype: str = "float32") -> None:
        """Write the policy as a PyTorch program, as `save_torch` has it."""
        from labelwise.policies.to_pt2 import save_torch

        save_torch(self, path, dtype=dtype)

    def to_numpy(self, path: Path | str) -> None:
        """Write the policy as a Python file that needs numpy alone, as `policy_source` has it."""
        from labelwise.policies.to_numpy import save_numpy

        save_numpy(self, path)

    def to_onnx(self, path: Path | str, *, dtype: str = "float32") -> None:
        """Write the policy as an ONNX graph, as `policy_graph` has it."""
        from labelwise.policies.to_onnx import save_onnx

        save_onnx(self, path, dtype=dtype)

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON Schema of policy files."""
        return msgspec.json.schema(PolicyFile)

    def __str__(self) -> str:
        report = self.report
        lines = [
            f"policy for {self.task}, tuned for {self.objective} on {self.rows} rows of {self.score_kind}",
            f"calibration: {self.calibration.name}; rule: {self.rule.form}",
        ]
        if report.get("value_out_of_fold") is not None:
            lines.append(
                f"{self.objective}: {report['value_out_of_fold']:.4f} out of fold, "
                f"{report['value_in_sample']:.4f} on the rows it was tuned on"
            )
        bands = report.get("unsure", ())
        if bands:
            share = sum(band["unsure"] or 0.0 for band in bands) / len(bands)
            lines.append(f"unsure: {share:.1%} of the answers; the figure above counts them as not given")
        certificates = report.get("certificates", ())
        for c in certificates[:MOST_SHOWN]:
            about = f"{c['promise']} of {c['label']}" if c["label"] else c["promise"]
            said = c["why"] or f"bound {c['bound']:.4f} on {c['n']} rows, from {c['threshold']:.4f}"
            lines.append(f"certificate, {about}, {c['level']:g}: {said}")
        if len(certificates) > MOST_SHOWN:
            certified = sum(c["threshold"] is not None for c in certificates)
            lines.append(f"... {certified} of {len(certificates)} promises are certified")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def _refuse_others(self, scores: Scores) -> None:
        if not isinstance(scores, Scores):
            raise InputError(
                f"{self.score_kind} for {self.task}", type(scores).__name__, "Logits, Probs or LogProbs with their task"
            )
        if scores.kind != self.score_kind:
            raise InputError(
                f"{self.score_kind}, which the policy was fitted on", scores.kind, f"the model's {self.score_kind}"
            )
        ours, theirs = (self.task.kind, self.task.class_names), (scores.task.kind, scores.task.class_names)
        if ours != theirs:
            differs = next(
                (
                    f"column {i}: {b!r} where the policy has {a!r}"
                    for i, (a, b) in enumerate(zip(ours[1], theirs[1], strict=False))
                    if a != b
                ),
                f"{len(theirs[1])} classes where the policy has {len(ours[1])}",
            )
            raise InputError(
                f"scores for {self.task}, columns in the order {', '.join(ours[1][:8])}{' ...' * (len(ours[1]) > 8)}",
                f"{scores.task}" if ours[0] != theirs[0] else differs,
                "scores with the classes of the policy, in its order",
            )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value
