"""LW401 softmax-one-unit."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW401",
    slug="softmax-one-unit",
    severity="error",
    what="Softmax (or cross-entropy) over a single output.",
    why=(
        "The softmax of one number is 1, whatever the input: the model answers the same class for everything,"
        " cross-entropy is exactly 0, and no gradient flows."
    ),
    bad="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(1, activation="softmax")])
model.compile(loss="binary_crossentropy")
""",
    good="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
    fix="One output: sigmoid and binary cross-entropy. Two outputs: softmax and cross-entropy.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses=(
        "Widths that come from configuration. Softmax of one score per step over the steps (attention) is "
        "right and not reported."
    ),
    source="keras-team/keras#126, huggingface/transformers#45611.",
)
