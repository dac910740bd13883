"""Words for ordered classes and for several groups; what heads and rules say of themselves stands in their tables."""

from labelwise.explain.entry import Entry

NOTES = (
    Entry(
        "cumulative logit (proportional odds)",
        "heads",
        more="A difference of two sigmoids loses the loss and its gradient as soon as both are 1; the three logarithms "
        "it is made of do not.",
        see=("thresholds of ranks", "all-threshold, logistic", "median", "first bias"),
        aliases=("ordered logit", "proportional odds", "ordinal logistic regression", "POM", "CLM"),
    ),
    Entry(
        "cumulative probit (ordered probit)",
        "heads",
        see=("thresholds of ranks", "cumulative logit (proportional odds)"),
        aliases=("ordered probit",),
    ),
    Entry(
        "cumulative complementary log-log (proportional hazards)",
        "heads",
        see=("thresholds of ranks", "cumulative logit (proportional odds)"),
        aliases=("cloglog", "proportional hazards"),
    ),
    Entry(
        "all-threshold, logistic",
        "heads",
        see=("CORAL", "thresholds of ranks", "rank MAE"),
        aliases=("all threshold",),
    ),
    Entry("CORAL", "heads", see=("all-threshold, logistic", "CORN"), aliases=("consistent rank logits",)),
    Entry("CORN", "heads", see=("CORAL",), aliases=("conditional ordinal regression",)),
    Entry(
        "softmax + squared earth mover's distance",
        "heads",
        see=("ranked probability score", "median"),
        aliases=("EMD loss", "squared EMD"),
    ),
    Entry("softmax + soft ordinal targets", "heads", see=("CORAL",), aliases=("SORD", "soft ordinal labels")),
    Entry(
        "softmax + cross-entropy of each group",
        "heads",
        see=("accuracy of the groups", "apart"),
        aliases=("multi-task head", "multi-head softmax"),
    ),
    Entry(
        "thresholds of ranks",
        "heads",
        "the points that cut the line of scores into ordered classes",
        formula="θ_k = θ_{k-1} + ln(1 + e^{δ_k})",
        more="The gaps are what is learnt, so that no threshold can pass another; all rows share them, and only the "
        "score depends on the row.",
        see=("cumulative logit (proportional odds)",),
        aliases=("cutpoints", "cut points"),
    ),
    Entry(
        "median",
        "decisions",
        formula="the first k with Σ_{j ≤ k} p_j ≥ 1/2",
        when="ordered classes judged by the distance in ranks",
        when_not="the class itself must be met: argmax",
        see=("rank MAE", "mean", "argmax"),
    ),
    Entry(
        "mean",
        "decisions",
        formula="round(Σ_k k p_k)",
        when="ordered classes judged by the squared distance, as quadratic weighted kappa does",
        when_not="two far classes are likely and the middle is not: it answers with the middle",
        see=("quadratic weighted kappa", "median"),
    ),
    Entry(
        "apart",
        "comparing",
        "one network for each group of labels, held against one for all of them",
        more="Same backbone, first weights, rows, order of batches and grid of learning rates; only the weights below "
        "the heads are no longer shared. Cost is told in parameters and seconds.",
        when="several questions about one row, and it is open whether they help each other",
        see=("softmax + cross-entropy of each group", "accuracy of the groups"),
        aliases=("shared network", "multi-task or single-task"),
    ),
)
