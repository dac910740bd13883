"""Array operations abstractly: what each does to the activation, the axes and the labels."""

from __future__ import annotations

import ast
from collections.abc import Callable

from labelwise.doctor.code import answers, judge, newarrays, shapes
from labelwise.doctor.code.arithmetic import arithmetic, compare, negative
from labelwise.doctor.code.items import element_tensor
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.shapes import PROBS, argument, number, tensor
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Heap,
    Pack,
    Site,
    Tensor,
    Unknown,
    Value,
    join,
)

__all__ = ["apply", "arithmetic", "attribute", "chosen_bits", "compare", "index", "negative", "number", "tensor"]


def apply(
    m: Machine, frame: Frame, node: ast.AST, op: str, args: list[Value], kwargs: dict[str, Value], lib: str = ""
) -> Value:
    """Apply the operation `op` to ``args[0]``; `lib` is the framework, where its defaults differ."""
    if (
        args
        and isinstance(args[0], Unknown)
        and args[0].options
        and m.pedantic
        and op in ("softmax", "sigmoid", "keep")
    ):
        return Unknown(
            tuple(
                apply(m, frame, node, op, [o, *args[1:]], kwargs, lib) for o in args[0].options if isinstance(o, Tensor)
            )
        )
    return _OPS[op](m, frame, node, args, kwargs, lib)


# ------------------------------------------------------------------ activations


def _softmax(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else kwargs.get("input", kwargs.get("logits", UNKNOWN)))
    dim = argument(args, kwargs, 1, "dim", "axis")
    return softmax_of(m, x, dim, m.site(node, frame, "softmax"), None, lib)


def softmax_of(m: Machine, x: Tensor, dim: Value | None, site: Site, decl: Site | None, lib: str) -> Value:
    """A softmax over `dim`; reports a wrong or missing axis and a row of one."""
    axis: int | None = None
    if dim is None or dim == Const(None):
        if lib == "torch":
            judge.implicit_axis(m, x, decl or site)
            axis = {1: 0, 3: 0}.get(x.ndim or 2, 1)
        elif lib != "scipy":
            axis = -1
    else:
        axis = number(dim)
    if judge.softmax_of_one(m, x, axis, site):
        return Tensor(ndim=x.ndim, width=1)
    judge.softmax_over_batch(m, x, axis, decl or site)
    return Tensor("softmax", axis, x.width, x.ndim, site, decl, test=x.test)


def _activation(act: str) -> Callable:
    def go(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
        x = tensor(args[0]) if args else Tensor()
        return activated(m, x, act, m.site(node, frame, act), None, argument(args, kwargs, 1, "dim", "axis"))

    return go


def activated(m: Machine, x: Tensor, act: str, site: Site, decl: Site | None, dim: Value | None = None) -> Tensor:
    """Sigmoid, relu, log-softmax ... of `x`."""
    heads = x.heads if act == "sigmoid" and x.act == "logits" else frozenset()
    out = Tensor(act, None, x.width, x.ndim, site, decl, heads, test=x.test)
    if act == "logp":
        axis = number(dim)
        if x.act == "softmax":
            return out.but(act="logp2", site=x.site, decl=x.decl, axis=axis)
        judge.softmax_over_batch(m, x, axis, decl or site)
        return out.but(axis=axis)
    if act == "sigmoid" and x.of == "neg":
        return out.but(of="1-")
    return out


# ------------------------------------------------------------------ shapes


def _keep(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return args[0] if args else UNKNOWN


def attribute(x: Tensor, name: str) -> Value:
    """``x.name``."""
    if name in ("T", "mT"):
        return x.but(width=None, axis=None)
    if name == "shape":
        return Tensor(of="shape")
    if name in ("data", "values", "logits") and name != "logits":
        return x
    return Bound(x, None, name)


def index(m: Machine, frame: Frame, node: ast.AST, x: Tensor, parts: tuple[Value | None, ...]) -> Value:
    """``x[parts]``; None stands for a full slice."""
    if x.of == "shape":
        return Tensor(of="size0") if parts == (Const(0),) else UNKNOWN
    if len(parts) == 1 and isinstance(parts[0], Tensor) and parts[0].act == "hard":
        chosen = answers.threshold_chosen(m, frame, node, x, parts[0])
        if chosen is not None:
            return chosen
    out = x.but(axis=None, of=x.of if x.of in ("thresholds", "grid", "curve") else None)
    if (
        len(parts) == 1
        and isinstance(parts[0], (Tensor, Unknown))
        and not (isinstance(parts[0], Tensor) and parts[0].dtype == "int")
    ):
        out = out.but(axis=x.axis)
    for position, part in enumerate(parts):
        last = position > 0 and position == len(parts) - 1
        if part is None:
            continue
        if part == Const(None):
            out = out.but(ndim=out.ndim + 1 if out.ndim is not None else None, width=1 if last else out.width)
            continue
        sliced = isinstance(part, Const) and isinstance(part.value, slice)
        if position == 0 and not sliced and number(part) is not None:
            out = out.but(ndim=out.ndim - 1 if out.ndim else None)
        elif position > 0:
            act = "prob" if out.act == "softmax" else None if out.act == "logp" else out.act
            out = out.but(act=act, width=None, ndim=out.ndim - 1 if out.ndim and not sliced else None)
    return out


# ------------------------------------------------------------------ formulas


def _log(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    if x.act in PROBS and not x.guard and not judge.guarded(m, node):
        judge.unstable_log(m, x, m.site(node, frame, "log"))
    act = {"softmax": "logp", "sigmoid": "logsig"}.get(x.act or "")
    return Tensor(act, x.axis, x.width, x.ndim, x.site, x.decl, test=x.test)


def _exp(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    if x.act == "logp":
        return x.but(act="softmax", site=m.site(node, frame, "softmax"))
    return Tensor("expneg" if x.of == "neg" else "exp", None, x.width, x.ndim, m.site(node, frame, "exp"), test=x.test)


def _negative(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return negative(args[0])


def _sum(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    axis = number(argument(args, kwargs, 1, "dim", "axis"))
    if x.act in ("exp", "expneg"):
        return Tensor("expsum", axis)
    if x.act == "multihot":
        return Tensor("count")
    return Tensor(of=x.of if x.of == "cells" else None, test=x.test)


def _mean(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    axis = argument(args, kwargs, 1, "dim", "axis")
    if x.of == "cells" and (axis is None or axis == Const(None)):
        answers.mean_of_cells(m, frame, m.site(node, frame, "mean over all cells"))
    return Tensor(test=x.test)


def _argmax(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    if args and isinstance(args[0], Heap) and args[0].kind == "list":
        x = element_tensor(args[0])
    else:
        x = tensor(args[0] if args else UNKNOWN)
    axis = number(argument(args, kwargs, 1, "dim", "axis", "dimension"))
    keep = argument(args, kwargs, 2, "keepdim", "keepdims")
    if lib == "tensorflow" and axis is None:
        axis = 0
    site = m.site(node, frame, "arg max")
    judge.argmax_of_one(m, x, axis, site)
    judge.argmax_across(m, x, axis)
    ndim = x.ndim - 1 if x.ndim and axis is not None else None
    of = {"swept-score": "swept-best", "curve": "swept-best"}.get(x.of or "")
    if keep is not None and keep != Const(False):
        return Tensor("hard", axis, 1, x.ndim, site, test=x.test, dtype="int")
    return Tensor("hard", axis, None, ndim, site, test=x.test, dtype="int", of=of)


def _max(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    dim = argument(args, kwargs, 1, "dim", "axis")
    if lib not in ("torch", "") or number(dim) is None:
        return Tensor(test=x.test)
    hard = _argmax(m, frame, node, args, kwargs, lib)
    return Pack((Tensor(test=x.test), hard))


def _round(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    digits = argument(args, kwargs, 1, "decimals")
    if digits is not None and number(digits) != 0:
        return x
    answers.rounded(m, x, m.site(node, frame, "round"))
    act = "bits" if x.act in PROBS else None
    return Tensor(act, None, x.width, x.ndim, m.site(node, frame, "round"), test=x.test)


def _clamp(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    low = number(argument(args, kwargs, 1, "min", "a_min", "clip_value_min"))
    high = argument(args, kwargs, 2, "max", "a_max", "clip_value_max")
    if x.act in PROBS:
        return x.but(guard=True)
    if x.act == "logits" and low == 0 and high in (None, Const(None)):
        return Tensor("relu", None, x.width, x.ndim, m.site(node, frame, "clamp(min=0)"), test=x.test)
    return Tensor(test=x.test, ndim=x.ndim, width=x.width)


def _where(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    if len(args) < 3:
        return UNKNOWN
    return chosen_bits(m, frame, node, args[1], args[2], args[0]) or join(args[1], args[2])


def chosen_bits(m: Machine, frame: Frame, node: ast.AST, a: Value, b: Value, condition: Value) -> Value | None:
    """0/1 picked by a condition."""
    if {number(a), number(b)} == {0, 1}:
        x = tensor(condition)
        return Tensor("bits", None, x.width, x.ndim, m.site(node, frame), test=x.test, of=x.of)
    return None


# ------------------------------------------------------------------ new arrays


def _affine(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return Tensor(test=any(isinstance(a, Tensor) and a.test for a in args))


def _dense(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    from labelwise.doctor.code import layers

    return layers.keras_dense(m, frame, node, args, kwargs)


def _greater(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return compare(m, frame, node, ast.Gt, args[0], args[1]) if len(args) > 1 else UNKNOWN


def _equal(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return compare(m, frame, node, ast.Eq, args[0], args[1]) if len(args) > 1 else UNKNOWN


# ------------------------------------------------------------------ operators


_OPS: dict[str, Callable] = {
    "softmax": _softmax,
    "softmin": _activation("prob"),
    "sigmoid": _activation("sigmoid"),
    "log_softmax": _activation("logp"),
    "log_sigmoid": _activation("logsig"),
    "relu": _activation("relu"),
    "keep": _keep,
    "float": shapes.cast("float"),
    "long": shapes.cast("int"),
    "bool": shapes.cast("bool"),
    "astype": shapes.cast(None),
    "cast": shapes.cast(None),
    "array": newarrays.array,
    "squeeze": shapes.squeeze,
    "unsqueeze": shapes.unsqueeze,
    "reshape": shapes.reshape,
    "flatten": shapes.flatten,
    "transpose": shapes.transpose,
    "log": _log,
    "exp": _exp,
    "negative": _negative,
    "sum": _sum,
    "mean": _mean,
    "argmax": _argmax,
    "max": _max,
    "round": _round,
    "clamp": _clamp,
    "greater": _greater,
    "equal": _equal,
    "where": _where,
    "one_hot": newarrays.one_hot,
    "randint": newarrays.randint,
    "arange": newarrays.arange,
    "random": newarrays.random,
    "zeros": newarrays.zeros,
    "cat": newarrays.cat,
    "choice": newarrays.choice,
    "constant": newarrays.constant,
    "stack": newarrays.stack,
    "size": shapes.size,
    "dense": _dense,
    "affine": _affine,
}
