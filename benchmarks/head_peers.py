"""Where other libraries break: the same inputs through their losses and through ours, beside the truth.

    python benchmarks/head_peers.py

prints a table in Markdown (docs/heads.md holds it). The truth is the formula in float64, from `labelwise.reference` or
written out here. Peers: PyTorch; torchvision's focal loss, written here from its published formula; where they are
installed, timm, optax (with jax), coral-pytorch, dlordinal and spacecutter, otherwise their rows say so. dlordinal and
timm are taken file by file, without the image libraries they would load.
"""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from labelwise import reference
from labelwise.heads import HEADS
from labelwise.task import Task

HALF, SINGLE = torch.float16, torch.float32

Found = tuple[float, float | None]
"""Loss, and gradient by one logit."""


@dataclass(frozen=True)
class Case:
    """One input: what the peer makes of it, what we do, and what is true."""

    peer: str
    needs: str
    text: str
    theirs: Callable[[], Found]
    ours: Callable[[], Found]
    truth: Found


def graded(loss: Callable[[Tensor], Tensor], z: list[float], dtype: torch.dtype, at: int = 0) -> tuple[float, float]:
    """Value of a loss and its gradient by one of the logits."""
    logits = torch.tensor([z], dtype=dtype, requires_grad=True)
    value = loss(logits).sum()
    (gradient,) = torch.autograd.grad(value, logits, allow_unused=True)
    return value.item(), float("nan") if gradient is None else gradient[0, at].item()


def of_head(spec: str, y: list[float] | int, z: list[float], dtype: torch.dtype, at: int = 0) -> tuple[float, float]:
    """The same of a head of ours; the target as a class index or as a row."""
    name, _, setting = spec.partition(":")
    head = HEADS[name].with_settings(**dict(s.split("=") for s in setting.split(",") if s))
    target = torch.tensor([y])
    return graded(lambda logits: head.loss_rows(logits, target), z, dtype, at)


# ------------------------------------------------------------------ peers


def torchvision_focal(z: Tensor, y: Tensor, gamma: float = 2.0, alpha: float = 0.25) -> Tensor:
    """torchvision.ops.sigmoid_focal_loss, from its formula: (1 - p_t)^γ of BCE, weighed by alpha."""
    p = torch.sigmoid(z)
    ce = functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    p_t = p * y + (1 - p) * (1 - y)
    return (alpha * y + (1 - alpha) * (1 - y)) * ce * (1 - p_t) ** gamma


def file_of(package: str, path: str) -> types.ModuleType:
    """One file of a package, without the package's own imports."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ImportError(package)
    spec = importlib.util.spec_from_file_location(
        f"_{package}_{path.replace('/', '_')}", f"{found.submodule_search_locations[0]}/{path}.py"
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{package}/{path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def timm_asl(z: Tensor, y: Tensor) -> Tensor:
    """timm's AsymmetricLossMultiLabel with its defaults."""
    return file_of("timm", "loss/asymmetric_loss").AsymmetricLossMultiLabel()(z, y)


def optax_cross_entropy(z: list[float], t: list[float]) -> tuple[float, float]:
    """optax.softmax_cross_entropy and its gradient by the first logit."""
    import jax
    import jax.numpy as jnp
    import optax

    value, gradient = jax.value_and_grad(lambda v: optax.softmax_cross_entropy(v, jnp.array(t)))(jnp.array(z))
    return float(value), float(gradient[0])


def coral_corn(z: list[list[float]], y: list[int]) -> float:
    """coral-pytorch's corn_loss of a batch."""
    losses = file_of("coral_pytorch", "losses")
    return losses.corn_loss(torch.tensor(z), torch.tensor(y), num_classes=len(z[0]) + 1).item()


def spacecutter_loss(f: Tensor, y: Tensor, thresholds: list[float]) -> Tensor:
    """spacecutter's logistic cumulative link with its loss."""
    models, losses = file_of("spacecutter", "models"), file_of("spacecutter", "losses")
    model = models.LogisticCumulativeLink(len(thresholds) + 1)
    with torch.no_grad():
        model.cutpoints.copy_(torch.tensor(thresholds))
    return losses.CumulativeLinkLoss()(model(f), y[:, None])


def dlordinal_loss(f: Tensor, y: Tensor, link: str) -> Tensor:
    """dlordinal's CLM layer with the log of its probabilities."""
    layer = file_of("dlordinal", "output_layers/clm").CLM(num_classes=4, link_function=link)
    return functional.nll_loss(layer(f).log(), y)


# ------------------------------------------------------------------ inputs

INF = float("inf")
THETA = [-1.0, 0.3, 2.0]
CORN_Z, CORN_Y = [[0.8, -0.3, 1.2], [0.8, -0.3, 1.2]], [0, 3]


def _asl_truth(z: float, y: float) -> tuple[float, float]:
    value, slope = reference.asymmetric(np.array([[z]]), np.array([[y]]), "sum_labels")
    return float(value[0]), float(slope[0, 0])


def _focal_truth(z: float, y: float, gamma: float) -> tuple[float, float]:
    value, slope = reference.sigmoid_focal(np.array([[z]]), np.array([[y]]), "sum_labels", gamma)
    return float(value[0]), float(slope[0, 0])


def _cumulative(f: float, y: int, dtype: torch.dtype, spec: str = "cumulative_logit") -> tuple[float, float]:
    """Ours at the thresholds `THETA`, found through the first bias of a head whose ranks have those shares."""
    head = HEADS[spec].with_settings(bias="prior")
    task = Task("ordinal", ("a", "b", "c", "d"))
    share = np.diff(np.concatenate([[0.0], reference.sigmoid(np.array(THETA)), [1.0]]))
    ranks = np.repeat(np.arange(4), np.round(share * 100_000).astype(int))
    bias = head.initial_bias(task, ranks)
    return graded(lambda v: head.loss_rows(v, torch.tensor([y])), [f, *bias[1:].tolist()], dtype)


def cases() -> Iterator[Case]:
    """Every input of the table."""
    for z, dtype in ((20.0, SINGLE), (1e4, SINGLE), (10.0, torch.bfloat16)):
        yield Case(
            "torchvision formula",
            "torch",
            f"focal γ = 0.5, {_name(dtype)}, z = {z:g}, y = 1 (sure, right)",
            lambda z=z, d=dtype: graded(lambda v: torchvision_focal(v, torch.ones_like(v), 0.5), [z], d),
            lambda z=z, d=dtype: of_head("focal:gamma=0.5", [1.0], [z], d),
            _focal_truth(z, 1.0, 0.5),
        )
    for z, y, dtype in ((-20.0, 1.0, SINGLE), (-100.0, 1.0, SINGLE), (-20.0, 1.0, HALF), (20.0, 0.0, HALF)):
        yield Case(
            "timm",
            "timm",
            f"ASL, {_name(dtype)}, z = {z:g}, y = {y:g} (sure, wrong)",
            lambda z=z, y=y, d=dtype: graded(lambda v: timm_asl(v, torch.full_like(v, y)), [z], d),
            lambda z=z, y=y, d=dtype: of_head("asl", [y], [z], d),
            _asl_truth(z, y),
        )
    yield Case(
        "torch",
        "torch",
        "BCE of sigmoid(z), float16, z = 20, y = 0",
        lambda: graded(lambda v: functional.binary_cross_entropy(v.sigmoid(), torch.zeros_like(v)), [20.0], HALF),
        lambda: of_head("sigmoid", [0.0], [20.0], HALF),
        (20.0, 1.0),
    )
    yield Case(
        "torch",
        "torch",
        "-log(1 - sigmoid(z)), float32, z = 20, y = 0",
        lambda: graded(lambda v: -(1 - v.sigmoid()).log(), [20.0], SINGLE),
        lambda: of_head("sigmoid", [0.0], [20.0], SINGLE),
        (20.0, 1.0),
    )
    yield Case(
        "torch",
        "torch",
        "BCE with logits, float32, z = +inf, y = 1 (right)",
        lambda: graded(lambda v: functional.binary_cross_entropy_with_logits(v, torch.ones_like(v)), [INF], SINGLE),
        lambda: of_head("sigmoid", [1.0], [INF], SINGLE),
        (0.0, 0.0),
    )
    masked, soft = [0.0, -INF, 1.0], [1.0, 0.0, 0.0]
    truth = (1.3132616875, -0.7310585786)
    yield Case(
        "torch",
        "torch",
        "cross-entropy, soft target (1, 0, 0), z = (0, -inf, 1)",
        lambda: graded(lambda v: functional.cross_entropy(v, torch.tensor([soft])), masked, SINGLE),
        lambda: of_head("softmax", soft, masked, SINGLE),
        truth,
    )
    yield Case(
        "optax",
        "optax",
        "softmax_cross_entropy, soft target (1, 0, 0), z = (0, -inf, 1)",
        lambda: optax_cross_entropy(masked, soft),
        lambda: of_head("softmax", soft, masked, SINGLE),
        truth,
    )
    yield Case(
        "torch",
        "torch",
        "cross-entropy, y / k of a row without labels",
        lambda: graded(
            lambda v: functional.cross_entropy(v, torch.zeros(1, 2) / torch.zeros(1, 1)), [1.0, 2.0], SINGLE
        ),
        lambda: graded(
            lambda v: HEADS["softmax"].loss_rows(
                v, torch.from_numpy(HEADS["softmax"].encode(Task("multilabel", ("a", "b")), np.zeros((1, 2))))
            ),
            [1.0, 2.0],
            SINGLE,
        ),
        (0.0, 0.0),
    )
    yield Case(
        "torch",
        "torch",
        "cross-entropy, float16, 200 000 classes, z = 0",
        lambda: graded(lambda v: functional.cross_entropy(v, torch.tensor([0])), [0.0] * 200_000, HALF),
        lambda: of_head("softmax", 0, [0.0] * 200_000, HALF),
        (float(np.log(200_000)), -1 + 1 / 200_000),
    )
    yield Case(
        "torch",
        "torch",
        "cross-entropy, mean of an empty batch",
        lambda: (functional.cross_entropy(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)).item(), None),
        lambda: (HEADS["softmax"].loss(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)).item(), None),
        (0.0, None),
    )
    yield Case(
        "torch",
        "torch",
        "softmax cross-entropy of a yes/no task with one output, z = 3, no",
        lambda: graded(lambda v: functional.cross_entropy(v, torch.tensor([0])), [3.0], SINGLE),
        lambda: of_head("sigmoid", [0.0], [3.0], SINGLE),
        (float(np.log1p(np.exp(3.0))), float(reference.sigmoid(np.array(3.0)))),
    )
    total = float(reference.softplus(np.array(0.8)) + reference.softplus(-np.array(CORN_Z[1])).sum())
    yield Case(
        "coral-pytorch",
        "coral_pytorch",
        "CORN of two rows, the mean negative log-likelihood",
        lambda: (coral_corn(CORN_Z, CORN_Y), None),
        lambda: (HEADS["corn"].loss(torch.tensor(CORN_Z), torch.tensor(CORN_Y)).item(), None),
        (total / 2, None),
    )
    for f, dtype in ((100.0, SINGLE), (-100.0, SINGLE), (100.0, HALF)):
        yield Case(
            "spacecutter",
            "spacecutter",
            f"cumulative link, {_name(dtype)}, score {f:g}, y = 1, θ = (-1, .3, 2)",
            lambda f=f, d=dtype: graded(lambda v: spacecutter_loss(v, torch.tensor([1]), THETA), [f], d),
            lambda f=f, d=dtype: _cumulative(f, 1, d),
            _cumulative(f, 1, torch.float64),
        )
    for f, link in ((100.0, "logit"), (-100.0, "logit"), (20.0, "probit")):
        yield Case(
            "dlordinal",
            "dlordinal",
            f"CLM + NLL, {link}, float32, score {f:g}, y = 1 (its first thresholds; ours -1, .3, 2)",
            lambda f=f, k=link: graded(lambda v: dlordinal_loss(v, torch.tensor([1]), k), [f], SINGLE),
            lambda f=f, k=link: _cumulative(f, 1, SINGLE, f"cumulative_{k}"),
            _cumulative(f, 1, torch.float64, f"cumulative_{link}"),
        )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


# ------------------------------------------------------------------ table


def shown(found: Found) -> str:
    """Value and, where it was asked for, gradient, in five digits."""
    return " / ".join(f"{x:.5g}" for x in found if x is not None)


def versions() -> str:
    """Packages the table was made with."""
    found = []
    for name in ("torch", "timm", "optax", "jax", "coral-pytorch", "spacecutter", "dlordinal"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    print(f"With {versions()}.\n")
    print("| peer | input | theirs: loss / gradient | ours | truth |")
    print("|---|---|---|---|---|")
    for case in cases():
        if importlib.util.find_spec(case.needs) is None:
            theirs = "not installed"
        else:
            try:
                theirs = shown(case.theirs())
            except Exception as error:  # what a peer raises is its answer
                theirs = type(error).__name__
        print(f"| {case.peer} | {case.text} | {theirs} | {shown(case.ours())} | {shown(case.truth)} |")


if __name__ == "__main__":
    main()
