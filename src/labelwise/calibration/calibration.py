"""A fitted calibration: a form with its parameters. Scores in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labelwise.calibration.forms import FORMS
from labelwise.calibration.inputs import calibration_logits, link_of
from labelwise.scores import Logits, Probs, Scores

__all__ = ["Calibration"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A fitted calibration.

    Attributes:
        name: the calibrator that fitted it, a key of `CALIBRATORS`.
        form: a key of `FORMS`.
        parameters: what the form asks for: float64 arrays, or tuples of them.
        why: why it is what it is, where that needs saying (e.g. too few rows), else None.
    """

    name: str
    form: str = "identity"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    why: str | None = None

    def logits(self, z: np.ndarray) -> np.ndarray:
        """Calibrated logits of `calibration_logits`: a new (N, C) array."""
        return FORMS[self.form].apply(z, self.parameters)

    def probs(self, scores: Scores) -> Probs:
        """Calibrated probabilities of scores.

        Args:
            scores: of the kind and task that the calibration was fitted on; never changed.
        """
        z = self.logits(calibration_logits(scores))
        return Logits(z, scores.task, scores.ids, scores.groups, scores.weights).to_probs(link_of(scores.task))
