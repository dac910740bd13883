"""LW302 cce-with-sigmoid."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW302",
    slug="cce-with-sigmoid",
    severity="warning",
    what="Sigmoid outputs are trained with categorical cross-entropy.",
    why=(
        "It still trains. Keras divides by the row's sum, so only ratios count: rows such as (0.0067, 0.0017)"
        " come out, and no output is a probability."
    ),
    bad="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(4, activation="sigmoid")])
model.compile(loss="categorical_crossentropy")
""",
    good="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(4, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
    fix="softmax for classes that exclude each other; binary cross-entropy for independent labels.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=("Losses or activations chosen at run time (configuration, command line, registries with unknown keys)."),
    source="keras-team/keras#6327.",
)
