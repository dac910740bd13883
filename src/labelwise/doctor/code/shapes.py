"""Reading arguments, and operations that change the shape or type of abstract arrays."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from labelwise.doctor.code.items import items_of
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Const,
    Heap,
    Pack,
    Ref,
    Rest,
    Tensor,
    Value,
)

__all__ = [
    "PROBS",
    "argument",
    "cast",
    "flatten",
    "number",
    "reshape",
    "size",
    "squeeze",
    "tensor",
    "transpose",
    "unsqueeze",
]

PROBS = ("softmax", "sigmoid", "prob")


def tensor(value: Value) -> Tensor:
    """The value as an array; unknown where it is none."""
    return value if isinstance(value, Tensor) else Tensor()


def number(value: Value | None) -> Any:
    """A literal number, or None."""
    if isinstance(value, Const) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
        return value.value
    return None


def argument(args: list[Value], kwargs: dict[str, Value], position: int, *names: str) -> Value | None:
    """An argument by keyword or position, or None."""
    for name in names:
        if name in kwargs:
            return kwargs[name]
    return args[position] if position < len(args) else None


def cast(kind: str | None) -> Callable:
    """A change of dtype; None for the dtype that is the second argument."""

    def go(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
        x = tensor(args[0])
        dtype = kind
        if dtype is None:
            wanted = argument(args, kwargs, 1, "dtype")
            text = wanted.name if isinstance(wanted, Ref) else str(wanted.value) if isinstance(wanted, Const) else ""
            found = re.search(r"int|long|float|double|half|bool", text)
            dtype = {"long": "int", "double": "float", "half": "float"}.get(found[0], found[0]) if found else None
        return x.but(dtype=dtype, of=x.of or ("cast" if dtype == "int" else None))

    return go


def squeeze(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``squeeze(dim)``."""
    x = tensor(args[0])
    dim = number(argument(args, kwargs, 1, "dim", "axis"))
    if x.width == 1 and x.ndim is not None and (dim is None or dim in (-1, x.ndim - 1)):
        return x.but(width=None, ndim=x.ndim - 1)
    if x.width == 1:
        return x.but(width=None, ndim=None)
    return x.but(ndim=None, width=x.width if dim is not None and dim >= 0 and x.width != 1 else None)


def unsqueeze(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``unsqueeze(dim)``."""
    x = tensor(args[0])
    dim = number(argument(args, kwargs, 1, "dim", "axis"))
    last = dim == -1 or (dim is not None and dim == x.ndim) or (dim == 1 and x.ndim is None and x.act is None)
    return x.but(
        ndim=x.ndim + 1 if x.ndim is not None else None, width=1 if last else x.width if dim is not None else None
    )


def reshape(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``view(shape)`` and ``reshape(shape)``."""
    x = tensor(args[0])
    shape = args[1:]
    if len(shape) == 1 and isinstance(shape[0], (Pack, Heap)):
        shape = list(items_of(shape[0]))
    flat = len(shape) == 1 and number(shape[0]) == -1
    if not shape or any(isinstance(s, Rest) for s in shape) or (len(shape) == 1 and not flat):
        return x.but(ndim=None, width=None, axis=None)
    last = number(shape[-1])
    batch = len(shape) == 2 and last == -1 and isinstance(shape[0], Tensor) and shape[0].of == "size0"
    of = "batch" if batch else "flat" if flat and x.act in ("onehot", "multihot", "bits") else None
    width = last if isinstance(last, int) and last > 0 and not flat else None
    return x.but(ndim=len(shape), width=width, of=of, axis=-1 if x.axis == -1 and width else None)


def flatten(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``flatten(start)``."""
    x = tensor(args[0])
    start = number(argument(args, kwargs, 1, "start_dim"))
    if start == 1:
        return x.but(ndim=2, width=None, of="batch", axis=None)
    if start is None:
        return x.but(ndim=1, width=None, of="flat" if x.act in ("onehot", "multihot", "bits") else None, axis=None)
    return x.but(ndim=None, width=None, axis=None)


def transpose(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``transpose`` and ``permute``."""
    return tensor(args[0]).but(width=None, axis=None, of=None)


def size(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    """``size(dim)``."""
    dim = number(argument(args, kwargs, 1, "dim"))
    return Tensor(of="size0") if dim == 0 else Tensor(of="shape") if dim is None and len(args) == 1 else UNKNOWN
