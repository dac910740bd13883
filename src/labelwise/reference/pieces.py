"""The pieces the formulas are made of: softplus, sigmoid, log-sum-exp, softmax, entropy."""

from __future__ import annotations

import numpy as np


def softplus(x: np.ndarray) -> np.ndarray:
    """ln(1 + e^x), without overflow.

    Example:
        >>> softplus(np.array([0.0, 1e4])).round(4).tolist()
        [0.6931, 10000.0]
    """
    return np.logaddexp(0.0, np.asarray(x, np.float64))


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """ln σ(x) = -softplus(-x)."""
    return -softplus(-np.asarray(x, np.float64))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """σ(x) = 1 / (1 + e^-x).

    Example:
        >>> sigmoid(np.array([-1.0, 0.0, 1.0])).round(4).tolist()
        [0.2689, 0.5, 0.7311]
    """
    return np.exp(log_sigmoid(x))


def logsumexp(z: np.ndarray) -> np.ndarray:
    """ln Σ e^z over the last axis; the maximum is taken out first."""
    z = np.asarray(z, np.float64)
    top = z.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True)))[..., 0]


def log_softmax(z: np.ndarray) -> np.ndarray:
    """z - ln Σ e^z over the last axis."""
    return np.asarray(z, np.float64) - logsumexp(z)[..., None]


def softmax(z: np.ndarray) -> np.ndarray:
    """e^z / Σ e^z over the last axis.

    Example:
        >>> softmax(np.array([1.0, 2.0, 4.0, 1.0])).round(7).tolist()
        [0.0403164, 0.1095913, 0.809776, 0.0403164]
    """
    return np.exp(log_softmax(z))


def entropy(p: np.ndarray) -> float:
    """-Σ p ln p, with 0 ln 0 = 0.

    Example:
        >>> round(entropy(np.full(37, 1 / 37)), 10)
        3.6109179126
    """
    p = np.asarray(p, np.float64)
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())
