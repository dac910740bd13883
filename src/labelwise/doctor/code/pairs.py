"""What it means that an activation meets a family of losses."""

from __future__ import annotations

__all__ = ["SAYS", "VERDICTS"]

# What a loss family makes of the activation that reaches it.
VERDICTS: dict[tuple[str, str], str] = {
    ("ce", "softmax"): "LW101",
    ("ce", "logp2"): "LW101",
    ("nll", "logp2"): "LW101",
    ("ce", "sigmoid"): "LW103",
    ("ce", "relu"): "LW104",
    ("ce", "logp"): "LW105",
    ("bcel", "sigmoid"): "LW102",
    ("bcel", "prob"): "LW102",
    ("bcel", "softmax"): "LW301",
    ("bcel", "relu"): "LW104",
    ("bce", "logits"): "LW201",
    ("bce", "softmax"): "LW301",
    ("bce", "relu"): "LW104",
    ("nll", "softmax"): "LW202",
    ("nll", "logits"): "LW203",
    ("nll", "relu"): "LW203",
    ("kl", "softmax"): "LW204",
    ("kl", "sigmoid"): "LW204",
    ("kl", "logits"): "LW204",
    ("kl", "relu"): "LW204",
    ("kcce/True", "softmax"): "LW205",
    ("kcce/True", "sigmoid"): "LW205",
    ("kcce/True", "relu"): "LW104",
    ("kcce/True", "logp"): "LW105",
    ("kcce/False", "logits"): "LW205",
    ("kcce/False", "sigmoid"): "LW302",
    ("kcce/False", "relu"): "LW104",
    ("kbce/True", "sigmoid"): "LW205",
    ("kbce/True", "softmax"): "LW301",
    ("kbce/True", "relu"): "LW104",
    ("kbce/False", "logits"): "LW205",
    ("kbce/False", "softmax"): "LW301",
    ("kbce/False", "relu"): "LW104",
}

SAYS = {
    "LW101": "softmax is applied twice",
    "LW102": "sigmoid is applied twice",
    "LW103": "scores squashed into 0..1 are put through softmax again",
    "LW104": "every negative score is cut to 0 before the loss",
    "LW105": "log-softmax is applied twice, which changes nothing",
    "LW201": "the loss wants probabilities and gets raw scores",
    "LW202": "the loss wants log-probabilities and gets probabilities",
    "LW203": "the loss wants log-probabilities and gets raw scores",
    "LW204": "the loss wants log-probabilities as its first argument",
    "LW301": "classes that exclude each other are judged as independent labels",
    "LW302": "independent labels are judged as classes that exclude each other",
}
