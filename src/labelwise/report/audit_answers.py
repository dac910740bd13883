"""What an audit says, in sentences, the most important first: the same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean

from labelwise.auditing.result import Audit, CalibrationGain
from labelwise.metrics.metric import Metric
from labelwise.report.numbers import difference, interval, number

__all__ = ["Answer", "answers_of", "headline_of"]


@dataclass(frozen=True)
class Answer:
    """One thing an audit says.

    Attributes:
        text: the sentence.
        doubt: what speaks against leaning on it, or goes with it.
        level: ``answer``, ``caution`` (something is wrong), or ``note``.
    """

    text: str
    doubt: str = ""
    level: str = "answer"


def headline_of(audit: Audit) -> Answer:
    """How good the answers are, and whether the scores know it."""
    if audit.task == "multilabel":
        return _headline_of_labels(audit)
    accuracy = audit.metrics["accuracy"]
    if accuracy.value is None:
        return Answer(f"Nothing can be said of the answers: {accuracy.why}")
    right = f"{accuracy.value:.1%} of the answers are right"
    near = audit.metrics.get("accuracy_within_one")
    if near is not None and near.value is not None:
        right += f", {near.value:.1%} at most one rank off"
    said = _mean_confidence(audit)
    if said is None:
        return Answer(right)
    low, high = accuracy.low or accuracy.value, accuracy.high or accuracy.value
    if low <= said <= high:
        tail = f"the scores claim {said:.1%}, as it should be"
    else:
        tail = f"the scores claim {said:.1%}, {'too sure' if said > high else 'not sure enough'} of themselves"
    return Answer(f"{right}; {tail}", _commonest(audit))


def _headline_of_labels(audit: Audit) -> Answer:
    exact, cells = audit.metrics["exact_match"], audit.metrics["labelwise_accuracy"]
    nothing = audit.metrics["labelwise_baseline"]
    if exact.value is None or cells.value is None:
        return Answer(f"Nothing can be said of the answers: {exact.why or cells.why}")
    text = f"{exact.value:.1%} of the rows have all their labels right"
    doubt = f"Label-wise {cells.value:.1%} of the cells are right, but never giving a label gets {nothing.value:.1%}"
    usual = audit.metrics.get("labelwise_baseline_prevalence")
    if usual is not None and usual.value is not None:
        doubt += f", and each label's commoner answer {usual.value:.1%}"
    return Answer(text, doubt + ".")


def _mean_confidence(audit: Audit) -> float | None:
    if audit.figures is None:
        return None
    bins = audit.figures.reliability
    pairs = [(n, c) for n, c in zip(bins.count, bins.confidence, strict=True) if n and c is not None]
    total = sum(n for n, _ in pairs)
    return sum(n * c for n, c in pairs) / total if total else None


def _commonest(audit: Audit) -> str:
    """What always giving the commonest class would get."""
    counts = [label.positives for label in audit.labels.values()]
    if audit.task == "binary":
        counts.append(audit.n - counts[0])
    if not counts or not audit.n:
        return ""
    return f"Always answering the commonest class would be right in {max(counts) / audit.n:.1%} of the rows."


def answers_of(audit: Audit) -> list[Answer]:
    """Everything else, in the order of what a reader should do first."""
    return [answer for part in _PARTS for answer in part(audit)]


def _errors(audit: Audit) -> Iterator[Answer]:
    yield from (Answer(f.text, level="caution") for f in audit.findings if f.level == "error")


def _against(audit: Audit) -> Iterator[Answer]:
    paired = audit.against
    if paired is None:
        return
    name = "exact_match" if audit.task == "multilabel" else "accuracy"
    d = paired.metrics[name]
    if d.value is None:
        return
    gap = f"{difference(d.value, name)} ({number(d.a, name)} against {number(d.b, name)})"
    if d.low is not None and d.high is not None:
        gap += f", 95% interval {difference(d.low, name)} to {difference(d.high, name)}"
    clear = d.p is not None and d.p < 0.05
    better = "the first file is better" if d.value > 0 else "the second file is better"
    said = better if clear else "which file is better cannot be told"
    chance = "" if d.p is None else f", p {'< 0.001' if d.p < 0.001 else f'= {d.p:.3f}'}"
    yield Answer(
        f"On the same {paired.n:,} rows {said}: strict accuracy differs by {gap}{chance}.",
        f"{paired.only_a:,} rows only the first answers rightly, {paired.only_b:,} only the second.",
    )


def _weighted(audit: Audit) -> Iterator[Answer]:
    name = "exact_match" if audit.task == "multilabel" else "accuracy"
    found = (audit.weighted or {}).get(name)
    if found is None or found.value is None:
        return
    what = "of the rows have all their labels right" if audit.task == "multilabel" else "of the answers are right"
    yield Answer(
        f"Rows counted by their weights, {found.value:.1%} {what} ({interval(found, name)}).",
        f"Mean F1 is {_weighted_figure(audit, 'f1_macro')}, NLL {_weighted_figure(audit, 'log_loss')}.",
    )


def _weighted_figure(audit: Audit, name: str) -> str:
    found = (audit.weighted or {})[name]
    return "undefined" if found.value is None else f"{number(found.value, name)} ({interval(found, name)})"


def _calibration(audit: Audit) -> Iterator[Answer]:
    gains = {name: gain for name, gain in audit.calibration.items() if gain.nll_after is not None}
    if not gains:
        return
    helps = {name: gain for name, gain in gains.items() if gain.verdict == "helps"}
    if not helps:
        yield Answer(
            "Calibration: leave the scores alone.",
            f"On held-out rows none of {len(gains)} maps lowers the negative log-likelihood clearly.",
        )
        return
    best = min(helps.values(), key=lambda gain: gain.nll_after or 0.0)
    others = [f"{_named(g)} {_changes(g, audit.n)}" for g in helps.values() if g is not best]
    verdict = "Calibrating helps" if not _looser(best) else "Calibrating helps the likelihood alone"
    yield Answer(
        f"{verdict}: {_named(best)} {_changes(best, audit.n)}, on rows it was not fitted on.",
        f"For comparison, {'; '.join(others)}." if others else "",
    )


def _named(gain: CalibrationGain) -> str:
    return f"{gain.title} (T = {gain.T:.2f})" if gain.T is not None else gain.title


def _looser(gain: CalibrationGain) -> bool:
    """True where the calibration error rises although the likelihood gains."""
    return gain.ece_before is not None and gain.ece_after is not None and gain.ece_after > gain.ece_before + 0.0005


def _changes(gain: CalibrationGain, n: int) -> str:
    sampled = f"on {gain.n:,} rows drawn from all " if gain.n < n else ""
    text = f"{sampled}takes NLL from {number(gain.nll_before, 'nll')} to {number(gain.nll_after, 'nll')}"
    if gain.ece_before is None or gain.ece_after is None:
        return text
    return (
        f"{text} and calibration error {'up ' if _looser(gain) else ''}from {number(gain.ece_before, 'ece')} "
        f"to {number(gain.ece_after, 'ece')}"
    )


def _coverage(audit: Audit) -> Iterator[Answer]:
    if audit.figures is None:
        return
    curve = audit.figures.risk_coverage
    points = [
        (cover, risk, sure)
        for cover, risk, sure in zip(curve.coverage, curve.risk, curve.confidence, strict=True)
        if cover is not None and risk is not None
    ]
    if not points:
        return
    all_rows = max(points)[1]
    if not all_rows:
        return
    halved = [point for point in points if point[1] <= all_rows / 2]
    if not halved or max(halved)[0] < 0.1:
        yield Answer(
            "Leaving unsure rows unanswered does not help much: "
            f"no tenth of the rows is twice as good as all of them ({all_rows:.1%} wrong)."
        )
        return
    cover, risk, sure = max(halved)
    limit = "" if sure is None else f", those with a confidence of {sure:.2f} or more"
    yield Answer(
        f"Answering only the surest {cover:.0%} of the rows{limit}, halves the wrong ones: "
        f"from {all_rows:.1%} to {risk:.1%} of what is answered."
    )


def _thresholds(audit: Audit) -> Iterator[Answer]:
    if audit.task not in ("multilabel", "binary"):
        return
    rows = [
        (audit.labels[name].f1, found["f1"].out_of_fold, found["f1"].value)
        for name, found in audit.thresholds.items()
        if name in audit.labels and found["f1"].out_of_fold is not None
    ]
    pairs = [(half, held, tuned) for half, held, tuned in rows if half is not None and held is not None]
    if not pairs:
        return
    half, held, tuned = (fmean(row[i] or 0.0 for row in pairs) for i in range(3))
    what = "F1" if len(pairs) == 1 else "mean F1 of the labels"
    own = "the best threshold" if len(pairs) == 1 else "a threshold of its own for each label"
    gain = f"{own} takes the {what} from {half:.3f} (at one half) to {held:.3f}"
    luck = f"On the rows it was tuned on it looks like {tuned:.3f}." if tuned is not None else ""
    if held > half:
        yield Answer(f"Thresholds: {gain}, on rows it was not tuned on.", luck)
    else:
        yield Answer(f"Thresholds: keep one half; {gain}, on rows it was not tuned on.", luck)


def _mistakes(audit: Audit) -> Iterator[Answer]:
    details = audit.mistake_details
    wrong = sum(count for kind, count in audit.mistakes.items() if kind != "right")
    if details is None or not wrong:
        return
    if details.overconfident:
        one = "is" if details.overconfident == 1 else "are"
        yield Answer(
            f"{details.overconfident:,} of {wrong:,} mistakes {one} made with more than 70% confidence.",
            level="caution" if details.overconfident > wrong / 2 else "note",
        )
    if details.confused:
        top = details.confused[0]
        yield Answer(
            f"The commonest mistake: {top.truth} taken for {top.answer}, {top.count:,} times "
            f"({top.share:.0%} of {top.truth}).",
            level="note",
        )
    missed = [pair for pair in details.together if pair.kind == "missed"]
    if missed:
        top = missed[0]
        yield Answer(f"Most often missed together: {top.a} and {top.b}, in {top.count:,} rows.", level="note")


def _labelwise(audit: Audit) -> Iterator[Answer]:
    cells, nothing = audit.metrics.get("labelwise_accuracy"), audit.metrics.get("labelwise_baseline")
    if audit.task not in ("multiclass", "ordinal") or cells is None or nothing is None:
        return
    if cells.value is not None and nothing.value is not None:
        yield Answer(
            f"Label-wise accuracy is {number(cells.value, 'accuracy')}, which says little: "
            f"answering nothing at all gets {number(nothing.value, 'accuracy')}.",
            level="note",
        )


def _unknown(audit: Audit) -> Iterator[Answer]:
    found = audit.unknown
    if found is None:
        return
    text = f"Of {found.n:,} unknown inputs {_share(found.answered)} get an answer at one half or more."
    judged = [score for score in found.scores.values() if score.auroc.value is not None]
    if not judged:
        yield Answer(text)
        return
    best = max(judged, key=lambda score: score.auroc.value or 0.0)
    yield Answer(
        text,
        f"They are told apart best by the {best.title}: AUROC {number(best.auroc.value, 'auroc')} "
        f"[{interval(best.auroc, 'auroc')}]; where 95% of the known inputs pass, "
        f"{_share(best.fpr_at_95)} of the unknown pass too.",
    )


def _share(metric: Metric) -> str:
    return "an unknown share" if metric.value is None else f"{metric.value:.0%}"


def _findings(audit: Audit) -> Iterator[Answer]:
    levels = {"warning": "caution", "note": "note"}
    yield from (Answer(f.text, level=levels[f.level]) for f in audit.findings if f.level in levels)
    if audit.approximate:
        yield Answer(audit.approximate, level="note")


_PARTS: tuple[Callable[[Audit], Iterator[Answer]], ...] = (
    _errors,
    _weighted,
    _against,
    _calibration,
    _thresholds,
    _coverage,
    _unknown,
    _mistakes,
    _labelwise,
    _findings,
)
