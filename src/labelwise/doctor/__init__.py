"""The doctor: finds the classic output-layer mistakes in code, notebooks, saved scores, logs and live models.

Public: `check_code`, `check_scores`, `check_log`, `check_model` -> `Findings`; `RULES`, one file per rule.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Finding": "labelwise.doctor.finding",
    "Findings": "labelwise.doctor.finding",
    "Options": "labelwise.doctor.surface.config",
    "RULES": "labelwise.doctor.rules",
    "Rule": "labelwise.doctor.rules",
    "check_code": "labelwise.doctor.checkcode",
    "check_log": "labelwise.doctor.logs",
    "check_model": "labelwise.doctor.live",
    "check_scores": "labelwise.doctor.arrays",
    "find_rule": "labelwise.doctor.rules",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'labelwise.doctor' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
