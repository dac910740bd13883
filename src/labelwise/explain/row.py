"""One row of scores read both ways, as softmax and as sigmoid: probabilities, decisions, caveats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labelwise.decisions import DECISION_RULES, top_confidence
from labelwise.errors import InputError, OptionError, choose
from labelwise.scores import LINKS, Logits, Probs
from labelwise.task import Task

__all__ = ["Caveat", "Decision", "Explanation", "Reading", "explain_scores", "share_text"]

KINDS = ("logits", "probs")
HALF = 0.5
NEAR_ONE = 0.015
"""A row of probabilities this near to the sum 1 may be rounded softmax output."""


@dataclass(frozen=True)
class Caveat:
    """Why a decision should be taken with a pinch of salt."""

    name: str
    text: str


@dataclass(frozen=True)
class Decision:
    """What a rule answers for the row.

    Attributes:
        rule: key in `DECISION_RULES`.
        matches: True for the rule that belongs to the link.
        labels: the labels given, perhaps none; for one number the answer, no or yes.
        confidence: the lowest probability among the labels given, None without any.
        caveats: what to keep in mind.
        text: the same in words.
    """

    rule: str
    matches: bool
    labels: tuple[str, ...]
    confidence: float | None
    caveats: tuple[Caveat, ...]
    text: str


@dataclass(frozen=True)
class Reading:
    """The row read through one link.

    Attributes:
        link: key in `LINKS`.
        text: what the link says of the classes.
        probabilities: one per score, or None where the row cannot be read so.
        logits: one per score; None with `probabilities`.
        total: sum of the probabilities.
        why: the reason for None.
        decisions: of each rule, the matching one first.
    """

    link: str
    text: str
    probabilities: tuple[float, ...] | None
    logits: tuple[float, ...] | None
    total: float | None
    why: str | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Explanation:
    """A row of scores read both ways: prints as a table with bars, has `to_dict()`.

    Attributes:
        kind: ``logits`` or ``probs``, as the caller said.
        names: of the scores.
        row: the scores as given.
        readings: by softmax and by sigmoid.
        shares: the scores divided by their sum, which is no link; None where a score is negative or all are 0.
        notes: what is worth knowing of this row, in sentences.
    """

    kind: str
    names: tuple[str, ...]
    row: tuple[float, ...]
    readings: tuple[Reading, ...]
    shares: tuple[float, ...] | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, numbers and text; an infinite logit (of a probability of 0 or 1) is None."""
        told = asdict(self)
        for reading in told["readings"]:
            if reading["logits"] is not None:
                reading["logits"] = [z if np.isfinite(z) else None for z in reading["logits"]]
        return told

    def __str__(self) -> str:
        from labelwise.explain.shown import explanation_text

        return explanation_text(self)

    def _repr_html_(self) -> str:
        from labelwise.explain.shown import explanation_html

        return explanation_html(self)


def explain_scores(
    row: Sequence[float] | np.ndarray, *, kind: str = "logits", names: Sequence[str] | None = None
) -> Explanation:
    """Read one row of scores both ways.

    softmax: p_i = e^{z_i} / Σ_j e^{z_j}; sigmoid: p_i = 1 / (1 + e^{-z_i}); for probabilities the inverses,
    z_i = ln p_i and z_i = ln p_i - ln(1 - p_i).

    Args:
        row: (C,) scores of one row; a single one is the score of a yes/no question.
        kind: ``logits`` (raw scores) or ``probs`` (after a link, whichever it was).
        names: (C,) names of the scores, by default their numbers from 0; for one number that of the yes.

    Returns:
        Probabilities or logits under each link, and what each decision rule answers, with caveats.

    Raises:
        InputError: where the row is not a row of finite numbers, or probabilities lie outside 0..1.
        OptionError: for an unknown kind, or names that do not fit.

    Example:
        >>> both = explain_scores([1, 2, 4, 1])
        >>> [[round(p, 4) for p in reading.probabilities] for reading in both.readings]
        [[0.0403, 0.1096, 0.8098, 0.0403], [0.7311, 0.8808, 0.982, 0.7311]]
        >>> [reading.decisions[0].labels for reading in both.readings]
        [('2',), ('0', '1', '2', '3')]

    Source: Bridle 1990 (softmax); Cox 1958 (logistic).
    """
    choose(kind, KINDS, what="kind of scores")
    z = _one_row(row)
    shown = _names(len(z), names)
    readings = tuple(_reading(link, z, kind, shown) for link in LINKS)
    shares = None
    if len(z) > 1 and (z >= 0).all() and z.sum() > 0:
        shares = _plain(z / z.sum())
    return Explanation(kind, shown, _plain(z), readings, shares, tuple(_notes(z, kind, shown, readings)))


def _one_row(row: Sequence[float] | np.ndarray) -> np.ndarray:
    try:
        z = np.asarray(row, np.float64)
    except (TypeError, ValueError):
        raise InputError("one row of scores", f"{row!r}", "numbers, e.g. 2.0 1.0 0.1") from None
    if z.ndim != 1 or not len(z):
        raise InputError("one row of scores", f"shape {z.shape}", "a flat row of at least one number")
    if not np.isfinite(z).all():
        at = int(np.argmin(np.isfinite(z)))
        raise InputError("finite scores", f"{z[at]} at position {at}", "the scores as the model gave them")
    return z


def _names(count: int, names: Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return tuple(str(i) for i in range(count)) if count > 1 else ("yes",)
    shown = tuple(str(name) for name in names)
    if len(shown) != count or len(set(shown)) < count:
        raise OptionError(f"a name for each of {count} scores", f"{len(shown)}: {', '.join(shown)}", "distinct names")
    return shown


# ------------------------------------------------------------------ one link


def _reading(link: str, z: np.ndarray, kind: str, names: tuple[str, ...]) -> Reading:
    exclusive = LINKS[link].exclusive
    why = _impossible(z, kind) if exclusive else None
    if why is not None:
        return Reading(link, LINKS[link].text, None, None, None, why, ())
    task = _task(names, exclusive)
    if kind == "logits":
        logits, probs = z, Logits(z[None], task).to_probs(link).array[0]
    else:
        given = Probs(z[None], task)
        logits, probs = given.to_logits(link).array[0], given.array[0]
    own = "argmax" if exclusive else "half"
    # a yes/no question has one score, and then the two rules are the same
    rules = sorted(("argmax", "half") if len(z) > 1 else (own,), key=lambda rule: rule != own)
    decisions = tuple(_decision(rule, rule == own, probs, logits, task) for rule in rules)
    return Reading(link, LINKS[link].text, _plain(probs), _plain(logits), float(probs.sum()), None, decisions)


def _task(names: tuple[str, ...], exclusive: bool) -> Task:
    if len(names) == 1:
        return Task("binary", ("no", "yes") if names == ("yes",) else (f"not {names[0]}", names[0]))
    return Task("multiclass" if exclusive else "multilabel", names)


def _impossible(z: np.ndarray, kind: str) -> str | None:
    if len(z) == 1:
        return "softmax over one number is always 1, whatever the number, and its argmax always 0: it answers nothing"
    if kind == "probs" and abs(z.sum() - 1) > NEAR_ONE:
        return f"these probabilities sum to {z.sum():.4g}, and softmax output sums to 1: they cannot come from softmax"
    return None


# ------------------------------------------------------------------ one decision


def _decision(rule: str, matches: bool, probs: np.ndarray, logits: np.ndarray, task: Task) -> Decision:
    row, applied = probs[None], DECISION_RULES[rule]
    thresholds = applied.tune(row, np.full(row.shape, np.nan), task)  # neither rule looks at the truth
    answers = applied.answers(row, thresholds, task)
    confidence = float(top_confidence(row, answers, task)[0])
    if task.kind == "binary":
        answer = task.class_names[int(answers[0, 0])]
        return Decision(rule, matches, (answer,), confidence, (), f"{answer}, with {share_text(confidence)}")
    labels = tuple(name for name, given in zip(task.class_names, answers[0], strict=True) if given)
    caveats = tuple(_caveats(rule, labels, probs, logits, task))
    if not labels:
        return Decision(rule, matches, (), None, caveats, "no label")
    said = f"one label: {labels[0]}, with {share_text(confidence)}"
    if len(labels) > 1:
        said = f"{_count(len(labels))} labels: {_listed(labels)}"
    return Decision(rule, matches, labels, confidence, caveats, said)


def _caveats(rule: str, labels: tuple[str, ...], probs: np.ndarray, logits: np.ndarray, task: Task) -> Iterator[Caveat]:
    top = int(probs.argmax())
    best = task.class_names[top]
    if not labels:
        text = f"none reaches 0.5; where one class is always right, argmax says {best}, with {share_text(probs[top])}"
        yield Caveat("no_label", text)
    if len(labels) > 1:
        yield Caveat(
            "several_labels", "right where labels may hold together; a mistake where classes exclude each other"
        )
    if rule != "argmax":
        return
    if probs[top] < HALF:
        others = "the others together are likelier" if task.exclusive else "on its own it is likelier no than yes"
        yield Caveat("low_confidence", f"{best} has less than 0.5: {others}")
    equal = [name for name, p in zip(task.class_names, probs, strict=True) if p == probs[top]]
    if len(equal) > 1:
        rounded = np.ptp(logits[probs == probs[top]]) > 0
        how = "their probabilities round to the same number" if rounded else "equally probable"
        yield Caveat("tie", f"{_listed(tuple(equal))}: {how}, the first is taken")


# ------------------------------------------------------------------ the row as a whole


def _notes(z: np.ndarray, kind: str, names: tuple[str, ...], readings: tuple[Reading, ...]) -> Iterator[str]:
    by_link = {reading.link: reading for reading in readings}
    softmax, sigmoid = by_link["softmax"], by_link["sigmoid"]
    if kind == "logits" and (z >= 0).all() and (z <= 1).all() and z.any():
        sums = " and sum to 1, as softmax output does" if len(z) > 1 and abs(z.sum() - 1) <= NEAR_ONE else ""
        yield f"The numbers lie between 0 and 1{sums}: if they are probabilities already, say so (kind probs)."
    if kind == "probs":
        yield (
            "The probabilities are taken as they are; the logits are the inverse link's: z = ln p for softmax "
            "(up to a constant for the whole row), z = ln p - ln(1 - p) for sigmoid."
        )
        if ((z == 0) | (z == 1)).any():
            yield "A probability of exactly 0 or 1 has an infinite logit: it was rounded, or a link was saturated."
    if len(z) == 1:
        yield "One score is a yes/no question: sigmoid, and yes from a probability of 0.5, that is a logit of 0, on."
        return
    many = sum(p > HALF for p in sigmoid.probabilities or ())
    said = f"sigmoid's may, and here {_count(many)} are" if many > 1 else "sigmoid's may"
    yield f"Softmax shares one unit, so no two of its probabilities can be above 0.5; {said}."
    if len(z) == 2 and softmax.logits is not None and softmax.probabilities is not None:
        gap = float(softmax.logits[0] - softmax.logits[1])
        yield (
            f"Softmax over two scores is sigmoid of their difference: p({names[0]}) = "
            f"sigmoid({_difference(*softmax.logits)}) = sigmoid({gap:.4g}) = "
            f"{share_text(softmax.probabilities[0])}."
        )


def _difference(a: float, b: float) -> str:
    return f"{a:.4g} - ({b:.4g})" if b < 0 else f"{a:.4g} - {b:.4g}"


def share_text(p: float) -> str:
    """A probability with four decimals; 0 and 1 only where they are exact.

    Example:
        >>> share_text(0.25), share_text(1e-9), share_text(1 - 1e-9), share_text(1.0)
        ('0.2500', '<.0001', '>.9999', '1.0000')
    """
    if 0 < p < 0.00005:
        return "<.0001"
    return ">.9999" if 0.99995 <= p < 1 else f"{p:.4f}"


def _count(n: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[n] if n < len(words) else str(n)


def _listed(names: tuple[str, ...], most: int = 10) -> str:
    if len(names) > most:
        return ", ".join(names[:most]) + f" and {len(names) - most} more"
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _plain(array: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in array)
