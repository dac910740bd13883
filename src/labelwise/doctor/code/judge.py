"""From values to claims: what it means that this value meets that loss, threshold or axis."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from labelwise.doctor.code.machine import Claim, Frame, Link, Machine
from labelwise.doctor.code.pairs import SAYS, VERDICTS
from labelwise.doctor.code.values import Const, Heap, Loss, Rest, Site, Tensor, Unknown, Value

__all__ = [
    "argmax_across",
    "argmax_of_one",
    "cells",
    "equal_shapes",
    "flat_accuracy",
    "guarded",
    "implicit_axis",
    "loss_call",
    "mean_of_cells",
    "rounded",
    "softmax_of_one",
    "softmax_over_batch",
    "swept",
    "targets",
    "threshold_chosen",
    "thresholded",
    "unstable_log",
]

_NAMES = {"logits": "raw scores", "logp": "log-softmax", "logp2": "softmax", "prob": "probability", "relu": "relu"}


def place(site: Site) -> str:
    """``model.py:19``."""
    return f"{PurePosixPath(site.path).name}:{site.line}"


def loss_call(
    m: Machine,
    frame: Frame,
    node: ast.AST,
    loss: Loss,
    scores: Value,
    labels: Value | None = None,
    log_inside: bool = False,
) -> None:
    """Scores (and labels) reach a loss at `node`. `log_inside`: the caller takes the logarithm itself (skorch)."""
    site = m.site(node, frame, loss.name)
    if isinstance(scores, Unknown) and m.pedantic:
        for option in scores.options:
            if isinstance(option, Tensor):
                _judge(m, node, loss, option, labels, site, log_inside, "low")
    if isinstance(scores, Tensor):
        _judge(m, node, loss, scores, labels, site, log_inside, "high")


def _judge(
    m: Machine,
    node: ast.AST,
    loss: Loss,
    x: Tensor,
    labels: Value | None,
    site: Site,
    log_inside: bool,
    confidence: str,
) -> None:
    family = loss.family.replace("kscce", "kcce")
    if loss.keras and family in ("kcce", "kbce"):
        if loss.from_logits is None:
            return
        family = f"{family}/{loss.from_logits}"
    if x.act == "logits":
        for head in x.heads:
            m.links.add(Link(head, {"kbce/True": "bcel", "kcce/True": "ce"}.get(family, family), site))
    if x.act in ("softmax", "logp") and family in ("ce", "nll", "bce", "bcel"):
        _over_batch(m, x, 1)
    targets(m, loss, x, labels, site)
    if (
        x.width == 1
        and x.ndim in (None, 2)
        and (family == "ce" or family.startswith("kcce"))
        and x.act in ("logits", "sigmoid", "relu")
    ):
        text = (
            f"{loss.name} at {place(site)} gets one score per row: the softmax of one score is always 1 and "
            "the loss always 0"
        )
        m.claim(Claim("LW401", site, text, _ends(x, loss), confidence))
        return
    if family == "bcel" and x.act == "logits" and (x.width or 0) >= 10 and loss.get("reduction") in (None, "mean"):
        text = (
            f"{loss.name} at {place(site)} averages over {x.width} labels, which divides the gradient by "
            f"{x.width}; plain SGD does not make up for it"
        )
        optimiser = frozenset([f"optimiser of {site.path}"])
        m.claim(Claim("LW604", site, text, _ends(x, loss), confidence, optimiser, ("sgd",)))
    code = VERDICTS.get((family, x.act or ""))
    if code is None or (code == "LW301" and x.width in (1, 2)) or (log_inside and x.act not in ("logits", "relu")):
        return
    if code == "LW301" and isinstance(labels, Tensor) and labels.of == "constant":
        return  # every label the same: a score of its own, not a training target
    if family == "kl" and loss.get("log_target") is True:
        return
    says = SAYS.get(code) or (
        "the activation is applied twice (the model ends in one, and from_logits=True applies it again)"
        if loss.from_logits
        else "the activation is missing (the loss wants probabilities, the model gives raw scores)"
    )
    if code == "LW301" and family in ("bcel", "kbce/True"):
        says += ", and the probabilities are squashed once more"
    through = _through(node)
    text = f"{_what(x)} reaches {loss.name} at {place(site)}{through}: {says}"
    m.claim(Claim(code, site, text, _ends(x, loss), confidence))


def _what(x: Tensor) -> str:
    name = _NAMES.get(x.act or "", x.act)
    return f"{name} at {place(x.site)}" if x.site else str(name)


def _ends(x: Tensor, loss: Loss | None = None) -> tuple[Site, ...]:
    ends = [s for s in (x.site, x.decl, loss.site if loss else None) if s is not None]
    return tuple(dict.fromkeys(ends))


def _through(node: ast.AST) -> str:
    func = getattr(node, "func", None)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self":
        return f" through self.{func.attr}"
    return ""


def targets(m: Machine, loss: Loss, x: Tensor, labels: Value | None, site: Site) -> None:
    """Labels that do not fit the loss."""
    if not isinstance(labels, Tensor):
        return
    family = loss.family.replace("kscce", "kcce")
    if labels.act == "multihot" and (family == "ce" or family.startswith("kcce")) and loss.family != "kscce":
        text = (
            f"targets with several ones per row reach {loss.name} at {place(site)}: the loss expects each "
            "row of targets to sum to 1"
        )
        m.claim(Claim("LW303", site, text, _ends(labels, loss)))
    if labels.act == "index" and family in ("ce", "nll", "kcce"):
        _range(m, loss, x, labels, site)
    _shape_of_targets(m, loss, family, x, labels, site)
    if family in ("bce", "bcel") and labels.dtype == "int" and labels.act != "multihot" and labels.of == "cast":
        text = f"{loss.name} at {place(site)} gets integer targets: it needs floats of the scores' shape"
        m.claim(Claim("LW603", site, text, _ends(labels, loss)))


def _shape_of_targets(m: Machine, loss: Loss, family: str, x: Tensor, labels: Tensor, site: Site) -> None:
    """Class indices where one-hot rows are wanted, or the other way round; a column where a vector is wanted."""
    text = None
    if loss.family == "kscce" and labels.act == "onehot":
        text = "one-hot labels, where class indices are wanted"
    elif loss.family == "kcce" and labels.act == "index" and labels.ndim == 1:
        text = "class indices, where one-hot rows are wanted"
    elif family in ("ce", "nll") and not loss.keras and labels.act == "index" and labels.dtype == "float":
        text = "class indices as floats, where integers are wanted"
    elif (
        family in ("ce", "nll")
        and labels.width == 1
        and labels.act in (None, "index")
        and x.act
        and x.ndim in (None, 2)
    ):
        text = (
            "labels of shape (N, 1), where (N,) is wanted" if labels.ndim in (None, 2) and (x.width or 2) > 1 else None
        )
    elif (
        family == "mse" and x.width == 1 and x.ndim in (None, 2) and labels.ndim == 1 and x.act in ("logits", "sigmoid")
    ):
        text = "targets of shape (N,) beside scores of shape (N, 1), which broadcast to N x N"
    if text is not None:
        m.claim(Claim("LW603", site, f"{loss.name} at {place(site)} gets {text}", _ends(labels, loss)))


def _range(m: Machine, loss: Loss, x: Tensor, labels: Tensor, site: Site) -> None:
    low, high, width = labels.low, labels.high, x.width
    ignored = loss.get("ignore_index")
    if low is None or high is None or ignored is False:
        return
    negative = low < 0 and low not in (ignored, -100)
    beyond = width is not None and width > 1 and high >= width
    if negative or beyond:
        classes = f"{width} classes are numbered 0 to {width - 1}" if width else "classes are numbered from 0"
        text = f"labels from {low} to {high} reach {loss.name} at {place(site)}: {classes}"
        m.claim(Claim("LW602", site, text, _ends(labels, loss)))


# ------------------------------------------------------------------ axes


def softmax_of_one(m: Machine, x: Tensor, axis: int | None, site: Site) -> bool:
    """Softmax over an axis of length 1: always 1."""
    last = axis == -1 or (axis is not None and x.ndim is not None and axis == x.ndim - 1)
    if x.width != 1 or not last or x.act not in ("logits", "relu", "sigmoid"):
        return False
    m.claim(Claim("LW401", site, "softmax over one output is always 1, whatever the input", _ends(x)))
    return True


def implicit_axis(m: Machine, x: Tensor, site: Site) -> None:
    """torch's softmax without `dim`."""
    if x.ndim in (2, 4):
        return
    text = "softmax without dim: torch takes axis 0 for inputs of 1 or 3 axes and axis 1 for others, and warns"
    m.claim(Claim("LW403", site, text, (), "medium"))


def softmax_over_batch(m: Machine, x: Tensor, axis: int | None, site: Site) -> None:
    """Softmax over axis 0 of what is known to be a batch of rows of scores."""
    if axis == 0 and x.act == "logits" and x.ndim == 2 and x.of == "batch" and x.width != 1:
        m.claim(Claim("LW403", site, _BATCH, _ends(x)))


_BATCH = (
    "softmax over axis 0, the rows of the batch: each column sums to 1, and a row's scores depend on its neighbours"
)


def argmax_across(m: Machine, x: Tensor, axis: int | None) -> None:
    """The classes are looked for on another axis than the one the softmax ran over."""
    if x.act in ("softmax", "logp") and axis in (1, -1):
        _over_batch(m, x, axis)


def _over_batch(m: Machine, x: Tensor, axis: int) -> None:
    site = x.decl or x.site
    if x.axis == 0 and site is not None and (x.ndim or 2) > 1:
        m.claim(Claim("LW403", site, _BATCH, tuple(s for s in (x.site,) if s and s != site)))


def argmax_of_one(m: Machine, x: Tensor, axis: int | None, site: Site) -> None:
    """The arg max over one column: always 0."""
    if x.width != 1 or x.act not in ("logits", "sigmoid", "relu"):
        return
    text = f"arg max over one column at {place(site)} is always 0"
    last = axis == -1 or (axis == 1 and x.ndim == 2)
    if last or (axis == 1 and x.act == "sigmoid"):
        m.claim(Claim("LW402", site, text, _ends(x)))
    elif axis == 1 and x.heads:
        m.claim(Claim("LW402", site, text, _ends(x), heads=x.heads, needs=("bce", "bcel")))


# ------------------------------------------------------------------ decisions


def thresholded(m: Machine, x: Tensor, bound: float | None, site: Site) -> None:
    """Scores compared with a number."""
    if bound is None or not 0 < bound < 1:
        return
    if x.act == "logits" and x.heads and (bound == 0.5 or m.pedantic):
        confidence = "high" if bound == 0.5 else "low"
        text = (
            f"raw scores are compared with {bound:g} at {place(site)}: on this scale that is a probability of "
            f"{_sigmoid(bound):.4f}; one half is at 0"
        )
        m.claim(Claim("LW501", site, text, _ends(x), confidence, x.heads, ("bcel",)))
    if x.act == "sigmoid" and bound == 0.5 and (x.width or 0) > 1:
        text = f"{x.width} labels share the threshold 0.5 at {place(site)}, which nothing has tuned"
        m.claim(Claim("LW504", site, text, _ends(x)))


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
        m.claim(Claim("LW502", site, text, _ends(x), heads=x.heads, needs=("bcel",)))


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
        known = flat.ndim == 1 and column.ndim == 2
        decided = flat.act == "hard" and flat.axis in (1, -1) and flat.width is None and flat.ndim in (None, 1)
        if (known or (decided and column.act is None)) and flat.act in ("hard", "index", "bits"):
            text = "(N,) is compared with (N, 1): the result is N x N, and its mean is not the accuracy"
            m.claim(Claim("LW603", site, text, tuple(s for s in (flat.site, column.site) if s)))
            return


def guarded(m: Machine, node: ast.AST) -> bool:
    """Whether what becomes of the infinite values is said around the logarithm: where, masked_fill, nan_to_num."""
    for outer in ast.walk(m.statement) if m.statement is not None else ():
        name = getattr(outer.func, "attr", getattr(outer.func, "id", "")) if isinstance(outer, ast.Call) else ""
        if name in ("where", "masked_fill", "nan_to_num", "masked_fill_") and any(n is node for n in ast.walk(outer)):
            return True
    return False


def unstable_log(m: Machine, x: Tensor, site: Site) -> None:
    """The logarithm of a probability that can round to 0."""
    if x.act == "prob" or (x.act == "softmax" and x.site is None):
        return
    code, name = ("LW701", "sigmoid") if x.act == "sigmoid" else ("LW702", "softmax")
    text = f"logarithm of a {name}: the probability rounds to 0 and the logarithm to -inf; log_{name} is exact"
    m.claim(Claim(code, site, text, _ends(x)))


def from_test(values: list[Value]) -> Tensor | None:
    """What an unknown function makes of test data: more test data, or a score of a swept threshold."""
    parts = [v for value in values for v in _parts(value)]
    tensors = [v for v in parts if isinstance(v, Tensor) and v.test]
    if not tensors:
        return None
    return Tensor(test=True, of="swept-score" if any(t.of == "swept" for t in tensors) else None)


def _parts(value: Value) -> tuple[Value, ...]:
    """The value, or what a list is made of."""
    if isinstance(value, Heap) and value.kind == "list" and isinstance(value.state["items"], tuple):
        return tuple(o for i in value.state["items"][:8] for o in (i.options if isinstance(i, Rest) else (i,)))
    return (value,)


def constant(value: Value | None) -> object:
    """A literal, or None."""
    return value.value if isinstance(value, Const) else None
