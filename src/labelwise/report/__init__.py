"""Comparison | Audit -> one offline page, its JSON, a table for the terminal, figures as files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelwise.report.audit_page import write_audit as write_audit
    from labelwise.report.audit_terminal import audit_renderable as audit_renderable
    from labelwise.report.audit_terminal import audit_text as audit_text
    from labelwise.report.page import comparison_fragment as comparison_fragment
    from labelwise.report.page import comparison_page as comparison_page
    from labelwise.report.page import write_report as write_report
    from labelwise.report.terminal import comparison_renderable as comparison_renderable
    from labelwise.report.terminal import comparison_text as comparison_text

_HOME = {
    "audit_renderable": "audit_terminal",
    "audit_text": "audit_terminal",
    "comparison_fragment": "page",
    "comparison_page": "page",
    "comparison_renderable": "terminal",
    "comparison_text": "terminal",
    "write_audit": "audit_page",
    "write_report": "page",
}
__all__ = [
    "audit_renderable",
    "audit_text",
    "comparison_fragment",
    "comparison_page",
    "comparison_renderable",
    "comparison_text",
    "write_audit",
    "write_report",
]


def __getattr__(name: str) -> Any:
    # loaded when used: the command line asks this room for its help alone
    if name not in _HOME:
        raise AttributeError(f"module 'labelwise.report' has no attribute {name!r}")
    return getattr(importlib.import_module(f"labelwise.report.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
