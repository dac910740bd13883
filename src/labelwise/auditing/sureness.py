"""Ways of being sure of an answer, compared: top probability, margin, the highest logit and its p-norm."""

from __future__ import annotations

import numpy as np

from labelwise.kernels.blocks import row_blocks
from labelwise.metrics.case import Case
from labelwise.metrics.probs import probabilities_of
from labelwise.metrics.ranking import auroc
from labelwise.metrics.selective import aurc

__all__ = ["compare_confidences"]

NORMS = (2, 3, 4, 5, 6, 8)
MOST_CELLS = 5_000_000


def compare_confidences(case: Case) -> dict[str, dict[str, float | None]]:
    """AURC and AUROC of several confidences of the same answers; the norm is the one with the least AURC on these rows.

    Of very large arrays every k-th row is looked at.

    Source: Cattelan and Silva (2024), How to fix a broken confidence estimator (the p-norm, of centred logits).
    """
    if case.several or case.scores.task.kind == "binary":
        return {"answer_probability": _judge(case.confidence, case.right)}
    some = slice(None, None, -(-case.scores.array.size // MOST_CELLS))
    right = np.where(case.known, case.rows.decision == case.targets, np.nan)[some]
    margin, top, normed = _columns(case, some)
    with np.errstate(divide="ignore"):
        out = {
            "top_probability": _judge(-np.log(case.rows.against[some].astype(np.float64)), right),
            "margin": _judge(margin, right),
        }
    if case.scores.kind == "logits":
        out["max_logit"] = _judge(top, right)
        each = {p: _judge(values, right) for p, values in normed.items()}
        best = min(each, key=lambda p: each[p]["aurc"] or 0.0)
        out["max_logit_p_norm"] = each[best] | {"p": float(best)}
    return out


def _judge(confidence: np.ndarray, right: np.ndarray) -> dict[str, float | None]:
    return {"aurc": aurc(confidence, right), "auroc": auroc(confidence, right)}


def _columns(case: Case, some: slice) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    chosen = np.arange(len(case.scores))[some]
    n, width = len(chosen), case.scores.array.shape[1]
    logits = case.scores.kind == "logits"
    margin, top, normed = np.empty(n), np.empty(n), {p: np.empty(n) for p in NORMS if logits}
    for rows in row_blocks(slice(0, n), width * 2):
        p = probabilities_of(case, chosen[rows])
        two = np.partition(p, -2, axis=1)[:, -2:]
        margin[rows] = two[:, 1] - two[:, 0]
        if not logits:
            continue
        z = case.scores.array[chosen[rows]].astype(np.float64)
        top[rows] = z.max(1)
        z -= z.mean(1, keepdims=True)
        power, highest = np.abs(z), z.max(1)
        largest = np.maximum(power.max(1), 1e-300)
        power /= largest[:, None]
        for q, values in normed.items():
            size = largest * (power**q).sum(1) ** (1 / q)  # 0 where all logits of a row are the same
            values[rows] = np.divide(highest, size, out=np.zeros_like(highest), where=size > 0)
    return margin, top, normed
