"""Runs the code analyser over files that have nothing to do with learning: nothing may crash or be found.

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


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(p for p in folder.rglob("*.py") if "site-packages" not in p.parts)
    chosen = random.Random(0).sample(files, min(count, len(files)))
    began = time.process_time()
    analysis = analyse(
        {str(p.relative_to(folder)): read_source(str(p.relative_to(folder)), p.read_bytes()) for p in chosen}
    )
    print(
        f"{len(chosen)} files, {len(analysis.claims)} findings, {len(analysis.errors)} with a syntax error, "
        f"{time.process_time() - began:.1f} s"
    )
    for claim in analysis.claims:
        print(f"{claim.site.path}:{claim.site.line} {claim.code} {claim.message}")


if __name__ == "__main__":
    main()
