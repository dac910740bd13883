"""Heads: outputs, loss, target encoding, bias, matching decision rule and expected first loss as complete values."""

from __future__ import annotations

from labelwise.heads.asymmetric import ASL
from labelwise.heads.count import COUNT_KL_MSE, COUNT_POISSON, COUNT_PRODUCT
from labelwise.heads.divergence import ABS_KL, BINARY_JEFFREYS
from labelwise.heads.focal import FOCAL, SOFTMAX_FOCAL
from labelwise.heads.grouped import GROUPED_SOFTMAX
from labelwise.heads.head import BIASES, Head
from labelwise.heads.head import head_from as _head_from
from labelwise.heads.long_tail import LOGIT_ADJUSTED
from labelwise.heads.ordinal import (
    ALL_THRESHOLD,
    CORAL,
    CORN,
    CUMULATIVE_CLOGLOG,
    CUMULATIVE_LOGIT,
    CUMULATIVE_PROBIT,
    IMMEDIATE_THRESHOLD,
    ORDINAL_SOFT,
    SQUARED_EMD,
)
from labelwise.heads.pairs import TWO_WAY, ZLPR
from labelwise.heads.sigmoid import SIGMOID
from labelwise.heads.softmax import SOFTMAX
from labelwise.heads.squared import BRIER, SIGMOID_MSE, SQUARED

__all__ = ["BIASES", "HEADS", "Head", "head_from"]

_EXCLUSIVE = (SOFTMAX_FOCAL, LOGIT_ADJUSTED, BRIER, SQUARED)
_PER_LABEL = (FOCAL, ASL, SIGMOID_MSE, ABS_KL, BINARY_JEFFREYS)
_TOGETHER = (ZLPR, TWO_WAY, COUNT_POISSON, COUNT_KL_MSE, COUNT_PRODUCT)

_ORDINAL = (
    CUMULATIVE_LOGIT,
    CUMULATIVE_PROBIT,
    CUMULATIVE_CLOGLOG,
    ALL_THRESHOLD,
    IMMEDIATE_THRESHOLD,
    CORAL,
    CORN,
    SQUARED_EMD,
    ORDINAL_SOFT,
)

HEADS: dict[str, Head] = {
    head.name: head for head in (SOFTMAX, SIGMOID, *_EXCLUSIVE, *_PER_LABEL, *_TOGETHER, *_ORDINAL, GROUPED_SOFTMAX)
}


def head_from(spec: str | Head) -> Head:
    """The head named by `spec`: ``"softmax"``, ``"sigmoid(reduction=sum_labels,bias=prior)"``, or a `Head` itself.

    Raises:
        OptionError: for an unknown head or setting, with the closest name.

    Example:
        >>> head_from("sigmoid(bias=prior)").bias
        'prior'
    """
    return _head_from(spec, HEADS)
