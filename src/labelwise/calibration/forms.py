"""The forms that fitted calibrations take: few, so that every one of them can be stored, exported and tested.

Each maps (N, C) logits to (N, C) logits of the same link; a parameter is a float64 array, or a tuple of arrays where
columns have lists of different length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["FORMS", "LEAST_SHARE", "Form", "cut_logits", "log_mixture", "softplus"]

LEAST_SHARE = 1e-300
"""A share of one unit below it counts as it."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """A family of maps from logits to logits.

    Attributes:
        name: key in `FORMS`.
        shapes: parameter -> its dimensions: ``"1"`` one number, ``"C"`` one per column, ``"1|C"`` either, ``"CC"`` a
            matrix, ``"C*"`` a list per column.
        apply: (logits, parameters) -> logits, a new array.
        formula: in words.
    """

    name: str
    shapes: Mapping[str, str]
    apply: Callable[[np.ndarray, Parameters], np.ndarray]
    formula: str


def softplus(x: np.ndarray) -> np.ndarray:
    """ln(1 + e^x), without overflow."""
    return np.logaddexp(0, x)


def log_mixture(z: np.ndarray, scale: float, share: float) -> np.ndarray:
    """ln((1 - share) softmax(scale z) + share / C), row by row."""
    out = z * scale
    out -= out.max(1, keepdims=True)
    np.exp(out, out=out)
    out *= (1 - share) / out.sum(1, keepdims=True)
    out += share / z.shape[1]
    return np.log(out, out=out)


def cut_logits(z: np.ndarray) -> np.ndarray:
    """(N, K - 1) log-odds of lying above each cut between ranks, from (N, K) logits of a softmax over them.

    Example:
        >>> cut_logits(np.log([[0.5, 0.25, 0.25]])).round(4).tolist()  # ln 0.5 / 0.5, ln 0.25 / 0.75
        [[0.0, -1.0986]]
    """
    width = z.shape[1]
    shares = np.exp(z - z.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    above = np.maximum(shares @ np.tri(width, width - 1, -1), LEAST_SHARE)
    below = np.maximum(shares @ (1 - np.tri(width, width - 1, -1)), LEAST_SHARE)
    return np.log(above) - np.log(below)


def _cumulative(z: np.ndarray, p: Parameters) -> np.ndarray:
    """sigmoid(u) - sigmoid(v) of the log-odds u, v of neighbouring cuts, as sigmoid(u) sigmoid(-v) (1 - e^(v - u))."""
    cuts = cut_logits(z) * p["scale"] + p["bias"]
    ends = np.full((len(z), 1), np.inf)
    u, v = np.concatenate([ends, cuts], axis=1), np.concatenate([cuts, -ends], axis=1)
    share = np.exp(-softplus(-u) - softplus(v)) * -np.expm1(v - u)
    return np.log(share * (1 - p["share"]) + p["share"] / z.shape[1])


def _beta(z: np.ndarray, p: Parameters) -> np.ndarray:
    return p["rise"] * -softplus(-z) + p["fall"] * softplus(z) + p["bias"]


def _quadratic(z: np.ndarray, p: Parameters) -> np.ndarray:
    inside = np.clip(z, p["low"], p["high"])
    slope = p["slope"] + 2 * p["bend"] * inside  # beyond the range that was seen, straight on
    return p["bias"] + (p["slope"] + p["bend"] * inside) * inside + slope * (z - inside)


def _steps(z: np.ndarray, p: Parameters) -> np.ndarray:
    out = np.empty_like(z)
    for column, (edges, values) in enumerate(zip(p["edges"], p["values"], strict=True)):
        out[:, column] = values[np.searchsorted(edges, z[:, column], side="right")]
    return out


def _shares(z: np.ndarray, p: Parameters) -> np.ndarray:
    """Steps on the log-probability of each class against the rest."""
    shifted = z - z.max(1, keepdims=True)
    return _steps(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), p)


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("identity", {}, lambda z, p: z.copy(), "z"),
        Form("affine", {"scale": "1|C", "bias": "1|C"}, lambda z, p: z * p["scale"] + p["bias"], "scale z + bias"),
        Form(
            "mixture",
            {"scale": "1", "share": "1"},
            lambda z, p: log_mixture(z, p["scale"], p["share"]),
            "x = ln((1 - share) softmax(scale z) + share / C)",
        ),
        Form(
            "mixed_vector",
            {"scale": "1", "share": "1", "slope": "C", "bias": "C"},
            lambda z, p: log_mixture(z, p["scale"], p["share"]) * p["slope"] + p["bias"],
            "slope x + bias, with x of the mixture",
        ),
        Form(
            "mixed_matrix",
            {"scale": "1", "share": "1", "matrix": "CC", "bias": "C"},
            lambda z, p: log_mixture(z, p["scale"], p["share"]) @ p["matrix"] + p["bias"],
            "x matrix + bias, with x of the mixture",
        ),
        Form(
            "cumulative",
            {"scale": "1", "bias": "1", "share": "1"},
            _cumulative,
            "ln((1 - share) p + share / K), with ln P(above a cut) / P(below it) times scale plus bias in p",
        ),
        Form("beta", {"rise": "1|C", "fall": "1|C", "bias": "1|C"}, _beta, "rise ln p - fall ln(1 - p) + bias"),
        Form(
            "quadratic",
            {"bias": "1", "slope": "1", "bend": "1", "low": "1", "high": "1"},
            _quadratic,
            "bias + slope z + bend z², straight on outside low..high",
        ),
        Form("steps", {"edges": "C*", "values": "C*"}, _steps, "the value of the step that z falls on"),
        Form("share_steps", {"edges": "C*", "values": "C*"}, _shares, "the value of the step that ln softmax(z) is on"),
    )
}
"""Every form a calibration can take, by name."""
