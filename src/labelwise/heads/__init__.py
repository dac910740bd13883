"""Heads: outputs, loss, target encoding, bias, matching decision rule and expected first loss as complete values."""

from __future__ import annotations

from labelwise.heads.head import BIASES, Head
from labelwise.heads.head import head_from as _head_from
from labelwise.heads.sigmoid import SIGMOID
from labelwise.heads.softmax import SOFTMAX

__all__ = ["BIASES", "HEADS", "Head", "head_from"]

HEADS: dict[str, Head] = {head.name: head for head in (SOFTMAX, SIGMOID)}


def head_from(spec: str | Head) -> Head:
    """The head named by `spec`: ``"softmax"``, ``"sigmoid(reduction=sum_labels,bias=prior)"``, or a `Head` itself.

    Raises:
        OptionError: for an unknown head or setting, with the closest name.

    Example:
        >>> head_from("sigmoid(bias=prior)").bias
        'prior'
    """
    return _head_from(spec, HEADS)
