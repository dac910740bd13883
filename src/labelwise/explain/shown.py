"""An explained row as text and as a fragment of HTML: one table with bars, the decisions, the notes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape

from labelwise.decisions import DECISION_RULES
from labelwise.explain.row import Decision, Explanation, Reading, share_text

__all__ = ["explanation_html", "explanation_text"]

BAR = 16
MOST = 30
WIDTH = 100
_EIGHTHS = " ▏▎▍▌▋▊▉"


def explanation_text(told: Explanation) -> str:
    """The row as text: a table with bars, what each rule answers, and the notes."""
    lines = [*_table(told), ""]
    for reading in told.readings:
        lines.append(f"{reading.link}: {reading.text}")
        if reading.why is not None:
            lines += _wrapped(reading.why, "  ")
        for decision in reading.decisions:
            lines += _answer(decision)
        lines.append("")
    for note in told.notes:
        lines += _wrapped(note, "")
    return "\n".join(lines).rstrip()


def explanation_html(told: Explanation) -> str:
    """The row as a fragment of HTML without scripts, everything escaped."""
    columns = _columns(told, bars=False)
    head = "".join(f"<th>{escape(column[0])}</th>" for column in columns)
    rows = zip(*(column[1:] for column in columns), strict=True)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell.strip())}</td>" for cell in row) + "</tr>" for row in rows)
    answers = "".join(
        f"<dt>{escape(reading.link)}, {escape(DECISION_RULES[d.rule].title)}</dt>"
        f"<dd>{escape('; '.join([d.text, *(c.text for c in d.caveats)]))}</dd>"
        for reading in told.readings
        for d in reading.decisions
    )
    reasons = [f"{reading.link}: {reading.why}" for reading in told.readings if reading.why is not None]
    notes = "".join(f"<p>{escape(note)}</p>" for note in (*reasons, *told.notes))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><dl>{answers}</dl>{notes}"


def _table(told: Explanation) -> list[str]:
    columns = _columns(told, bars=True)
    wide = [max(len(cell) for cell in column) for column in columns]
    # names and bars stand at the left of their column, bare numbers at the right
    left = [i == 0 or any("█" in cell or "▏" in cell or " " in cell for cell in c[1:-1]) for i, c in enumerate(columns)]
    return [
        "  ".join(
            cell.ljust(w) if at_left else cell.rjust(w) for cell, w, at_left in zip(row, wide, left, strict=True)
        ).rstrip()
        for row in zip(*columns, strict=True)
    ]


def _columns(told: Explanation, *, bars: bool) -> list[list[str]]:
    """Header, a cell per score, and the sum, for each column."""
    kept = _kept(told)
    columns = [["", *(_short(told.names[i]) for i in kept), "sum"]]
    if len(kept) < len(told.row):
        columns[0][-1] = f"sum of {len(told.row)}"
    if told.kind == "logits":
        columns.append(["logit", *(f"{told.row[i]:.4g}" for i in kept), ""])
        for reading in told.readings:
            if reading.probabilities is not None:
                columns.append(_shares(reading.link, reading.probabilities, kept, bars))
        if told.shares is not None:
            columns.append(["plain share", *(share_text(told.shares[i]) for i in kept), "1.0000"])
    else:
        columns.append(_shares("probability", told.row, kept, bars))
        columns += [_logits(reading, kept) for reading in told.readings if reading.logits is not None]
    return columns


def _kept(told: Explanation) -> list[int]:
    """All scores, or of a long row the highest, in their order."""
    highest = sorted(range(len(told.row)), key=lambda i: -told.row[i])[:MOST]
    return sorted(highest)


def _shares(title: str, values: Sequence[float], kept: list[int], bars: bool) -> list[str]:
    cells = [share_text(values[i]) + (f" {bar(values[i])}" if bars else "") for i in kept]
    return [title, *cells, f"{sum(values):.4f}"]


def _logits(reading: Reading, kept: list[int]) -> list[str]:
    cells = [f"{reading.logits[i]:.4g}" for i in kept] if reading.logits is not None else []
    return [f"logit ({reading.link})", *cells, ""]


def _answer(decision: Decision) -> list[str]:
    title = DECISION_RULES[decision.rule].title + (" (its rule)" if decision.matches else "")
    lead = f"  {title:18}"
    lines = _wrapped(decision.text, lead)
    for caveat in decision.caveats:
        lines += _wrapped(f"{caveat.name}: {caveat.text}", " " * len(lead) + "! ")
    return lines


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def bar(p: float) -> str:
    """A bar for a probability, with a mark at one half where it ends before.

    Example:
        >>> bar(0.25), bar(1.0)
        ('████    ┊       ', '████████████████')
    """
    full, rest = divmod(round(min(max(p, 0.0), 1.0) * BAR * 8), 8)
    drawn = ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR)
    middle = BAR // 2
    return drawn if drawn[middle] != " " else drawn[:middle] + "┊" + drawn[middle + 1 :]
