"""Calling abstractly: functions and classes of the project, and the known things of the frameworks."""

from __future__ import annotations

import ast

from labelwise.doctor.code import builders, judge, keras, layers, ops, statements
from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code.frameworks import LAYERS, METHODS, OPS, canonical
from labelwise.doctor.code.losses import LOSSES, LossSpec
from labelwise.doctor.code.machine import COSTLY_STEPS, MAX_DEPTH, Frame, Machine
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
    Pack,
    Ref,
    Rest,
    Super,
    Tensor,
    Unknown,
    Value,
    join,
)

__all__ = ["call", "call_function", "instantiate"]

_SELF_METHODS = {
    "to",
    "cuda",
    "cpu",
    "train",
    "eval",
    "half",
    "float",
    "double",
    "bfloat16",
    "requires_grad_",
    "share_memory",
    "apply",
    "type",
    "xpu",
    "mps",
    "freeze",
    "unfreeze",
    "compile_",
    "to_empty",
}


def call(m: Machine, frame: Frame, node: ast.AST, func: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``func(*args, **kwargs)``."""
    m.tick()
    if isinstance(func, Func):
        return call_function(m, frame, node, func, args, kwargs)
    if isinstance(func, Class):
        return instantiate(m, frame, node, func, args, kwargs)
    if isinstance(func, Layer):
        return layers.apply_layer(m, frame, node, func, args or list(kwargs.values())[:1])
    if isinstance(func, Loss):
        return _call_loss(m, frame, node, func, args, kwargs)
    if isinstance(func, Ref):
        return _call_ref(m, frame, node, func, args, kwargs)
    if isinstance(func, Bound):
        return _call_bound(m, frame, node, func, args, kwargs)
    if isinstance(func, Instance):
        return _call_instance(m, frame, node, func, args, kwargs)
    if isinstance(func, Heap):
        return builders.call_heap(m, frame, node, func, args, kwargs)
    if isinstance(func, Unknown) and func.options and m.pedantic and len(m.stack) < MAX_DEPTH:
        out = tuple(
            call(m, frame, node, o, args, kwargs) for o in func.options if isinstance(o, (Layer, Loss, Heap, Func))
        )
        return Unknown(tuple(o for o in out if isinstance(o, Tensor)))
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


# ------------------------------------------------------------------ functions and classes of the project


def call_function(
    m: Machine, frame: Frame, node: ast.AST, func: Func, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """Run a function of the project on abstract arguments."""
    if func.node in m.stack or len(m.stack) >= MAX_DEPTH:
        return UNKNOWN
    m.called.add(id(func.node))
    if func.node in m.costly and m.stack:
        return _given_up(args)
    began = m.steps
    key = _memo_key(m, func, args, kwargs)
    if key is not None and key in m.memo:
        return m.memo[key]
    out = _run_function(m, func, _bind(func, args, kwargs))
    if m.stack and func.path != m.root:
        spent = m.spent[func.node] = m.spent.get(func.node, 0) + m.steps - began
        if spent > COSTLY_STEPS:
            m.costly.add(func.node)
    if key is not None and key[-2] == m.version:
        m.memo[key] = out
    return out


def _given_up(args: list[Value]) -> Value:
    """A far-away function that costs too much to follow again: nothing is known of it, nor of the object it fills."""
    for value in args[:1]:
        if isinstance(value, Instance):
            value.opaque = True
    return UNKNOWN


def _memo_key(m: Machine, func: Func, args: list[Value], kwargs: dict[str, Value]) -> tuple | None:
    """The same function on the same values in the same state of the heap need not be run again."""
    try:
        key = (id(func.node), id(func.frame), tuple(args), tuple(kwargs.items()), m.muted, m.version, m.selecting)
        hash(key)
    except TypeError:
        return None
    return key


def _run_function(m: Machine, func: Func, env: dict[str, Value]) -> Value:
    module = func.frame.module
    inner = Frame(env, module, func.frame, func)
    spec = func.node.args
    names = [*spec.posonlyargs, *spec.args]
    first = env.get(names[0].arg) if names else None
    if isinstance(first, Instance) and func.owner is not None:
        inner.this = first
    inner.owner = func.owner
    m.stack.append(func.node)
    statement = m.statement
    try:
        if isinstance(func.node, ast.Lambda):
            return ex.evaluate(m, inner, func.node.body)
        statements.run(m, inner, func.node.body)
    finally:
        m.stack.pop()
        m.statement = statement
    out: Value | None = None
    for value in inner.returns:
        out = value if out is None else join(out, value)
    return out if out is not None else Const(None)


def _bind(func: Func, args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    spec = func.node.args
    positional = [*spec.posonlyargs, *spec.args]
    known = not any(isinstance(a, Rest) for a in args)
    env: dict[str, Value] = {}
    for i, parameter in enumerate(positional):
        name = parameter.arg
        if known and i < len(args):
            env[name] = args[i]
        elif name in kwargs:
            env[name] = kwargs[name]
        elif not known or "**" in kwargs:
            env[name] = UNKNOWN
        else:
            env[name] = func.defaults.get(name, UNKNOWN)
    for parameter in spec.kwonlyargs:
        missing = UNKNOWN if "**" in kwargs else func.defaults.get(parameter.arg, UNKNOWN)
        env[parameter.arg] = kwargs.get(parameter.arg, missing)
    if spec.vararg:
        env[spec.vararg.arg] = Pack(tuple(args[len(positional) :])) if known else UNKNOWN
    if spec.kwarg:
        names = {p.arg for p in [*positional, *spec.kwonlyargs]}
        rest = Heap("dict", items={k: v for k, v in kwargs.items() if k not in names and k != "**"})
        rest.opaque = "**" in kwargs
        env[spec.kwarg.arg] = rest
    return env


def instantiate(
    m: Machine, frame: Frame, node: ast.AST, cls: Class, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """Make an object of a class of the project."""
    obj = Instance(cls, m.site(node, frame, cls.name))
    kept = m.instances.setdefault(id(cls.node), [])
    init = cls.find("__init__")
    if cls.dataclass and init is None:
        fields = [n for n in cls.node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
        for i, field in enumerate(fields):
            name = field.target.id  # type: ignore[union-attr]
            obj.state[name] = args[i] if i < len(args) else kwargs.get(name, UNKNOWN)
    elif isinstance(init, Func):
        before = len(m.journal)
        call_function(m, frame, node, init, [obj, *args], kwargs)
        if init.node in m.stack or len(m.journal) < before:
            obj.opaque = True
    if len(kept) < 3:
        kept.append(obj)
    return obj


def _call_instance(
    m: Machine, frame: Frame, node: ast.AST, obj: Instance, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    for name in ("__call__", "forward", "call"):
        own = obj.state.get(name)
        found = own if isinstance(own, (Func, Bound)) else obj.cls.find(name)
        if isinstance(found, Func):
            kwargs = {k: v for k, v in kwargs.items() if not (name == "call" and k == "training")}
            return call_function(m, frame, node, found, [obj, *args], kwargs)
        if isinstance(found, Bound):
            return call(m, frame, node, found, args, kwargs)
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


# ------------------------------------------------------------------ methods


def _call_bound(
    m: Machine, frame: Frame, node: ast.AST, bound: Bound, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    target = bound.target
    if bound.func is not None:
        if bound.name == "partial":
            return call(m, frame, node, bound.func, [*bound.args, *args], {**dict(bound.kwargs), **kwargs})
        return (
            call_function(m, frame, node, bound.func, [target, *args], kwargs)
            if isinstance(bound.func, Func)
            else UNKNOWN
        )
    name = bound.name
    if isinstance(target, Super):
        return UNKNOWN
    if isinstance(target, Instance):
        return _framework_method(m, frame, node, target, name, args, kwargs)
    if isinstance(target, (Layer, Loss)) and name in _SELF_METHODS:
        return target
    if isinstance(target, (Layer, Loss)) and name in ("forward", "__call__", "call"):
        return call(m, frame, node, target, args, kwargs)
    if isinstance(target, Heap):
        return builders.heap_method(m, frame, node, target, name, args, kwargs)
    if isinstance(target, Tensor):
        return _tensor_method(m, frame, node, target, name, args, kwargs)
    if isinstance(target, Unknown) and _array_like(name, args, kwargs):
        return _tensor_method(m, frame, node, Tensor(), name, args, kwargs)
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


def _array_like(name: str, args: list[Value], kwargs: dict[str, Value]) -> bool:
    """Whether the call reads as a method of an array, where nothing is known of the object."""
    if name in ("softmax", "log_softmax"):
        given = args[0] if args else kwargs.get("dim", kwargs.get("axis"))
        return ops.number(given) is not None or (given is not None and "dim" in kwargs)
    if name in ("sigmoid", "relu", "log", "exp", "long", "float", "bool", "flatten", "ravel"):
        return not args and not kwargs
    if name in ("argmax", "max"):
        return ops.number(args[0] if args else kwargs.get("dim", kwargs.get("axis"))) is not None
    return name in ("view", "reshape", "unsqueeze", "squeeze", "size", "astype", "clamp", "sum", "mean")


def _tensor_method(
    m: Machine, frame: Frame, node: ast.AST, x: Tensor, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    op = METHODS.get(name)
    if op is not None:
        return ops.apply(m, frame, node, op, [x, *args], kwargs, "torch")
    if name in ("view_as", "reshape_as", "expand_as"):
        return x.but(ndim=None, width=None, axis=None)
    if name in ("item", "backward", "append", "to_list", "any"):
        return UNKNOWN
    if name == "all":
        return Tensor(test=x.test)
    if name in ("topk", "sort"):
        return Pack((Tensor(), Tensor(dtype="int")))
    if name in ("chunk", "split", "unbind"):
        return UNKNOWN
    return judge.from_test([x, *args, *kwargs.values()]) or Tensor()


def _framework_method(
    m: Machine, frame: Frame, node: ast.AST, obj: Instance, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    if name in _SELF_METHODS:
        return obj
    bases = obj.cls.outside()
    if any(b.startswith("keras.") and b.endswith("Model") for b in bases) and name in (
        "compile",
        "fit",
        "predict",
        "evaluate",
    ):
        return keras.method(m, frame, node, obj, name, args, kwargs)
    if name in ("forward", "__call__"):
        return _call_instance(m, frame, node, obj, args, kwargs)
    if name == "add_module" and len(args) == 2 and isinstance(args[0], Const):
        m.write(obj, str(args[0].value), args[1])
    return judge.from_test([*args, *kwargs.values()]) or UNKNOWN


# ------------------------------------------------------------------ losses


def _call_loss(
    m: Machine, frame: Frame, node: ast.AST, loss: Loss, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    order = ("y_true", "y_pred") if loss.keras else ("input", "target")
    given = dict(zip(order, args, strict=False)) | kwargs
    scores = given.get(order[1] if loss.keras else order[0])
    labels = given.get(order[0] if loss.keras else order[1])
    judge.loss_call(m, frame, node, loss, scores if scores is not None else UNKNOWN, labels)
    return UNKNOWN


def loss_of(
    m: Machine, frame: Frame, node: ast.AST, name: str, spec: LossSpec, args: list[Value], kwargs: dict[str, Value]
) -> Loss:
    """A loss object from its constructor call (or a bare class, with no arguments)."""
    settings: list[tuple[str, object]] = []
    index = kwargs.get("ignore_index", kwargs.get("ignore_class"))
    settings.append(
        ("ignore_index", (judge.constant(index) if isinstance(index, Const) else False) if index is not None else -100)
    )
    if "log_target" in kwargs:
        settings.append(("log_target", judge.constant(kwargs["log_target"]) is not False))
    if "reduction" in kwargs:
        settings.append(("reduction", judge.constant(kwargs["reduction"])))
    return Loss(
        spec.family,
        name.rpartition(".")[2],
        m.site(node, frame, name.rpartition(".")[2]),
        spec.keras,
        keras.from_logits(spec, args, kwargs),
        tuple(settings),
    )


def _call_ref(m: Machine, frame: Frame, node: ast.AST, ref: Ref, args: list[Value], kwargs: dict[str, Value]) -> Value:
    name = canonical(ref.name)
    spec = LOSSES.get(name)
    if spec is not None:
        loss = loss_of(m, frame, node, name, spec, args, kwargs)
        if spec.made:
            return loss
        given = dict(zip(spec.order, args, strict=False)) | kwargs
        bare = Loss(loss.family, loss.name, None, loss.keras, loss.from_logits, loss.settings)
        judge.loss_call(m, frame, node, bare, given.get(spec.scores, UNKNOWN), given.get(spec.labels))
        return UNKNOWN
    layer = LAYERS.get(name)
    if layer is not None:
        return layers.make_layer(m, frame, node, name, layer, args, kwargs)
    op = OPS.get(name)
    if op is not None:
        lib = name.partition(".")[0]
        if not args:
            args = [kwargs[k] for k in ("input", "x", "logits", "tensor", "a", "features", "tensors") if k in kwargs][
                :1
            ]
            if not args:
                return UNKNOWN
        return ops.apply(m, frame, node, op, args, kwargs, lib)
    return builders.call_known(m, frame, node, name, args, kwargs)
