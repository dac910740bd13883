"""New arrays: labels, one-hot matrices, literals, joined lists."""

from __future__ import annotations

import ast
from typing import Any

from labelwise.doctor.code.items import element_of, items_of
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.shapes import argument, number, tensor
from labelwise.doctor.code.values import (
    UNKNOWN,
    Heap,
    Pack,
    Rest,
    Tensor,
    Value,
)

__all__ = ["arange", "array", "cat", "choice", "constant", "one_hot", "randint", "random", "stack", "zeros"]


def one_hot(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``F.one_hot(y, C)``."""
    width = number(argument(args, kwargs, 1, "num_classes", "depth"))
    return Tensor(
        "onehot", None, width, 2, m.site(node, frame, "one-hot"), test=tensor(args[0]).test if args else False
    )


def randint(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.randint(low, high, shape)``: labels, or a random 0/1 matrix."""
    low, high = number(args[0]) if args else None, number(argument(args, kwargs, 1, "high"))
    shape = argument(args, kwargs, 2, "size", "shape")
    if high is None and len(args) >= 2 and isinstance(args[1], (Pack, Heap)):
        low, high, shape = 0, low, args[1]
    elif high is None and len(args) == 1:
        low, high = 0, low
    ndim = 1 if number(shape) is not None else len(items_of(shape)) if isinstance(shape, (Pack, Heap)) else None
    if ndim == 2 and low == 0 and high == 2:
        width = number(items_of(shape)[1]) if shape is not None else None
        if width is not None and width > 1:
            return Tensor("multihot", None, width, 2, m.site(node, frame, "random 0/1 matrix"))
    top = high - 1 if isinstance(high, int) else None
    return Tensor("index", None, None, ndim, m.site(node, frame, "labels"), dtype="int", low=low, high=top)


def choice(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``np.random.choice([1, 2, 3], n)``: labels."""
    flat = [number(i) for i in items_of(args[0])] if isinstance(args[0], (Pack, Heap)) else []
    if not flat or not all(isinstance(v, int) for v in flat):
        return Tensor()
    return Tensor("index", None, None, 1, m.site(node, frame, "labels"), dtype="int", low=min(flat), high=max(flat))


def arange(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``arange(low, high)``: labels, or a grid of thresholds."""
    first, second = number(args[0]) if args else None, number(args[1]) if len(args) > 1 else None
    low, high = (0, first) if len(args) == 1 else (first, second)
    if isinstance(low, int) and isinstance(high, int) and len(args) < 3:
        return Tensor(
            "index", None, None, 1, m.site(node, frame, "labels"), dtype="int", low=low, high=high - 1, of="grid"
        )
    return Tensor(ndim=1, of="grid")


def random(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.randn(n, d)`` and its like: only the shape is known."""
    shape = list(items_of(args[0])) if len(args) == 1 and isinstance(args[0], (Pack, Heap)) else args
    if not shape or any(isinstance(s, Rest) for s in shape):
        return Tensor()
    width = number(shape[-1])
    return Tensor(ndim=len(shape), width=width if isinstance(width, int) else None, of="random")


def zeros(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.zeros(n)``: a loop may set ones in it."""
    return tensor(random(m, frame, node, args, kwargs, lib)).but(of="zeros")


def constant(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.ones_like(x)``: the same number everywhere."""
    x = tensor(args[0])
    return Tensor(ndim=x.ndim, width=x.width, of="constant")


def array(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.tensor([...])`` of literal labels."""
    x = args[0] if args else UNKNOWN
    if isinstance(x, Tensor):
        return x
    if not isinstance(x, (Pack, Heap)) or (isinstance(x, Heap) and x.kind != "list"):
        return Tensor()
    items = items_of(x)
    flat: list[Any] = [number(i) for i in items]
    site = m.site(node, frame, "labels")
    if flat and all(isinstance(v, int) for v in flat):
        return Tensor("index", None, None, 1, site, dtype="int", low=min(flat), high=max(flat))
    if flat and all(isinstance(v, float) and v.is_integer() for v in flat):
        return Tensor("index", None, None, 1, site, dtype="float", low=int(min(flat)), high=int(max(flat)))
    rows: list[list[Any]] = [[number(v) for v in items_of(i)] if isinstance(i, (Pack, Heap)) else [None] for i in items]
    if rows and all(v in (0, 1) for row in rows for v in row) and len(rows[0]) > 1:
        act = "onehot" if all(row.count(1) == 1 for row in rows) else "multihot"
        return Tensor(act, None, len(rows[0]), 2, m.site(node, frame, "targets with several ones in a row"))
    element = element_of(x)
    return _rows(element) if isinstance(element, Tensor) and element.act != "index" else Tensor()


def cat(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.cat(list)``."""
    element = element_of(args[0]) if args else UNKNOWN
    if not isinstance(element, Tensor):
        return Tensor()
    axis = number(argument(args, kwargs, 1, "dim", "axis")) or 0
    return element.but(width=element.width if axis == 0 else None, axis=None, of=None)


def stack(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``torch.stack(list)``."""
    element = element_of(args[0]) if args else UNKNOWN
    return _rows(element.but(width=None, ndim=None, axis=None, of=None)) if isinstance(element, Tensor) else Tensor()


def _rows(element: Tensor) -> Tensor:
    """Rows with several ones each are a multi-hot matrix."""
    return element.but(act="multihot", ndim=2) if element.act == "several" else element
