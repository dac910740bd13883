"""What is known of the losses of the frameworks."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KERAS_LOSS_NAMES", "LOSSES", "LossSpec"]


@dataclass(frozen=True)
class LossSpec:
    """A loss: what family it is of, whether it is a class to make first, and where its arguments stand.

    Families: ``ce`` (applies log-softmax), ``bcel`` (applies sigmoid), ``bce`` (wants probabilities), ``nll`` and
    ``kl`` (want log-probabilities), and Keras's ``kcce``, ``kscce``, ``kbce`` which ask for `from_logits`.
    """

    family: str
    made: bool
    scores: str
    labels: str
    order: tuple[str, ...]
    keras: bool = False
    from_logits: bool = False


def _losses() -> dict[str, LossSpec]:
    table: dict[str, LossSpec] = {}
    torch_args = ("input", "target", "weight")
    for family, names in {
        "ce": "CrossEntropyLoss",
        "bcel": "BCEWithLogitsLoss MultiLabelSoftMarginLoss",
        "bce": "BCELoss",
        "nll": "NLLLoss NLLLoss2d",
        "kl": "KLDivLoss",
        "mse": "MSELoss L1Loss SmoothL1Loss HuberLoss",
    }.items():
        for name in names.split():
            table["torch.nn." + name] = LossSpec(family, True, "input", "target", torch_args)
    for family, names in {
        "ce": "cross_entropy",
        "bcel": "binary_cross_entropy_with_logits multilabel_soft_margin_loss",
        "bce": "binary_cross_entropy",
        "nll": "nll_loss",
        "kl": "kl_div",
        "mse": "mse_loss l1_loss smooth_l1_loss huber_loss",
    }.items():
        for name in names.split():
            table["torch.nn.functional." + name] = LossSpec(family, False, "input", "target", torch_args)
    for family, names in {
        "ce": "fastai.CrossEntropyLossFlat fastai.LabelSmoothingCrossEntropyFlat "
        "fastai.LabelSmoothingCrossEntropy fastai.FocalLossFlat "
        "timm.loss.LabelSmoothingCrossEntropy timm.loss.SoftTargetCrossEntropy smp.SoftCrossEntropyLoss",
        "bcel": "fastai.BCEWithLogitsLossFlat timm.loss.BinaryCrossEntropy timm.loss.AsymmetricLossMultiLabel "
        "smp.SoftBCEWithLogitsLoss",
        "bce": "fastai.BCELossFlat",
        "mse": "fastai.MSELossFlat fastai.L1LossFlat",
    }.items():
        for name in names.split():
            table[name] = LossSpec(family, True, "input", "target", torch_args)
    table["torchvision.ops.sigmoid_focal_loss"] = LossSpec("bcel", False, "inputs", "targets", ("inputs", "targets"))
    tf_args = ("_sentinel", "labels", "logits", "dim")
    for root in ("tensorflow.nn.",):
        for name in (
            "softmax_cross_entropy_with_logits",
            "softmax_cross_entropy_with_logits_v2",
            "sparse_softmax_cross_entropy_with_logits",
        ):
            table[root + name] = LossSpec(
                "ce", False, "logits", "labels", tf_args if "v2" not in name else ("labels", "logits")
            )
        table[root + "sigmoid_cross_entropy_with_logits"] = LossSpec("bcel", False, "logits", "labels", tf_args)
        table[root + "weighted_cross_entropy_with_logits"] = LossSpec(
            "bcel", False, "logits", "targets", ("targets", "logits")
        )
    for name, family in (
        ("softmax_cross_entropy", "ce"),
        ("sparse_softmax_cross_entropy", "ce"),
        ("sigmoid_cross_entropy", "bcel"),
    ):
        labels = "multi_class_labels" if family == "bcel" else "onehot_labels" if "sparse" not in name else "labels"
        table["tensorflow.losses." + name] = LossSpec(family, False, "logits", labels, (labels, "logits"))
        table["tensorflow.contrib.losses." + name] = LossSpec(family, False, "logits", labels, ("logits", labels))
    for name, family in (
        ("softmax_cross_entropy", "ce"),
        ("softmax_cross_entropy_with_integer_labels", "ce"),
        ("sigmoid_binary_cross_entropy", "bcel"),
    ):
        for root in ("optax.", "optax.losses."):
            table[root + name] = LossSpec(family, False, "logits", "labels", ("logits", "labels"))
    keras_made = ("from_logits",)
    for name, family in (
        ("CategoricalCrossentropy", "kcce"),
        ("SparseCategoricalCrossentropy", "kscce"),
        ("BinaryCrossentropy", "kbce"),
        ("BinaryFocalCrossentropy", "kbce"),
        ("CategoricalFocalCrossentropy", "kcce"),
    ):
        table["keras.losses." + name] = LossSpec(family, True, "y_pred", "y_true", keras_made, True)
    for name, family in (
        ("categorical_crossentropy", "kcce"),
        ("sparse_categorical_crossentropy", "kscce"),
        ("binary_crossentropy", "kbce"),
    ):
        table["keras.losses." + name] = LossSpec(
            family, False, "y_pred", "y_true", ("y_true", "y_pred", "from_logits"), True
        )
        table["keras.metrics." + name] = table["keras.losses." + name]
        table["keras.objectives." + name] = table["keras.losses." + name]
        table["keras.backend." + name] = LossSpec(
            family, False, "output", "target", ("target", "output", "from_logits"), True
        )
        table["keras.ops." + name] = LossSpec(
            family, False, "output", "target", ("target", "output", "from_logits"), True
        )
    for name in ("MeanSquaredError", "MeanAbsoluteError"):
        table["keras.losses." + name] = LossSpec("mse", True, "y_pred", "y_true", (), True)
    return table


LOSSES: dict[str, LossSpec] = _losses()


KERAS_LOSS_NAMES = {
    "categorical_crossentropy": "kcce",
    "sparse_categorical_crossentropy": "kscce",
    "binary_crossentropy": "kbce",
    "mse": "mse",
    "mean_squared_error": "mse",
    "mae": "mse",
    "mean_absolute_error": "mse",
}
