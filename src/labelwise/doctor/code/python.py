"""Python's own builtins, as far as values pass through them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from labelwise.doctor.code import calls
from labelwise.doctor.code.attributes import attribute, set_attribute
from labelwise.doctor.code.items import element_of, items_of
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Func,
    Heap,
    Pack,
    Super,
    Tensor,
    Value,
)

__all__ = ["BUILTINS"]

Args = list[Value]
Kwargs = dict[str, Value]


def _same(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return args[0] if args else UNKNOWN


def _getattr(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    if len(args) >= 2 and isinstance(args[1], Const) and isinstance(args[1].value, str):
        return attribute(m, frame, node, args[0], args[1].value)
    return UNKNOWN


def _setattr(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    if len(args) == 3:
        if isinstance(args[1], Const) and isinstance(args[1].value, str):
            set_attribute(m, args[0], args[1].value, args[2])
        elif isinstance(args[0], Heap):
            args[0].opaque = True
    return Const(None)


def _super(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    scope: Frame | None = frame
    while scope is not None and scope.this is None:
        scope = scope.parent
    if scope is None or scope.this is None or scope.owner is None:
        return UNKNOWN
    return Super(scope.this, scope.owner)


def _zip(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Heap("zip", inner=tuple(args))


def _enumerate(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Heap("enumerate", inner=args[0] if args else UNKNOWN)


def _listed(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    if not args:
        return Heap("list", items=())
    if isinstance(args[0], Tensor):
        return args[0]
    if isinstance(args[0], Heap) and args[0].kind == "seq":
        return Heap("list", items=args[0].state["items"])
    return Heap("list", items=items_of(args[0])) if isinstance(args[0], (Pack, Heap)) else UNKNOWN


def _dict(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    if args:
        return args[0] if isinstance(args[0], Heap) and args[0].kind == "dict" and not kwargs else UNKNOWN
    return Heap("dict", items={k: v for k, v in kwargs.items() if k != "**"})


def _pairs(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    """``OrderedDict([(key, value), ...])``."""
    items = items_of(args[0]) if args and isinstance(args[0], (Pack, Heap)) else ()
    if items and all(isinstance(i, Pack) and len(i.items) == 2 and isinstance(i.items[0], Const) for i in items):
        return Heap("dict", items={i.items[0].value: i.items[1] for i in items})  # type: ignore[union-attr]
    return _dict(m, frame, node, args, kwargs)


def _range(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return Tensor(ndim=1, of="grid", dtype="int")


def _max(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    key = kwargs.get("key")
    if isinstance(key, Func) and args:
        element = element_of(args[0])
        score = calls.call_function(m, frame, node, key, [element], {})
        if isinstance(score, Tensor) and score.of == "swept-score":
            return Tensor(of="chosen", test=True, site=m.site(node, frame, "threshold chosen on the test split"))
    return UNKNOWN


def _cast(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    return args[0] if args and isinstance(args[0], Tensor) and args[0].of == "chosen" else UNKNOWN


def _partial(m: Machine, frame: Frame, node: ast.AST, args: Args, kwargs: Kwargs) -> Value:
    if not args:
        return UNKNOWN
    return Bound(UNKNOWN, args[0], "partial", tuple(args[1:]), tuple(kwargs.items()))


BUILTINS: dict[str, Callable] = {
    "functools.partial": _partial,
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.super": _super,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.list": _listed,
    "builtins.tuple": _listed,
    "builtins.sorted": _listed,
    "builtins.iter": _same,
    "builtins.reversed": lambda m, frame, node, args, kwargs: UNKNOWN,
    "builtins.next": lambda m, frame, node, args, kwargs: element_of(args[0]) if args else UNKNOWN,
    "builtins.dict": _pairs,
    "collections.OrderedDict": _pairs,
    "builtins.range": _range,
    "builtins.max": _max,
    "builtins.float": _cast,
}
