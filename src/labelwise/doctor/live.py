"""check_model: one batch through the user's own model and loss, read from the graph that autograd recorded."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from labelwise.doctor.finding import Finding, Findings, Place
from labelwise.doctor.live_losses import Call, verdicts, watched
from labelwise.doctor.rules import RULES
from labelwise.errors import InputError, need

__all__ = ["check_model"]

# Steps of the graph that change neither the values' meaning nor which of them there are.
_SHAPE = (
    "View",
    "Reshape",
    "UnsafeView",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Permute",
    "T",
    "Clone",
    "ToCopy",
    "Alias",
    "Expand",
    "Contiguous",
    "Dropout",
    "NativeDropout",
    "Flatten",
)
_LOSSES = {
    "NllLoss": "nll",
    "NllLoss2D": "nll",
    "NllLossNd": "nll",
    "BinaryCrossEntropyWithLogits": "bcel",
    "BinaryCrossEntropy": "bce",
}
_AFFINE = ("Addmm", "Mm", "Convolution", "Bmm", "Linear", "ConvolutionOverrideable", "Addmv", "Mv")
_ACTS = {"Softmax": "softmax", "Sigmoid": "sigmoid", "Relu": "relu", "LogSoftmax": "log-softmax"}
_VERDICTS = {
    ("ce", "softmax"): ("LW101", "softmax output goes through softmax again"),
    ("ce", "sigmoid"): ("LW103", "sigmoid output goes through softmax"),
    ("ce", "relu"): ("LW104", "ReLU cuts the scores before the softmax of the loss"),
    ("bcel", "sigmoid"): ("LW102", "sigmoid output goes through the sigmoid of the loss again"),
    ("bcel", "softmax"): ("LW301", "softmax output goes through the sigmoid of binary cross-entropy"),
    ("bcel", "relu"): ("LW104", "ReLU cuts the scores before the sigmoid of the loss"),
    ("bce", "softmax"): ("LW301", "softmax output is judged by binary cross-entropy"),
    ("bce", "affine"): ("LW201", "raw scores reach a loss that wants probabilities"),
    ("nll", "softmax"): ("LW202", "probabilities reach a loss that wants log-probabilities"),
    ("nll", "affine"): ("LW203", "raw scores reach a loss that wants log-probabilities"),
    ("nll", "relu"): ("LW203", "raw scores reach a loss that wants log-probabilities"),
    ("log", "softmax"): ("LW702", "the logarithm of a softmax is taken"),
    ("log", "sigmoid"): ("LW701", "the logarithm of a sigmoid is taken"),
}


def check_model(model: Any, loss: Callable[..., Any], batch: Any, *, fresh: bool = False) -> Findings:
    """Run one batch through a model and its loss, and read what happened between the last layer and the loss.

    Formula: an untrained head scores about ln C per row with softmax, ln 2 per label with sigmoid.

    Args:
        model: a torch module (or a callable of torch tensors).
        loss: called as ``loss(model(inputs), targets)``.
        batch: ``(inputs, targets)``.
        fresh: True where the model is not trained yet: then the loss is held against theory.

    Returns:
        The findings. Weights, buffers, gradients and modes of the model (and of a loss that is a module) and the
        random states are left as they were. A loss that refuses its input is told as a finding where the input is seen
        to be wrong; any other error of the model or the loss is passed on.

    Raises:
        MissingExtra: where torch is not installed.
        InputError: where the batch is no pair, or the loss is not a number.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))
        >>> batch = torch.randn(8, 4), torch.randint(0, 3, (8,))
        >>> [f.slug for f in check_model(model, torch.nn.CrossEntropyLoss(), batch)]
        ['double-softmax']

    Source: labelwise.
    """
    torch = need("torch", extra="train", purpose="checking a live model")
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise InputError("a batch (inputs, targets)", type(batch).__name__, "a pair of tensors")
    inputs, targets = batch
    with _untouched(torch, model, loss), torch.enable_grad():
        names: dict[Any, str] = {}
        calls: list[Call] = []
        hooks = _watch(torch, model, names)
        try:
            out = model(inputs)
            scores = _scores(torch, out)
            with watched(torch, calls):
                value = loss(out, targets)
        except Exception:
            if told := list(_given(torch, calls, names)):
                return _once(told)
            raise
        finally:
            for hook in hooks:
                hook.remove()
        if not torch.is_tensor(value) or value.numel() != 1:
            raise InputError(
                "a loss that is one number", f"{type(value).__name__}", "a loss reduced over the batch, e.g. its mean"
            )
        found = [*_walk(torch, value, names), *_given(torch, calls, names)]
        found += _outputs(torch, scores, len(inputs) if hasattr(inputs, "__len__") else None)
        found += _gradients(torch, model, value)
        found += _heads(torch, out, value)
        if fresh:
            found += _initial(scores, value, found, value.grad_fn)
        found += _batch_dependence(torch, model, inputs, scores)
    return _once(found)


def _once(found: list[Finding]) -> Findings:
    """The first finding of each rule."""
    unique = {f.code: f for f in reversed(found)}
    return Findings(tuple(unique[f.code] for f in dict.fromkeys(found) if unique[f.code] is f), 1, ())


def _finding(code: str, message: str, evidence: tuple[Place, ...] = (), confidence: str = "high") -> Finding:
    rule = RULES[code]
    return Finding(rule.code, rule.slug, rule.severity, confidence, "model", message, evidence=evidence)


@contextmanager
def _untouched(torch: Any, *parts: Any) -> Iterator[None]:
    """Leave weights, buffers, gradients, modes and random states as they were."""
    parts = tuple(p for p in parts if isinstance(p, torch.nn.Module))
    modes = [(m, m.training) for part in parts for m in part.modules()]
    parameters = [p for part in parts for p in part.parameters()]
    tensors = [(t, t.detach().clone()) for t in (*parameters, *(b for part in parts for b in part.buffers()))]
    gradients = [(p, p.grad, None if p.grad is None else p.grad.detach().clone()) for p in parameters]
    state, numpys, pythons = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, before in tensors:
                tensor.copy_(before)
        for parameter, gradient, values in gradients:
            parameter.grad = gradient
            if gradient is not None:
                with torch.no_grad():
                    gradient.copy_(values)
        for module, mode in modes:
            module.training = mode
        torch.set_rng_state(state)
        np.random.set_state(numpys)
        random.setstate(pythons)


def _watch(torch: Any, model: Any, names: dict[Any, str]) -> list[Any]:
    """Hooks that remember which layer made which step of the graph."""

    def watch(name: str) -> Callable[..., None]:
        def hook(module: Any, args: Any, out: Any) -> None:
            if torch.is_tensor(out) and out.grad_fn is not None:
                where = f"layer {name}" if name else "the model itself"
                names.setdefault(out.grad_fn, f"{where} ({type(module).__name__})")

        return hook

    if not hasattr(model, "named_modules"):
        return []
    return [m.register_forward_hook(watch(name)) for name, m in model.named_modules() if not list(m.children())]


def _scores(torch: Any, out: Any) -> Any:
    if hasattr(out, "logits"):
        return out.logits
    if torch.is_tensor(out):
        return out
    if isinstance(out, dict):
        return next((v for v in out.values() if torch.is_tensor(v)), None)
    return next((v for v in out if torch.is_tensor(v)), None) if isinstance(out, (tuple, list)) else None


def _kind(step: Any) -> str:
    return type(step).__name__.partition("Backward")[0]


def _below(step: Any) -> Any | None:
    """The step that made the first input, past changes of shape."""
    inner = next((f for f, _ in step.next_functions if f is not None), None)
    while inner is not None and _kind(inner) in _SHAPE:
        inner = next((f for f, _ in inner.next_functions if f is not None), None)
    return inner


def _act(step: Any) -> str | None:
    kind = _kind(step)
    return "affine" if kind in _AFFINE else _ACTS.get(kind)


def _walk(torch: Any, value: Any, names: dict[Any, str]) -> Iterator[Finding]:
    """Every loss step of the graph with what feeds it."""
    queue, seen = [value.grad_fn], set()
    while queue and len(seen) < 20000:
        step = queue.pop()
        if step is None or step in seen:
            continue
        seen.add(step)
        queue.extend(f for f, _ in step.next_functions)
        family = _LOSSES.get(_kind(step)) or ("log" if _kind(step) == "Log" else None)
        if family is None:
            continue
        inner = _below(step)
        if inner is None:
            continue
        if family == "nll" and _act(inner) == "log-softmax":
            yield from _axis(inner, names)
            family, inner = "ce", _below(inner)
        if inner is None:
            continue
        act = _act(inner)
        if act in ("softmax",):
            yield from _axis(inner, names)
        verdict = _VERDICTS.get((family, act or ""))
        if verdict is not None:
            code, text = verdict
            where = names.get(inner)
            place = (Place("model", None, where),) if where else ()
            yield _finding(code, f"{text}{f'; made by {where}' if where else ''}", place)


def _given(torch: Any, calls: list[Call], names: dict[Any, str]) -> Iterator[Finding]:
    """What the watched losses were given."""
    for call in calls:
        step = call.scores.grad_fn
        while step is not None and _kind(step) in _SHAPE:
            step = next((f for f, _ in step.next_functions if f is not None), None)
        where = names.get(step)
        place = (Place("model", None, where),) if where else ()
        for code, text in verdicts(torch, call, _act(step) if step is not None else None):
            yield _finding(code, f"{text}{f'; made by {where}' if where else ''}", place)


def _axis(step: Any, names: dict[Any, str]) -> Iterator[Finding]:
    """A softmax over one output, or over the rows of the batch."""
    result, dim = getattr(step, "_saved_result", None), getattr(step, "_saved_dim", None)
    if result is None or dim is None:
        return
    dim = dim - 2**64 if dim > 2**63 else dim
    if result.shape[dim] == 1:
        yield _finding("LW401", f"softmax over an axis of length 1 (shape {tuple(result.shape)}) is always 1")
    elif result.ndim == 2 and dim in (0, -2) and result.shape[0] > 1:
        yield _finding("LW403", f"softmax runs over axis 0, the {result.shape[0]} rows of the batch")


def _outputs(torch: Any, scores: Any, rows: int | None) -> list[Finding]:
    if scores is None or scores.ndim == 0 or scores.shape[0] < 2:
        return []
    flat = scores.detach().reshape(scores.shape[0], -1)
    if bool((flat == flat[0]).all()):
        return [_finding("LW809", f"all {scores.shape[0]} rows of the batch have the same output")]
    return []


def _gradients(torch: Any, model: Any, value: Any) -> list[Finding]:
    """Heads that get no gradient at all."""
    if not hasattr(model, "named_parameters") or value.grad_fn is None:
        return []
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    if not named:
        return []
    gradients = torch.autograd.grad(value, [p for _, p in named], retain_graph=True, allow_unused=True)
    total = sum(float(g.detach().abs().sum()) for g in gradients if g is not None)
    if total == 0:
        return [
            _finding("LW809", "no parameter gets a gradient from this batch: the loss does not depend on the model")
        ]
    return []


def _heads(torch: Any, out: Any, value: Any) -> list[Finding]:
    """The gradient's scale at each of several outputs."""
    parts = dict(out) if isinstance(out, dict) else dict(enumerate(out)) if isinstance(out, (tuple, list)) else {}
    heads = {str(k): v for k, v in parts.items() if torch.is_tensor(v) and v.requires_grad and v.grad_fn is not None}
    if len(heads) < 2:
        return []
    gradients = torch.autograd.grad(value, list(heads.values()), retain_graph=True, allow_unused=True)
    scale = {
        name: 0.0 if g is None else float(g.detach().pow(2).sum(-1).mean().sqrt())
        for name, g in zip(heads, gradients, strict=True)
    }
    low, high = min(scale, key=lambda k: scale[k]), max(scale, key=lambda k: scale[k])
    if scale[high] <= 100 * scale[low]:
        return []
    text = f"the gradient is {scale[high]:.3g} per row at output {high} and {scale[low]:.3g} at output {low}"
    return [_finding("LW810", text, (), "medium")]


def _initial(scores: Any, value: Any, found: list[Finding], step: Any) -> list[Finding]:
    """The loss of an untrained head against theory."""
    if scores is None or scores.ndim != 2 or any(f.code < "LW4" for f in found):
        return []
    kinds = {_kind(s) for s in _steps(step)}
    if kinds & {"NllLoss", "NllLoss2D"} and "LogSoftmax" in kinds and scores.shape[1] > 1:
        theory, name = math.log(scores.shape[1]), f"ln {scores.shape[1]}"
    elif "BinaryCrossEntropyWithLogits" in kinds:
        theory, name = math.log(2), "ln 2"
    else:
        return []
    loss = float(value.detach())
    if 0.5 * theory <= loss <= 2 * theory:
        return []
    return [
        _finding(
            "LW808",
            f"the loss at initialisation is {loss:.4f}; {name} = {theory:.4f} is what an untrained head scores",
            (),
            "medium",
        )
    ]


def _steps(step: Any) -> Iterator[Any]:
    queue, count = [step], 0
    while queue and count < 50:
        one = queue.pop(0)
        if one is None:
            continue
        count += 1
        yield one
        queue.extend(f for f, _ in one.next_functions)


def _batch_dependence(torch: Any, model: Any, inputs: Any, scores: Any) -> list[Finding]:
    """In evaluation mode a row's output must not depend on the other rows."""
    if (
        not torch.is_tensor(inputs)
        or scores is None
        or scores.ndim < 2
        or len(inputs) < 4
        or scores.shape[0] != len(inputs)
    ):
        return []
    if hasattr(model, "eval"):
        model.eval()
    with torch.no_grad():
        half = len(inputs) // 2
        whole, part = _scores(torch, model(inputs)), _scores(torch, model(inputs[:half]))
        again = _scores(torch, model(inputs))
    if not torch.allclose(whole, again, rtol=1e-3, atol=1e-5):
        return []  # random even in evaluation mode: nothing can be told
    if part.shape[0] != half or torch.allclose(whole[:half], part, rtol=1e-3, atol=1e-4):
        return []
    return [
        _finding(
            "LW403",
            "in evaluation mode a row's output changes with the other rows of the batch: an operation runs over axis 0",
        )
    ]
