"""labelwise: make a classifier's last step right, and show the evidence."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelwise.auditing import Audit as Audit
    from labelwise.auditing import audit as audit
    from labelwise.auditing import audit_state as audit_state
    from labelwise.calibration import CALIBRATORS as CALIBRATORS
    from labelwise.comparison import Comparison as Comparison
    from labelwise.comparison import compare as compare
    from labelwise.doctor import RULES as RULES
    from labelwise.errors import InputError as InputError
    from labelwise.errors import LabelwiseError as LabelwiseError
    from labelwise.errors import MissingExtra as MissingExtra
    from labelwise.errors import OptionError as OptionError
    from labelwise.errors import RunFolderError as RunFolderError
    from labelwise.heads import HEADS as HEADS
    from labelwise.metrics import METRICS as METRICS
    from labelwise.policies import Decisions as Decisions
    from labelwise.policies import Policy as Policy
    from labelwise.policies import fit_policy as fit_policy
    from labelwise.scores import Logits as Logits
    from labelwise.scores import LogProbs as LogProbs
    from labelwise.scores import Probs as Probs
    from labelwise.task import Task as Task
    from labelwise.task import infer_task as infer_task

__version__ = "0.1.0"

_HOME = {
    "Audit": "labelwise.auditing",
    "CALIBRATORS": "labelwise.calibration",
    "Comparison": "labelwise.comparison",
    "Decisions": "labelwise.policies",
    "HEADS": "labelwise.heads",
    "InputError": "labelwise.errors",
    "LabelwiseError": "labelwise.errors",
    "LogProbs": "labelwise.scores",
    "Logits": "labelwise.scores",
    "METRICS": "labelwise.metrics",
    "MissingExtra": "labelwise.errors",
    "OptionError": "labelwise.errors",
    "Policy": "labelwise.policies",
    "Probs": "labelwise.scores",
    "RULES": "labelwise.doctor",
    "RunFolderError": "labelwise.errors",
    "Task": "labelwise.task",
    "audit": "labelwise.auditing",
    "audit_state": "labelwise.auditing",
    "compare": "labelwise.comparison",
    "fit_policy": "labelwise.policies",
    "infer_task": "labelwise.task",
}
_ROOMS = ("doctor", "explain")
"""Rooms that are spoken of by name: ``lw.doctor.check_code(...)``."""

__all__ = [  # noqa: RUF022 - sorted as text, as `sorted` does
    "Audit",
    "CALIBRATORS",
    "Comparison",
    "Decisions",
    "HEADS",
    "InputError",
    "LabelwiseError",
    "LogProbs",
    "Logits",
    "METRICS",
    "MissingExtra",
    "OptionError",
    "Policy",
    "Probs",
    "RULES",
    "RunFolderError",
    "Task",
    "audit",
    "audit_state",
    "compare",
    "fit_policy",
    "infer_task",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"labelwise.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'labelwise' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
