"""Runs the code analyser over files that have nothing to do with learning: nothing may crash or be found.

The standard library and the pure-Python packages beside it that no learning framework is among.

python benchmarks/doctor_stdlib.py [number of files, default 2000]
"""

from __future__ import annotations

import random
import sys
import sysconfig
import time
from pathlib import Path

from labelwise.doctor.code.analyse import analyse
from labelwise.doctor.code.project import read_source

PACKAGES = ("pip", "setuptools", "sympy", "networkx", "hypothesis", "tornado", "rich", "pygments", "PIL", "mpmath")


def files() -> dict[str, list[Path]]:
    """The files, by where they come from."""
    paths = sysconfig.get_paths()
    standard = Path(paths["stdlib"])
    found = {"standard library": [p for p in standard.rglob("*.py") if "site-packages" not in p.parts]}
    for name in PACKAGES:
        found[name] = list(Path(paths["purelib"], name).rglob("*.py"))
    return {name: sorted(group) for name, group in found.items() if group}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    groups = files()
    print(", ".join(f"{name} {len(group)}" for name, group in groups.items()))
    chosen = groups.pop("standard library")
    rest = [p for group in groups.values() for p in group]
    chosen += random.Random(0).sample(rest, min(max(count - len(chosen), 0), len(rest)))
    began = time.process_time()
    analysis = analyse({str(p): read_source(str(p), p.read_bytes()) for p in chosen})
    print(
        f"{len(chosen)} files, {len(analysis.claims)} findings, {len(analysis.crashed)} crashes, "
        f"{len(analysis.errors)} with a syntax error, {time.process_time() - began:.1f} s of one core"
    )
    for claim in analysis.claims:
        print(f"{claim.site.path}:{claim.site.line} {claim.code} {claim.message}")


if __name__ == "__main__":
    main()
