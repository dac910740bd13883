"""What a rule of the doctor is made of."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """One rule: everything that the report, the documentation and the terminal say of it.

    Attributes:
        code, slug: its stable names.
        severity: ``error``, ``warning`` or ``note``.
        what: what happens.
        why: why it matters, with numbers; for mistakes that still train, what they cost.
        bad, good: an example of each; empty for rules of arrays and files.
        fix: what to write instead.
        safety: whether `--fix` mends it, and what that could change.
        misses: known cases that it does not see.
        source: where it was seen in public, or the mathematics it rests on.
        off_because: why the rule must be selected by name; empty for rules that are on.
    """

    code: str
    slug: str
    severity: str
    what: str
    why: str
    fix: str
    safety: str
    misses: str
    source: str
    bad: str = ""
    good: str = ""
    off_because: str = ""

    @property
    def on(self) -> bool:
        """Whether the rule is on by default."""
        return not self.off_because

    def page(self) -> str:
        """The rule as a section of Markdown."""
        parts = [
            f"## {self.code} {self.slug}\n",
            f"**{self.severity}**{'' if self.on else ', off by default'}. {self.what}\n",
        ]
        parts.append(f"**Why it matters.** {self.why}\n")
        if self.off_because:
            parts.append(f"**Why it is off.** {self.off_because}\n")
        if self.bad:
            parts.append(f"**Bad**\n\n```python\n{textwrap.dedent(self.bad).strip()}\n```\n")
            parts.append(f"**Good**\n\n```python\n{textwrap.dedent(self.good).strip()}\n```\n")
        parts.append(f"**Fix.** {self.fix} **Fix safety.** {self.safety}\n")
        parts.append(f"**Known misses.** {self.misses}\n")
        parts.append(f"**Source.** {self.source}\n")
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.page()
