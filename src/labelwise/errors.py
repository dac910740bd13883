"""Every error labelwise raises on purpose.

    LabelwiseError (a ValueError)     asked / given / instead, always all three
    ├── InputError                    the data cannot be used as it is
    ├── OptionError                   a name or a setting is wrong, or would have no effect
    ├── RunFolderError                a run folder is in the way, foreign or damaged
    └── MissingExtra (an ImportError) an optional part is not installed

The command line turns any of them into exit code 2 and one message.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

__all__ = ["InputError", "LabelwiseError", "MissingExtra", "OptionError", "RunFolderError", "choose", "need"]


class LabelwiseError(ValueError):
    """Root of the tree: a message in three parts.

    Args:
        asked: what was wanted, e.g. ``"labels for 3 classes"``.
        given: what came instead, with shape, dtype or first bad row.
        instead: what to write or do instead.
    """

    def __init__(self, asked: str, given: str, instead: str):
        super().__init__(asked, given, instead)
        self.asked, self.given, self.instead = asked, given, instead

    def __str__(self) -> str:
        return f"asked: {self.asked}\ngiven: {self.given}\ninstead: {self.instead}"


class InputError(LabelwiseError):
    """The data cannot be used as it is."""


class OptionError(LabelwiseError):
    """A name or a setting is wrong, or would have no effect."""


class RunFolderError(LabelwiseError):
    """A run folder is in the way, belongs to another run, or is damaged."""


class MissingExtra(LabelwiseError, ImportError):  # noqa: N818 - says what is missing
    """An optional part of labelwise is not installed."""


def need(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional module, or say which extra holds it.

    Args:
        module: dotted name, e.g. ``"torch"``.
        extra: the extra of labelwise that installs it.
        purpose: what it is wanted for, in words.

    Raises:
        MissingExtra: where it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise MissingExtra(
            f"{purpose}, which needs {module}", f"{module} is not installed", f"pip install 'labelwise[{extra}]'"
        ) from None


def choose(name: str, names: Iterable[str], *, what: str) -> str:
    """Return `name` if it is one of `names`; otherwise raise with the closest match.

    Raises:
        OptionError: where it is not one of them.

    Example:
        >>> choose("sofmax", ["softmax", "sigmoid"], what="head")
        Traceback (most recent call last):
        ...
        labelwise.errors.OptionError: asked: head 'sofmax'
        given: no head of that name
        instead: softmax (closest); all: softmax, sigmoid
    """
    names = list(names)
    if name in names:
        return name
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    listed = ", ".join(names)
    raise OptionError(
        f"{what} {name!r}",
        f"no {what} of that name",
        f"{close[0]} (closest); all: {listed}" if close else f"one of: {listed}",
    )
