"""The documentation page of all rules: ``python -m labelwise.doctor.rules.page > docs/reference/rules.md``."""

from __future__ import annotations

import sys

from labelwise.doctor.rules import RULES

__all__ = ["rules_page"]


def rules_page() -> str:
    """Every rule as Markdown, with a table of contents."""
    rows = [
        f"| [{r.code}](#{r.code.lower()}-{r.slug}) | {r.slug} | "
        f"{r.severity}{'' if r.on else ', off by default'} | {r.what} |"
        for r in RULES.values()
    ]
    head = ["# Rules of the doctor\n", "| code | name | severity | what happens |", "|---|---|---|---|", *rows, ""]
    return "\n".join([*head, *(r.page() for r in RULES.values())])


if __name__ == "__main__":
    sys.stdout.write(rules_page())
