"""From values to claims: what it means that this value meets that loss, threshold or axis."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from labelwise.doctor.code.machine import Claim, Frame, Link, Machine
from labelwise.doctor.code.pairs import SAYS, VERDICTS
from labelwise.doctor.code.values import Const, Heap, Loss, Rest, Site, Tensor, Unknown, Value

__all__ = [
    "argmax_across",
    "argmax_of_one",
    "constant",
    "ends",
    "from_test",
    "guarded",
    "implicit_axis",
    "loss_call",
    "optimiser_of",
    "place",
    "softmax_of_one",
    "softmax_over_batch",
    "targets",
    "unstable_log",
]

_NAMES = {"logits": "raw scores", "logp": "log-softmax", "logp2": "softmax", "prob": "probability", "relu": "relu"}


_LINKS = {"kbce/True": "bcel", "kbce/False": "bce", "kcce/True": "ce"}


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
    if x.act in ("logits", "sigmoid"):
        for head in x.heads:
            m.links.add(Link(head, _LINKS.get(family, family), site))
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
        m.claim(Claim("LW401", site, text, ends(x, loss), confidence))
        return
    if (family, x.act) in _MEANS and (x.width or 0) >= 10 and loss.get("reduction") in (None, "mean"):
        _averaged(m, node, loss, x, site, confidence)
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
    verb = "reach" if x.act == "logits" else "reaches"  # raw scores
    text = f"{_what(x)} {verb} {loss.name} at {place(site)}{through}: {says}"
    m.claim(Claim(code, site, text, ends(x, loss), confidence))


_MEANS = {("bcel", "logits"), ("bce", "sigmoid"), ("kbce/True", "logits"), ("kbce/False", "sigmoid")}


def _averaged(m: Machine, node: ast.AST, loss: Loss, x: Tensor, site: Site, confidence: str) -> None:
    """The mean over many labels, where plain gradient descent is all that is at work and no factor stands beside it."""
    for outer in ast.walk(m.statement) if m.statement is not None else ():
        if isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mult) and node in (outer.left, outer.right):
            return
    text = (
        f"{loss.name} at {place(site)} averages over {x.width} labels, which divides the gradient by "
        f"{x.width}; plain SGD does not make up for it"
    )
    m.claim(Claim("LW604", site, text, ends(x, loss), confidence, frozenset([optimiser_of(site.path)]), ("sgd",)))


def optimiser_of(path: str) -> str:
    """Under this name a file's optimisers are linked to its losses."""
    return f"optimiser of {path}"


def _what(x: Tensor) -> str:
    name = _NAMES.get(x.act or "", x.act)
    return f"{name} at {place(x.site)}" if x.site else str(name)


def ends(x: Tensor, loss: Loss | None = None) -> tuple[Site, ...]:
    """The places a value comes from, and where its loss was made."""
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
        m.claim(Claim("LW303", site, text, ends(labels, loss)))
    if labels.act == "index" and family in ("ce", "nll", "kcce"):
        _range(m, loss, x, labels, site)
    _shape_of_targets(m, loss, family, x, labels, site)
    if family in ("bce", "bcel") and labels.dtype == "int" and labels.act != "multihot" and labels.of == "cast":
        text = f"{loss.name} at {place(site)} gets integer targets: it needs floats of the scores' shape"
        m.claim(Claim("LW603", site, text, ends(labels, loss)))


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
        m.claim(Claim("LW603", site, f"{loss.name} at {place(site)} gets {text}", ends(labels, loss)))


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
        m.claim(Claim("LW602", site, text, ends(labels, loss)))


# ------------------------------------------------------------------ axes


def softmax_of_one(m: Machine, x: Tensor, axis: int | None, site: Site) -> bool:
    """Softmax over an axis of length 1: always 1."""
    last = axis == -1 or (axis is not None and x.ndim is not None and axis == x.ndim - 1)
    if x.width != 1 or not last or x.act not in ("logits", "relu", "sigmoid"):
        return False
    m.claim(Claim("LW401", site, "softmax over one output is always 1, whatever the input", ends(x)))
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
        m.claim(Claim("LW403", site, _BATCH, ends(x)))


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
        m.claim(Claim("LW402", site, text, ends(x)))
    elif axis == 1 and x.heads:
        m.claim(Claim("LW402", site, text, ends(x), heads=x.heads, needs=("bce", "bcel")))


_SAYS_OF_INFINITY = ("where", "masked_fill", "masked_fill_", "nan_to_num", "exp", "exp_")


def guarded(m: Machine, node: ast.AST) -> bool:
    """Whether what becomes of -inf is said around the logarithm: where, masked_fill, nan_to_num; or exp, a power."""
    for outer in ast.walk(m.statement) if m.statement is not None else ():
        name = getattr(outer.func, "attr", getattr(outer.func, "id", "")) if isinstance(outer, ast.Call) else ""
        if name in _SAYS_OF_INFINITY and any(n is node for n in ast.walk(outer)):
            return True
    return False


def unstable_log(m: Machine, x: Tensor, site: Site) -> None:
    """The logarithm of a probability that can round to 0."""
    if x.act == "prob" or (x.act == "softmax" and x.site is None):
        return
    code, name = ("LW701", "sigmoid") if x.act == "sigmoid" else ("LW702", "softmax")
    text = f"the logarithm of a {name} is -inf where the probability rounds to 0; log_{name} is exact"
    m.claim(Claim(code, site, text, ends(x)))


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
