"""Layers and models abstractly: what they are made of, and what they make of their input."""

from __future__ import annotations

import ast

from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code import ops
from labelwise.doctor.code.frameworks import ATTR_LAYERS, OPS, LayerSpec, canonical
from labelwise.doctor.code.items import items_of
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Func,
    Heap,
    Instance,
    Layer,
    Pack,
    Ref,
    Rest,
    Site,
    Tensor,
    Unknown,
    Value,
    join,
)

__all__ = ["apply_layer", "apply_seq", "head_tensor", "keras_dense", "make_layer", "sequential"]


def make_layer(
    m: Machine, frame: Frame, node: ast.AST, name: str, spec: LayerSpec, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """A layer object from its constructor call."""
    short = name.rpartition(".")[2]
    given = dict(zip(spec.args, args, strict=False)) | kwargs
    settings: list[tuple[str, object]] = [("name", short), ("keras", name.startswith("keras."))]
    for key in ("out_features", "units", "filters", "nb_filter", "output_dim"):
        if key in given and short not in ("Embedding",) and "onv" not in short:
            settings.append(("width", ops.number(given[key])))
    for key in ("dim", "axis"):
        if key in given:
            settings.append(("dim", given[key]))
    if spec.kind == "flatten" and "start_dim" in given:
        settings.append(("start", ops.number(given["start_dim"])))
    activation = given.get("activation")
    return Layer(spec.kind, m.site(node, frame, short), tuple(settings), activation)


def head_tensor(site: Site, width: int | None, x: Tensor) -> Tensor:
    """The raw output of an affine layer."""
    where = Site(site.path, site.line, site.col, site.what or "raw scores")
    of = x.of if x.of == "batch" else None
    ident = f"{site.path}:{site.line}:{site.col}"
    return Tensor("logits", None, width, x.ndim, where, None, frozenset([ident]), x.test, of=of)


def apply_layer(
    m: Machine, frame: Frame, node: ast.AST, layer: Layer, args: list[Value], inside: bool = False
) -> Value:
    """``layer(args[0])``; `inside` a container the layer's own place is named, else the call's."""
    x = ops.tensor(args[0]) if args else Tensor()
    site = layer.site if inside else m.site(node, frame, layer.get("name") or layer.kind)
    kind = layer.kind
    if kind == "affine":
        out = head_tensor(layer.site, layer.get("width"), x)
        return _activated(m, frame, node, layer, out) if layer.activation is not None else out
    if kind == "activation":
        return _activated(m, frame, node, layer, x, site)
    if kind == "softmax":
        lib = "" if layer.get("keras") else "torch"
        dim = layer.get("dim")
        return ops.softmax_of(m, x, dim, _named(site, "softmax"), layer.site, lib)
    if kind == "softmax2d":
        return Tensor("softmax", 1, None, 4, _named(site, "softmax"), layer.site)
    if kind in _ACTS:
        act = _ACTS[kind]
        return ops.activated(m, x, act, _named(site, act), layer.site, layer.get("dim"))
    if kind == "keep":
        return args[0] if args else UNKNOWN
    if kind == "flatten":
        start = layer.get("start")
        return x.but(ndim=2 if start in (None, 1) else None, width=None, of="batch" if start in (None, 1) else None)
    if kind == "norm":
        return Tensor(ndim=x.ndim, width=x.width, of=x.of if x.of == "batch" else None)
    return UNKNOWN


_ACTS = {"sigmoid": "sigmoid", "log_softmax": "logp", "log_sigmoid": "logsig", "relu": "relu"}


def _named(site: Site, what: str) -> Site:
    return Site(site.path, site.line, site.col, what)


def _activated(m: Machine, frame: Frame, node: ast.AST, layer: Layer, x: Tensor, site: Site | None = None) -> Value:
    """Keras: the activation a layer was given as a word, a function or a layer."""
    site = site or layer.site
    given = layer.activation
    if given == Const(None):
        return x
    if isinstance(given, Const) and isinstance(given.value, str):
        kind = ATTR_LAYERS.get(given.value, "other")
    elif isinstance(given, Ref):
        kind = OPS.get(canonical(given.name), "other")
        if kind == "other" and canonical(given.name) == "keras.activations.linear":
            kind = "keep"
    elif isinstance(given, Layer):
        return apply_layer(m, frame, node, given, [x], inside=True)
    elif (isinstance(given, Unknown) and given.options) or isinstance(given, Func):
        return UNKNOWN
    else:
        return UNKNOWN
    if kind == "keep":
        return x
    if kind == "softmax":
        return ops.softmax_of(m, x, None, _named(site, "softmax"), layer.site, "")
    if kind in _ACTS:
        return ops.activated(m, x, _ACTS[kind], _named(site, _ACTS[kind]), layer.site)
    return UNKNOWN


def keras_dense(m: Machine, frame: Frame, node: ast.AST, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``tf.layers.dense(x, units, activation)``; contrib's fully_connected has relu as its default."""
    x = ops.tensor(args[0] if args else kwargs.get("inputs", UNKNOWN))
    rest = args[1:]
    units = kwargs.get("units", kwargs.get("num_outputs", rest[0] if rest else UNKNOWN))
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    contrib = name.endswith("fully_connected")
    activation = kwargs.get("activation", kwargs.get("activation_fn", rest[1] if len(rest) > 1 else None))
    if activation is None:
        activation = Const("relu") if contrib else Const(None)
    site = m.site(node, frame, "dense")
    layer = Layer("affine", site, (("width", ops.number(units)),), activation)
    return apply_layer(m, frame, node, layer, [x])


# ------------------------------------------------------------------ containers


def sequential(m: Machine, frame: Frame, node: ast.AST, args: list[Value], keras: bool) -> Value:
    """``nn.Sequential(...)`` or ``keras.Sequential([...])``."""
    names: dict = {}
    items: list[Value] = []
    if len(args) == 1 and isinstance(args[0], Heap) and args[0].kind == "dict":
        names = dict(args[0].state["items"])
        items = list(names.values()) if not args[0].opaque else [Rest((UNKNOWN,))]
    elif len(args) == 1 and isinstance(args[0], (Pack, Heap)) and (keras or _pairs(args[0])):
        parts = items_of(args[0])
        if _pairs(args[0]):
            names = {p.items[0].value: p.items[1] for p in parts}  # type: ignore[union-attr]
            items = list(names.values())
        else:
            items = list(parts)
    else:
        items = list(args)
    if keras and len(args) == 1 and not isinstance(args[0], (Pack, Heap)):
        items = [Rest((UNKNOWN,))]
    seq = Heap("seq", m.site(node, frame, "Sequential"), items=tuple(items), names=names, keras=keras)
    if not keras and items:
        apply_seq(m, frame, node, seq, Tensor())
    return seq


def _pairs(value: Value) -> bool:
    items = items_of(value) if isinstance(value, Pack) or (isinstance(value, Heap) and value.kind == "list") else ()
    return bool(items) and all(
        isinstance(i, Pack) and len(i.items) == 2 and isinstance(i.items[0], Const) for i in items
    )


def apply_seq(m: Machine, frame: Frame, node: ast.AST, seq: Heap, x: Value) -> Value:
    """Run a value through a container."""
    if seq.opaque or not isinstance(seq.state.get("items"), tuple):
        return UNKNOWN
    for item in seq.state["items"]:
        m.tick()
        if isinstance(item, Rest):
            for option in item.options:
                x = join(x, _one(m, frame, node, option, x))
        else:
            x = _one(m, frame, node, item, x)
    return x


def _one(m: Machine, frame: Frame, node: ast.AST, layer: Value, x: Value) -> Value:
    if isinstance(layer, Layer):
        return apply_layer(m, frame, node, layer, [x], inside=True)
    if isinstance(layer, (Heap, Instance, Bound, Func)):
        return ex.call(m, frame, node, layer, [x], {})
    return UNKNOWN
