"""Runs the code analyser over a folder of real code and prints every finding, with the time per 500 files.

python benchmarks/doctor_real_code.py site-packages/transformers
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from labelwise.doctor.code.analyse import analyse
from labelwise.doctor.code.project import read_source
from labelwise.doctor.rules import RULES


def main():
    for given in sys.argv[1:]:
        root = Path(given)
        began = time.process_time()
        names = {str(p.relative_to(root.parent)): p for p in sorted(root.rglob("*.py"))}
        analysis = analyse({name: read_source(name, p.read_bytes()) for name, p in names.items()})
        seconds = time.process_time() - began
        off = sum(not RULES[c.code].on for c in analysis.claims)
        print(
            f"{root.name}: {len(names)} files, {len(analysis.claims) - off} findings ({off} of rules that are off), "
            f"{len(analysis.tangled)} not followed to their end, {len(analysis.crashed)} crashes, "
            f"{seconds:.1f} s of one core ({500 * seconds / max(len(names), 1):.1f} s per 500 files)",
            flush=True,
        )
        for c in analysis.claims:
            rule = RULES[c.code]
            print(
                f"  {c.site.path}:{c.site.line}:{c.site.col} {c.code} {rule.slug}{'' if rule.on else ' (off)'} "
                f"[{c.confidence}] {c.message}"
            )


if __name__ == "__main__":
    main()
