"""What an audit says, as frozen values: the content of audit.json and of the page.

Everything here is plain data, so that it can be written, read back and drawn without anything that made it. Undefined
numbers are None with a reason.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from labelwise.errors import InputError
from labelwise.metrics.metric import Metric

__all__ = [
    "Audit",
    "CalibrationGain",
    "Confused",
    "Difference",
    "Finding",
    "LabelFigures",
    "MistakeRow",
    "Mistakes",
    "Paired",
    "ReliabilityFigure",
    "RiskFigure",
    "Threshold",
    "Together",
    "Unknown",
    "UnknownScore",
    "audit_schema",
]

SCHEMA_VERSION = 1
Numbers = tuple[float | None, ...]


class Finding(msgspec.Struct, frozen=True):
    """Something the user should know before believing a number.

    Attributes:
        name: stable id, e.g. ``rows_do_not_sum_to_one``.
        level: ``error`` (figures cannot be trusted), ``warning`` or ``note``.
        text: what was seen and what to do, in one or two sentences.
    """

    name: str
    level: Literal["error", "warning", "note"]
    text: str


class CalibrationGain(msgspec.Struct, frozen=True):
    """What one way of calibrating would change on rows it was not fitted on.

    Attributes:
        title: the map, in words.
        T: temperature fitted on all rows (1 / the common slope), or None where the map has none.
        nll_before: held-out negative log-likelihood as the scores are.
        nll_after: the same with the map fitted on the other folds.
        brier_before: held-out Brier score as the scores are.
        brier_after: with the map.
        ece_before: held-out calibration error, 15 bins, as the scores are.
        ece_after: with the map.
        gain: nll_before - nll_after with its paired interval.
        verdict: ``helps``, ``hurts`` or ``no clear gain``, by the interval.
        n: rows the held-out figures rest on.
    """

    title: str
    T: float | None
    nll_before: float | None
    nll_after: float | None
    brier_before: float | None
    brier_after: float | None
    ece_before: float | None
    ece_after: float | None
    gain: Metric
    verdict: str
    n: int


class Threshold(msgspec.Struct, frozen=True):
    """The best threshold of one label for one objective.

    Attributes:
        threshold: probability at or above which the label is given; None where no threshold meets the objective, or
            where never giving the label is best.
        value: the objective on the rows it was tuned on.
        out_of_fold: the objective on rows it was not tuned on, five folds pooled.
        floor: precision (or recall) reached out of fold where the objective has a floor, else None.
        why: the reason for what is missing.
    """

    threshold: float | None
    value: float | None
    out_of_fold: float | None
    floor: float | None = None
    why: str | None = None


class MistakeRow(msgspec.Struct, frozen=True):
    """A row that was answered wrongly with great confidence.

    Attributes:
        id: of the row, or its number.
        truth: true labels.
        answer: labels given.
        confidence: probability of the answer, as the scores have it.
        kind: kind of mistake.
    """

    id: str
    truth: tuple[str, ...]
    answer: tuple[str, ...]
    confidence: float
    kind: str


class Confused(msgspec.Struct, frozen=True):
    """A class that is taken for another."""

    truth: str
    answer: str
    count: int
    share: float


class Together(msgspec.Struct, frozen=True):
    """Two labels that are missed, or wrongly given, in the same rows."""

    kind: Literal["missed", "added"]
    a: str
    b: str
    count: int


class Mistakes(msgspec.Struct, frozen=True):
    """Kinds of mistakes and where to look.

    Attributes:
        overconfident: mistakes made with more than `OVERCONFIDENT` confidence.
        rows: the most confident mistakes, surest first.
        confused: the commonest confusions of one class with another.
        together: labels most often missed or added together.
        class_names: the classes in the order of `confusion`, those most involved in mistakes first.
        confusion: (K, K) counts of these classes, rows the truth.
    """

    overconfident: int
    rows: tuple[MistakeRow, ...]
    confused: tuple[Confused, ...]
    together: tuple[Together, ...]
    class_names: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


class LabelFigures(msgspec.Struct, frozen=True):
    """Figures of one class or label.

    Attributes:
        positives: rows in which it is true.
        precision: share of its answers that are right, None where never given.
        recall: share of its rows that are found, None where it never occurs.
        f1: of the two.
        roc_auc: against the rest.
        average_precision: against the rest.
        ece: calibration error of its probability.
    """

    positives: int
    precision: float | None
    recall: float | None
    f1: float | None
    roc_auc: float | None
    average_precision: float | None
    ece: float | None


class ReliabilityFigure(msgspec.Struct, frozen=True):
    """A reliability diagram, ready to draw: one entry per bin, None where it is empty."""

    edges: Numbers
    count: tuple[int, ...]
    confidence: Numbers
    accuracy: Numbers
    low: Numbers
    high: Numbers


class RiskFigure(msgspec.Struct, frozen=True):
    """The risk-coverage curve, ready to draw."""

    confidence: Numbers
    coverage: Numbers
    risk: Numbers


class Curve(msgspec.Struct, frozen=True):
    """What a common threshold does, for a slider.

    Attributes:
        threshold: probabilities from 0 to 1.
        strict_accuracy: rows with exactly the right labels given.
        labelwise_accuracy: cells right.
        no_label: rows given no label.
        several_labels: rows given more than one label.
    """

    threshold: Numbers
    strict_accuracy: Numbers
    labelwise_accuracy: Numbers
    no_label: Numbers
    several_labels: Numbers


class ConfidenceFigure(msgspec.Struct, frozen=True):
    """Confidence of right and of wrong answers, counted in bins of equal width."""

    edges: Numbers
    right: tuple[int, ...]
    wrong: tuple[int, ...]


class Figures(msgspec.Struct, frozen=True):
    """Everything a page draws.

    Attributes:
        reliability: of the answers' confidence, or of all cells of several labels.
        by_label: reliability per class or label (those with the most positives first where there are very many).
        risk_coverage: answering only when sure.
        confidence: right and wrong answers by confidence.
        thresholds: what a common threshold does.
    """

    reliability: ReliabilityFigure
    by_label: dict[str, ReliabilityFigure]
    risk_coverage: RiskFigure
    confidence: ConfidenceFigure
    thresholds: Curve


class UnknownScore(msgspec.Struct, frozen=True):
    """How well one score tells unknown inputs from known ones."""

    title: str
    auroc: Metric
    fpr_at_95: Metric


class Unknown(msgspec.Struct, frozen=True):
    """Inputs of no known class.

    Attributes:
        n: unknown inputs.
        answered: share of them that still get an answer at one half or more.
        mean_confidence: of the answers given to them.
        scores: by name; the higher score should belong to the known input.
    """

    n: int
    answered: Metric
    mean_confidence: float
    scores: dict[str, UnknownScore]


class Difference(msgspec.Struct, frozen=True):
    """A metric of one file minus the same metric of another, on the same rows.

    Attributes:
        a: value of the first.
        b: value of the second.
        value: a - b.
        low: lower end of its paired interval.
        high: upper end.
        p: two-sided p-value where there is a test.
        p_holm: the same, adjusted for looking at all labels, where there are several.
        test: which test or interval.
        why: what is missing and why.
    """

    a: float | None
    b: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    test: str = ""
    why: str | None = None


class Paired(msgspec.Struct, frozen=True):
    """Two score files of the same rows.

    Attributes:
        n: rows in both.
        only_a: rows only the first answers rightly.
        only_b: rows only the second answers rightly.
        metrics: differences by metric.
        labels: differences of each label's AUROC, Holm-adjusted.
    """

    n: int
    only_a: int
    only_b: int
    metrics: dict[str, Difference]
    labels: dict[str, Difference]


class Audit(msgspec.Struct, frozen=True):
    """What saved scores really say.

    Attributes:
        task: kind of task.
        kind: kind of scores: logits, log-probabilities or probabilities.
        n: rows with a known truth.
        n_classes: classes or labels.
        class_names: their names.
        metrics: by name, each with interval, n, and the reason where undefined.
        confidences: other ways of being sure: AURC and AUROC of each.
        calibration: what calibrating would gain on held-out rows.
        thresholds: label -> objective -> best threshold, in sample and out of fold.
        mistakes: rows per kind of answer, `right` among them.
        mistake_details: rows, confusions; None from a merged state, which keeps no rows.
        labels: figures of each class or label.
        findings: what to know before believing a number.
        figures: what a page draws.
        weighted: figures in which rows count by the weights given with them, or None; n is the effective number of
            rows.
        unknown: inputs of no known class, or None.
        against: paired differences to another file, or None.
        approximate: None, or how figures from a merged state differ from exact ones.
        schema: version of this document.
    """

    task: str
    kind: str
    n: int
    n_classes: int
    class_names: tuple[str, ...]
    metrics: dict[str, Metric]
    confidences: dict[str, dict[str, float | None]]
    calibration: dict[str, CalibrationGain]
    thresholds: dict[str, dict[str, Threshold]]
    mistakes: dict[str, int]
    mistake_details: Mistakes | None
    labels: dict[str, LabelFigures]
    findings: tuple[Finding, ...]
    figures: Figures | None
    weighted: dict[str, Metric] | None = None
    unknown: Unknown | None = None
    against: Paired | None = None
    approximate: str | None = None
    schema: int = SCHEMA_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, as audit.json has them."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_dict(cls, document: Any) -> Audit:
        """The audit that `to_dict` wrote.

        Raises:
            InputError: where the document is not one of an audit.
        """
        try:
            return msgspec.convert(document, cls)
        except msgspec.ValidationError as error:
            raise InputError("an audit as audit.json has it", str(error), "a file that labelwise audit wrote") from None

    def __str__(self) -> str:
        from labelwise.report.audit_terminal import audit_text

        return audit_text(self)

    def __repr__(self) -> str:
        return f"<Audit of {self.n} rows, {self.task}, {self.n_classes} classes; print it, or see .metrics>"

    def _repr_html_(self) -> str:
        from labelwise.auditing.words import as_html

        return as_html(self)


def audit_schema() -> dict[str, Any]:
    """JSON Schema of audit.json.

    Example:
        >>> sorted(audit_schema()["$defs"]["Finding"]["properties"])
        ['level', 'name', 'text']
    """
    return msgspec.json.schema(Audit)
