"""Figures and names as text, the same in the terminal and on the page."""

from __future__ import annotations

import math
import unicodedata

from labelwise.comparison.result import Value
from labelwise.metrics.metric import Metric

__all__ = ["DASH", "Notes", "capital", "difference", "interval", "is_share", "number", "one_line", "shortened"]

DASH = "–"
_PERCENT = {"rate", "share", "overconfident", "above", "fpr95"}
_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # parts of emoji and of several scripts, harmless in a line


def is_share(metric: str) -> bool:
    """True where a metric is a share of rows, shown in percent; accuracies keep the decimals of the literature.

    Example:
        >>> is_share("no_label_rate"), is_share("strict_accuracy")
        (True, False)
    """
    return not _PERCENT.isdisjoint(metric.split("_"))


def number(value: float | None, metric: str) -> str:
    """A figure as text: shares of rows in percent with one decimal, everything else with three decimals.

    Example:
        >>> number(0.9604, "strict_accuracy"), number(0.105, "no_label_rate"), number(None, "ece")
        ('0.960', '10.5%', '–')
    """
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{100 * value:.1f}%" if is_share(metric) else f"{value:.3f}"
    nought = not text.strip("-0.%")
    return text.lstrip("-") if nought else text.replace("-", "−")


def interval(value: Value | Metric, metric: str) -> str:
    """The 95% interval of a figure as text, without a unit; empty where there is none.

    Example:
        >>> interval(Value(0.96, 0.954, 0.966, n=5), "strict_accuracy")
        '0.954–0.966'
    """
    if value.low is None or value.high is None:
        return ""
    low, high = (number(end, metric).rstrip("%") for end in (value.low, value.high))
    return f"{low} to {high}" if "−" in low + high else f"{low}–{high}"


def difference(value: float | None, metric: str) -> str:
    """A difference with its sign; between shares of rows in percentage points.

    Example:
        >>> difference(-0.0141, "strict_accuracy"), difference(0.02, "no_label_rate")
        ('−0.014', '+2.0')
    """
    text = number(value, metric).rstrip("%")
    return text if text == DASH or text[0] == "−" else f"+{text}"


def capital(text: str) -> str:
    """The first letter large, the others as they are.

    Example:
        >>> capital("macro F1")
        'Macro F1'
    """
    return text[:1].upper() + text[1:]


def one_line(text: str) -> str:
    r"""A name that cannot disturb a line: control and direction characters are spelt out.

    Example:
        >>> one_line("two\nlines \u202e"), one_line("naïve 🦊")
        ('two\\x0alines \\u202e', 'naïve 🦊')
    """
    return "".join(c if c in _JOINERS or unicodedata.category(c) not in _UNSAFE else _spelt(ord(c)) for c in str(text))


def _spelt(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, most: int) -> str:
    """At most `most` characters, the end replaced by an ellipsis.

    Example:
        >>> shortened("abcdef", 4)
        'abc…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


class Notes:
    """Footnotes: each reason once, numbered in the order in which it is first needed.

    Example:
        >>> notes = Notes()
        >>> notes.mark("no positives"), notes.mark("one seed"), notes.mark("no positives"), notes.mark(None)
        (1, 2, 1, None)
    """

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def mark(self, why: str | None) -> int | None:
        """Number of the footnote for a reason, or None without one."""
        if why is None:
            return None
        if why not in self.reasons:
            self.reasons.append(why)
        return self.reasons.index(why) + 1
