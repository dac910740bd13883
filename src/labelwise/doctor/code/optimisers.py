"""Optimisers: whether plain gradient descent, at an ordinary rate, is all that is at work in a file."""

from __future__ import annotations

import ast
import re

from labelwise.doctor.code import judge, ops
from labelwise.doctor.code.machine import Frame, Link, Machine
from labelwise.doctor.code.values import Const, Layer, Value

__all__ = ["given", "made"]

_NAMES = re.compile(r"^(torch\.optim|keras\.optimizers(\.legacy)?|optax|tensorflow\.train)\.(\w+)$")
_DESCENT = {"sgd", "gradientdescentoptimizer", "momentumoptimizer"}
RAISED = 1.0  # a rate of 1 or more: someone has made up for the mean


def made(
    m: Machine, frame: Frame, node: ast.AST, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value | None:
    """An optimiser from its constructor call, noted for its file; None where `name` is none."""
    found = _NAMES.match(name)
    if found is None or (found[1] == "optax" and _rate(found[1], args, kwargs) is None):
        return None
    kind = found[3].lower()
    rate = ops.number(_rate(found[1], args, kwargs))
    if kind in _DESCENT:
        kind = "raised" if rate is not None and rate >= RAISED else "sgd"
    site = m.site(node, frame, kind)
    m.links.add(Link(judge.optimiser_of(frame.module.path), kind, site))
    return Layer("optimiser", site, (("name", kind),))


def _rate(library: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
    """The learning rate, where it is stated: second argument in torch, first elsewhere."""
    for name in ("lr", "learning_rate"):
        if name in kwargs:
            return kwargs[name]
    position = 1 if library == "torch.optim" else 0
    return args[position] if position < len(args) else None


def given(m: Machine, frame: Frame, node: ast.AST, value: Value) -> None:
    """Note an optimiser that Keras's `compile` is given: a word, or one whose making was seen."""
    if isinstance(value, Layer) and value.kind == "optimiser":
        return
    word = value.value.lower() if isinstance(value, Const) and isinstance(value.value, str) else "unknown"
    m.links.add(Link(judge.optimiser_of(frame.module.path), word, m.site(node, frame)))
