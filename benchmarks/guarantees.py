"""Do the promises hold? Each certificate on 2000 fresh draws, against the truth of the distribution.

    python benchmarks/guarantees.py [repetitions]

A promise with probability 1 - delta may be broken in at most a share delta of the draws; a promise on average must be
kept on average. The last column is the one-sided 99 % bound of what was seen.
"""

from __future__ import annotations

import sys

import numpy as np

from labelwise.decisions.certificates import certified_floor, controlled_misses, selective_risk, upper_bound
from labelwise.decisions.sets import SET_SCORES, fit_sets
from labelwise.decisions.three_way import certified_answers
from labelwise.decisions.tuning import Settings
from labelwise.task import Task

DELTA, ROWS = 0.1, 500
LABEL = Task("multilabel", ("a",))


def main(repetitions: int) -> None:
    # labels are drawn with exactly their scores as probabilities, so that every truth is a plain mean
    large = np.random.default_rng(10**6).random(200_000) ** 2
    largest = np.sort(large)
    broken: dict[str, list[bool]] = {"precision 0.8": [], "recall 0.8": [], "risk 0.15": []}
    broken |= {"a yes 0.8, beside a no": [], "a no 0.8, beside a yes": []}
    silent = dict.fromkeys(broken, 0)
    misses = []
    covered: dict[str, list[float]] = {}
    for seed in range(repetitions):
        rng = np.random.default_rng(seed)
        p = rng.random(ROWS) ** 2
        t = (rng.random(ROWS) < p).astype(float)
        for promise in ("precision", "recall"):
            c = certified_floor(p, t, promise, 0.8, DELTA, seed=seed)
            if c.threshold is None:
                silent[f"{promise} 0.8"] += 1
                continue
            given = largest[np.searchsorted(largest, c.threshold) :]
            truth = given.mean() if promise == "precision" else given.sum() / large.sum()
            broken[f"{promise} 0.8"].append(bool(truth < 0.8))
        rule = certified_answers(p[:, None], t[:, None], LABEL, Settings(level=0.8, delta=DELTA, seed=seed))
        (high,), (low,) = rule.thresholds or (), rule.unsure_from or ()
        for name, part, given in (
            ("a yes 0.8, beside a no", large[large >= (2 if high is None else high)], high is not None),
            ("a no 0.8, beside a yes", 1 - large[large < low], low > 0),
        ):
            silent[name] += not given
            broken[name].append(bool(given and part.mean() < 0.8))
        sure, right = np.maximum(p, 1 - p), (p >= 0.5) == (t == 1)
        level, _ = selective_risk(sure, right, 0.15, DELTA)
        if level is None:
            silent["risk 0.15"] += 1
        else:
            every = np.maximum(large, 1 - large)
            broken["risk 0.15"].append(bool((1 - every[every >= level]).mean() > 0.15))
        probs = rng.random((200 + 500, 5)) ** 2
        truth = rng.random(probs.shape) < probs
        c = controlled_misses(probs[:200], truth[:200].astype(float), 0.1)
        if c.threshold is not None:
            yes = truth[200:]
            misses.append(((yes & (probs[200:] < c.threshold)).sum(1) / np.maximum(yes.sum(1), 1)).mean())
        z = rng.normal(size=(400, 5)) * 2
        y = (z + rng.gumbel(size=z.shape)).argmax(1)
        shares = np.exp(3 * z) / np.exp(3 * z).sum(1, keepdims=True)  # too sure: the promise needs no good model
        for score in SET_SCORES:
            for per_class in (False, True):
                rule = fit_sets(shares[:200], y[:200], coverage=0.9, score=score, per_class=per_class)
                inside = rule.sets(shares[200:])[np.arange(200), y[200:]]
                covered.setdefault(f"{score}{' per class' * per_class}", []).append(inside.mean())
    print("| promise | broken | allowed | 99 % bound | nothing certified |\n|---|---|---|---|---|")
    for name, found in broken.items():
        bound = float(upper_bound(sum(found), repetitions, 0.01))
        share = sum(found) / repetitions
        print(f"| {name}, delta {DELTA} | {share:.4f} | {DELTA} | {bound:.4f} | {silent[name] / repetitions:.3f} |")
    error = np.std(misses) / np.sqrt(len(misses))
    print(f"| misses 0.1, on average | {np.mean(misses):.4f} | 0.1 | {np.mean(misses) + 2.33 * error:.4f} | 0 |")
    print("\n| sets, coverage 0.9 | covered | 99 % bound from below |\n|---|---|---|")
    for name, found in covered.items():
        print(f"| {name} | {np.mean(found):.4f} | {np.mean(found) - 2.33 * np.std(found) / len(found) ** 0.5:.4f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
