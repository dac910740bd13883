"""Items of abstract lists, tuples, dicts and data sets."""

from __future__ import annotations

import ast

from labelwise.doctor.code import ops
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Const,
    Heap,
    Pack,
    Rest,
    Tensor,
    Unknown,
    Value,
    join,
)

__all__ = ["element_known", "element_of", "element_tensor", "item", "items_of", "sliced", "unpack"]


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
    items = items_of(obj) if isinstance(obj, (Pack, Heap)) else ()
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


def sliced(obj: Value, bounds: list[Value], stepped: bool) -> Value:
    """``obj[low:high]``."""
    if not isinstance(obj, (Pack, Heap)) or not all(isinstance(b, Const) for b in bounds) or stepped:
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
    return Pack(part) if isinstance(obj, Pack) else UNKNOWN


def items_of(value: Value) -> tuple[Value, ...]:
    """The items of a tuple or list; a single `Rest` where they are not known."""
    if isinstance(value, Pack):
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
        return Pack((UNKNOWN, element_of(value.state["inner"])))
    if isinstance(value, Heap) and value.kind == "zip":
        return Pack(tuple(element_of(v) for v in value.state["inner"]))
    if isinstance(value, (Pack, Heap)) and not (isinstance(value, Heap) and value.kind not in ("list", "seq")):
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
    if isinstance(value, (Pack, Heap)):
        items = items_of(value)
        if len(items) == count and not any(isinstance(i, Rest) for i in items):
            return items
    return None


def element_known(value: Value) -> bool:
    """True for tuples and lists whose items are literal."""
    return isinstance(value, Pack) or (isinstance(value, Heap) and value.kind in ("list", "seq"))
