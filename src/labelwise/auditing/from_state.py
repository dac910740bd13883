"""A merged state -> Audit: exact figures from counts, binned ones with their bound, the rest from the sample."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np

from labelwise.auditing.figures import EDGES
from labelwise.auditing.result import Audit, Finding, LabelFigures, ReliabilityFigure
from labelwise.auditing.spread import Binned, told, with_spread, without_interval
from labelwise.auditing.state import AuditState
from labelwise.auditing.verb import audit_case
from labelwise.decisions.mistakes import KINDS as MISTAKES
from labelwise.errors import InputError
from labelwise.metrics.calibration import Bins, debiased_square, ece_of_bins, reliability_of_bins
from labelwise.metrics.case import BINS, Case
from labelwise.metrics.intervals import bootstrap_counts, percentile, wilson, z_of
from labelwise.metrics.margins import FIGURES, draw_margins, margins_of, quadratic_weighted_kappa
from labelwise.metrics.metric import Metric
from labelwise.metrics.selective import augrc_of_counts, aurc_of_counts, excess_of_counts
from labelwise.scores import Logits, LogProbs, Probs

__all__ = ["audit_of"]

LEVEL = 0.95
LEAST_POSITIVES = 10
MOST_DRAWN = 2_000_000
"""Of more rows the areas of confidence are not drawn again: harmonic numbers up to n are held."""


def audit_of(state: AuditState, *, seed: int, resamples: int) -> Audit:
    """The audit of all rows that a state sums up.

    Raises:
        InputError: where no row of the state has a known truth.
    """
    if not state.n:
        raise InputError("labels", "every label is missing", "the labels of the rows, class names or indices")
    kind = {k.kind: k for k in (Logits, LogProbs, Probs)}[state.kind]
    s = state.sample
    ids = s.ids if s.ids.astype(bool).all() else None
    case = Case(kind(s.scores, state.task, ids=ids), s.targets, resamples=resamples, seed=seed)
    sampled = audit_case(case)
    total = int(state.counts["rows"].sum())
    whole = len(s.key) == total
    figures = {name: told(m, case.n, state.n) for name, m in sampled.metrics.items()}
    for name, figure in _metrics(state, case, seed, resamples).items():
        if name in figures:
            found = sampled.metrics[name]
            figures[name] = with_spread(figure, found, case.n, state.n) if isinstance(figure, Binned) else figure
    if state.grouped:
        figures = {n: without_interval(m) for n, m in figures.items()}
    assert sampled.figures is not None
    details = sampled.mistake_details
    if ids is None and details is not None:  # a sampled row without an id cannot be found again
        details = msgspec.structs.replace(details, rows=())
    return msgspec.structs.replace(
        sampled,
        n=state.n,
        mistake_details=details,
        metrics=figures,
        mistakes=_mistakes(state),
        labels=_label_figures(state),
        findings=(*sampled.findings, *_findings(state, case.n)),
        figures=msgspec.structs.replace(sampled.figures, by_label=_by_label(state)),
        approximate=None
        if whole
        else f"summed up from {total} rows: counts are exact, rankings are binned (each figure tells its bound), and "
        f"calibration, thresholds and single mistakes rest on a sample of {len(s.key)} rows",
    )


def _metrics(state: AuditState, case: Case, seed: int, resamples: int) -> dict[str, Metric | Binned]:
    rare = _rare(state, case)
    of_task = _of_labels(state, rare) if state.task.kind == "multilabel" else _of_classes(state, seed, resamples)
    return of_task | _of_confidence(state, seed) | _of_ranking(state, rare)


def _rare(state: AuditState, case: Case) -> int:
    """Classes that occur, but in too few rows of the sample to tell the spread of figures that count all alike."""
    in_all, in_sample = state.counts["positives_at"].sum(1), case.columns.positives
    return int(((in_all > 0) & ~(in_sample >= np.minimum(LEAST_POSITIVES, in_all))).sum())


# ------------------------------------------------------------------ one class per row


def _of_classes(state: AuditState, seed: int, resamples: int) -> dict[str, Metric | Binned]:
    c, n, width = state.counts, state.n, len(state.task.class_names)
    confusion = c["confusion"]
    margins, drawn = margins_of(confusion), draw_margins(confusion, resamples, seed)
    out: dict[str, Metric | Binned] = {}
    for name, figure in FIGURES.items():
        value = float(figure(margins))
        if np.isnan(value):
            out[name] = Metric.undefined("truth or decisions are all of one class", n)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                out[name] = Metric(value, *percentile(figure(drawn), LEVEL), n)
    out["accuracy"] = right = _rate(int(confusion.trace()), n)
    share = 1.0 if width == 2 and state.task.kind == "binary" else 2 / width
    out["labelwise_accuracy"] = replace(
        right,
        **{k: 1 - (1 - getattr(right, k)) * share for k in ("value", "low", "high")},
        n=n if state.task.kind == "binary" else n * width,
    )
    if state.task.kind != "binary":
        if width > 5:
            out["top_5_accuracy"] = _rate(int(c["among_five"][0]), n)
        out["no_label_rate"] = _rate(int(c["below_half"][0]), int(c["rows"].sum()))
        share = 1 - 1 / width
        out["labelwise_baseline"] = Metric(share, share, share, n * width)
    else:
        out["labelwise_baseline"] = _rate(int(confusion[0].sum()), n)
    half = 0.5 if width == 2 else 1.0
    out["log_loss"] = _mean(state.sums["nll"], int(c["infinite"][0]), n)
    out["brier_score"] = brier = _mean(state.sums["brier"] * [1, half, half * half], 0, n)
    bins = Bins(c["bin_count"], state.sums["bin_confidence"], c["bin_correct"], state.sums["bin_squares"])
    out["ece"] = Binned(ece_of_bins(bins), n)
    square, variance = debiased_square(bins)
    if square is not None:
        spread = z_of(LEVEL) * variance**0.5
        low, value, high = (max(v, 0.0) ** 0.5 for v in (square - spread, square, square + spread))
        out["ece_debiased"] = Metric(value, low, high, n)
    by_class = c["class_count"], state.sums["class_confidence"], c["class_correct"]
    count, confidence, correct = by_class
    out["ece_classwise"] = Binned(float((np.abs(correct - confidence).sum(1) / n).mean()), n)
    gaps = np.divide((correct - confidence) ** 2, count, out=np.zeros(count.shape), where=count > 0)
    calibration = float(gaps.sum() / n * half)
    out["brier_calibration"] = Binned(calibration, n)
    assert brier.value is not None
    out["brier_refinement"] = Binned(brier.value - calibration, n)
    if state.task.kind == "ordinal":
        off = c["off_by"]
        out["rank_mae"] = _mean(np.array([n, off @ np.arange(width), off @ np.arange(width) ** 2], float), 0, n)
        out["accuracy_within_one"] = _rate(int(off[:2].sum()), n)
        kappa = float(quadratic_weighted_kappa(confusion))
        draws = bootstrap_counts(confusion, quadratic_weighted_kappa, resamples, seed)
        if not np.isnan(kappa):
            out["quadratic_weighted_kappa"] = Metric(kappa, *percentile(draws, LEVEL), n)
    return out


# ------------------------------------------------------------------ several labels


def _of_labels(state: AuditState, rare: int) -> dict[str, Metric | Binned]:
    c, s, n = state.counts, state.sums, state.n
    cells = int(c["cells"].sum())
    due = c["tp"] + c["fn"]
    out: dict[str, Metric | Binned] = {
        "exact_match": _rate(int(c["exact"][0]), n),
        "no_label_rate": _rate(int(c["none_given"][0]), n),
        "log_loss": _ratio(s["nll"], int(c["infinite"][0])),
        "brier_score": _ratio(s["brier"], 0),
        "labelwise_accuracy": _complement(_ratio(s["wrong"], 0)),
        "labelwise_baseline": _complement(_ratio(s["due"], 0)),
        "f1_micro": _ratio(s["f_micro"], 0) if (c["tp"] + c["fp"] + c["fn"]).any() else _nowhere(n),
        "f1_samples": _mean(s["f_samples"], 0, int(s["f_samples"][0])),
        "seen_label_count": _mean(s["seen"], 0, n),
        "expected_label_count": _mean(s["expected"], 0, n),
    }
    out["labelwise_baseline_prevalence"] = Metric(
        float(np.maximum(due, c["cells"] - due).sum() / max(cells, 1)), n=cells, why="no interval: tuned on these rows"
    )
    weight = 2 * c["tp"] + c["fp"] + c["fn"]
    left = int((weight == 0).sum())
    each = 2 * c["tp"][weight > 0] / weight[weight > 0]
    why = f"{left} labels are never due nor given and are left out" if left else None
    out["f1_macro"] = Binned(float(each.mean()), n, why=why, rare=rare) if len(each) else _nowhere(n)
    confidence, correct = s["class_confidence"], c["class_correct"]
    pooled = np.abs((correct - confidence).sum(0)).sum() / max(cells, 1)
    out["ece"] = Binned(float(pooled), cells)
    known = c["cells"] > 0
    each = np.abs(correct - confidence).sum(1)[known] / c["cells"][known]
    out["ece_classwise"] = Binned(float(each.mean()), n)
    return out


def _nowhere(n: int) -> Metric:
    return Metric.undefined("no label is due or given anywhere", n)


# ------------------------------------------------------------------ rankings


def _of_confidence(state: AuditState, seed: int) -> dict[str, Metric | Binned]:
    right, wrong = state.counts["right_at"][::-1], state.counts["wrong_at"][::-1]
    used = right + wrong > 0
    right, wrong = right[used], wrong[used]
    out: dict[str, Metric | Binned] = {}
    counts = np.stack([right, wrong])
    bound = _spread_within(right, wrong)
    how = f"binned by confidence: off by at most {bound:.1e}"
    for name, figure in (("aurc", aurc_of_counts), ("e_aurc", excess_of_counts), ("augrc", augrc_of_counts)):
        value = float(figure(right, wrong))
        if state.n > MOST_DRAWN:
            out[name] = Binned(value, state.n, bound, how)
            continue
        draws = bootstrap_counts(counts, lambda t, f=figure: f(t[:, 0], t[:, 1]), 200, seed)
        out[name] = Metric(value, *percentile(draws, LEVEL), state.n, how)
    value, bound = _auroc(right[::-1], wrong[::-1])
    if value is not None:
        out["auroc_confidence"] = Binned(value, state.n, bound, f"binned: off by at most {bound:.1e}")
    taken = np.cumsum(right + wrong)
    kept = taken[np.cumsum(wrong) <= 0.05 * taken]
    cover = float(kept[-1] / state.n) if len(kept) else 0.0
    step = float((right + wrong).max() / state.n)
    how = f"binned by confidence: in steps of at most {step:.1e}"
    out["coverage_at_risk_5"] = Binned(cover, state.n, step, how)
    return out


def _spread_within(right: np.ndarray, wrong: np.ndarray) -> float:
    """Most that another order within the cells could change the area: the errors of a cell first, or last.

    The risk at a coverage changes by at most min(right, wrong) of its cell over the rows taken.
    """
    taken = np.cumsum(right + wrong)
    before = taken - (right + wrong)
    most = np.minimum(right, wrong)
    per_row = np.where(before > 0, most / np.maximum(before, 1), (most > 0).astype(float))
    return float((np.minimum(per_row, 1) * (right + wrong)).sum() / taken[-1])


def _auroc(positives: np.ndarray, negatives: np.ndarray) -> tuple[float | None, float]:
    """AUROC of counts by rising score, ties half, and half the share of pairs that share a cell."""
    p, m = positives.sum(), negatives.sum()
    if not p or not m:
        return None, 0.0
    below = np.cumsum(negatives) - negatives
    pairs = float(p) * float(m)
    return float((positives * (below + negatives / 2)).sum() / pairs), float((positives * negatives).sum() / pairs / 2)


def _average_precision(positives: np.ndarray, negatives: np.ndarray) -> tuple[float | None, float]:
    """Average precision of counts by rising score, with a bound on what the order within cells can change."""
    pos, neg = positives[::-1], negatives[::-1]
    total = pos.sum()
    if not total:
        return None, 0.0
    hits, false = np.cumsum(pos), np.cumsum(neg)
    used = pos > 0
    value = hits[used] / (hits + false)[used]
    best = hits[used] / (hits + false - neg)[used]
    worst = ((hits - pos + 1) / (hits - pos + 1 + false))[used]
    share = pos[used] / total
    return float(share @ value), float(max(share @ (best - value), share @ (value - worst)))


def _of_ranking(state: AuditState, rare: int) -> dict[str, Metric | Binned]:
    positives, negatives = state.counts["positives_at"], state.counts["negatives_at"]
    out: dict[str, Metric | Binned] = {}
    for name, figure in (("roc_auc_macro", _auroc), ("average_precision_macro", _average_precision)):
        found = [figure(p, m) for p, m in zip(positives, negatives, strict=True)]
        known = [(v, b) for v, b in found if v is not None]
        if not known:
            out[name] = Metric.undefined("no class has both positives and negatives", state.n)
            continue
        value, bound = (float(np.mean(column)) for column in zip(*known, strict=True))
        left = len(found) - len(known)
        why = f"{left} of {len(found)} classes never occur and are left out" if left else None
        out[name] = Binned(value, state.n, bound, _by_log_odds(bound), why, rare)
    value, bound = _auroc(positives.sum(0), negatives.sum(0))
    if state.task.kind == "multilabel" and value is not None:
        out["roc_auc_micro"] = Binned(value, state.n, bound, _by_log_odds(bound))
    return out


def _by_log_odds(bound: float) -> str:
    return f"binned by log-odds: off by at most {bound:.1e}"


# ------------------------------------------------------------------ the rest


def _mistakes(state: AuditState) -> dict[str, int]:
    if state.task.kind == "multilabel":
        names = ("right", "no_label", "missed_label", "extra_label", "wrong_label")
        assert set(names) <= set(MISTAKES)
        return dict(zip(names, state.counts["kinds"].tolist(), strict=True))
    right = int(state.counts["confusion"].trace())
    return {"right": right, "wrong_label": state.n - right}


def _label_figures(state: AuditState) -> dict[str, LabelFigures]:
    c = state.counts
    if state.task.kind == "multilabel":
        tp, fp, fn = c["tp"], c["fp"], c["fn"]
    else:
        m = margins_of(c["confusion"])
        tp, fp, fn = m.hits, m.given - m.hits, m.truth - m.hits
    gaps, cells = np.abs(c["class_correct"] - state.sums["class_confidence"]).sum(1), c["class_count"].sum(1)

    def share(top: float, bottom: float) -> float | None:
        return float(top / bottom) if bottom else None

    out = {}
    for i, name in enumerate(state.task.column_names):
        k = i + 1 if state.task.kind == "binary" else i
        out[name] = LabelFigures(
            int(tp[k] + fn[k]),
            share(tp[k], tp[k] + fp[k]),
            share(tp[k], tp[k] + fn[k]),
            share(2 * tp[k], 2 * tp[k] + fp[k] + fn[k]),
            _auroc(c["positives_at"][i], c["negatives_at"][i])[0],
            _average_precision(c["positives_at"][i], c["negatives_at"][i])[0],
            share(gaps[k], cells[k]),
        )
    return out


def _by_label(state: AuditState) -> dict[str, ReliabilityFigure]:
    c = state.counts
    order = np.sort(np.argsort(-c["class_correct"].sum(1), kind="stable")[:200])
    out = {}
    for i in order:
        bins = Bins(c["class_count"][i], state.sums["class_confidence"][i], c["class_correct"][i], np.zeros(BINS))
        plain = reliability_of_bins(bins, EDGES).to_dict()
        out[state.task.class_names[i]] = ReliabilityFigure(**{k: tuple(v) for k, v in plain.items()})
    return out


def _findings(state: AuditState, sampled: int) -> list[Finding]:
    found = []
    if sampled < state.n:
        text = f"findings on single rows rest on a sample of {sampled} of {state.n} rows."
        found.append(Finding("sampled", "note", text))
    if state.grouped:
        text = "rows come in groups, which a merged state does not keep: intervals are left out."
        found.append(Finding("groups_not_kept", "warning", text))
    if state.weighted:
        text = "rows come with weights, which a merged state does not keep: every row counts once."
        found.append(Finding("weights_not_kept", "warning", text))
    return found


def _rate(k: int, n: int) -> Metric:
    low, high = wilson(k, n, LEVEL)
    return Metric(k / n, float(low), float(high), n)


def _mean(moments: np.ndarray, infinite: int, n: int) -> Metric:
    count, total, squares = moments
    if infinite:
        return Metric.undefined(f"infinite: {infinite} rows gave the truth a probability of exactly 0", n)
    if not count:
        return Metric.undefined("no row has a figure", n)
    value = float(total / count)
    if count < 2:
        return Metric(value, n=n, why="one row has no spread")
    half = z_of(LEVEL) * float(np.sqrt(max(squares / count - value**2, 0) / (count - 1)))
    return Metric(value, value - half, value + half, n)


def _ratio(moments: np.ndarray, infinite: int) -> Metric:
    rows, top, bottom, tt, tb, bb = moments
    if infinite:
        return Metric.undefined(f"infinite: {infinite} rows gave the truth a probability of exactly 0", int(bottom))
    value = float(top / bottom)
    spread = max(tt - 2 * value * tb + value * value * bb, 0) * rows / max(rows - 1, 1)
    half = z_of(LEVEL) * float(np.sqrt(spread)) / float(bottom)
    return Metric(value, value - half, value + half, int(bottom))


def _complement(metric: Metric) -> Metric:
    if metric.value is None or metric.low is None or metric.high is None:
        return metric
    return Metric(1 - metric.value, 1 - metric.high, 1 - metric.low, metric.n)
