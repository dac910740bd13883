"""LW205 keras-from-logits-mismatch."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW205",
    slug="keras-from-logits-mismatch",
    severity="error",
    what="A Keras model's last activation and the loss's from_logits do not fit.",
    why=(
        "Twice activated (softmax or sigmoid with from_logits=True): it still trains, to a floor of ln(1 + "
        "(C-1)/e), or 0.3133 for sigmoid. Missing (no activation, from_logits left False): scores are clipped"
        " to [1e-7, 1 - 1e-7] and most gradients are 0."
    ),
    bad="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(10, activation="softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
    good="""\
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
    fix="Dense without activation and from_logits=True; or an activation and from_logits=False.",
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Layers chosen at run time; models loaded from files.",
    source="lovedlim/tensorflow#2, QCmonk/Qmemristor#1.",
)
