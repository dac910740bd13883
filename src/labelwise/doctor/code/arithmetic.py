"""Comparisons and arithmetic of abstract arrays, hand-written softmaxes and sigmoids among them."""

from __future__ import annotations

import ast

from labelwise.doctor.code import answers
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.shapes import PROBS, number, tensor
from labelwise.doctor.code.values import (
    Site,
    Tensor,
    Unknown,
    Value,
    join,
)

__all__ = ["arithmetic", "compare", "negative"]


def compare(m: Machine, frame: Frame, node: ast.AST, op: type, left: Value, right: Value) -> Value:
    """``left < right`` and the like."""
    a, b = tensor(left), tensor(right)
    if op in (ast.Gt, ast.GtE, ast.Lt, ast.LtE):
        answers.swept(m, a, b)
        if "swept-score" in (a.of, b.of):
            return Tensor(of="better")
        sides = (a, left, right) if number(right) is not None else (b, right, left)
        x, _, bound = sides
        answers.thresholded(m, x, number(bound), m.site(node, frame, f"threshold at {number(bound)}"))
        if x.of == "random" and x.ndim == 2 and (x.width or 0) > 1 and number(bound) is not None:
            return Tensor("multihot", None, x.width, 2, m.site(node, frame, "random 0/1 matrix"))
        of = "swept" if "candidate" in (a.of, b.of) and (a.test or b.test) else None
        base = a if b.of in ("candidate", "chosen") or number(right) is not None or isinstance(right, Unknown) else b
        return Tensor("bits", None, base.width, base.ndim, m.site(node, frame), test=a.test or b.test, of=of)
    if op is ast.Eq:
        answers.equal_shapes(m, a, b, m.site(node, frame, "comparison"))
        pair = {a.act, b.act}
        known = pair in ({"bits", "onehot"}, {"bits", "multihot"})
        wide = pair == {"bits", None} and max(a.width or 0, b.width or 0) > 1
        cells = (known or wide) and "flat" not in (a.of, b.of)
        if cells:
            answers.cells(m, a, b)
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
        scales = op in (ast.Mult, ast.Div) or (op in (ast.Add, ast.Sub) and scalar is not None)
        if x.act == "logits" and scales and not (swapped and op in (ast.Sub, ast.Div)):
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
