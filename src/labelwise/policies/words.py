"""The words that a policy's program is written in: what an engine must know, and formulas made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from labelwise.decisions.snap import GRID

__all__ = ["Engine", "Value", "Words"]

Value = Any


class Engine(Protocol):
    """What an engine can do. Values are (N, C) or (N, 1); constants are float64, int64 or bool arrays."""

    def constant(self, array: np.ndarray) -> Value:
        """An array as a value that broadcasts."""
        ...

    def two(self, name: str, a: Value, b: Value) -> Value:
        """``add sub mul div matmul max min ge lt gt eq and or`` of two values, element by element but for matmul."""
        ...

    def one(self, name: str, a: Value) -> Value:
        """``exp log abs round not neg int`` of a value; ``int`` makes whole numbers of truth, too."""
        ...

    def rows(self, name: str, a: Value) -> Value:
        """``max min sum`` along the last axis, which is kept as 1."""
        ...

    def where(self, test: Value, a: Value, b: Value) -> Value:
        """`a` where true, else `b`."""
        ...

    def deeper(self, a: Value, axis: int) -> Value:
        """A new axis of length 1 at that place."""
        ...

    def flatter(self, a: Value) -> Value:
        """Without the last axis, which has length 1."""
        ...

    def pick(self, a: Value, columns: np.ndarray) -> Value:
        """The columns of those numbers."""
        ...

    def sort(self, a: Value) -> Value:
        """Each row descending."""
        ...

    def beside(self, values: list[Value]) -> Value:
        """(N, 1) values as columns."""
        ...

    def look_up(self, table: np.ndarray, index: Value) -> Value:
        """The table's entries at the index."""
        ...

    def piece(self, name: str, body: Callable[..., Value], *values: Value) -> Value:
        """``body(*values)``, a part of the program with a name: an engine that writes text makes a function of it."""
        ...


class Words:
    """The engine's words with names, so that the program reads as formulas."""

    def __init__(self, engine: Engine):
        self.e = engine

    def number(self, value: Any) -> Value:
        """A float64 constant."""
        return self.e.constant(np.asarray(value, np.float64))

    def two(self, name: str, a: Value, b: Any) -> Value:
        """`Engine.two` with numbers as constants."""
        return self.e.two(name, a, self.number(b) if isinstance(b, (int, float, np.ndarray, np.generic)) else b)

    def snap(self, x: Value) -> Value:
        """`labelwise.decisions.snap.snap`."""
        on_grid = lambda x: self.two("div", self.e.one("round", self.two("mul", x, GRID)), GRID)  # noqa: E731
        return self.e.piece("snap", on_grid, x)

    def softplus(self, x: Value) -> Value:
        """ln(1 + e^x), without overflow."""
        return self.e.piece("softplus", self._softplus, x)

    def _softplus(self, x: Value) -> Value:
        small = self.e.one("exp", self.e.one("neg", self.e.one("abs", x)))
        return self.two("add", self.two("max", x, 0.0), self.e.one("log", self.two("add", small, 1.0)))

    def log_shares(self, z: Value) -> Value:
        """Log-probabilities of softmax."""
        return self.e.piece("log_shares", self._log_shares, z)

    def _log_shares(self, z: Value) -> Value:
        shifted = self.two("sub", z, self.e.rows("max", z))
        return self.two("sub", shifted, self.e.one("log", self.e.rows("sum", self.e.one("exp", shifted))))

    def log_sum(self, z: Value) -> Value:
        """ln of the sum of e^z of a row."""
        top = self.e.rows("max", z)
        return self.two("add", top, self.e.one("log", self.e.rows("sum", self.e.one("exp", self.two("sub", z, top)))))

    def sigmoid(self, z: Value) -> Value:
        """1 / (1 + e^-z), without overflow."""
        return self.e.piece("sigmoid", self._sigmoid, z)

    def _sigmoid(self, z: Value) -> Value:
        small = self.e.one("exp", self.e.one("neg", self.e.one("abs", z)))
        top = self.e.where(self.two("ge", z, 0.0), self.number(1.0), small)
        return self.two("div", top, self.two("add", small, 1.0))

    def any(self, flags: Value) -> Value:
        """True where any of a row is."""
        return self.e.two("gt", self.e.rows("sum", self.e.one("int", flags)), self.e.constant(np.asarray(0)))

    def first_highest(self, u: Value, width: int) -> Value:
        """True at the first of the highest values of a row."""
        return self.e.piece("first_highest", lambda u: self._first_highest(u, width), u)

    def _first_highest(self, u: Value, width: int) -> Value:
        places = self.e.constant(np.arange(width))
        at_top = self.e.two("eq", u, self.e.rows("max", u))
        first = self.e.rows("min", self.e.where(at_top, places, self.e.constant(np.asarray(width))))
        return self.e.two("eq", places, first)

    def ranks(self, u: Value, width: int) -> Value:
        """0 for the highest of a row; of equal ones the first is the higher."""
        return self.e.piece("ranks", lambda u: self._ranks(u, width), u)

    def _ranks(self, u: Value, width: int) -> Value:
        mine, other = self.e.deeper(u, 2), self.e.deeper(u, 1)
        before = self.e.constant(np.arange(width)[None, :] < np.arange(width)[:, None])
        ahead = self.e.two(
            "or", self.e.two("gt", other, mine), self.e.two("and", self.e.two("eq", other, mine), before)
        )
        return self.e.flatter(self.e.rows("sum", self.e.one("int", ahead)))
