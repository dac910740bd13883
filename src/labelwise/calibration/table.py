"""The calibrators: rows of `CALIBRATORS`, simplest first for each kind of task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.classes import fit_scaled_temperature, laplace_share, structured_scaling
from labelwise.calibration.labels import (
    beta_map,
    per_label_map,
    quadratic_map,
    shared_affine,
    shared_scale,
    shrunk_map,
)
from labelwise.calibration.ranks import fit_link
from labelwise.calibration.steps import histogram_steps, isotonic_steps
from labelwise.task import Task

__all__ = ["CALIBRATORS", "Calibrator", "calibrators_of"]

CLASSES = ("multiclass", "ordinal")
Steps = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Calibrator:
    """A way of calibrating.

    Attributes:
        name: key in `CALIBRATORS`.
        title: for tables.
        text: what it does, in a sentence.
        tasks: kinds of task it is for.
        fit: (z, y) -> `Calibration`, with z of `calibration_logits` (n, C) and y (n,) class indices, or for yes/no and
            several labels (n, L) 0/1 with nan.
        most_classes: above it the fit would take too long, or more memory than it is worth; None for no limit.
        source: where it comes from.
    """

    name: str
    title: str
    text: str
    tasks: tuple[str, ...]
    fit: Callable[[np.ndarray, np.ndarray], Calibration]
    most_classes: int | None
    source: str


def calibrators_of(task: Task) -> list[Calibrator]:
    """The calibrators that apply to a task, simplest first.

    Example:
        >>> from labelwise import infer_task
        >>> [c.name for c in calibrators_of(infer_task([0, 1]))][:3]
        ['identity', 'temperature', 'affine']
    """
    width = task.n_outputs
    return [c for c in CALIBRATORS.values() if task.kind in c.tasks and width <= (c.most_classes or width)]


def _identity(z: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("identity")


def _temperature(z: np.ndarray, y: np.ndarray) -> Calibration:
    scale, why = fit_scaled_temperature(z, y) if y.ndim == 1 else shared_scale(z, y)
    return Calibration("temperature", "affine", _arrays(scale=scale, bias=0.0), why)


def _mixed_temperature(z: np.ndarray, y: np.ndarray) -> Calibration:
    scale, why = fit_scaled_temperature(z, y)
    return Calibration("mixed_temperature", "mixture", _arrays(scale=scale, share=laplace_share(len(z))), why)


def _link(name: str, *, shift: bool) -> Callable[[np.ndarray, np.ndarray], Calibration]:
    def fit(z: np.ndarray, y: np.ndarray) -> Calibration:
        parameters, why = fit_link(z, y, shift=shift)
        return Calibration(name, "cumulative", parameters, why)

    return fit


def _vector(z: np.ndarray, y: np.ndarray) -> Calibration:
    scale, why = fit_scaled_temperature(z, y)
    return Calibration("vector", "mixed_vector", structured_scaling(z, y, scale, off_diagonal=False), why)


def _matrix(z: np.ndarray, y: np.ndarray) -> Calibration:
    scale, why = fit_scaled_temperature(z, y)
    return Calibration("matrix", "mixed_matrix", structured_scaling(z, y, scale, off_diagonal=True), why)


def _affine(z: np.ndarray, y: np.ndarray) -> Calibration:
    scale, bias = shared_affine(z, y)
    return Calibration("affine", "affine", _arrays(scale=scale, bias=bias))


def _per_label(z: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("per_label", "affine", per_label_map(z, y))


def _shrunk(z: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("shrunk", "affine", shrunk_map(z, y))


def _beta(z: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("beta", "beta", _arrays(**beta_map(z, y)))


def _quadratic(z: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("quadratic", "quadratic", _arrays(**quadratic_map(z, y)))


def _stepwise(name: str, steps: Steps) -> Callable[[np.ndarray, np.ndarray], Calibration]:
    """Steps for each column: on logits against yes and no, or on log-probabilities against the other classes."""

    def fit(z: np.ndarray, y: np.ndarray) -> Calibration:
        exclusive = y.ndim == 1
        if exclusive:
            z = z - z.max(1, keepdims=True)
            z = z - np.log(np.exp(z).sum(1, keepdims=True))
        edges, values = [], []
        for column in range(z.shape[1]):
            t = (y == column).astype(np.float64) if exclusive else y[:, column]
            known = ~np.isnan(t)
            e, v = steps(z[known, column], t[known], z.shape[1] if exclusive else 2)
            edges.append(e)
            values.append(np.log(v) if exclusive else np.log(v) - np.log1p(-v))
        form = "share_steps" if exclusive else "steps"
        return Calibration(name, form, {"edges": tuple(edges), "values": tuple(values)})

    return fit


def _arrays(**numbers: float) -> dict[str, np.ndarray]:
    return {name: np.float64(value) for name, value in numbers.items()}  # type: ignore[misc]


CALIBRATORS: dict[str, Calibrator] = {
    c.name: c
    for c in (
        Calibrator(
            "identity",
            "as it is",
            "the scores are left alone",
            ("binary", "multiclass", "multilabel", "ordinal"),
            _identity,
            None,
            "labelwise",
        ),
        Calibrator(
            "temperature",
            "temperature",
            "all logits divided by one number",
            ("binary", "multiclass", "multilabel", "ordinal"),
            _temperature,
            None,
            "Guo et al. (2017), section 4.2",
        ),
        Calibrator(
            "mixed_temperature",
            "temperature, mixed",
            "one temperature, then a small share of the uniform distribution: never quite 0 or 1",
            CLASSES,
            _mixed_temperature,
            None,
            "Berta, Holzmüller, Jordan & Bach (2025)",
        ),
        Calibrator(
            "link_temperature",
            "link temperature",
            "the log-odds of lying above each cut between ranks, all divided by one number",
            ("ordinal",),
            _link("link_temperature", shift=False),
            None,
            "labelwise; McCullagh (1980) for the link",
        ),
        Calibrator(
            "link_shift",
            "link temperature and shift",
            "the same, and all rows moved up or down the ranks alike",
            ("ordinal",),
            _link("link_shift", shift=True),
            None,
            "labelwise; McCullagh (1980) for the link",
        ),
        Calibrator(
            "affine",
            "slope and bias",
            "one slope and one bias for all labels",
            ("binary", "multilabel"),
            _affine,
            None,
            "Platt (1999)",
        ),
        Calibrator(
            "beta",
            "beta",
            "slopes of their own for ln p and ln(1 - p), and a bias",
            ("binary",),
            _beta,
            None,
            "Kull, Silva Filho & Flach (2017)",
        ),
        Calibrator(
            "quadratic",
            "quadratic",
            "a parabola of the logit that does not fall on the range that was seen",
            ("binary",),
            _quadratic,
            None,
            "Berta, Holzmüller, Jordan & Bach (2025); the monotone form is labelwise's",
        ),
        Calibrator(
            "shrunk",
            "per label, shrunk",
            "a slope and a bias for each label, drawn to the common ones as far as labels agree",
            ("multilabel",),
            _shrunk,
            None,
            "labelwise; empirical Bayes after Efron & Morris (1973)",
        ),
        Calibrator(
            "per_label",
            "per label",
            "a slope and a bias for each label on its own",
            ("multilabel",),
            _per_label,
            None,
            "Platt (1999), label by label",
        ),
        Calibrator(
            "vector",
            "structured vector",
            "a temperature, then a slope and a bias for each class, with a ridge (SVS)",
            CLASSES,
            _vector,
            None,
            "Berta, Holzmüller, Jordan & Bach (2025)",
        ),
        Calibrator(
            "matrix",
            "structured matrix",
            "a temperature, then a full matrix and a bias, with a ridge (SMS)",
            CLASSES,
            _matrix,
            256,
            "Berta, Holzmüller, Jordan & Bach (2025)",
        ),
        Calibrator(
            "isotonic",
            "isotonic, clipped",
            "non-decreasing steps, kept off 0 and 1 by Laplace's rule",
            ("binary", "multiclass", "multilabel", "ordinal"),
            _stepwise("isotonic", isotonic_steps),
            None,
            "Zadrozny & Elkan (2002)",
        ),
        Calibrator(
            "histogram",
            "histogram",
            "15 steps with equally many rows, kept off 0 and 1 by Laplace's rule",
            ("binary", "multiclass", "multilabel", "ordinal"),
            _stepwise("histogram", histogram_steps),
            None,
            "Zadrozny & Elkan (2001)",
        ),
    )
}
"""Every calibrator by name."""
