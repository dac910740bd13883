"""labelwise: make a classifier's last step right, and show the evidence."""

from __future__ import annotations

import importlib
from typing import Any

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
    "RunFolderError": "labelwise.errors",
    "Task": "labelwise.task",
    "audit": "labelwise.auditing",
    "audit_state": "labelwise.auditing",
    "compare": "labelwise.comparison",
    "fit_policy": "labelwise.policies",
    "infer_task": "labelwise.task",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'labelwise' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
