"""What a policy computes, written once for any engine: arithmetic, comparisons and reductions over rows, in float64.

`decide_program` is `Policy.decide` in the words of `Engine`; the torch module, the ONNX graph and the numpy file are
made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from labelwise.calibration.forms import LEAST_SHARE
from labelwise.calibration.inputs import FLOOR
from labelwise.decisions.caution import CAVEATS
from labelwise.decisions.forms import FULL, set_matrix
from labelwise.decisions.row_f import grid_of
from labelwise.decisions.rule import TunedRule
from labelwise.decisions.sets import RANK_FREE, RANK_PRICE, SetRule
from labelwise.decisions.snap import cut_of, log_cut_of, snap
from labelwise.errors import OptionError
from labelwise.policies.policy import Policy
from labelwise.policies.words import Engine, Value, Words

__all__ = ["decide_program"]


def decide_program(policy: Policy, engine: Engine, scores: Value) -> dict[str, Value]:
    """``answers`` (N, C) bool, ``probabilities`` (N, C), ``caveats`` (N, 6) bool, and where the policy has them
    ``unsure`` and ``sets`` (N, C) bool, of (N, C) float64 scores.

    Raises:
        OptionError: for log-probabilities of independent labels, whose 1 - p other engines cannot take precisely.
    """
    w, calibration = Words(engine), policy.calibration
    exclusive = policy.task.kind in ("multiclass", "ordinal")
    raw = engine.piece("raw_logits", lambda scores: _raw(policy, w, scores), scores)
    form = FORMS[calibration.form]
    logits = engine.piece("calibrated", lambda z: form(calibration.parameters, w, z, policy.task.n_outputs), raw)
    rule, width = policy.rule, policy.task.n_outputs
    answers = engine.piece("answered", lambda logits: _answers(rule, w, logits, width), logits)
    probs = engine.one("exp", w.log_shares(logits)) if exclusive else w.sigmoid(logits)
    found = {"answers": answers, "probabilities": probs}
    caveats = engine.piece(
        "cautioned", lambda raw, logits, answers: _caveats(policy, w, raw, logits, answers), raw, logits, answers
    )
    unsure = None
    if rule.unsure_from is not None:
        unsure = engine.piece("unsure_of", lambda logits: _unsure(rule, w, logits), logits)
        places = w.e.constant(np.arange(len(CAVEATS)) == list(CAVEATS).index("unsure"))
        caveats = w.e.two("or", caveats, w.e.two("and", w.any(unsure), places))
    found["caveats"] = caveats
    if unsure is not None:
        found["unsure"] = unsure
    sets = policy.sets
    if sets is not None:
        found["sets"] = engine.piece("in_set", lambda p: _sets(sets, w, w.snap(p)), probs)
    return found


def _raw(policy: Policy, w: Words, x: Value) -> Value:
    exclusive, kind = policy.task.kind in ("multiclass", "ordinal"), policy.score_kind
    if kind == "logits":
        return w.log_shares(x) if policy.trained_with == "softmax" else x
    if kind == "log-probabilities" and not exclusive and policy.trained_with is None:
        raise OptionError(
            "a policy in another engine",
            "log-probabilities of independent labels, whose 1 - p is lost in rounding there",
            "a policy fitted on logits or probabilities",
        )
    log_p = w.e.one("log", w.two("max", x, FLOOR)) if kind == "probabilities" else x
    log_p = w.two("min", w.two("max", log_p, float(np.log(FLOOR))), 0.0)
    if exclusive:
        return w.two("sub", log_p, w.e.one("log", w.e.rows("sum", w.e.one("exp", log_p))))
    if policy.trained_with == "softmax":
        return log_p
    rest = w.two("max", w.two("sub", w.number(1.0), x), FLOOR)
    return w.two("sub", log_p, w.e.one("log", rest))


def _mixed(p: Any, w: Words, z: Value, width: int) -> Value:
    scaled = w.two("mul", z, p["scale"])
    share = w.e.one("exp", w.two("sub", scaled, w.e.rows("max", scaled)))
    factor = w.two("div", w.number(1 - p["share"]), w.e.rows("sum", share))
    return w.e.one("log", w.two("add", w.two("mul", share, factor), float(p["share"]) / width))


def _steps(p: Any, w: Words, z: Value) -> Value:
    edges, values = p["edges"], p["values"]
    most = max(len(e) for e in edges)
    padded = np.full((len(edges), max(most, 1)), np.inf)
    table = np.zeros((len(edges), max(most, 1) + 1))
    for column, (e, v) in enumerate(zip(edges, values, strict=True)):
        padded[column, : len(e)] = e
        table[column, : len(v)] = v
    reached = w.two("ge", w.e.deeper(z, 2), padded)
    count = w.e.flatter(w.e.rows("sum", w.e.one("int", reached)))
    start = w.e.constant(np.arange(len(edges)) * table.shape[1])
    return w.e.look_up(table.ravel(), w.e.two("add", count, start))


def _cumulative(p: Any, w: Words, z: Value, width: int) -> Value:
    shares, above = w.e.one("exp", w.log_shares(z)), np.tri(width, width - 1, -1)
    odds = [w.e.one("log", w.two("max", w.two("matmul", shares, part), LEAST_SHARE)) for part in (above, 1 - above)]
    cuts = w.two("add", w.two("mul", w.two("sub", *odds), p["scale"]), p["bias"])
    places, one = np.arange(width), w.number(1.0)
    first, last = w.e.constant(places == 0), w.e.constant(places == width - 1)
    u = w.e.pick(cuts, np.maximum(places - 1, 0))
    v = w.e.pick(cuts, np.minimum(places, width - 2))
    apart = w.two("sub", one, w.e.one("exp", w.two("sub", v, u)))
    share = w.two(
        "mul",
        w.two("mul", w.e.where(first, one, w.sigmoid(u)), w.e.where(last, one, w.sigmoid(w.e.one("neg", v)))),
        w.e.where(w.e.two("or", first, last), one, apart),
    )
    return w.e.one("log", w.two("add", w.two("mul", share, 1 - p["share"]), p["share"] / width))


def _quadratic(p: Any, w: Words, z: Value, width: int) -> Value:
    inside = w.two("min", w.two("max", z, p["low"]), p["high"])
    curve = w.two("mul", w.two("add", w.two("mul", inside, p["bend"]), p["slope"]), inside)
    slope = w.two("add", w.two("mul", inside, 2 * p["bend"]), p["slope"])
    return w.two("add", w.two("add", curve, p["bias"]), w.two("mul", slope, w.two("sub", z, inside)))


def _beta(p: Any, w: Words, z: Value, width: int) -> Value:
    rise = w.two("mul", w.e.one("neg", w.softplus(w.e.one("neg", z))), p["rise"])
    return w.two("add", w.two("add", rise, w.two("mul", w.softplus(z), p["fall"])), p["bias"])


FORMS: dict[str, Callable[[Any, Words, Value, int], Value]] = {
    "identity": lambda p, w, z, width: z,
    "affine": lambda p, w, z, width: w.two("add", w.two("mul", z, p["scale"]), p["bias"]),
    "mixture": _mixed,
    "mixed_vector": lambda p, w, z, width: w.two("add", w.two("mul", _mixed(p, w, z, width), p["slope"]), p["bias"]),
    "mixed_matrix": lambda p, w, z, width: w.two(
        "add", w.two("matmul", _mixed(p, w, z, width), p["matrix"]), p["bias"]
    ),
    "cumulative": _cumulative,
    "beta": _beta,
    "quadratic": _quadratic,
    "steps": lambda p, w, z, width: _steps(p, w, z),
    "share_steps": lambda p, w, z, width: _steps(p, w, w.log_shares(z)),
}
"""Every form of a calibration, in the words of an engine."""


def _highest(rule: TunedRule, w: Words, z: Value, width: int) -> Value:
    u = w.snap(w.log_shares(z))
    return w.first_highest(u if rule.offsets is None else w.two("add", u, np.asarray(rule.offsets)), width)


def _least_cost(rule: TunedRule, w: Words, z: Value, width: int) -> Value:
    costs = np.asarray(rule.costs)
    expected = w.two("matmul", w.e.one("exp", w.log_shares(z)), costs)
    best = w.first_highest(w.e.one("neg", w.snap(expected)), costs.shape[1])
    return best if costs.shape[1] == width else w.e.pick(best, np.arange(width))


def _top(w: Words, z: Value, count: Value, width: int) -> Value:
    return w.e.two("lt", w.ranks(w.snap(z), width), count)


def _expected_count(rule: TunedRule, w: Words, z: Value, width: int) -> Value:
    return _top(w, z, w.e.one("int", w.e.one("round", w.snap(w.e.rows("sum", w.sigmoid(z))))), width)


def _row_f(rule: TunedRule, w: Words, z: Value, width: int) -> Value:
    """The words of `row_f.expected_f`, with one shift of a table for each label."""
    beta = rule.beta or 1.0
    up, unit = grid_of(beta)
    p = w.e.sort(w.sigmoid(z))
    mine = [w.e.pick(p, np.array([k])) for k in range(width)]
    rest = [w.two("sub", w.number(1.0), x) for x in mine]
    places = np.arange(width + 1)
    front = [w.two("mul", w.e.pick(p, np.zeros(width + 1, int)), 0.0)]
    front[0] = w.two("add", front[0], (places == 0).astype(float))
    for k in range(width):
        shifted = w.two("mul", w.e.pick(front[k], np.maximum(places - 1, 0)), (places > 0).astype(float))
        front.append(w.two("add", w.two("mul", front[k], rest[k]), w.two("mul", shifted, mine[k])))
    steps = (up + unit) * width + 1
    back = w.number([[1.0, *(unit / np.arange(1, steps))]])
    figures = []
    for k in range(width, 0, -1):
        at = np.minimum(unit * k + up * places, (up + unit) * k)
        due = np.where(places <= k, (1 + beta**2) * places, 0.0)
        reached = w.two("mul", w.two("mul", front[k], due), w.e.pick(back, at))
        figures.append(w.e.rows("sum", reached))
        low = np.arange((up + unit) * (k - 1) + 1)
        back = w.two(
            "add", w.two("mul", w.e.pick(back, low + up), mine[k - 1]), w.two("mul", w.e.pick(back, low), rest[k - 1])
        )
    figures.append(w.e.pick(front[width], np.array([0])))
    counts = w.first_highest(w.snap(w.e.beside(figures[::-1])), width + 1)
    count = w.e.rows("sum", w.e.where(counts, w.e.constant(places), w.e.constant(np.asarray(0))))
    return _top(w, z, count, width)


def _known_sets(rule: TunedRule, w: Words, z: Value, width: int) -> Value:
    members = set_matrix(rule.sets or (), width)
    u = w.two("min", w.two("max", w.snap(z), -FULL), FULL)
    favour = w.two("add", w.two("matmul", u, members.T), snap(np.asarray(rule.offsets)))
    best = w.e.where(w.first_highest(favour, len(members)), w.number(1.0), w.number(0.0))
    return w.two("gt", w.two("matmul", best, members), 0.5)


RULES: dict[str, Callable[[TunedRule, Words, Value, int], Value]] = {
    "highest": _highest,
    "least_cost": _least_cost,
    "thresholds": lambda rule, w, z, width: w.two(
        "ge", w.snap(z), np.array([cut_of(t) for t in rule.thresholds or ()])
    ),
    "top_k": lambda rule, w, z, width: _top(w, z, w.e.constant(np.asarray(rule.k)), width),
    "expected_count": _expected_count,
    "row_f": _row_f,
    "known_sets": _known_sets,
}
"""Every form of a rule, in the words of an engine."""


def _answers(rule: TunedRule, w: Words, logits: Value, width: int) -> Value:
    given = RULES[rule.form](rule, w, logits, width)
    u, lowest = w.snap(logits), w.number(-np.inf)
    for group in rule.groups:
        member = np.isin(np.arange(width), group)
        inside = w.e.where(w.e.two("and", given, w.e.constant(member)), u, lowest)
        given = w.e.two("and", given, w.e.two("or", w.e.constant(~member), w.first_highest(inside, width)))
    if rule.at_most is not None:
        place = w.ranks(w.e.where(given, u, lowest), width)
        given = w.e.two("and", given, w.e.two("lt", place, w.e.constant(np.asarray(rule.at_most))))
    if rule.at_least_one:
        none = w.e.one("not", w.any(given))
        given = w.e.two("or", given, w.e.two("and", none, w.first_highest(u, width)))
    return given


def _unsure(rule: TunedRule, w: Words, logits: Value) -> Value:
    u = w.snap(logits)
    above = w.two("ge", u, np.array([cut_of(t) for t in rule.unsure_from or ()]))
    return w.e.two("and", above, w.two("lt", u, np.array([cut_of(t) for t in rule.thresholds or ()])))


def _sets(rule: SetRule, w: Words, u: Value) -> Value:
    limits = np.array([np.inf if limit is None else limit for limit in rule.limits])
    if rule.score == "lac":
        return w.two("ge", w.number(limits), w.two("sub", w.number(1.0), u))
    mine, other = w.e.deeper(u, 2), w.e.deeper(u, 1)
    reached = w.two("ge", other, mine)
    score = w.e.flatter(w.e.rows("sum", w.e.where(reached, other, w.number(0.0))))
    if rule.score == "raps":
        rank = w.e.flatter(w.e.rows("sum", w.e.where(reached, w.number(1.0), w.number(0.0))))
        beyond = w.two("max", w.two("sub", rank, float(RANK_FREE)), 0.0)
        score = w.two("add", score, w.two("mul", beyond, RANK_PRICE))
    return w.two("ge", w.number(limits), score)


def _caveats(policy: Policy, w: Words, raw: Value, logits: Value, answers: Value) -> Value:
    caution, task, width = policy.caution, policy.task, policy.task.n_outputs
    exclusive = task.kind in ("multiclass", "ordinal")
    never = w.two("lt", w.e.rows("max", raw), -np.inf)
    found = dict.fromkeys(CAVEATS, never)
    if caution.low_confidence is not None:
        if exclusive:
            sure = w.e.rows("max", w.e.where(answers, w.log_shares(logits), w.number(-np.inf)))
        elif task.kind == "binary":
            sure = w.e.where(answers, logits, w.e.one("neg", logits))
        elif caution.whole_row:
            wrong = w.softplus(w.e.where(answers, w.e.one("neg", logits), logits))
            sure = w.e.one("neg", w.e.rows("sum", wrong))
        else:
            given = w.e.rows("min", w.e.where(answers, logits, w.number(np.inf)))
            sure = w.e.where(w.any(answers), given, w.e.rows("min", w.e.one("neg", logits)))
        below = log_cut_of if exclusive or caution.whole_row else cut_of
        found["low_confidence"] = w.two("lt", w.snap(sure), below(caution.low_confidence))
    if task.kind != "binary":
        found["no_label"] = w.e.one("not", w.any(answers))
    if caution.one_expected:
        count = w.e.rows("sum", w.e.one("int", answers))
        found["several_labels"] = w.e.two("gt", count, w.e.constant(np.asarray(1)))
    if caution.close_call is not None:
        p = w.snap(w.e.one("exp", w.log_shares(logits)))
        top = w.e.rows("max", p)
        others = w.e.where(w.first_highest(p, width), w.number(-np.inf), p)
        gap = w.snap(w.two("sub", top, w.e.rows("max", others)))
        found["close_call"] = w.two("lt", gap, snap(np.asarray(caution.close_call)))
    if caution.familiarity is not None:
        score = {
            "max_logit": lambda: w.e.rows("max", raw),
            "energy": lambda: w.log_sum(raw),
            "joint_energy": lambda: w.e.rows("sum", w.softplus(raw)),
        }[caution.familiarity]()
        found["out_of_domain"] = w.two("lt", w.snap(score), snap(np.asarray(caution.unfamiliar_below)))
    places = np.arange(len(CAVEATS))
    flags = None
    for place, name in enumerate(CAVEATS):
        column = w.e.two("and", found[name], w.e.constant(places == place))
        flags = column if flags is None else w.e.two("or", flags, column)
    return flags
