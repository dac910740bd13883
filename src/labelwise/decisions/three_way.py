"""Three answers per label: yes, no, or unsure between two thresholds around the one that was tuned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from labelwise.decisions.certificates import Certificate, FloorTests, floor_tests
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings, softened
from labelwise.errors import OptionError
from labelwise.task import Task

__all__ = ["certified_answers", "certified_band", "sure_by_error", "sure_by_precision", "widened"]


def sure_by_precision(p: np.ndarray, t: np.ndarray, level: float) -> tuple[float | None, float]:
    """The lowest threshold of a yes and the highest of a no whose answers are right as often as wanted.

    Args:
        p: (n,) probabilities of a label.
        t: (n,) truth from 0 to 1.
        level: the least share of right answers, among the yes and among the no.

    Returns:
        From where on it is a yes (None: never), and below what it is a no (0: never).

    Example:
        >>> p = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 0.9])
        >>> sure_by_precision(p, np.array([0, 0, 1, 0, 1, 1.0]), 0.99)
        (0.7, 0.30000000000000004)
    """
    order = np.argsort(p, kind="stable")
    p, t = p[order], t[order]
    n, cuts = len(p), np.concatenate([[0.0], (p[1:] + p[:-1]) / 2, [1.0]])
    able = np.concatenate([[True], p[1:] > p[:-1], [True]])
    below = np.concatenate([[0.0], t.cumsum()])
    given, count = n - np.arange(n + 1), np.arange(n + 1)
    yes = np.flatnonzero(able & (given > 0) & (below[-1] - below >= level * given - 1e-12))
    no = np.flatnonzero(able & (count > 0) & (count - below >= level * count - 1e-12))
    return float(cuts[yes[0]]) if len(yes) else None, float(cuts[no[-1]]) if len(no) else 0.0


def sure_by_error(p: np.ndarray, t: np.ndarray, level: float) -> tuple[float | None, float]:
    """The widest pair c, 1 - c around which the sure answers, yes and no together, err at most so often.

    Args, returns: as in `sure_by_precision`; `level` is the largest share of wrong answers among the sure ones.

    Source: Chow (1970), On optimum recognition error and reject tradeoff: with calibrated probabilities no other pair
    of thresholds leaves fewer rows unsure.
    """
    sure, wrong = np.maximum(p, 1 - p), np.where(p >= 0.5, 1 - t, t)
    order = np.argsort(-sure, kind="stable")
    sure, wrong = sure[order], wrong[order]
    count = np.arange(1, len(sure) + 1)
    able = np.append(sure[1:] < sure[:-1], True) & (wrong.cumsum() <= level * count + 1e-12)
    if not able.any():
        return None, 0.0
    last = int(np.flatnonzero(able)[-1])
    following = sure[last + 1] if last + 1 < len(sure) else 0.5
    cut = float((sure[last] + following) / 2)
    return cut, 1 - cut


def widened(
    rule: TunedRule, p: np.ndarray, t: np.ndarray, *, sure: float | None = None, sure_error: float | None = None
) -> TunedRule:
    """A rule of thresholds with a band around each, in which its label is unsure.

    A label whose answers are as sure as wanted without a band has none: its threshold stays as it was tuned.

    Args:
        rule: of thresholds.
        p: (n, L) calibrated probabilities.
        t: (n, L) 0/1, nan where not known; mixed with `p` where a label has few positives, as in tuning.
        sure: the least share of right answers among the yes, and among the no.
        sure_error: instead, the largest share of wrong ones among both.

    Example:
        >>> p = np.array([[0.1], [0.2], [0.4], [0.6], [0.8], [0.9]] * 40)
        >>> t = np.array([[0], [0], [1], [0], [1], [1.0]] * 40)
        >>> rule = widened(TunedRule("thresholds", thresholds=(0.5,)), p, t, sure=0.8)
        >>> rule.thresholds, rule.unsure_from
        ((0.7,), (0.30000000000000004,))
    """
    yes, no = [], []
    for j, cut in enumerate(rule.thresholds or ()):
        known = ~np.isnan(t[:, j])
        mine = p[known, j]
        soft = softened(mine, t[known, j]) if known.any() else mine
        high, low = sure_by_precision(mine, soft, sure) if sure else sure_by_error(mine, soft, sure_error or 0.0)
        if cut is None:
            yes, no = [*yes, None], [*no, low]
            continue
        # a threshold in the same gap between probabilities makes the same answers: no band for nothing
        high = cut if high is not None and not ((mine >= cut) & (mine < high)).any() else high
        low = cut if not ((mine >= low) & (mine < cut)).any() else low
        yes.append(None if high is None else max(cut, high))
        no.append(min(cut, low))
    return replace(rule, thresholds=tuple(yes), unsure_from=tuple(no))


def certified_band(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> list[Certificate]:
    """For each label two certificates, of the precision of a yes and of a no, with as few unsure rows as possible."""
    level = settings.level or 0.0
    if level <= 0.5:
        raise OptionError("a precision of both yes and no", f"level={level:g}", "a level above 0.5")
    found = []
    for j, name in enumerate(task.column_names):
        tests = [
            floor_tests(p[:, j], t[:, j], promise, level, settings.delta, seed=settings.seed)
            for promise in ("precision", "precision_of_no")
        ]
        pair = _fewest_unsure(p[:, j], *tests)
        found += [test.certificate(place, name) for test, place in zip(tests, pair, strict=True)]
    return found


def certified_answers(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """Yes, no or unsure, by certified thresholds; without a certificate there is no yes, or no no."""
    found = certified_band(p, t, task, settings)
    return TunedRule(
        "thresholds",
        thresholds=tuple(c.threshold for c in found[::2]),
        unsure_from=tuple(0.0 if c.threshold is None else c.threshold for c in found[1::2]),
    )


def _fewest_unsure(p: np.ndarray, yes: FloorTests, no: FloorTests) -> tuple[int | None, int | None]:
    """Places of the two thresholds that passed, do not cross, and leave the fewest rows between them."""
    ordered = np.sort(p)
    highs, lows = np.append(yes.cuts, np.inf), np.append(no.cuts, -np.inf)
    able = np.append(yes.passed, True)[:, None] & np.append(no.passed, True) & (lows <= highs[:, None])
    between = np.searchsorted(ordered, highs)[:, None] - np.searchsorted(ordered, lows)
    high, low = np.unravel_index(int(np.where(able, between, len(p) + 1).argmin()), able.shape)
    return int(high) if high < len(yes.cuts) else None, int(low) if low < len(no.cuts) else None
