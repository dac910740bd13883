"""Evaluating expressions abstractly: names, attributes, items, arithmetic, comparisons, comprehensions."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from labelwise.doctor.code import calls, literals, ops, statements
from labelwise.doctor.code.attributes import attribute
from labelwise.doctor.code.frameworks import star_name
from labelwise.doctor.code.items import item, items_of, sliced
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Func,
    Heap,
    Pack,
    Ref,
    Tensor,
    Unknown,
    Value,
    join,
    truth,
)

__all__ = ["binary", "call", "evaluate", "make_function", "named", "set_item"]

_TEST = re.compile(r"(^|_)(test|tst|te(?=$))(_|$|\d|s$|set|y$|x$)", re.IGNORECASE)
_BUILTINS = {
    "len",
    "range",
    "list",
    "tuple",
    "dict",
    "set",
    "int",
    "float",
    "str",
    "bool",
    "isinstance",
    "getattr",
    "setattr",
    "hasattr",
    "super",
    "zip",
    "enumerate",
    "max",
    "min",
    "sorted",
    "reversed",
    "any",
    "all",
    "print",
    "abs",
    "round",
    "sum",
    "map",
    "iter",
    "next",
    "type",
    "filter",
}
_KEEP_OPS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def evaluate(m: Machine, frame: Frame, node: ast.expr | None) -> Value:
    """The abstract value of an expression."""
    if node is None:
        return UNKNOWN
    m.tick()
    handler = _HANDLERS.get(type(node))
    return handler(m, frame, node) if handler is not None else UNKNOWN


def call(m: Machine, frame: Frame, node: ast.AST, func: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Call a value; see `calls`."""
    return calls.call(m, frame, node, func, args, kwargs)


def named(name: str, value: Value) -> Value:
    """Mark data of unknown origin whose name says that it is of the test split."""
    if isinstance(value, Unknown) and not value.options and _TEST.search(name) and "val" not in name.lower():
        return Tensor(test=True)
    if isinstance(value, Tensor) and value.test and re.search(r"(^|_)(val|valid|dev|train)(_|$)", name.lower()):
        return value.but(test=False)
    return value


# ------------------------------------------------------------------ names and attributes


def _name(m: Machine, frame: Frame, node: ast.Name) -> Value:
    value = frame.look(node.id)
    if value is not None:
        return value
    for star in frame.module.stars:
        full = star_name(star, node.id)
        if full:
            return Ref(full)
    if node.id in _BUILTINS:
        return Ref(f"builtins.{node.id}")
    return named(node.id, UNKNOWN)


def _attribute(m: Machine, frame: Frame, node: ast.Attribute) -> Value:
    return attribute(m, frame, node, evaluate(m, frame, node.value), node.attr)


# ------------------------------------------------------------------ items


def _subscript(m: Machine, frame: Frame, node: ast.Subscript) -> Value:
    obj = evaluate(m, frame, node.value)
    if isinstance(obj, Tensor):
        index = _index(m, frame, node.slice)
        return ops.index(m, frame, node, obj, index)
    key = evaluate(m, frame, node.slice)
    if isinstance(node.slice, ast.Slice):
        ends = (node.slice.lower, node.slice.upper)
        bounds = [evaluate(m, frame, b) if b is not None else Const(None) for b in ends]
        return sliced(obj, bounds, node.slice.step is not None)
    return item(m, frame, node, obj, key)


def _index(m: Machine, frame: Frame, node: ast.expr) -> tuple[Value | None, ...]:
    """An array index as one value per axis; None stands for a slice."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    out: list[Value | None] = []
    for part in parts:
        if isinstance(part, ast.Slice):
            full = part.lower is None and part.upper is None
            for bound in (part.lower, part.upper, part.step):
                if bound is not None:
                    evaluate(m, frame, bound)
            out.append(None if full else Const(slice(None)))
        else:
            out.append(evaluate(m, frame, part))
    return tuple(out)


def set_item(m: Machine, frame: Frame, target: ast.Subscript, value: Value) -> None:
    """``obj[key] = value``."""
    obj = evaluate(m, frame, target.value)
    key = evaluate(m, frame, target.slice)
    if isinstance(obj, Heap) and obj.kind == "dict":
        items = dict(obj.state["items"])
        if isinstance(key, Const):
            items[key.value] = value
            m.write(obj, "items", items)
        else:
            obj.opaque = True
    elif (
        isinstance(obj, Heap) and obj.kind in ("list", "seq") and isinstance(key, Const) and isinstance(key.value, int)
    ):
        items_ = list(obj.state["items"])
        if -len(items_) <= key.value < len(items_):
            items_[key.value] = value
            m.write(obj, "items", tuple(items_))
    elif isinstance(obj, Bound) and isinstance(obj.target, Heap) and obj.target.kind == "net":
        m.write(obj.target, "head", value)
    elif isinstance(obj, Tensor) and isinstance(target.value, ast.Name):
        frame.env[target.value.id] = Tensor(test=obj.test, ndim=obj.ndim, width=obj.width)


# ------------------------------------------------------------------ literals and operators


def _bool_op(m: Machine, frame: Frame, node: ast.BoolOp) -> Value:
    out: Value | None = None
    stop = isinstance(node.op, ast.Or)
    for part in node.values:
        value = evaluate(m, frame, part)
        known = truth(value)
        if known is stop:
            return value if out is None else join(out, value)
        if known is None or part is node.values[-1]:
            out = value if out is None else join(out, value)
    return out if out is not None else UNKNOWN


def _unary(m: Machine, frame: Frame, node: ast.UnaryOp) -> Value:
    value = evaluate(m, frame, node.operand)
    if isinstance(node.op, ast.Not):
        known = truth(value)
        return Const(not known) if known is not None else UNKNOWN
    if isinstance(node.op, ast.USub):
        if isinstance(value, Const) and isinstance(value.value, (int, float)):
            return Const(-value.value)
        return ops.negative(value)
    return value if isinstance(node.op, ast.UAdd) else UNKNOWN


def _bin_op(m: Machine, frame: Frame, node: ast.BinOp) -> Value:
    return binary(m, frame, node, type(node.op), evaluate(m, frame, node.left), evaluate(m, frame, node.right))


def binary(m: Machine, frame: Frame, node: ast.AST, op: type, left: Value, right: Value) -> Value:
    """``left op right``."""
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            if (op in _KEEP_OPS and not isinstance(left.value, (str, bytes))) or op is ast.Add:
                return Const(_KEEP_OPS[op](left.value, right.value))
            if op in (ast.Div, ast.FloorDiv):
                return Const(left.value / right.value if op is ast.Div else left.value // right.value)
        except Exception:  # a literal that cannot be computed is simply not known
            return UNKNOWN
        return UNKNOWN
    if op is ast.Add and any(isinstance(v, Heap) and v.kind == "list" for v in (left, right)):
        return Heap("list", items=(*items_of(left), *items_of(right)))
    if op is ast.MatMult:
        return Tensor(test=any(isinstance(v, Tensor) and v.test for v in (left, right)))
    return ops.arithmetic(m, frame, node, op, left, right)


def _compare(m: Machine, frame: Frame, node: ast.Compare) -> Value:
    left = evaluate(m, frame, node.left)
    rights = [evaluate(m, frame, c) for c in node.comparators]
    if len(rights) != 1:
        return UNKNOWN
    right, op = rights[0], type(node.ops[0])
    if op in (ast.Is, ast.IsNot):
        known = _is(left, right)
        return UNKNOWN if known is None else Const(known is (op is ast.Is))
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            return Const(_COMPARE[op](left.value, right.value)) if op in _COMPARE else UNKNOWN
        except TypeError:
            return UNKNOWN
    if op in (ast.In, ast.NotIn) and isinstance(left, Const) and isinstance(right, (Pack, Heap)):
        items = items_of(right) if not (isinstance(right, Heap) and right.kind == "dict") else ()
        if items and all(isinstance(i, Const) for i in items):
            return Const((left in items) is (op is ast.In))
        return UNKNOWN
    return ops.compare(m, frame, node, op, left, right)


_COMPARE: dict[type, Callable] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _is(left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value or (left.value == right.value and type(left.value) is type(right.value))
    for a, b in ((left, right), (right, left)):
        if a == Const(None):
            return None if isinstance(b, (Unknown, Ref)) or (isinstance(b, Tensor) and b.act is None) else False
    return None


def _if_exp(m: Machine, frame: Frame, node: ast.IfExp) -> Value:
    test = evaluate(m, frame, node.test)
    known = truth(test)
    if known is not None:
        return evaluate(m, frame, node.body if known else node.orelse)
    a, b = evaluate(m, frame, node.body), evaluate(m, frame, node.orelse)
    return ops.chosen_bits(m, frame, node, a, b, test) or join(a, b)


def _call(m: Machine, frame: Frame, node: ast.Call) -> Value:
    func = evaluate(m, frame, node.func)
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    complete = True
    for a in node.args:
        if isinstance(a, ast.Starred):
            value = evaluate(m, frame, a.value)
            args.extend(items_of(value))
        else:
            args.append(evaluate(m, frame, a))
    for k in node.keywords:
        value = evaluate(m, frame, k.value)
        if k.arg is not None:
            kwargs[k.arg] = value
        elif isinstance(value, Heap) and value.kind == "dict" and not value.opaque:
            kwargs.update({str(name): v for name, v in value.state["items"].items()})
        else:
            complete = False
    if not complete:
        kwargs["**"] = UNKNOWN
    return calls.call(m, frame, node, func, args, kwargs)


def make_function(
    m: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, role: str
) -> Func:
    """A function value with its defaults evaluated now."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = {a.arg: evaluate(m, frame, d) for a, d in zip(positional[::-1], spec.defaults[::-1], strict=False)}
    defaults |= {
        a.arg: evaluate(m, frame, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None
    }
    return Func(node, frame, frame.module.path, name, defaults, None, role)


def _lambda(m: Machine, frame: Frame, node: ast.Lambda) -> Value:
    return make_function(m, frame, node, "lambda", "plain")


def _named_expr(m: Machine, frame: Frame, node: ast.NamedExpr) -> Value:
    value = evaluate(m, frame, node.value)
    statements.bind(m, frame, node.target, value)
    return value


def _visit(m: Machine, frame: Frame, node: ast.AST) -> Value:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(m, frame, child)
    return UNKNOWN


def _yield(m: Machine, frame: Frame, node: ast.Yield) -> Value:
    evaluate(m, frame, node.value)
    frame.returns.append(UNKNOWN)
    return UNKNOWN


_HANDLERS: dict[type, Callable] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: lambda m, frame, node: Const(node.value),
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.Tuple: literals.tuple_display,
    ast.List: literals.list_display,
    ast.Set: literals.list_display,
    ast.Dict: literals.dict_display,
    ast.ListComp: literals.comprehension,
    ast.SetComp: literals.comprehension,
    ast.GeneratorExp: literals.comprehension,
    ast.DictComp: literals.dict_comprehension,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.BinOp: _bin_op,
    ast.Compare: _compare,
    ast.IfExp: _if_exp,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named_expr,
    ast.Await: lambda m, frame, node: evaluate(m, frame, node.value),
    ast.JoinedStr: _visit,
    ast.FormattedValue: _visit,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Starred: _visit,
    ast.Slice: _visit,
}
