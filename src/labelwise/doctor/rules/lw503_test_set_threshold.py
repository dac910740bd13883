"""LW503 test-set-threshold."""

from __future__ import annotations

from labelwise.doctor.rules.rule import Rule

__all__ = ["RULE"]

RULE = Rule(
    code="LW503",
    slug="test-set-threshold",
    severity="error",
    what="The decision threshold is chosen on the test split, and judged on it.",
    why=(
        "The reported score is the best of many on the very rows that should judge it: one case fell from "
        "0.80 to 0.50 when the threshold came from validation data."
    ),
    bad="""\
import numpy as np
from sklearn.metrics import f1_score, precision_recall_curve
p, r, t = precision_recall_curve(y_test, s_test)
best = t[np.argmax(2 * p * r / (p + r))]
print(f1_score(y_test, s_test >= best))
""",
    good="""\
import numpy as np
from sklearn.metrics import f1_score, precision_recall_curve
p, r, t = precision_recall_curve(y_val, s_val)
best = t[np.argmax(2 * p * r / (p + r))]
print(f1_score(y_test, s_test >= best))
""",
    fix=("Choose the threshold on validation data (or by cross-validation), then judge once on test data."),
    safety=("Not fixed automatically: the mistake has two ends, and which of them to change is yours to say."),
    misses="Splits whose names do not say what they are.",
    source="yuanqm55/GraphPPIS#2, d-ailin/GDN#59.",
)
