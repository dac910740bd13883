"""Sets of labels as they occur: the most probable of them, for the exact match.

With labels independent given the row, the most probable set has every label from one half on. Where labels depend on
each other, sets that occur are more probable than that says, and others never come. With pi_s the share of a set and
pi_j that of a label, the answer is the set with the highest

    sum of the logits of its labels + strength * (ln pi_s - sum_j ln P_pi(s_j))

strength 0 being nothing but the restriction to sets that occur, and 1 the correction by how much more often a set comes
than its labels' shares say.
"""

from __future__ import annotations

import numpy as np

from labelwise.decisions.rule import TunedRule
from labelwise.decisions.tuning import Settings, strict
from labelwise.decisions.values import strict as exact_match
from labelwise.task import Task

__all__ = ["best_sets", "sets_rule"]

STRENGTHS, MOST_SETS, FOLDS, LEAST_ROWS = (0.0, 0.5, 1.0), 2000, 5, 20
TINY = 1e-15


def sets_rule(t: np.ndarray, strength: float) -> TunedRule:
    """The rule for the sets of some rows, the 2000 most frequent of them.

    Args:
        t: (n, L) 0/1, all known.
        strength: of the correction, from 0 up.

    Example:
        >>> sets_rule(np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]), 0.0).sets
        ((0, 1), ())
    """
    distinct, counts = np.unique(t, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_SETS]
    distinct, counts = distinct[order], counts[order]
    share = (t.sum(0) + 0.5) / (len(t) + 1)
    alone = distinct @ np.log(share) + (1 - distinct) @ np.log1p(-share)
    favour = strength * (np.log((counts + 0.5) / (len(t) + 0.5)) - alone)
    sets = tuple(tuple(np.flatnonzero(row).tolist()) for row in distinct)
    return TunedRule("known_sets", sets=sets, offsets=tuple(favour.tolist()))


def best_sets(p: np.ndarray, t: np.ndarray, task: Task, settings: Settings) -> TunedRule:
    """The rule with the best exact match on held-out rows: one half, one common threshold, or known sets.

    Five folds are drawn by the seed; of equal candidates the simpler one is taken. Rows with a label that is not known
    take no part.

    Source: Dembczynski et al. (2012), On label dependence and loss minimization, section 4: the mode of the joint.
    """
    rows = ~np.isnan(t).any(1)
    p, t = p[rows], t[rows]
    half = TunedRule("thresholds", thresholds=(0.5,) * p.shape[1])
    if len(t) < LEAST_ROWS:
        return half
    candidates = [lambda p, t: half, lambda p, t: strict(p, t, task, settings)]
    candidates += [lambda p, t, s=s: sets_rule(t, s) for s in STRENGTHS]
    fold = np.random.default_rng(settings.seed).permutation(len(t)) % FOLDS
    z = np.log(np.maximum(p, TINY)) - np.log(np.maximum(1 - p, TINY))
    found = np.zeros(len(candidates))
    for k in range(FOLDS):
        fit, test = fold != k, fold == k
        for place, make in enumerate(candidates):
            answers = make(p[fit], t[fit]).answers(z[test], task)
            found[place] += (exact_match(answers, t[test], settings) or 0.0) * test.sum()
    return candidates[int(found.argmax())](p, t)
