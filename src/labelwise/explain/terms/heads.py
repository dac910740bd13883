"""Words for heads, losses and training; what a head says of itself stands in `HEADS`."""

from labelwise.explain.entry import Entry

NOTES = (
    Entry(
        "head",
        "heads",
        "a classifier's last step as one value: link, loss with a named reduction, target encoding, first bias, "
        "matching decision rule, expected first loss",
        see=("softmax + cross-entropy", "sigmoid + binary cross-entropy"),
        aliases=("heads", "output head", "last layer"),
    ),
    Entry(
        "softmax + cross-entropy",
        "heads",
        aliases=("CE", "softmax CE", "categorical cross-entropy", "cross-entropy loss", "softmax loss"),
        see=("sigmoid + binary cross-entropy", "argmax", "log loss"),
    ),
    Entry(
        "sigmoid + binary cross-entropy",
        "heads",
        aliases=("BCE", "BCE with logits", "sigmoid BCE", "binary cross-entropy loss", "sigmoid cross-entropy"),
        see=("softmax + cross-entropy", "half", "reduction", "first bias", "pos_weight"),
    ),
    Entry(
        "loss",
        "heads",
        "what training makes small: one number per row, computed from logits and targets",
        more="As a switch it is the remainder of a gap once every other cause is set right: what the loss itself, "
        "above all the competition between classes, is worth.",
        see=("head", "reduction", "switch", "expected first loss"),
        aliases=("the loss itself", "remainder", "losses"),
    ),
    # ---------------------------------------------------------------- training
    Entry(
        "reduction",
        "training",
        "how the loss of a row is made of its labels: their mean, or their sum",
        formula="mean_labels = sum_labels / L",
        more="The mean over L labels divides the gradient by L. Under SGD that is a learning rate L times smaller; "
        "under Adam, which does not see the scale, it changes next to nothing.",
        when="the sum, where a learning rate is carried over from softmax or from another number of labels",
        when_not="the mean with SGD at a rate that was chosen for cross-entropy: training is then L times slower",
        source="mean: PyTorch BCEWithLogitsLoss; sum: Caffe SigmoidCrossEntropyLoss, timm BinaryCrossEntropy",
        see=("sigmoid + binary cross-entropy", "learning rate", "effective learning rate"),
        aliases=("mean_labels", "sum_labels", "bce-sum"),
    ),
    Entry(
        "first bias",
        "training",
        "the bias of the last layer before the first step: zero, or prior, from how often each label occurs",
        formula="sigmoid: b_j = ln(π_j / (1 - π_j));  softmax: b_j = ln π_j;  π_j the share of label j",
        more="From zero, sigmoid heads begin with every label at 0.5 and first have to learn that most are absent.",
        when="prior, for sigmoid heads over many or rare labels",
        source="Lin et al. 2017 (arXiv 1708.02002), section 3.3",
        see=("expected first loss", "sigmoid + binary cross-entropy"),
        aliases=("bias", "prior bias", "bias initialisation", "prior"),
    ),
    Entry(
        "learning rate",
        "training",
        "the length of a training step",
        more="The best one depends on the loss's scale. Comparing two heads at one shared rate compares the scales: "
        "each head needs its own, tuned over the same grid on validation rows.",
        see=("effective learning rate", "reduction", "at the edge"),
        aliases=("rate", "lr"),
    ),
    Entry(
        "effective learning rate",
        "training",
        "learning rate times the factor that the reduction puts on the gradient",
        formula="rate / L for mean_labels, else rate",
        see=("reduction", "learning rate"),
        aliases=("effective rate", "gradient scale"),
    ),
    Entry(
        "at the edge",
        "training",
        "the chosen learning rate is the lowest or highest of the grid: a better one may lie outside",
        when_not="believing a comparison of such a head before the grid is widened",
        see=("learning rate",),
        aliases=("at_edge", "edge of the grid"),
    ),
    Entry(
        "pos_weight",
        "training",
        "a factor on the loss of the labels that hold",
        formula="Σ_j w y_j ln(1 + e^{-z_j}) + (1 - y_j) ln(1 + e^{z_j})",
        more="It shifts every logit by about ln w, so probabilities are no longer right and 0.5 is no longer the "
        "threshold; tuning the threshold does much the same without touching training.",
        when="a rare label is not learnt at all",
        when_not="probabilities are to be believed, or a threshold is tuned anyway",
        source="PyTorch BCEWithLogitsLoss",
        see=("sigmoid + binary cross-entropy", "threshold"),
        aliases=("weighting", "class weighting", "positive weight"),
    ),
    Entry(
        "expected first loss",
        "training",
        "the loss that training must start from where every logit equals its first bias",
        formula="softmax from zero: ln C;  sigmoid from zero, per label: ln 2",
        more="A first loss far from it points to a wrong loss, a doubled link or a wrong target encoding.",
        see=("first bias", "expected first gradient"),
        aliases=("initial loss", "loss at initialisation", "initial_loss"),
    ),
    Entry(
        "expected first gradient",
        "training",
        "norm of the loss's gradient by the logits over a first batch, expected from the labels alone",
        formula="√(mean over rows of |d loss / d logits|²) / √(batch size)",
        more="A head with a smaller one learns more slowly at the same rate, unless the optimiser is scale-free.",
        see=("expected first loss", "reduction"),
        aliases=("first gradient", "gradient norm", "first_gradient"),
    ),
)
