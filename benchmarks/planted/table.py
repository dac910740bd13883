"""Print how often the attribution names a planted cause: ``python benchmarks/planted/table.py``.

A case is named where the planted switch has the largest share, and surely named where its 95% interval excludes zero as
well; "nothing" counts where the interval of the gap covers zero.
"""

from __future__ import annotations

import sys
import time

from causes import CAUSES, explain_world
from scipy import stats


def named(cause: str, why) -> tuple[bool, bool]:
    """Whether the largest share is the planted one, and whether its interval excludes zero."""
    shares = why.quoted.switches
    if cause == "nothing":
        covers = shares["loss"].low <= 0 <= shares["loss"].high
        return covers, covers
    top = max(shares, key=lambda name: abs(shares[name].shapley))
    return top == cause, top == cause and shares[cause].low * shares[cause].high > 0


def main() -> None:
    """One line per data set, then one per cause."""
    wanted = sys.argv[1:]
    total: dict[str, list[tuple[bool, bool]]] = {}
    for cause in CAUSES:
        if wanted and cause.name not in wanted:
            continue
        for world in cause.worlds:
            started = time.perf_counter()
            why = explain_world(cause, world)
            hit = named(cause.name, why)
            total.setdefault(cause.name, []).append(hit)
            seconds = time.perf_counter() - started
            print(
                f"{cause.name:14}{world!s:50}{'yes' if all(hit) else 'yes?' if hit[0] else 'NO':5}"
                f"gap {why.quoted.gap:+.3f}  {_shares(why)}  ({seconds:.1f} s)",
                flush=True,
            )
    print(f"\n{'planted cause':16}{'data sets':>10}{'named':>7}{'surely':>8}")
    for name, hits in total.items():
        if name != "nothing":
            print(f"{name:16}{len(hits):>10}{sum(h[0] for h in hits):>7}{sum(h[1] for h in hits):>8}")
    causes = [hit for name, hits in total.items() if name != "nothing" for hit in hits]
    if causes:
        first, sure = (sum(h[i] for h in causes) for i in (0, 1))
        print(f"{'all causes':16}{len(causes):>10}{first:>7}{sure:>8}   {first / len(causes):.1%} named")
    if "nothing" in total:
        covered, n = sum(h[0] for h in total["nothing"]), len(total["nothing"])
        low, high = stats.binomtest(covered, n).proportion_ci(method="exact")
        print(
            f"nothing planted: {covered} of {n} intervals cover zero; 95% interval of that rate [{low:.3f}, {high:.3f}]"
        )


def _shares(why) -> str:
    return "  ".join(f"{n} {s.shapley:+.3f} [{s.low:+.3f}, {s.high:+.3f}]" for n, s in why.quoted.switches.items())


if __name__ == "__main__":
    main()
