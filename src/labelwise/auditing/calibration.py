"""What calibrating would gain, on rows it was not fitted on; "nothing" is an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelwise.auditing.result import CalibrationGain
from labelwise.kernels import fit_temperature
from labelwise.metrics.calibration import ece
from labelwise.metrics.case import Case
from labelwise.metrics.intervals import t_interval
from labelwise.metrics.metric import Metric
from labelwise.metrics.probs import logits_of

__all__ = ["MAPS", "calibration_gains", "folds", "held_out"]

FOLDS = 5
MOST_CELLS = 2_000_000
PRIOR_ROWS = 20  # what the shared fit weighs against a label's or class's own rows
ONE = ("binary", "multiclass", "ordinal")

Map = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class MapSpec:
    """A way of calibrating.

    Attributes:
        title: in words.
        tasks: kinds of task it applies to.
        fit: takes (n, C) logits and targets, gives a function from logits to logits.
    """

    title: str
    tasks: tuple[str, ...]
    fit: Callable[[np.ndarray, np.ndarray], Map]


def _temperature_classes(z: np.ndarray, y: np.ndarray) -> Map:
    t = fit_temperature(z, y).temperature
    return lambda x: x / t


def _bias_classes(z: np.ndarray, y: np.ndarray) -> Map:
    """One temperature and a bias per class, the biases drawn to 0 as by `PRIOR_ROWS` rows."""
    from scipy.optimize import minimize

    n, width = z.shape
    rows, pull = np.arange(n), PRIOR_ROWS / width
    count = np.bincount(y, minlength=width)
    scale = 1 / np.sqrt(count + pull)  # of a bias's own uncertainty: makes all directions alike
    t = fit_temperature(z, y).temperature
    warm = z / t
    spread = 1 / np.sqrt(max(float(warm.var(1).sum()), 1.0))
    work = np.empty_like(z)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        bias = x[1:] * scale
        np.multiply(warm, 1 + x[0] * spread, out=work)
        np.add(work, bias, out=work)
        np.subtract(work, work.max(1, keepdims=True), out=work)
        own = work[rows, y].sum()
        np.exp(work, out=work)
        total = work.sum(1, keepdims=True)
        nll = float(np.log(total).sum() - own)
        np.divide(work, total, out=work)
        work[rows, y] -= 1
        by_bias = (work.sum(0) + pull * bias) * scale
        return nll + pull * float(bias @ bias) / 2, np.concatenate([[np.vdot(work, warm) * spread], by_bias])

    x = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", options={"maxiter": 30, "ftol": 1e-7}).x
    slope, bias = (1 + x[0] * spread) / t, x[1:] * scale
    return lambda q: q * slope + bias


def _newton(z: np.ndarray, y: np.ndarray, free_bias: bool, prior: tuple[float, float] | None) -> np.ndarray:
    """Slope and bias of each column's logistic fit, all columns at once; with a prior drawn to it.

    Args:
        z: (n, L) logits.
        y: (n, L) 0/1 with nan.
        free_bias: False to fit the slope alone.
        prior: slope and bias that `PRIOR_ROWS` rows' worth of information speaks for, or None.
    """
    known = ~np.isnan(y)
    y = np.where(known, y, 0)
    centre = (1.0, 0.0) if prior is None else prior
    a, b = np.full(z.shape[1], centre[0]), np.full(z.shape[1], centre[1])
    rows = np.maximum(known.sum(0), 1)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a * z + b, -700, 700)))
        gap, weight = np.where(known, p - y, 0), np.where(known, p * (1 - p), 0)
        ga, gb = (gap * z).sum(0), gap.sum(0)
        haa, hab, hbb = (weight * z * z).sum(0), (weight * z).sum(0), weight.sum(0)
        pull = 1e-6 if prior is None else PRIOR_ROWS / rows
        pa, pb = pull * haa + 1e-9, pull * hbb + 1e-9
        ga, gb = ga + pa * (a - centre[0]), gb + pb * (b - centre[1])
        haa, hbb = haa + pa, hbb + pb
        if free_bias:
            det = np.maximum(haa * hbb - hab * hab, 1e-12)
            da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        else:
            da, db = ga / haa, np.zeros_like(gb)
        a, b = a - np.clip(da, -1, 1), b - np.clip(db, -2, 2)
        if max(np.abs(da).max(), np.abs(db).max()) < 1e-8:
            break
    return np.stack([a, b])


def _affine(free_bias: bool) -> Callable[[np.ndarray, np.ndarray], Map]:
    def fit(z: np.ndarray, y: np.ndarray) -> Map:
        (a,), (b,) = _newton(z.reshape(-1, 1), y.reshape(-1, 1), free_bias, None)
        return lambda x: x * a + b

    return fit


def _per_label(z: np.ndarray, y: np.ndarray) -> Map:
    (a,), (b,) = _newton(z.reshape(-1, 1), y.reshape(-1, 1), True, None)
    slopes, biases = _newton(z, y, True, (float(a), float(b)))
    return lambda x: x * slopes + biases


MAPS: dict[str, tuple[MapSpec, ...]] = {
    "temperature": (
        MapSpec("all logits divided by one temperature", ("multiclass", "ordinal"), _temperature_classes),
        MapSpec("all logits divided by one temperature", ("binary", "multilabel"), _affine(False)),
    ),
    "bias": (
        MapSpec("one temperature and a bias per class", ("multiclass", "ordinal"), _bias_classes),
        MapSpec("one temperature and one bias", ("binary", "multilabel"), _affine(True)),
    ),
    "per_label": (MapSpec("a slope and a bias per label, drawn to the common ones", ("multilabel",), _per_label),),
}
"""Ways of calibrating by name, one entry per family of tasks."""


def calibration_gains(case: Case) -> dict[str, CalibrationGain]:
    """What each way of calibrating would gain on held-out folds.

    The temperature is fitted on all rows; the figures before and after are those of rows the map was not fitted on. Of
    very large arrays a seeded sample of the rows is held out.
    """
    rows = np.flatnonzero(case.known)
    if len(rows) < 2 * FOLDS:
        return {}
    rng = np.random.default_rng(case.seed)
    most = max(2 * FOLDS, MOST_CELLS // case.scores.array.shape[1])
    some = np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows
    fold = folds(case, some, rng)
    pairs = [(some[fold != k], some[fold == k]) for k in range(FOLDS)]
    return {
        name: held_out(case, spec, pairs, name == "temperature")
        for name, specs in MAPS.items()
        for spec in specs
        if case.scores.task.kind in spec.tasks
    }


def folds(case: Case, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A fold for each row; rows of one group share theirs."""
    if case.groups is None:
        return rng.permutation(len(rows)) % FOLDS
    distinct, place = np.unique(case.groups[rows], return_inverse=True)
    return (rng.permutation(len(distinct)) % FOLDS)[place]


def held_out(
    case: Case, spec: MapSpec, pairs: list[tuple[np.ndarray, np.ndarray]], with_temperature: bool = False
) -> CalibrationGain:
    """Figures before and after a map, on rows it was not fitted on.

    Args:
        case: scores and truth.
        spec: the map.
        pairs: rows to fit on and rows to judge on, several times.
        with_temperature: True to add the temperature fitted on all known rows.
    """
    before, after = [], []
    for fit_rows, test_rows in pairs:
        if not len(fit_rows) or not len(test_rows):
            continue
        adjust = spec.fit(logits_of(case, fit_rows), _targets(case, fit_rows))
        z, y = logits_of(case, test_rows), _targets(case, test_rows)
        before.append(_judge(case, z, y))
        after.append(_judge(case, adjust(z), y))
    old, new = ([np.concatenate(parts) for parts in zip(*figures, strict=True)] for figures in (before, after))
    gain = old[0] - new[0]
    value = float(gain.mean())
    low, high = t_interval(gain, case.level)
    if low is None or high is None:
        verdict = "no clear gain"
    else:
        verdict = "helps" if low > 0 else "hurts" if high < 0 else "no clear gain"
    return CalibrationGain(
        title=spec.title,
        T=_fitted_temperature(case) if with_temperature else None,
        nll_before=float(old[0].mean()),
        nll_after=float(new[0].mean()),
        brier_before=float(old[1].mean()),
        brier_after=float(new[1].mean()),
        ece_before=ece(old[2], old[3]),
        ece_after=ece(new[2], new[3]),
        gain=Metric(value, low, high, len(gain)),
        verdict=verdict,
        n=len(gain),
    )


def _fitted_temperature(case: Case) -> float:
    rows = np.flatnonzero(case.known)
    if case.several or case.scores.task.kind == "binary":
        z, y = logits_of(case, rows), _targets(case, rows)
        return float(1 / _newton(z.reshape(-1, 1), y.reshape(-1, 1), False, None)[0, 0])
    if case.scores.kind == "logits":
        array = case.scores.array
        return fit_temperature(array if len(rows) == len(array) else array[rows], case.targets[rows]).temperature
    return fit_temperature(logits_of(case, rows), case.targets[rows]).temperature


def _targets(case: Case, rows: np.ndarray) -> np.ndarray:
    y = case.targets[rows]
    return y[:, None].astype(np.float64) if case.scores.task.kind == "binary" else y


def _judge(case: Case, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per row: negative log-likelihood and Brier score; confidence and outcome of what calibration is judged on."""
    if case.several or case.scores.task.kind == "binary":
        known = ~np.isnan(y)
        true = np.where(known, y, 0)
        p = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
        loss = np.where(known, np.logaddexp(0, np.where(true > 0, -z, z)), 0).sum(1) / known.sum(1)
        brier = np.where(known, (p - true) ** 2, 0).sum(1) / known.sum(1)
        if case.several:
            return loss, brier, p[known], true[known]
        sure = np.maximum(p, 1 - p)[:, 0]
        return loss, brier, sure, ((p >= 0.5) == (y == 1))[:, 0].astype(float)
    rows = np.arange(len(z))
    z = z - z.max(1, keepdims=True)
    p = np.exp(z)
    total = p.sum(1)
    p /= total[:, None]
    loss = np.log(total) - z[rows, y]
    half = 0.5 if z.shape[1] == 2 else 1.0
    brier = ((p * p).sum(1) - 2 * p[rows, y] + 1) * half
    return loss, brier, p.max(1), (p.argmax(1) == y).astype(float)
