"""Words for scores, links, tasks and labels."""

from labelwise.explain.entry import Entry

NOTES = (
    Entry(
        "logit",
        "scores",
        "a raw score, before any link: any real number",
        more="Losses take logits and apply the link themselves, once, inside. By sigmoid a logit of 0 is a probability "
        "of 0.5; by softmax only differences between the logits of a row count.",
        see=("probability", "softmax", "sigmoid"),
        aliases=("logits", "raw score", "score"),
    ),
    Entry(
        "probability",
        "scores",
        "a score from 0 to 1, after a link",
        more="The kind of a score is stated by the caller and never guessed from its range: logits between 0 and 1 are "
        "possible, and a warning, not a conversion.",
        see=("logit", "log-probability", "calibration"),
        aliases=("probabilities", "probs", "prob"),
    ),
    Entry(
        "log-probability",
        "scores",
        "the logarithm of a probability: 0 or below",
        formula="log softmax: z_i - ln Σ_j e^{z_j}\nlog sigmoid: -ln(1 + e^{-z})",
        more="Computed from logits directly, it stays exact where the probability itself rounds to 0 or 1.",
        see=("log-sum-exp", "log loss"),
        aliases=("log-probabilities", "log probs", "log softmax", "log sigmoid"),
    ),
    Entry(
        "link",
        "scores",
        "the function between logits and probabilities",
        more="It says how labels relate: softmax that exactly one holds, sigmoid that each is a question of its own.",
        see=("softmax", "sigmoid", "head"),
        aliases=("activation", "output layer", "links"),
    ),
    Entry(
        "softmax",
        "scores",
        formula="p_i = e^{z_i} / Σ_j e^{z_j};  inverse, up to a constant: z_i = ln p_i\n"
        "two classes: p_1 = sigmoid(z_1 - z_2);  one: p = 1",
        more="Probabilities sum to 1, so no two can be above 0.5. Adding a constant to all logits changes nothing, and "
        "an input of no known class still gets the whole unit. Over a single output it is always 1.",
        when="exactly one of the classes holds",
        when_not="labels may hold together, or none may hold",
        source="Bridle 1990",
        see=("softmax + cross-entropy", "sigmoid", "argmax"),
        aliases=("softmax link", "normalised exponential"),
    ),
    Entry(
        "sigmoid",
        "scores",
        formula="p = 1 / (1 + e^{-z});  inverse: z = ln p - ln(1 - p)",
        more="Probabilities of a row need not sum to 1: (.79, .80, .81) means three labels, (.2, .3, .4) none.",
        when="a yes/no question, or labels any number of which may hold",
        when_not="exactly one of several classes holds",
        source="Cox 1958",
        see=("sigmoid + binary cross-entropy", "softmax", "half"),
        aliases=("sigmoid link", "logistic function", "expit"),
    ),
    Entry(
        "log-sum-exp",
        "scores",
        "the logarithm of a sum of exponentials, with the maximum taken out first so that nothing overflows",
        formula="ln Σ_j e^{z_j} = m + ln Σ_j e^{z_j - m},  m = max_j z_j",
        when="always where a loss is computed from logits",
        see=("softmax", "log-probability"),
        aliases=("logsumexp",),
    ),
    Entry(
        "plain share",
        "scores",
        "each score divided by the sum of the row",
        formula="z_i / Σ_j z_j",
        more="Not a link: it fails on negative scores, and unlike softmax it changes when a constant is added.",
        when_not="as a replacement for softmax: (1, 2, 4, 1) has shares (.125, .25, .5, .125), softmax (.04, .11, .81, "
        ".04)",
        see=("softmax",),
        aliases=("share", "normalisation"),
    ),
    # ---------------------------------------------------------------- tasks
    Entry(
        "task",
        "tasks",
        "what the labels ask for: binary, multiclass, multilabel, ordinal or grouped",
        more="It is read from the labels alone, and the evidence for the reading is told.",
        see=("binary", "multiclass", "multilabel", "ordinal", "grouped"),
        aliases=("tasks",),
    ),
    Entry(
        "binary",
        "tasks",
        "a task of one yes/no question per row",
        more="One score per row is enough: two outputs under softmax are one under sigmoid of their difference.",
        see=("sigmoid", "multiclass"),
        aliases=("binary task", "yes/no"),
    ),
    Entry(
        "multiclass",
        "tasks",
        "a task in which every row has exactly one of several classes",
        see=("softmax", "argmax", "multilabel"),
        aliases=("single-label", "multiclass task", "exclusive"),
    ),
    Entry(
        "multilabel",
        "tasks",
        "a task in which any set of labels may hold for a row: none, one or several",
        see=("sigmoid", "per_label", "multiclass"),
        aliases=("multi-label", "multilabel task"),
    ),
    Entry(
        "ordinal",
        "tasks",
        "a task in which every row has one of several classes that have an order",
        more="The order is the caller's to state; the metrics then count how far off an answer is.",
        see=("rank MAE", "quadratic weighted kappa", "ranked probability score"),
        aliases=("ordinal task", "ordered classes"),
    ),
    Entry(
        "grouped",
        "tasks",
        "a task of several independent multiclass questions per row, such as type and make",
        see=("multiclass",),
        aliases=("grouped task", "multi-task"),
    ),
    Entry(
        "one-hot",
        "tasks",
        "one class per row written as a row of zeros with a single 1",
        more="Read as one class per row. Stored as floats, the same labels silently mean sigmoid and binary "
        "cross-entropy in frameworks that go by the dtype.",
        see=("multiclass", "multilabel"),
        aliases=("float_one_hot", "one_hot", "indicator"),
    ),
)
