"""Do the promises hold? Each certificate on 2000 fresh draws, against the truth of the distribution.

    python benchmarks/guarantees.py [repetitions]

A promise with probability 1 - delta may be broken in at most a share delta of the draws; a promise on average must be
kept on average. The last column is the one-sided 99 % bound of what was seen.
"""

from __future__ import annotations

import sys

import numpy as np

from labelwise.decisions.certificates import certified_floor, controlled_misses, selective_risk, upper_bound

DELTA, ROWS = 0.1, 500


def main(repetitions: int) -> None:
    # labels are drawn with exactly their scores as probabilities, so that every truth is a plain mean
    large = np.random.default_rng(10**6).random(200_000) ** 2
    largest = np.sort(large)
    broken: dict[str, list[bool]] = {"precision 0.8": [], "recall 0.8": [], "risk 0.15": []}
    silent = dict.fromkeys(broken, 0)
    misses = []
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
    print("| promise | broken | allowed | 99 % bound | nothing certified |\n|---|---|---|---|---|")
    for name, found in broken.items():
        bound = float(upper_bound(sum(found), repetitions, 0.01))
        share = sum(found) / repetitions
        print(f"| {name}, delta {DELTA} | {share:.4f} | {DELTA} | {bound:.4f} | {silent[name] / repetitions:.3f} |")
    error = np.std(misses) / np.sqrt(len(misses))
    print(f"| misses 0.1, on average | {np.mean(misses):.4f} | 0.1 | {np.mean(misses) + 2.33 * error:.4f} | 0 |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
