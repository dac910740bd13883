"""Array operations abstractly: what each does to the activation, the axes and the labels."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code import judge
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Heap,
    Ref,
    Rest,
    Site,
    Tensor,
    Tuple_,
    Unknown,
    Value,
    join,
)

__all__ = ["apply", "arithmetic", "attribute", "chosen_bits", "compare", "index", "negative", "number", "tensor"]

PROBS = ("softmax", "sigmoid", "prob")


def tensor(value: Value) -> Tensor:
    """The value as an array; unknown where it is none."""
    return value if isinstance(value, Tensor) else Tensor()


def number(value: Value | None) -> Any:
    """A literal number, or None."""
    if isinstance(value, Const) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
        return value.value
    return None


def _arg(args: list[Value], kwargs: dict[str, Value], position: int, *names: str) -> Value | None:
    for name in names:
        if name in kwargs:
            return kwargs[name]
    return args[position] if position < len(args) else None


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
    dim = _arg(args, kwargs, 1, "dim", "axis")
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
        return activated(m, x, act, m.site(node, frame, act), None, _arg(args, kwargs, 1, "dim", "axis"))

    return go


def activated(m: Machine, x: Tensor, act: str, site: Site, decl: Site | None, dim: Value | None = None) -> Tensor:
    """Sigmoid, relu, log-softmax ... of `x`."""
    out = Tensor(act, None, x.width, x.ndim, site, decl, test=x.test)
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


def _cast(kind: str | None) -> Callable:
    def go(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
        x = tensor(args[0])
        dtype = kind
        if dtype is None:
            wanted = _arg(args, kwargs, 1, "dtype")
            text = wanted.name if isinstance(wanted, Ref) else str(wanted.value) if isinstance(wanted, Const) else ""
            found = re.search(r"int|long|float|double|half|bool", text)
            dtype = {"long": "int", "double": "float", "half": "float"}.get(found[0], found[0]) if found else None
        return x.but(dtype=dtype, of=x.of or ("cast" if dtype == "int" else None))

    return go


def _squeeze(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0])
    dim = number(_arg(args, kwargs, 1, "dim", "axis"))
    if x.width == 1 and x.ndim is not None and (dim is None or dim in (-1, x.ndim - 1)):
        return x.but(width=None, ndim=x.ndim - 1)
    if x.width == 1:
        return x.but(width=None, ndim=None)
    return x.but(ndim=None, width=x.width if dim is not None and dim >= 0 and x.width != 1 else None)


def _unsqueeze(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0])
    dim = number(_arg(args, kwargs, 1, "dim", "axis"))
    last = dim == -1 or (dim is not None and dim == x.ndim) or (dim == 1 and x.ndim is None and x.act is None)
    return x.but(
        ndim=x.ndim + 1 if x.ndim is not None else None, width=1 if last else x.width if dim is not None else None
    )


def _reshape(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0])
    shape = args[1:]
    if len(shape) == 1 and isinstance(shape[0], (Tuple_, Heap)):
        shape = list(ex.items_of(shape[0]))
    flat = len(shape) == 1 and number(shape[0]) == -1
    if not shape or any(isinstance(s, Rest) for s in shape) or (len(shape) == 1 and not flat):
        return x.but(ndim=None, width=None, axis=None)
    last = number(shape[-1])
    batch = len(shape) == 2 and last == -1 and isinstance(shape[0], Tensor) and shape[0].of == "size0"
    of = "batch" if batch else "flat" if flat and x.act in ("onehot", "multihot", "bits") else None
    width = last if isinstance(last, int) and last > 0 and not flat else None
    return x.but(ndim=len(shape), width=width, of=of, axis=-1 if x.axis == -1 and width else None)


def _flatten(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0])
    start = number(_arg(args, kwargs, 1, "start_dim"))
    if start == 1:
        return x.but(ndim=2, width=None, of="batch", axis=None)
    if start is None:
        return x.but(ndim=1, width=None, of="flat" if x.act in ("onehot", "multihot", "bits") else None, axis=None)
    return x.but(ndim=None, width=None, axis=None)


def _transpose(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return tensor(args[0]).but(width=None, axis=None, of=None)


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
        chosen = judge.threshold_chosen(m, frame, node, x, parts[0])
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
    if x.act in PROBS and not x.guard:
        judge.unstable_log(m, x, m.site(node, frame, "log"))
    act = {"softmax": "logp", "sigmoid": "logsig"}.get(x.act or "")
    return Tensor(act, x.axis, x.width, x.ndim, x.site, x.decl, test=x.test)


def _exp(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    if x.act == "logp":
        return x.but(act="softmax", site=m.site(node, frame, "softmax"))
    return Tensor("expneg" if x.of == "neg" else "exp", None, x.width, x.ndim, m.site(node, frame, "exp"), test=x.test)


def negative(value: Value) -> Value:
    """``-value``."""
    x = tensor(value)
    return Tensor(
        x.act if x.act == "logits" else None,
        None,
        x.width,
        x.ndim,
        x.site,
        heads=frozenset(),
        of=None if x.of == "neg" else "neg",
        test=x.test,
    )


def _negative(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    return negative(args[0])


def _sum(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    axis = number(_arg(args, kwargs, 1, "dim", "axis"))
    if x.act in ("exp", "expneg"):
        return Tensor("expsum", axis)
    if x.act == "multihot":
        return Tensor("count")
    return Tensor(of=x.of if x.of == "cells" else None, test=x.test)


def _mean(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    axis = _arg(args, kwargs, 1, "dim", "axis")
    if x.of == "cells" and (axis is None or axis == Const(None)):
        judge.mean_of_cells(m, m.site(node, frame, "mean over all cells"))
    return Tensor(test=x.test)


def _argmax(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    if args and isinstance(args[0], Heap) and args[0].kind == "list":
        x = ex.element_tensor(args[0])
    else:
        x = tensor(args[0] if args else UNKNOWN)
    axis = number(_arg(args, kwargs, 1, "dim", "axis", "dimension"))
    keep = _arg(args, kwargs, 2, "keepdim", "keepdims")
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
    dim = _arg(args, kwargs, 1, "dim", "axis")
    if lib not in ("torch", "") or number(dim) is None:
        return Tensor(test=x.test)
    hard = _argmax(m, frame, node, args, kwargs, lib)
    return Tuple_((Tensor(test=x.test), hard))


def _round(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    digits = _arg(args, kwargs, 1, "decimals")
    if digits is not None and number(digits) != 0:
        return x
    judge.rounded(m, x, m.site(node, frame, "round"))
    act = "bits" if x.act in PROBS else None
    return Tensor(act, None, x.width, x.ndim, m.site(node, frame, "round"), test=x.test)


def _clamp(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = tensor(args[0] if args else UNKNOWN)
    low = number(_arg(args, kwargs, 1, "min", "a_min", "clip_value_min"))
    high = _arg(args, kwargs, 2, "max", "a_max", "clip_value_max")
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


def _one_hot(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    width = number(_arg(args, kwargs, 1, "num_classes", "depth"))
    return Tensor(
        "onehot", None, width, 2, m.site(node, frame, "one-hot"), test=tensor(args[0]).test if args else False
    )


def _randint(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    low, high = number(args[0]) if args else None, number(_arg(args, kwargs, 1, "high"))
    shape = _arg(args, kwargs, 2, "size", "shape")
    if high is None and len(args) >= 2 and isinstance(args[1], (Tuple_, Heap)):
        low, high, shape = 0, low, args[1]
    elif high is None and len(args) == 1:
        low, high = 0, low
    ndim = 1 if number(shape) is not None else len(ex.items_of(shape)) if isinstance(shape, (Tuple_, Heap)) else None
    if ndim == 2 and low == 0 and high == 2:
        width = number(ex.items_of(shape)[1]) if shape is not None else None
        if width is not None and width > 1:
            return Tensor("multihot", None, width, 2, m.site(node, frame, "random 0/1 matrix"))
    top = high - 1 if isinstance(high, int) else None
    return Tensor("index", None, None, ndim, m.site(node, frame, "labels"), dtype="int", low=low, high=top)


def _arange(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    first, second = number(args[0]) if args else None, number(args[1]) if len(args) > 1 else None
    low, high = (0, first) if len(args) == 1 else (first, second)
    if isinstance(low, int) and isinstance(high, int) and len(args) < 3:
        return Tensor(
            "index", None, None, 1, m.site(node, frame, "labels"), dtype="int", low=low, high=high - 1, of="grid"
        )
    return Tensor(ndim=1, of="grid")


def _random(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    shape = list(ex.items_of(args[0])) if len(args) == 1 and isinstance(args[0], (Tuple_, Heap)) else args
    if not shape or any(isinstance(s, Rest) for s in shape):
        return Tensor()
    width = number(shape[-1])
    return Tensor(ndim=len(shape), width=width if isinstance(width, int) else None)


def _array(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    x = args[0] if args else UNKNOWN
    if isinstance(x, Tensor):
        return x
    if not isinstance(x, (Tuple_, Heap)) or (isinstance(x, Heap) and x.kind != "list"):
        return Tensor()
    items = ex.items_of(x)
    flat = [number(i) for i in items]
    site = m.site(node, frame, "labels")
    if flat and all(isinstance(v, int) for v in flat):
        return Tensor("index", None, None, 1, site, dtype="int", low=min(flat), high=max(flat))
    rows = [[number(v) for v in ex.items_of(i)] if isinstance(i, (Tuple_, Heap)) else [None] for i in items]
    if rows and all(v in (0, 1) for row in rows for v in row) and len(rows[0]) > 1:
        act = "onehot" if all(row.count(1) == 1 for row in rows) else "multihot"
        return Tensor(act, None, len(rows[0]), 2, m.site(node, frame, "targets with several ones in a row"))
    element = ex.element_of(x)
    return element if isinstance(element, Tensor) and element.act != "index" else Tensor()


def _cat(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    element = ex.element_of(args[0]) if args else UNKNOWN
    if not isinstance(element, Tensor):
        return Tensor()
    axis = number(_arg(args, kwargs, 1, "dim", "axis")) or 0
    return element.but(width=element.width if axis == 0 else None, axis=None, of=None)


def _stack(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    element = ex.element_of(args[0]) if args else UNKNOWN
    return element.but(width=None, ndim=None, axis=None, of=None) if isinstance(element, Tensor) else Tensor()


def _size(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value], lib: str) -> Value:
    dim = number(_arg(args, kwargs, 1, "dim"))
    return Tensor(of="size0") if dim == 0 else Tensor(of="shape") if dim is None and len(args) == 1 else UNKNOWN


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


def compare(m: Machine, frame: Frame, node: ast.AST, op: type, left: Value, right: Value) -> Value:
    """``left < right`` and the like."""
    a, b = tensor(left), tensor(right)
    if op in (ast.Gt, ast.GtE, ast.Lt, ast.LtE):
        judge.swept(m, a, b)
        if "swept-score" in (a.of, b.of):
            return Tensor(of="better")
        sides = (a, left, right) if number(right) is not None else (b, right, left)
        x, _, bound = sides
        judge.thresholded(m, x, number(bound), m.site(node, frame, f"threshold at {number(bound)}"))
        of = "swept" if "candidate" in (a.of, b.of) and (a.test or b.test) else None
        base = a if b.of in ("candidate", "chosen") or number(right) is not None or isinstance(right, Unknown) else b
        return Tensor("bits", None, base.width, base.ndim, m.site(node, frame), test=a.test or b.test, of=of)
    if op is ast.Eq:
        judge.equal_shapes(m, a, b, m.site(node, frame, "comparison"))
        cells = {a.act, b.act} in ({"bits", "onehot"}, {"bits", "multihot"}) and "flat" not in (a.of, b.of)
        if cells:
            judge.cells(m, a, b)
        return Tensor(None, None, None, None, None, of="cells" if cells else None, test=a.test or b.test)
    return Tensor()


def arithmetic(m: Machine, frame: Frame, node: ast.AST, op: type, left: Value, right: Value) -> Value:
    """``left + right`` and the like for arrays."""
    a, b = tensor(left), tensor(right)
    site = m.site(node, frame, "")
    made = _formula(op, left, right, a, b, site)
    if made is not None:
        return made
    for x, other, swapped in ((a, right, False), (b, left, True)):
        if isinstance(other, Tensor):
            continue
        scalar = number(other)
        if x.of in ("candidate", "grid"):
            return Tensor(of=x.of)
        if x.act == "index" and scalar is not None and op in (ast.Add, ast.Sub) and not (swapped and op is ast.Sub):
            step = scalar if op is ast.Add else -scalar
            return x.but(low=None if x.low is None else x.low + step, high=None if x.high is None else x.high + step)
        if x.act == "logits" and not (swapped and op in (ast.Sub, ast.Div)):
            if op in (ast.Mult, ast.Div) or (op in (ast.Add, ast.Sub) and scalar is not None):
                return x.but(heads=frozenset() if scalar is None and op is ast.Mult else x.heads, of=None)
        if x.act in PROBS and op is ast.Add:
            return x.but(guard=True)
        if x.act in PROBS and op is ast.Sub and swapped and scalar == 1:
            return x.but(act="sigmoid" if x.act == "sigmoid" else "prob", of="1-")
        if x.act in PROBS and op is ast.Sub and swapped:
            return x.but(act="prob", guard=True)
        if x.act in ("bits", "onehot", "multihot") and op in (ast.Mult,) and scalar == 1:
            return x
        if x.test:
            return Tensor(test=True, of=x.of if x.of in ("curve", "thresholds", "swept-score") else None)
    if a.act == b.act == "logits" and op in (ast.Add, ast.Sub):
        return join(a, b)
    of = "curve" if "curve" in (a.of, b.of) else None
    return Tensor(test=a.test or b.test, of=of)


def _formula(op: type, left: Value, right: Value, a: Tensor, b: Tensor, site: Site) -> Tensor | None:
    """Steps of a softmax or sigmoid written by hand."""
    if op is ast.Add:
        for x, other in ((a, right), (b, left)):
            if number(other) == 1 and x.act in ("exp", "expneg"):
                return Tensor("1+" + x.act, ndim=x.ndim, width=x.width)
    if op is ast.Div:
        if number(left) == 1 and b.act == "1+expneg":
            return Tensor("sigmoid", None, b.width, b.ndim, Site(site.path, site.line, site.col, "sigmoid"))
        if a.act == "exp" and b.act == "1+exp":
            return Tensor("sigmoid", None, a.width, a.ndim, Site(site.path, site.line, site.col, "sigmoid"))
        if a.act == "exp" and b.act == "expsum":
            return Tensor("softmax", b.axis, a.width, a.ndim, Site(site.path, site.line, site.col, "softmax"))
    return None


_OPS: dict[str, Callable] = {
    "softmax": _softmax,
    "softmin": _activation("prob"),
    "sigmoid": _activation("sigmoid"),
    "log_softmax": _activation("logp"),
    "log_sigmoid": _activation("logsig"),
    "relu": _activation("relu"),
    "keep": _keep,
    "float": _cast("float"),
    "long": _cast("int"),
    "bool": _cast("bool"),
    "astype": _cast(None),
    "cast": _cast(None),
    "array": _array,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "reshape": _reshape,
    "flatten": _flatten,
    "transpose": _transpose,
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
    "one_hot": _one_hot,
    "randint": _randint,
    "arange": _arange,
    "random": _random,
    "cat": _cat,
    "stack": _stack,
    "size": _size,
    "dense": _dense,
    "affine": _affine,
}
