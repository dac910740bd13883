"""Displays and comprehensions: tuples, lists, dicts."""

from __future__ import annotations

import ast

from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code import statements
from labelwise.doctor.code.items import element_known, element_of, items_of
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Const,
    Heap,
    Pack,
    Rest,
    Value,
)

__all__ = ["comprehension", "dict_comprehension", "dict_display", "list_display", "tuple_display"]


def tuple_display(m: Machine, frame: Frame, node: ast.Tuple) -> Value:
    """``(a, b)``."""
    if any(isinstance(e, ast.Starred) for e in node.elts):
        return UNKNOWN
    return Pack(tuple(ex.evaluate(m, frame, e) for e in node.elts))


def list_display(m: Machine, frame: Frame, node: ast.List | ast.Set) -> Value:
    """``[a, b]`` and ``{a, b}``."""
    items: list[Value] = []
    for e in node.elts:
        if isinstance(e, ast.Starred):
            items.extend(items_of(ex.evaluate(m, frame, e.value)))
        else:
            items.append(ex.evaluate(m, frame, e))
    return Heap("list", items=tuple(items))


def dict_display(m: Machine, frame: Frame, node: ast.Dict) -> Value:
    """``{a: b}``."""
    items: dict = {}
    out = Heap("dict", items=items)
    for k, v in zip(node.keys, node.values, strict=True):
        value = ex.evaluate(m, frame, v)
        key = ex.evaluate(m, frame, k) if k is not None else UNKNOWN
        if isinstance(key, Const):
            items[key.value] = value
        else:
            out.opaque = True
    return out


def comprehension(m: Machine, frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
    """``[f(a) for a in b]`` and its like; short literal lists are gone through item by item."""
    inner = Frame({}, frame.module, frame, frame.func, frame.this, frame.owner)
    for generator in node.generators:
        over = ex.evaluate(m, inner, generator.iter)
        if len(node.generators) == 1 and not generator.ifs and isinstance(node, ast.ListComp):
            items = items_of(over) if isinstance(over, (Pack, Heap)) and element_known(over) else ()
            if 0 < len(items) <= 6 and not any(isinstance(i, Rest) for i in items):
                out = []
                for i in items:
                    statements.bind(m, inner, generator.target, i)
                    out.append(ex.evaluate(m, inner, node.elt))
                return Heap("list", items=tuple(out))
        statements.bind(m, inner, generator.target, element_of(over))
        for test in generator.ifs:
            ex.evaluate(m, inner, test)
    return Heap("list", items=(Rest((ex.evaluate(m, inner, node.elt),)),))


def dict_comprehension(m: Machine, frame: Frame, node: ast.DictComp) -> Value:
    """``{a: f(a) for a in b}``: not known."""
    inner = Frame({}, frame.module, frame, frame.func, frame.this, frame.owner)
    for generator in node.generators:
        statements.bind(m, inner, generator.target, element_of(ex.evaluate(m, inner, generator.iter)))
    ex.evaluate(m, inner, node.value)
    return UNKNOWN
