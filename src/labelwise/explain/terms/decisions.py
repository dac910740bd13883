"""Words for decisions; what a rule says of itself stands in `DECISION_RULES`."""

from labelwise.explain.entry import Entry

NOTES = (
    Entry(
        "decision",
        "decisions",
        "the labels given to a row by a rule",
        more="No label is an empty answer, never a made-up class. As a switch: the rule that fits the metric instead "
        "of a threshold.",
        see=("argmax", "threshold", "caveat", "switch"),
        aliases=("decision rule", "rule", "decisions", "answer"),
    ),
    Entry(
        "threshold",
        "decisions",
        "the probability from which on a label is given",
        formula="label j is given where p_j ≥ t_j",
        more="0.5 is best for calibrated probabilities and the share of right cells; other aims have other thresholds. "
        "Tuned on the rows it is judged on, a threshold flatters.",
        see=("half", "per_label", "strict_tuned", "labelwise_tuned"),
        aliases=("thresholds", "cut-off"),
    ),
    Entry(
        "argmax",
        "decisions",
        formula="argmax_j p_j",
        more="The link does not matter, since both keep the order of the logits; of equals the first is taken. Over a "
        "single column it is always 0.",
        when="exactly one class is right and an answer is always wanted",
        when_not="a row may have no label or several",
        see=("half", "strict accuracy", "low_confidence"),
        aliases=("arg max", "top-1"),
    ),
    Entry(
        "half",
        "decisions",
        formula="p_j ≥ 0.5, that is z_j ≥ 0 by sigmoid",
        more="After softmax at most one label is above 0.5, and none may be.",
        when="independent labels with calibrated probabilities",
        when_not="exactly one class is right: rows below 0.5 stay without a label",
        see=("threshold", "no_label", "sigmoid"),
        aliases=("threshold 0.5", "one half"),
    ),
    Entry(
        "labelwise_tuned",
        "decisions",
        formula="t = argmax_t label-wise accuracy(p ≥ t)",
        more="Where each row has one of many classes, nearly all cells are a no, and so the best threshold is one that "
        "leaves many rows without a label.",
        when_not="classes exclude each other",
        see=("label-wise accuracy", "strict_tuned"),
    ),
    Entry(
        "strict_tuned",
        "decisions",
        formula="t = argmax_t strict accuracy(p ≥ t)",
        when="several labels may hold and whole rows must be right",
        when_not="classes exclude each other: argmax cannot leave a row without a label",
        see=("strict accuracy", "labelwise_tuned"),
    ),
    Entry(
        "per_label",
        "decisions",
        formula="t_j = argmax_t F1 of label j at p_j ≥ t",
        more="A label that never occurs in the validation rows gets a threshold that is never reached.",
        when="labels of unequal frequency, macro F1 wanted",
        when_not="few validation rows per label: the thresholds are then mostly luck",
        see=("macro F1", "threshold"),
        aliases=("per-label thresholds",),
    ),
    # ---------------------------------------------------------------- caveats and mistakes
    Entry(
        "caveat",
        "decisions",
        "why a decision should be taken with a pinch of salt",
        see=("low_confidence", "no_label", "several_labels"),
        aliases=("caveats",),
    ),
    Entry(
        "low_confidence",
        "decisions",
        "caveat: the label given has a probability below 0.5",
        more="Under softmax the other classes together are then likelier: (.33, .33, .34) is one label with low "
        "certainty.",
        see=("argmax", "rows below 50%", "abstention"),
        aliases=("low confidence", "low certainty"),
    ),
    Entry(
        "no_label",
        "decisions",
        "caveat, and where something was due a mistake: no probability reaches its threshold",
        see=("no label rate", "half"),
        aliases=("no label",),
    ),
    Entry(
        "several_labels",
        "decisions",
        "caveat, and where classes exclude each other a mistake: more than one label is given",
        see=("several labels rate",),
        aliases=("several labels",),
    ),
    Entry(
        "wrong_label",
        "decisions",
        "mistake: one label is given and it is not the right one; of several labels, one is missing and one too many",
        see=("wrong label rate",),
        aliases=("wrong label",),
    ),
    Entry(
        "missed_label",
        "decisions",
        "mistake where several labels may hold: those given are right, some are missing",
        see=("extra_label", "recall"),
        aliases=("missed label",),
    ),
    Entry(
        "extra_label",
        "decisions",
        "mistake where several labels may hold: all that are due are given, and more",
        see=("missed_label", "precision"),
        aliases=("extra label",),
    ),
    Entry(
        "confidence",
        "decisions",
        "the lowest probability among the labels given; of a yes/no answer the probability of that answer",
        more="Without a label there is none.",
        see=("calibration", "overconfident mistakes"),
        aliases=("top confidence", "top probability"),
    ),
)
