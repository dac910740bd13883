"""The oracle: every formula of the heads once, in plain numpy float64, to be read as a lesson.

Nothing here is fast; the tests hold torch against it, and it against golden values and outside libraries, and a head's
expected first loss is computed with it. Every loss returns the (N,) losses of the rows and their (N, width) gradient.
Notation: z logits of rows, p probabilities, t a target distribution, y indicators of 0 and 1, C classes, ln(1 + e^x)
is `softplus`.
"""

from labelwise.reference.cells import sigmoid_bce, sigmoid_bce_cells
from labelwise.reference.count import count_kl, count_poisson, count_product, exponential_count
from labelwise.reference.divergence import abs_kl, binary_jeffreys, jeffreys
from labelwise.reference.exclusive import softmax_ce
from labelwise.reference.focal import asymmetric, log_others, sigmoid_focal, softmax_focal
from labelwise.reference.pairs import two_way, zlpr
from labelwise.reference.pieces import entropy, log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus
from labelwise.reference.squared import brier, sigmoid_squared, squared

__all__ = [
    "abs_kl",
    "asymmetric",
    "binary_jeffreys",
    "brier",
    "count_kl",
    "count_poisson",
    "count_product",
    "entropy",
    "exponential_count",
    "jeffreys",
    "log_others",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "sigmoid_bce",
    "sigmoid_bce_cells",
    "sigmoid_focal",
    "sigmoid_squared",
    "softmax",
    "softmax_ce",
    "softmax_focal",
    "softplus",
    "squared",
    "two_way",
    "zlpr",
]
