"""From answers to claims: thresholds, rounding, and accuracies that count something else."""

from __future__ import annotations

import ast
import re

from labelwise.doctor.code.judge import ends, place
from labelwise.doctor.code.machine import Claim, Frame, Machine
from labelwise.doctor.code.values import Site, Tensor, Value

__all__ = [
    "cells",
    "equal_shapes",
    "flat_accuracy",
    "mean_of_cells",
    "rounded",
    "swept",
    "threshold_chosen",
    "thresholded",
]

# ------------------------------------------------------------------ decisions


def thresholded(m: Machine, x: Tensor, bound: float | None, site: Site) -> None:
    """Scores compared with a number."""
    if bound is None or not 0 < bound < 1:
        return
    if x.act == "logits" and x.heads and (bound == 0.5 or m.pedantic):
        confidence = "high" if bound == 0.5 else "low"
        text = (
            f"raw scores are compared with {bound:g} at {place(site)}: that is a probability of "
            f"{_sigmoid(bound):.4f}; compare with 0, or apply sigmoid first"
        )
        m.claim(Claim("LW501", site, text, ends(x), confidence, x.heads, ("bcel", "bce")))
    if x.act == "sigmoid" and bound == 0.5 and (x.width or 0) > 1 and x.heads:
        text = f"{x.width} labels share the threshold 0.5 at {place(site)}, which nothing has tuned"
        m.claim(Claim("LW504", site, text, ends(x), heads=x.heads, needs=("bcel", "bce")))


def _sigmoid(z: float) -> float:
    from math import exp

    return 1 / (1 + exp(-z))


def rounded(m: Machine, x: Tensor, site: Site) -> None:
    """Scores are rounded to decisions."""
    if x.act == "logits" and x.heads:
        text = (
            f"raw scores are rounded at {place(site)}: that gives any whole number, and splits at 0.5 where "
            "one half is at 0"
        )
        m.claim(Claim("LW502", site, text, ends(x), heads=x.heads, needs=("bcel", "bce")))


def swept(m: Machine, a: Tensor, b: Tensor) -> None:
    """A threshold that was chosen on the test split is used on the test split."""
    for x, other in ((a, b), (b, a)):
        if other.of == "chosen" and x.test and other.site is not None:
            text = "the threshold is chosen on the test split and then judged on it: the score is too good"
            m.claim(Claim("LW503", other.site, text, tuple(s for s in (x.site,) if s)))


def threshold_chosen(m: Machine, frame: Frame, node: ast.AST, grid: Tensor, best: Tensor) -> Tensor | None:
    """``thresholds[argmax(scores)]``."""
    from_curve = grid.of == "thresholds" and grid.test and best.test
    if from_curve or (grid.of == "grid" and best.of == "swept-best" and best.test):
        return Tensor(of="chosen", test=True, site=m.site(node, frame, "threshold chosen on the test split"))
    return None


# ------------------------------------------------------------------ metrics and shapes


_CELL_NAMES = re.compile(r"hamming|cell|label_?wise|per_?label|element|bit_?wise", re.IGNORECASE)


def cells(m: Machine, a: Tensor, b: Tensor) -> None:
    """Remember which kind of matrix was compared cell by cell."""
    acts = (a.act, b.act)
    m.cells = "onehot" if "onehot" in acts else "multihot" if "multihot" in acts else "wide"


def _target_names(m: Machine, frame: Frame | None = None) -> str:
    """What the code calls the value that is being computed."""
    statement = m.statement
    if isinstance(statement, ast.Return) and frame is not None and frame.func is not None:
        return frame.func.name
    if isinstance(statement, ast.Expr):
        return ast.unparse(statement)
    if isinstance(statement, ast.Assign):
        return " ".join(ast.unparse(t) for t in statement.targets)
    if isinstance(statement, ast.AugAssign):
        return ast.unparse(statement.target)
    return ""


def mean_of_cells(m: Machine, frame: Frame, site: Site) -> None:
    """The share of right cells of a one-hot or multi-hot matrix."""
    names = _target_names(m, frame)
    if _CELL_NAMES.search(names) or (m.cells != "onehot" and "acc" not in names.lower()):
        return
    text = "accuracy over row-label cells: with C classes a model that answers nothing already has 1 - 1/C"
    m.claim(Claim("LW601", site, text))


def flat_accuracy(m: Machine, site: Site, values: list[Value]) -> None:
    """accuracy_score on flattened matrices."""
    if any(isinstance(v, Tensor) and v.of == "flat" for v in values) and not _CELL_NAMES.search(_target_names(m)):
        text = "accuracy of flattened labels counts row-label cells: a model that answers nothing already scores high"
        m.claim(Claim("LW601", site, text))


def equal_shapes(m: Machine, a: Tensor, b: Tensor, site: Site) -> None:
    """(N,) compared with (N, 1) gives N x N."""
    for flat, column in ((a, b), (b, a)):
        if column.width != 1 or column.ndim not in (None, 2):
            continue
        known = flat.ndim == 1
        decided = flat.act == "hard" and flat.axis in (1, -1) and flat.width is None and flat.ndim in (None, 1)
        if (known or (decided and column.act is None)) and flat.act in ("hard", "index", "bits"):
            text = "(N,) is compared with (N, 1): the result is N x N, and its mean is not the accuracy"
            m.claim(Claim("LW603", site, text, tuple(s for s in (flat.site, column.site) if s)))
            return
