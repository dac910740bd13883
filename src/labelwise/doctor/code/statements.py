"""Running statements abstractly: both sides of what is not known, then the join."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from labelwise.doctor.code import definitions
from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code.attributes import set_attribute
from labelwise.doctor.code.items import element_of, items_of, unpack
from labelwise.doctor.code.machine import LOAD_STEPS, Budget, Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Const,
    Heap,
    Module,
    Pack,
    Rest,
    Tensor,
    Value,
    join,
    truth,
)

__all__ = ["load", "run"]

_UNROLL = 6


def load(m: Machine, path: str) -> Module | None:
    """Run a file's top level, once and on a budget of its own; None where it cannot be parsed."""
    module = m.project.module(path)
    if module is None or path in m.loaded:
        return module
    m.loaded.add(path)
    module.env.clear()
    module.stars.clear()
    spent, limit, statement, stack = m.steps, m.limit, m.statement, m.stack
    m.limit, m.stack = m.steps + LOAD_STEPS, []
    try:
        run(m, Frame(module.env, module), module.tree.body)
    except Budget:
        m.tangled.append(path)
    finally:
        m.steps, m.limit, m.statement, m.stack = spent, limit, statement, stack
    return module


def run(m: Machine, frame: Frame, body: list[ast.stmt]) -> str | None:
    """Run statements; None where control falls through, else ``return``, ``raise`` or ``loop``."""
    for node in body:
        m.tick()
        m.statement = node
        handler = _HANDLERS.get(type(node))
        if handler is not None and (flow := handler(m, frame, node)):
            return flow
    return None


# ------------------------------------------------------------------ simple statements


def _expr(m: Machine, frame: Frame, node: ast.Expr) -> None:
    ex.evaluate(m, frame, node.value)


def _assign(m: Machine, frame: Frame, node: ast.Assign) -> None:
    value = ex.evaluate(m, frame, node.value)
    for target in node.targets:
        bind(m, frame, target, value)


def _ann_assign(m: Machine, frame: Frame, node: ast.AnnAssign) -> None:
    if node.value is not None:
        bind(m, frame, node.target, ex.evaluate(m, frame, node.value))
    elif isinstance(node.target, ast.Name) and frame.owner is not None and frame.func is None:
        frame.env.setdefault(node.target.id, UNKNOWN)


def _aug_assign(m: Machine, frame: Frame, node: ast.AugAssign) -> None:
    load_ = ast.copy_location(_as_load(node.target), node.target)
    left = ex.evaluate(m, frame, load_)
    right = ex.evaluate(m, frame, node.value)
    if isinstance(left, Heap) and left.kind == "list" and isinstance(node.op, ast.Add):
        m.write(left, "items", (*left.state["items"], *items_of(right)))
        return
    bind(m, frame, node.target, ex.binary(m, frame, node, type(node.op), left, right))


def _as_load(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Load())
    if isinstance(node, ast.Attribute):
        return ast.copy_location(ast.Attribute(node.value, node.attr, ast.Load()), node)
    if isinstance(node, ast.Subscript):
        return ast.copy_location(ast.Subscript(node.value, node.slice, ast.Load()), node)
    return node


def _return(m: Machine, frame: Frame, node: ast.Return) -> str:
    frame.returns.append(ex.evaluate(m, frame, node.value) if node.value is not None else Const(None))
    return "return"


def _delete(m: Machine, frame: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.env.pop(target.id, None)


def _global(m: Machine, frame: Frame, node: ast.Global) -> None:
    for name in node.names:
        frame.env.setdefault(name, frame.module.env.get(name, UNKNOWN))


# ------------------------------------------------------------------ binding names


def bind(m: Machine, frame: Frame, target: ast.expr, value: Value) -> None:
    """Assign to a name, an attribute, an item, or to each of several targets."""
    if isinstance(target, ast.Name):
        if m.selecting and isinstance(value, Tensor) and value.of == "candidate":
            value = Tensor(
                of="chosen", test=True, site=m.site(m.statement, frame, "threshold chosen on the test split")
            )
        frame.env[target.id] = ex.named(target.id, value)
    elif isinstance(target, ast.Attribute):
        obj = ex.evaluate(m, frame, target.value)
        set_attribute(m, obj, target.attr, value)
    elif isinstance(target, ast.Subscript):
        ex.set_item(m, frame, target, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _bind_several(m, frame, target.elts, value)
    elif isinstance(target, ast.Starred):
        bind(m, frame, target.value, UNKNOWN)


def _bind_several(m: Machine, frame: Frame, targets: list[ast.expr], value: Value) -> None:
    items = unpack(value, len(targets))
    for i, target in enumerate(targets):
        bind(m, frame, target, items[i] if items is not None and not isinstance(target, ast.Starred) else UNKNOWN)


# ------------------------------------------------------------------ branches


def _branches(m: Machine, frame: Frame, runs: Iterable[Callable[[], str | None]]) -> str | None:
    """Run alternatives from the same state and join what they leave behind."""
    start = dict(frame.env)
    alive: list[dict[str, Value]] = []
    heaps: list[dict] = []
    flows: list[str | None] = []
    for alternative in runs:
        mark = len(m.journal)
        flow = alternative()
        flows.append(flow)
        env = dict(frame.env)
        heap = m.undo(mark)
        if flow is None:
            alive.append(env)
        if flow != "raise":
            heaps.append(heap)
        frame.env.clear()
        frame.env.update(start)
    if heaps:
        total = heaps[0]
        if len(heaps) == 1:
            m.merge(total, total)
        for other in heaps[1:]:
            mark = len(m.journal)
            m.merge(total, other)
            total = m.undo(mark)
        if len(heaps) > 1:
            m.merge(total, total)
    if not alive:
        return next((f for f in flows if f == "return"), flows[0])
    frame.env.clear()
    frame.env.update(alive[0])
    for env in alive[1:]:
        for name, value in env.items():
            frame.env[name] = join(frame.env.get(name), value)
    return None


def _if(m: Machine, frame: Frame, node: ast.If) -> str | None:
    test = ex.evaluate(m, frame, node.test)
    known = truth(test)
    if known is not None:
        return run(m, frame, node.body if known else node.orelse)
    if isinstance(test, Tensor) and test.of == "better":
        m.selecting = True
        run(m, frame, node.body)
        m.selecting = False
        return None
    return _branches(m, frame, (lambda: run(m, frame, node.body), lambda: run(m, frame, node.orelse)))


def _loop(m: Machine, frame: Frame, body: list[ast.stmt], prepare: Callable[[], None]) -> None:
    def once() -> str | None:
        prepare()
        flow = run(m, frame, body)
        return None if flow == "loop" else flow

    _branches(m, frame, (once, lambda: None))


def _for(m: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> str | None:
    over = ex.evaluate(m, frame, node.iter)
    items = (
        items_of(over) if isinstance(over, Pack) or (isinstance(over, Heap) and over.kind in ("list", "seq")) else None
    )
    if items is not None and 0 < len(items) <= _UNROLL and not any(isinstance(i, Rest) for i in items):
        for item in items:
            bind(m, frame, node.target, item)
            flow = run(m, frame, node.body)
            if flow in ("return", "raise"):
                return flow
            if flow == "loop":
                break
        return None
    element = element_of(over)
    rows = {name: frame.env.get(name) for name in _sets_ones(node)}
    _loop(m, frame, node.body, lambda: bind(m, frame, node.target, element))
    for name, row in rows.items():
        if isinstance(row, Tensor) and row.of == "zeros" and row.ndim == 1:
            frame.env[name] = Tensor("several", None, row.width, 1, m.site(node, frame, "several ones in a row"))
    return run(m, frame, node.orelse)


def _sets_ones(node: ast.For | ast.AsyncFor) -> list[str]:
    """Names of the arrays that a loop sets to 1 at each of its elements: ``for t in tags: y[t] = 1``."""
    return [
        s.targets[0].value.id
        for s in node.body
        if isinstance(s, ast.Assign)
        and isinstance(s.targets[0], ast.Subscript)
        and isinstance(s.targets[0].value, ast.Name)
        and isinstance(s.targets[0].slice, ast.Name)
        and isinstance(node.target, ast.Name)
        and s.targets[0].slice.id == node.target.id
        and isinstance(s.value, ast.Constant)
        and s.value.value == 1
    ]


def _while(m: Machine, frame: Frame, node: ast.While) -> str | None:
    if truth(ex.evaluate(m, frame, node.test)) is False:
        return run(m, frame, node.orelse)
    _loop(m, frame, node.body, lambda: None)
    return None


def _try(m: Machine, frame: Frame, node: ast.Try) -> str | None:
    def handler(h: ast.ExceptHandler) -> Callable[[], str | None]:
        def go() -> str | None:
            if h.name:
                frame.env[h.name] = UNKNOWN
            return run(m, frame, h.body)

        return go

    flow = _branches(
        m, frame, (lambda: run(m, frame, [*node.body, *node.orelse]), *(handler(h) for h in node.handlers))
    )
    return run(m, frame, node.finalbody) or flow


def _with(m: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> str | None:
    for item in node.items:
        value = ex.evaluate(m, frame, item.context_expr)
        if item.optional_vars is not None:
            bind(m, frame, item.optional_vars, value if isinstance(value, Heap) else UNKNOWN)
    return run(m, frame, node.body)


def _match(m: Machine, frame: Frame, node: ast.Match) -> str | None:
    ex.evaluate(m, frame, node.subject)

    def case(c: ast.match_case) -> Callable[[], str | None]:
        def go() -> str | None:
            for part in ast.walk(c.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if name:
                    frame.env[name] = UNKNOWN
            return run(m, frame, c.body)

        return go

    return _branches(m, frame, (*(case(c) for c in node.cases), lambda: None))


# ------------------------------------------------------------------ definitions


# ------------------------------------------------------------------ imports


_HANDLERS: dict[type, Callable] = {
    ast.Expr: _expr,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Return: _return,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Raise: lambda m, frame, node: "raise",
    ast.Break: lambda m, frame, node: "loop",
    ast.Continue: lambda m, frame, node: "loop",
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.FunctionDef: definitions.define_function,
    ast.AsyncFunctionDef: definitions.define_function,
    ast.ClassDef: definitions.define_class,
    ast.Import: definitions.import_modules,
    ast.ImportFrom: definitions.import_from,
}
