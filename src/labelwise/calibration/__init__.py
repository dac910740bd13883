"""Calibration: scores -> probabilities that can be taken at their word; "leave it alone" is an answer."""

from labelwise.calibration.calibration import Calibration
from labelwise.calibration.select import Candidate, Selection, fit_calibration, select_calibration
from labelwise.calibration.table import CALIBRATORS, Calibrator, calibrators_of

__all__ = [
    "CALIBRATORS",
    "Calibration",
    "Calibrator",
    "Candidate",
    "Selection",
    "calibrators_of",
    "fit_calibration",
    "select_calibration",
]
