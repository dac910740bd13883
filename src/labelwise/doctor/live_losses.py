"""What reaches the losses that want probabilities or log-probabilities, seen in the values as they are called.

Autograd records a KL divergence as elementary steps, and binary cross-entropy refuses values outside of 0..1 before it
leaves a trace; so the calls themselves are watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "verdicts", "watched"]

_WATCHED = {
    "kl_div": "kl_div",
    "binary_cross_entropy": "binary_cross_entropy",
    "nll_loss": "nll_loss",
    "nll_loss_nd": "nll_loss",
}
TOLERANCE = 1e-3  # half-precision rows sum to 1 within this


@dataclass(frozen=True)
class Call:
    """One call of a loss.

    Attributes:
        loss: its name in torch.nn.functional.
        scores: its first argument.
        target: its second argument.
        log_target: what a KL divergence was told of its target.
    """

    loss: str
    scores: Any
    target: Any
    log_target: bool = False


def watched(torch: Any, calls: list[Call]) -> Any:
    """A context in which the calls of losses are written to `calls`; nothing else is changed."""

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
            kwargs = kwargs or {}
            loss = _WATCHED.get(getattr(func, "__name__", ""))
            given = [*args, *(kwargs[name] for name in ("input", "target") if name in kwargs)]
            if loss is not None and len(given) >= 2 and all(torch.is_tensor(t) for t in given[:2]):
                log_target = bool(kwargs.get("log_target", args[5] if loss == "kl_div" and len(args) > 5 else False))
                calls.append(Call(loss, given[0], given[1], log_target))
            return func(*args, **kwargs)

    return Watch()


def verdicts(torch: Any, call: Call, act: str | None) -> Iterator[tuple[str, str]]:
    """Code and text for each argument that is not what the loss wants.

    Args:
        torch: the module.
        call: the call.
        act: what autograd says was done last to the scores (``softmax``, ``sigmoid``, ``affine`` ...), or None.
    """
    scores = call.scores.detach()
    if scores.numel() == 0 or not scores.is_floating_point():
        return
    low, high = float(scores.min()), float(scores.max())
    if call.loss == "binary_cross_entropy":
        if low < 0 or high > 1:
            yield "LW201", f"values from {low:.3g} to {high:.3g} reach binary_cross_entropy, which wants probabilities"
        return
    code = {"kl_div": ("LW204", "LW204"), "nll_loss": ("LW202", "LW203")}[call.loss]
    wants = f"{call.loss}, which wants log-probabilities"
    if act in ("softmax", "sigmoid") or _rows_of_probabilities(scores):
        yield code[0], f"probabilities reach {wants}"
    elif act == "affine" or high > TOLERANCE:
        yield code[1], f"raw scores (highest {high:.3g}) reach {wants}"
    if call.loss == "kl_div":
        yield from _target(torch, call)


def _target(torch: Any, call: Call) -> Iterator[tuple[str, str]]:
    target = call.target.detach()
    if target.numel() == 0 or not target.is_floating_point():
        return
    if call.log_target and _rows_of_probabilities(target):
        yield "LW204", "the target of kl_div holds probabilities, and log_target=True says that it holds logarithms"
    elif not call.log_target and float(target.min()) < -TOLERANCE:
        yield "LW204", "the target of kl_div has negative values: without log_target=True it wants probabilities"


def _rows_of_probabilities(values: Any) -> bool:
    """Whether the values lie in 0..1 and sum to 1 along the classes (axis 1, or the last)."""
    if values.ndim < 2 or bool((values < 0).any()) or bool((values > 1 + TOLERANCE).any()):
        return False
    axes = {1, values.ndim - 1}
    return any(values.shape[a] > 1 and bool((values.sum(a) - 1).abs().max() <= TOLERANCE * 2) for a in axes)
