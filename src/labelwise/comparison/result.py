"""What a comparison says, as frozen values: the content of report.json and of the page.

Everything here is plain data (numbers, text, tuples, dicts), so that it can be written, read back and drawn without
anything that made it. Undefined numbers are None with a reason.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

SCHEMA_VERSION = 1
EVERY_PAIR = 3
"""Up to so many heads are compared pair by pair; of more, each with the first: all pairs would drown the answer."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure with its interval.

    Attributes:
        value: mean over the seeds, or None where undefined.
        low: lower end of the 95% interval over seeds (Student's t), or None with fewer than two seeds.
        high: upper end.
        n: seeds it rests on.
        why: why the value or its interval is undefined.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str | None = None


class MetricInfo(msgspec.Struct, frozen=True):
    """How to read a metric: title, direction, one sentence."""

    title: str
    better: Literal["higher", "lower", "neither"]
    text: str


class RuleInfo(msgspec.Struct, frozen=True):
    """How to read a decision rule."""

    title: str
    text: str


class InitialLoss(msgspec.Struct, frozen=True):
    """Loss before the first step: the theory against what was seen.

    Attributes:
        expected: from the label counts, at logits equal to the bias.
        seen: mean over seeds on the first batch.
        agrees: False where the two differ by more than `tolerance`.
        tolerance: largest difference that random first weights explain.
        formula: in words.
    """

    expected: float
    seen: float
    agrees: bool
    tolerance: float
    formula: str


class FirstGradient(msgspec.Struct, frozen=True):
    """Norm of d loss / d logits over the first batch: the theory against what was seen, mean over seeds.

    A head whose gradient is smaller learns more slowly at the same rate, unless the optimiser is scale-free.
    """

    expected: float
    seen: float


class RatePoint(msgspec.Struct, frozen=True):
    """One learning rate of the grid: validation figures, mean over seeds.

    Attributes:
        rate: as given to the optimiser.
        effective: rate times the head's gradient scale (differs from `rate` for a mean over labels).
        score: the selection score on validation, mean over the seeds that did not diverge, or None.
        low: lowest of the seeds; high: highest of the seeds.
        loss: validation loss, mean over seeds, or None.
        chosen: seeds that chose this rate.
        diverged: seeds whose loss was no longer a number.
    """

    rate: float
    effective: float
    score: float | None
    low: float | None
    high: float | None
    loss: float | None
    chosen: int
    diverged: int


class HeadResult(msgspec.Struct, frozen=True):
    """One head: how it was trained, and every rule judged on the test part."""

    title: str
    link: str
    loss: str
    reduction: str
    bias: str
    rule: str
    initial_loss: InitialLoss
    first_gradient: FirstGradient
    rates: tuple[RatePoint, ...]
    chosen_rates: tuple[float, ...]
    at_edge: str | None
    rules: dict[str, dict[str, Value]]
    thresholds: dict[str, Any]
    ood: dict[str, Value] = {}


class Difference(msgspec.Struct, frozen=True):
    """Head a minus head b, paired by seed.

    Attributes:
        rule: the rule both were judged under, or ``"own"``: each under its own matching rule.
        value: mean difference.
        low: lower end of Student's t interval over seeds (95%).
        high: upper end.
        n: seeds.
        verdict: the head that is better, or None where the interval spans zero.
        level: True where the whole interval lies within the equivalence margin.
        values: the difference seed by seed.
        bca_low: lower end of the BCa bootstrap interval over seeds.
        bca_high: upper end.
        p: of the paired t test.
        p_holm: the same, adjusted for all pairs of heads compared and all metrics under this rule (Holm).
        p_sign_flip: of the exact sign-flip test; 2 / 2^n at least.
        p_rows: McNemar's mid-p over test rows, twice the median over seeds; strict accuracy only.
        seeds_to_decide: seeds at which the interval would exclude zero, at the mean and spread seen.
        seeds_for_margin: seeds at which the interval would be as narrow as the margin.
        why: why the value or its interval is undefined.
    """

    a: str
    b: str
    rule: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: str | None
    level: bool
    values: tuple[float, ...] = ()
    bca_low: float | None = None
    bca_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    p_sign_flip: float | None = None
    p_rows: float | None = None
    seeds_to_decide: int | None = None
    seeds_for_margin: int | None = None
    why: str | None = None


class ThresholdCurve(msgspec.Struct, frozen=True):
    """One threshold for every label, swept over the test part: all shares at each threshold, mean over seeds."""

    thresholds: tuple[float, ...]
    strict_accuracy: tuple[float, ...]
    labelwise_accuracy: tuple[float, ...]
    no_label_rate: tuple[float, ...]
    several_labels_rate: tuple[float, ...]
    wrong_label_rate: tuple[float, ...]


class ConfidenceHistogram(msgspec.Struct, frozen=True):
    """Top probability of right and of wrong answers, as counts over all seeds' test rows.

    Attributes:
        edges: bin edges from 0 to 1, one more than counts.
        right: rows whose most probable class is right (multilabel: label cells), per bin.
        wrong: the others, per bin.
    """

    edges: tuple[float, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]


class ReliabilityCurve(msgspec.Struct, frozen=True):
    """Mean confidence against the share that is right, per bin; None where a bin is empty."""

    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    count: tuple[int, ...]


class MistakeRow(msgspec.Struct, frozen=True):
    """One of the surest mistakes, for the table on the page."""

    head: str
    seed: int
    id: str
    target: tuple[str, ...]
    given: tuple[str, ...]
    confidence: float | None
    argmax: str | None
    kind: str
    overconfident: bool


class HeadFigures(msgspec.Struct, frozen=True):
    """What the page draws for one head, counted already."""

    threshold: ThresholdCurve
    confidence: ConfidenceHistogram
    reliability: ReliabilityCurve
    mistakes: dict[str, int]
    surest_mistakes: tuple[MistakeRow, ...]
    learning: tuple[tuple[int, float, float], ...]
    """(epoch, training loss, validation loss) at the chosen rates, mean over seeds."""


class Claim(msgspec.Struct, frozen=True):
    """A sentence and what it rests on.

    Attributes:
        text: the sentence.
        numbers: name -> number that the sentence uses.
        doubt: what could make it wrong, or None.
        level: ``answer`` (the headline), ``evidence``, ``caution``.
    """

    text: str
    numbers: dict[str, float | None] = {}
    doubt: str | None = None
    level: Literal["answer", "evidence", "caution"] = "evidence"


class Share(msgspec.Struct, frozen=True):
    """What one switch is worth: its part of the gap.

    Attributes:
        title: for charts.
        off: what is practised.
        on: what is right.
        shapley: mean over seeds of its gain averaged over all orders; for ``loss`` the remainder.
        low: lower end of the paired t interval.
        high: upper end.
        order_min: its smallest gain over all situations (sets of other switches), mean over seeds.
        order_max: its largest.
        p_sign_flip: of the exact sign-flip test.
        values: seed by seed.
    """

    title: str
    off: str
    on: str
    shapley: float
    low: float | None
    high: float | None
    order_min: float
    order_max: float
    p_sign_flip: float | None
    values: tuple[float, ...]


class WaterfallStep(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """One step from head b as practised to head a, switches set right in the customary order."""

    name: str
    title: str
    start: float
    end: float
    value: float
    low: float | None
    high: float | None


class Interaction(msgspec.Struct, frozen=True):
    """Two switches that are worth more (or less) together than one by one; their joint share is the sum of both."""

    a: str
    b: str
    value: float
    low: float | None
    high: float | None
    joint: float
    joint_low: float | None
    joint_high: float | None
    kind: Literal["substitutes", "complements"]


class Attribution(msgspec.Struct, frozen=True):
    """A gap and its parts: `gap` = the sum of all shares, the remainder (`loss`) among them.

    Attributes:
        metric: what the gap is measured in, in words.
        gap: a as practised minus b as practised, mean over seeds.
        low: lower end of its paired t interval.
        high: upper end.
        a: figure of head a as practised.
        b: figure of head b as practised.
        b_right: figure of head b with every switch right.
        switches: name -> its share; ``loss`` is the remainder.
        waterfall: the same in the customary order.
        interactions: pairs of switches whose interaction is more than noise.
    """

    metric: str
    gap: float
    low: float | None
    high: float | None
    a: float
    b: float
    b_right: float
    switches: dict[str, Share]
    waterfall: tuple[WaterfallStep, ...]
    interactions: tuple[Interaction, ...]


class Why(msgspec.Struct, frozen=True):
    """Why one head looks better: the gap people quote, and the same gap judged strictly.

    Attributes:
        head_a: spec of head a; head_b: of head b.
        arm_a: head a as practised, in words; arm_b: head b as practised; arm_b_right: with every switch right.
        left_out: switch -> why it cannot act here.
        quoted: the gap in the figures that people quote for each.
        strict: the same with the metric fixed to strict accuracy.
        training: the same with the decision fixed as well to the rule of head a: what training alone makes.
        claims: the answer in words.
    """

    head_a: str
    head_b: str
    arm_a: str
    arm_b: str
    arm_b_right: str
    left_out: dict[str, str]
    quoted: Attribution
    strict: Attribution
    training: Attribution
    claims: tuple[Claim, ...]

    def to_dict(self) -> dict[str, Any]:
        """``{gap, a, b, switches, waterfall, claims, ...}``: the quoted gap on top, the strict one by its name."""
        told = msgspec.to_builtins(self)
        return {**told.pop("quoted"), **told}


class Apart(msgspec.Struct, frozen=True):
    """One head as one network for all groups, and as one network for each; pairs are (shared, apart).

    Attributes:
        rule: the decision rule of both.
        shared: metric -> figure of the shared network.
        apart: metric -> figure of the networks apart.
        differences: metric -> apart minus shared, paired by seed.
        groups: group -> accuracy of both.
        rates: the rates chosen on validation, seed by seed.
        parameters: numbers that are trained.
        seconds: one training at the chosen rate of the first seed, nothing else on this machine counted.
    """

    rule: str
    shared: dict[str, Value]
    apart: dict[str, Value]
    differences: dict[str, Value]
    groups: dict[str, tuple[Value, Value]]
    rates: tuple[tuple[float, ...], tuple[float, ...]]
    parameters: tuple[int, int]
    seconds: tuple[float, float]


class DataInfo(msgspec.Struct, frozen=True):
    """The data a comparison used."""

    name: str
    rows: int
    parts: dict[str, int]
    """Rows in train, validation and test (of the first seed)."""
    shape: tuple[int, ...]
    digest: str
    class_counts: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()
    ood_name: str | None = None
    ood_rows: int = 0


class Comparison(msgspec.Struct, frozen=True):
    """The result of `lw.compare`: prints as a table, has `to_dict()`, and knows its run folder.

    Attributes:
        task: kind, class names, evidence and traps.
        n: test rows per seed.
        seeds: the seeds, in order.
        settings: everything that was asked for, defaults included.
        metrics: how to read each metric, in the order of the table.
        ood_metrics: the same for inputs of no known class; empty without them.
        rules: how to read each decision rule, in the order of the table.
        headline_metric: the metric the answer is about.
        selection: what chose the learning rate, in words.
        heads: the results.
        differences: every pair of heads, rule and metric.
        claims: the answer in sentences.
        figures: what the page draws.
        run: versions, times, machine (never part of a comparison of two results).
        folder: where the run lies, or None.
        apart: head -> one network for all groups against one for each, where that was asked for.
    """

    schema: int
    task: dict[str, Any]
    n: int
    seeds: tuple[int, ...]
    data: DataInfo
    settings: dict[str, Any]
    metrics: dict[str, MetricInfo]
    ood_metrics: dict[str, MetricInfo]
    rules: dict[str, RuleInfo]
    headline_metric: str
    selection: str
    heads: dict[str, HeadResult]
    differences: tuple[Difference, ...]
    claims: tuple[Claim, ...]
    figures: dict[str, HeadFigures]
    run: dict[str, Any]
    why: dict[str, Any] | None = None
    folder: str | None = None
    apart: dict[str, Apart] = {}

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain dicts, lists, numbers and text: what `--json` and report.json hold."""
        return msgspec.to_builtins(self)

    def __str__(self) -> str:
        from labelwise.report.terminal import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from labelwise.report.page import comparison_fragment

        return comparison_fragment(self)
