"""LW301 bce-with-softmax."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW301",
    slug="bce-with-softmax",
    severity="warning",
    what="Softmax outputs are trained with binary cross-entropy.",
    why=(
        "It still trains. Each class is judged as an independent label although the softmax ties them; "
        "Keras's accuracy may become label-wise (1 - 1/C for nothing), and with a with-logits loss the "
        "probabilities are squashed once more."
    ),
    bad="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(10, activation="softmax")])
model.compile(loss="binary_crossentropy")
""",
    good="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(10, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
    fix="Categorical cross-entropy for classes that exclude each other; sigmoid for labels that do not.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Two columns are not reported: there the two losses agree up to a factor.",
    source="kusiwu/Resnet50-Cifar10-Python-Keras#1.",
)
