"""Colours by name, for light and dark paper.

Charts name a colour as `ink("strict")`, which is a CSS variable: the page's pictures follow the reader's light or dark
setting with no second copy. Outside the page the names are replaced by the colours themselves (`painted`).

The colours of the heads keep apart for the common kinds of colour-blindness and have a contrast of 3 to 1 or more
against the paper; heads also differ in dash and shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["DASHES", "PALETTES", "SHAPES", "head_ink", "head_mark", "ink", "painted"]

PALETTES: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#fffdf9",
        "panel": "#f5f1e8",
        "ink": "#1d1f24",
        "quiet": "#5b5f68",
        "line": "#d8d2c4",
        "link": "#0b4f8a",
        "head0": "#0b63b0",
        "head1": "#c4510a",
        "head2": "#117a56",
        "head3": "#a3368c",
        "head4": "#7a6a00",
        "head5": "#5a5f66",
        "right": "#b9d5c0",
        "wrong": "#e09a94",
        "several": "#d9c6e8",
        "none": "#e4e0d6",
        "wrongline": "#b3261e",
        "severalline": "#8a56b8",
        "noneline": "#857d69",
        "alarm": "#b3261e",
        "labelwise": "#7a1fa2",
        "strict": "#145a32",
    },
    "dark": {
        "paper": "#15171b",
        "panel": "#1f2228",
        "ink": "#ece8df",
        "quiet": "#a9adb6",
        "line": "#3a3e47",
        "link": "#8cc4ff",
        "head0": "#62b0f5",
        "head1": "#ff9a52",
        "head2": "#4fcb9b",
        "head3": "#ea93d6",
        "head4": "#d8c84c",
        "head5": "#b9bec6",
        "right": "#2c5a3d",
        "wrong": "#7d3a36",
        "several": "#51406b",
        "none": "#33363d",
        "wrongline": "#ff8f85",
        "severalline": "#b48be0",
        "noneline": "#a8a392",
        "alarm": "#ff8f85",
        "labelwise": "#d79cf5",
        "strict": "#8fe0ab",
    },
}
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_VARIABLE = re.compile(r"var\(--lw-([a-z0-9]+)\)")


def ink(name: str) -> str:
    """A colour of the palette as a CSS variable.

    Example:
        >>> ink("strict")
        'var(--lw-strict)'
    """
    return f"var(--lw-{name})"


def head_ink(position: int) -> str:
    """The colour of the head at a position of the comparison; after six they repeat, with another dash and shape."""
    return ink(f"head{position % 6}")


def head_mark(position: int, marks: Sequence[Any]) -> Any:
    """Its dash or shape: no two of the first 36 heads share both colour and mark.

    Example:
        >>> [head_mark(i, SHAPES) for i in (0, 6)]
        ['circle', 'square']
    """
    return marks[(position + position // 6) % len(marks)]


def painted(text: str, theme: str) -> str:
    """Text of a spec or a picture with the colours themselves in place of their names.

    Example:
        >>> painted("fill:var(--lw-paper)", "light")
        'fill:#fffdf9'
    """
    return _VARIABLE.sub(lambda m: PALETTES[theme][m[1]], text)
