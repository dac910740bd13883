"""What a row of scores says, and what a term means: one glossary for the terminal, the page and the docs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelwise.explain.entry import Entry as Entry
    from labelwise.explain.glossary import GLOSSARY as GLOSSARY
    from labelwise.explain.glossary import definition as definition
    from labelwise.explain.glossary import explain_term as explain_term
    from labelwise.explain.row import Explanation as Explanation
    from labelwise.explain.row import explain_scores as explain_scores

_HOME = {
    "Entry": "entry",
    "Explanation": "row",
    "GLOSSARY": "glossary",
    "definition": "glossary",
    "explain_scores": "row",
    "explain_term": "glossary",
}
__all__ = ["GLOSSARY", "Entry", "Explanation", "definition", "explain_scores", "explain_term"]


def __getattr__(name: str) -> Any:
    # loaded when used: the command line asks this room for its help alone
    if name not in _HOME:
        raise AttributeError(f"module 'labelwise.explain' has no attribute {name!r}")
    return getattr(importlib.import_module(f"labelwise.explain.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
