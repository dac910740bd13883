"""Labels with scores or decisions -> figures: counts, proper scores, calibration, ranking, intervals."""

from labelwise.metrics.calibration import (
    Reliability,
    classwise_ece,
    ece,
    ece_debiased,
    ece_equal_mass,
    reliability,
    smooth_ece,
)
from labelwise.metrics.case import Case
from labelwise.metrics.counts import (
    LabelCounts,
    confusion,
    f1,
    f_rows,
    label_counts,
    labelwise_accuracy,
    labelwise_baseline,
    strict_accuracy,
    strict_rows,
)
from labelwise.metrics.intervals import (
    bootstrap_counts,
    bootstrap_groups,
    clopper_pearson,
    delong,
    delong_paired,
    holm,
    mcnemar,
    percentile,
    t_interval,
    wilson,
)
from labelwise.metrics.metric import Metric
from labelwise.metrics.proper import binary_log_loss, binary_log_loss_of_logs, brier, brier_rows, log_loss, nll_rows
from labelwise.metrics.ranking import auroc, average_precision, fpr_at_tpr, mean_auroc, mean_average_precision
from labelwise.metrics.selective import RiskCoverage, augrc, aurc, coverage_at_risk, excess_aurc, risk_coverage
from labelwise.metrics.spec import MetricSpec
from labelwise.metrics.table import METRICS, metrics_of

__all__ = [
    "METRICS",
    "Case",
    "LabelCounts",
    "Metric",
    "MetricSpec",
    "Reliability",
    "RiskCoverage",
    "augrc",
    "aurc",
    "auroc",
    "average_precision",
    "binary_log_loss",
    "binary_log_loss_of_logs",
    "bootstrap_counts",
    "bootstrap_groups",
    "brier",
    "brier_rows",
    "classwise_ece",
    "clopper_pearson",
    "confusion",
    "coverage_at_risk",
    "delong",
    "delong_paired",
    "ece",
    "ece_debiased",
    "ece_equal_mass",
    "excess_aurc",
    "f1",
    "f_rows",
    "fpr_at_tpr",
    "holm",
    "label_counts",
    "labelwise_accuracy",
    "labelwise_baseline",
    "log_loss",
    "mcnemar",
    "mean_auroc",
    "mean_average_precision",
    "metrics_of",
    "nll_rows",
    "percentile",
    "reliability",
    "risk_coverage",
    "smooth_ece",
    "strict_accuracy",
    "strict_rows",
    "t_interval",
    "wilson",
]
