"""Evaluating expressions abstractly: names, attributes, items, arithmetic, comparisons, comprehensions."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from labelwise.doctor.code import calls, ops, statements
from labelwise.doctor.code.frameworks import star_name
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Func,
    Heap,
    Instance,
    Layer,
    Loss,
    Module,
    Ref,
    Rest,
    Super,
    Tensor,
    Tuple_,
    Unknown,
    Value,
    join,
    truth,
)

__all__ = [
    "attribute", "binary", "call", "element_of", "evaluate", "items_of", "make_function", "named", "project_module",
    "set_attribute", "set_item", "unpack",
]  # fmt: skip

_TEST = re.compile(r"(^|_)(test|tst)(_|$|\d|s$|set|y$|x$)", re.IGNORECASE)
_BUILTINS = {
    "len", "range", "list", "tuple", "dict", "set", "int", "float", "str", "bool", "isinstance", "getattr", "setattr", "hasattr",
    "super", "zip", "enumerate", "max", "min", "sorted", "reversed", "any", "all", "print", "abs", "round", "sum", "map", "iter",
    "next", "type", "filter",
}  # fmt: skip
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


def project_module(m: Machine, path: str) -> Value:
    """Another file of the project, run once."""
    module = statements.load(m, path)
    return module if module is not None else UNKNOWN


def attribute(m: Machine, frame: Frame, node: ast.AST, obj: Value, name: str) -> Value:
    """``obj.name``."""
    if isinstance(obj, Ref):
        if obj.name.startswith("~"):
            return _project_ref(m, obj, name)
        return Ref(f"{obj.name}.{name}")
    if isinstance(obj, Module):
        if name in obj.env:
            return obj.env[name]
        inner = m.project.find(name, obj.path, 1) if obj.path.endswith("__init__.py") else None
        return project_module(m, inner) if inner else UNKNOWN
    if isinstance(obj, Tensor):
        return ops.attribute(obj, name)
    if isinstance(obj, Class):
        found = obj.find(name)
        if isinstance(found, Func) and found.role == "classmethod":
            return Bound(obj, found)
        return found if found is not None else UNKNOWN
    if isinstance(obj, Instance):
        return _instance_attribute(m, frame, node, obj, name)
    if isinstance(obj, Super):
        found = obj.instance.cls.find(name, obj.after)
        return _bind(m, frame, node, obj.instance, found) if found is not None else Bound(obj, None, name)
    if isinstance(obj, Heap):
        if name in obj.state.get("attrs", {}):
            return obj.state["attrs"][name]
        if name == "module" and obj.kind in ("seq", "net", "kmodel"):
            return obj  # wrapped in DataParallel
        return Bound(obj, None, name)
    if isinstance(obj, (Layer, Loss, Tuple_, Bound)):
        return Bound(obj, None, name)
    if isinstance(obj, (Unknown, Const)):
        return Bound(obj, None, name)
    return UNKNOWN


def _project_ref(m: Machine, ref: Ref, name: str) -> Value:
    _, importer, dotted = ref.name.split("~", 2)
    full = f"{dotted}.{name}"
    path = m.project.find(full, importer)
    if path:
        return project_module(m, path)
    parent = m.project.find(dotted, importer)
    module = project_module(m, parent) if parent else UNKNOWN
    if isinstance(module, Module) and name in module.env:
        return module.env[name]
    return Ref(f"~{importer}~{full}") if not parent else UNKNOWN


def _instance_attribute(m: Machine, frame: Frame, node: ast.AST, obj: Instance, name: str) -> Value:
    if name in obj.state:
        return obj.state[name]
    if obj.opaque:
        return UNKNOWN
    found = obj.cls.find(name)
    if found is not None:
        return _bind(m, frame, node, obj, found)
    if name == "__class__":
        return obj.cls
    if name == "training":
        return UNKNOWN
    if name == "module":
        return obj  # wrapped in DataParallel
    return Bound(obj, None, name)


def _bind(m: Machine, frame: Frame, node: ast.AST, obj: Instance, found: Value) -> Value:
    if not isinstance(found, Func):
        return found
    if found.role == "property":
        return calls.call_function(m, frame, node, found, [obj], {})
    if found.role == "staticmethod":
        return found
    return Bound(obj.cls if found.role == "classmethod" else obj, found)


def set_attribute(m: Machine, obj: Value, name: str, value: Value) -> None:
    """``obj.name = value``."""
    if isinstance(obj, Instance):
        m.write(obj, name, value)
    elif isinstance(obj, Heap):
        attrs = dict(obj.state.get("attrs", {}))
        attrs[name] = value
        m.write(obj, "attrs", attrs)
        if obj.kind == "net" and name in (
            "fc",
            "classifier",
            "head",
            "heads",
            "classif",
            "last_linear",
            "logits_layer",
        ):
            m.write(obj, "head", value)


# ------------------------------------------------------------------ items


def _subscript(m: Machine, frame: Frame, node: ast.Subscript) -> Value:
    obj = evaluate(m, frame, node.value)
    if isinstance(obj, Tensor):
        index = _index(m, frame, node.slice)
        return ops.index(m, frame, node, obj, index)
    key = evaluate(m, frame, node.slice)
    if isinstance(node.slice, ast.Slice):
        return _sliced(m, frame, node.slice, obj)
    return item(m, frame, node, obj, key)


def item(m: Machine, frame: Frame, node: ast.AST, obj: Value, key: Value) -> Value:
    """``obj[key]`` for a key that is one value."""
    if isinstance(obj, Heap) and obj.kind == "hf_output":
        return (
            obj.state["logits"] if key == Const("logits") or (key == Const(0) and not obj.state["labels"]) else UNKNOWN
        )
    if isinstance(obj, Heap) and obj.kind == "dict":
        if isinstance(key, Const):
            return obj.state["items"].get(key.value, UNKNOWN) if not obj.opaque else UNKNOWN
        out: Value | None = None
        for value in obj.state["items"].values():
            out = join(out, value)
        return out if isinstance(out, Unknown) else Unknown()
    items = items_of(obj) if isinstance(obj, (Tuple_, Heap)) else ()
    if isinstance(key, Const) and isinstance(key.value, int) and items:
        try:
            span = items[: key.value + 1] if key.value >= 0 else items[key.value :]
            if not any(isinstance(i, Rest) for i in span):
                return items[key.value]
        except IndexError:
            return UNKNOWN
    if isinstance(obj, Heap) and obj.kind == "list" and isinstance(key, Tensor):
        return ops.index(m, frame, node, element_tensor(obj), (key,))
    if isinstance(obj, Heap) and obj.kind == "seq" and isinstance(key, Const):
        return obj.state.get("names", {}).get(key.value, UNKNOWN)
    if isinstance(obj, Heap) and obj.kind == "net":
        return Bound(obj, None, "[]")
    if isinstance(obj, Bound) and isinstance(obj.target, Heap) and obj.target.kind == "net":
        return Bound(obj.target, None, "[]")
    return UNKNOWN


def element_tensor(obj: Heap) -> Tensor:
    """A list as if it were an array of its elements: grids of thresholds stay grids."""
    element = element_of(obj)
    if isinstance(element, Tensor):
        return element.but(of={"candidate": "grid"}.get(element.of or "", element.of))
    return Tensor()


def _sliced(m: Machine, frame: Frame, node: ast.Slice, obj: Value) -> Value:
    bounds = [evaluate(m, frame, b) if b is not None else Const(None) for b in (node.lower, node.upper)]
    if not isinstance(obj, (Tuple_, Heap)) or not all(isinstance(b, Const) for b in bounds) or node.step is not None:
        return UNKNOWN
    items = items_of(obj)
    if any(isinstance(i, Rest) for i in items):
        return UNKNOWN
    try:
        part = items[bounds[0].value : bounds[1].value]  # type: ignore[union-attr]
    except TypeError:
        return UNKNOWN
    if isinstance(obj, Heap) and obj.kind in ("list", "seq"):
        return Heap(obj.kind, obj.site, items=part, keras=obj.state.get("keras", False))
    return Tuple_(part) if isinstance(obj, Tuple_) else UNKNOWN


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


def items_of(value: Value) -> tuple[Value, ...]:
    """The items of a tuple or list; a single `Rest` where they are not known."""
    if isinstance(value, Tuple_):
        return value.items
    if isinstance(value, Heap) and not value.opaque and isinstance(value.state.get("items"), tuple):
        return value.state["items"]
    return (Rest((UNKNOWN,)),)


def element_of(value: Value) -> Value:
    """What a loop over the value gives."""
    if isinstance(value, Tensor):
        if value.of == "grid":
            return Tensor(of="candidate")
        return Tensor(test=value.test, act="bits" if value.act == "bits" else None, dtype=value.dtype)
    if isinstance(value, Heap) and value.kind in ("loader", "dataset"):
        return value.state["element"]
    if isinstance(value, Heap) and value.kind == "enumerate":
        return Tuple_((UNKNOWN, element_of(value.state["inner"])))
    if isinstance(value, Heap) and value.kind == "zip":
        return Tuple_(tuple(element_of(v) for v in value.state["inner"]))
    if isinstance(value, (Tuple_, Heap)) and not (isinstance(value, Heap) and value.kind not in ("list", "seq")):
        flat: list[Value] = []
        for i in items_of(value):
            flat.extend(i.options if isinstance(i, Rest) else (i,))
        if flat and all(
            isinstance(i, Const) and isinstance(i.value, (int, float)) and not isinstance(i.value, bool) for i in flat
        ):
            return Tensor(of="candidate")
        out: Value | None = None
        for i in flat:
            out = join(out, i)
        return out if out is not None else UNKNOWN
    return UNKNOWN


def unpack(value: Value, count: int) -> tuple[Value, ...] | None:
    """The parts of a value that is unpacked into `count` targets."""
    if isinstance(value, Tensor):
        return tuple(value.but(ndim=None, width=None) if value.test else UNKNOWN for _ in range(count))
    if isinstance(value, Heap) and value.kind == "eval_pred":
        return (value.state["logits"], *(UNKNOWN for _ in range(count - 1)))
    if isinstance(value, (Tuple_, Heap)):
        items = items_of(value)
        if len(items) == count and not any(isinstance(i, Rest) for i in items):
            return items
    return None


# ------------------------------------------------------------------ literals and operators


def _tuple(m: Machine, frame: Frame, node: ast.Tuple) -> Value:
    if any(isinstance(e, ast.Starred) for e in node.elts):
        return UNKNOWN
    return Tuple_(tuple(evaluate(m, frame, e) for e in node.elts))


def _list(m: Machine, frame: Frame, node: ast.List | ast.Set) -> Value:
    items: list[Value] = []
    for e in node.elts:
        if isinstance(e, ast.Starred):
            items.extend(items_of(evaluate(m, frame, e.value)))
        else:
            items.append(evaluate(m, frame, e))
    return Heap("list", items=tuple(items))


def _dict(m: Machine, frame: Frame, node: ast.Dict) -> Value:
    items: dict = {}
    out = Heap("dict", items=items)
    for k, v in zip(node.keys, node.values, strict=True):
        value = evaluate(m, frame, v)
        key = evaluate(m, frame, k) if k is not None else UNKNOWN
        if isinstance(key, Const):
            items[key.value] = value
        else:
            out.opaque = True
    return out


def _comprehension(m: Machine, frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
    inner = Frame({}, frame.module, frame, frame.func, frame.this, frame.owner)
    for generator in node.generators:
        over = evaluate(m, inner, generator.iter)
        if len(node.generators) == 1 and not generator.ifs and isinstance(node, ast.ListComp):
            items = items_of(over) if isinstance(over, (Tuple_, Heap)) and element_known(over) else ()
            if 0 < len(items) <= 6 and not any(isinstance(i, Rest) for i in items):
                out = []
                for i in items:
                    statements.bind(m, inner, generator.target, i)
                    out.append(evaluate(m, inner, node.elt))
                return Heap("list", items=tuple(out))
        statements.bind(m, inner, generator.target, element_of(over))
        for test in generator.ifs:
            evaluate(m, inner, test)
    return Heap("list", items=(Rest((evaluate(m, inner, node.elt),)),))


def element_known(value: Value) -> bool:
    """True for tuples and lists whose items are literal."""
    return isinstance(value, Tuple_) or (isinstance(value, Heap) and value.kind in ("list", "seq"))


def _dict_comp(m: Machine, frame: Frame, node: ast.DictComp) -> Value:
    inner = Frame({}, frame.module, frame, frame.func, frame.this, frame.owner)
    for generator in node.generators:
        statements.bind(m, inner, generator.target, element_of(evaluate(m, inner, generator.iter)))
    evaluate(m, inner, node.value)
    return UNKNOWN


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
    if op in (ast.In, ast.NotIn) and isinstance(left, Const) and isinstance(right, (Tuple_, Heap)):
        items = items_of(right) if not (isinstance(right, Heap) and right.kind == "dict") else ()
        if items and all(isinstance(i, Const) for i in items):
            return Const((left in items) is (op is ast.In))
        return UNKNOWN
    return ops.compare(m, frame, node, op, left, right)


_COMPARE: dict[type, Callable] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


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
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _list,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comp,
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
