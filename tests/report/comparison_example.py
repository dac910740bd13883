"""A comparison as the engine would hand it over: digits-like, made of simulated scores.

The figures are near those measured on the digits with a mean over labels (see the test of that name): softmax .96 under
argmax; sigmoid .95 under argmax, label-wise .98 and strict .86 at the threshold tuned for label-wise accuracy.
"""

from __future__ import annotations

import functools

import msgspec
import numpy as np

from labelwise.comparison.result import (
    SCHEMA_VERSION,
    Claim,
    Comparison,
    ConfidenceHistogram,
    DataInfo,
    Difference,
    FirstGradient,
    HeadFigures,
    HeadResult,
    InitialLoss,
    MetricInfo,
    MistakeRow,
    RatePoint,
    ReliabilityCurve,
    RuleInfo,
    ThresholdCurve,
    Value,
)

ROWS = 719
METRICS = {
    "strict_accuracy": MetricInfo("strict accuracy", "higher", "share of rows whose labels are all right"),
    "labelwise_accuracy": MetricInfo("label-wise accuracy", "higher", "share of row-label cells that are right"),
    "labelwise_baseline": MetricInfo(
        "label-wise accuracy of doing nothing",
        "neither",
        "label-wise accuracy of never giving a label: 1 - 1/C with one label per row",
    ),
    "no_label_rate": MetricInfo("no label", "lower", "share of rows that get no label at all"),
    "several_labels_rate": MetricInfo("several labels", "lower", "share of rows that get more than one label"),
    "wrong_label_rate": MetricInfo("wrong label", "lower", "share of rows that get exactly one label, a wrong one"),
    "macro_f1": MetricInfo("macro F1", "higher", "F1 of each class, averaged over classes"),
    "nll": MetricInfo("NLL", "lower", "mean negative log of the normalised probability of the true class"),
    "brier": MetricInfo("Brier", "lower", "squared distance of the normalised probabilities from the truth"),
    "ece": MetricInfo("ECE", "lower", "mean gap between confidence and share right, in 15 bins"),
    "overconfident_mistakes": MetricInfo(
        "mistakes above 70%", "lower", "share of the mistakes that are made with more than 70% confidence"
    ),
    "low_confidence_rate": MetricInfo(
        "rows below 50%", "neither", "share of rows whose top probability is below one half"
    ),
}
RULES = {
    "argmax": RuleInfo("argmax", "the most probable label, whatever its probability: always exactly one"),
    "half": RuleInfo("0.5", "every label with a probability of at least one half: none, one or several"),
    "labelwise_tuned": RuleInfo(
        "tuned, label-wise",
        "one threshold for all labels, with the best label-wise accuracy on validation: what people commonly do",
    ),
    "strict_tuned": RuleInfo(
        "tuned, strict", "one threshold for all labels, the one that gets most validation rows right as a whole"
    ),
    "per_label": RuleInfo("per label", "a threshold for each label, the one with its best F1 on validation"),
}


@functools.cache
def comparison(
    *,
    heads: tuple[str, ...] = ("softmax", "sigmoid"),
    classes: int = 10,
    seeds: int = 5,
    kind: str = "multiclass",
    names: tuple[str, ...] | None = None,
    folder: str | None = None,
) -> Comparison:
    """A whole comparison; `classes` and `names` may be extreme, `seeds=1` has no intervals."""
    names = names or tuple(str(i) for i in range(classes))
    metrics = dict(METRICS)
    if kind == "multilabel":
        metrics["micro_f1"] = MetricInfo("micro F1", "higher", "F1 of all row-label cells pooled")
        metrics["map"] = MetricInfo(
            "mean average precision", "higher", "average precision of each label, averaged over labels"
        )
    made = {head: _head(i, head, names, seeds, metrics) for i, head in enumerate(heads)}
    results = {head: result for head, (result, _, _) in made.items()}
    return Comparison(
        schema=SCHEMA_VERSION,
        task={
            "kind": kind,
            "class_names": list(names),
            "evidence": [f"one column with {classes} distinct values", "every row has exactly one of them"],
            "traps": [
                {"name": "float_labels", "fatal": False, "text": "the labels are whole numbers stored as floats"}
            ],
        },
        n=ROWS,
        seeds=tuple(range(seeds)),
        data=DataInfo(
            name="digits",
            rows=1797,
            parts={"train": 862, "validation": 216, "test": ROWS},
            shape=(64,),
            digest="5f1c2d" * 10,
            class_counts=tuple((name, 170 + 3 * (i % 7)) for i, name in enumerate(names)),
            notes=("8 x 8 pictures of handwritten digits, as rows of 64 numbers",),
        ),
        settings={
            "heads": list(heads),
            "seeds": list(range(seeds)),
            "backbone": "mlp",
            "features": None,
            "optimiser": "sgd",
            "rates": [0.01, 0.03, 0.1, 0.3, 1.0],
            "epochs": 20,
            "batch_size": 64,
            "device": "cpu",
            "margin": 0.01,
        },
        metrics=metrics,
        ood_metrics={},
        rules=RULES,
        headline_metric="strict_accuracy",
        selection="the learning rate with the best strict accuracy of its own rule on validation",
        heads=results,
        differences=_differences(results, {h: m[2] for h, m in made.items()}),
        claims=_claims(results),
        figures={head: figures for head, (_, figures, _) in made.items()},
        run={
            "versions": {"labelwise": "0.1.0", "python": "3.11.9", "numpy": "2.4.1", "torch": "2.13.0"},
            "started": "2026-11-20T10:11:12Z",
            "seconds": 31.4,
        },
        folder=folder,
    )


SWITCHES = {
    # name: (title, off, on, shapley, half of the interval)
    "metric": ("metric", "label-wise accuracy", "strict accuracy", -0.121, 0.009),
    "decision": ("decision", "tuned threshold", "argmax", 0.185, 0.014),
    "reduction": ("reduction", "mean over labels", "sum over labels", 0.264, 0.044),
    "bias": ("bias", "zero", "from label counts", 0.042, 0.032),
    "learning_rate": ("learning rate", "the other head's", "tuned", 0.351, 0.050),
    "loss": ("the loss itself", "sigmoid", "softmax", 0.004, 0.010),
}


def with_why(result: Comparison) -> Comparison:
    """The same with the gap attributed to its causes."""
    head_a, head_b = list(result.heads)[:2]
    told = {
        "head_a": head_a,
        "head_b": head_b,
        "arm_a": f"{head_a}, argmax, strict, its own tuned rate",
        "arm_b": f"{head_b}, tuned threshold, label-wise, the rate of {head_a}",
        "left_out": {"weighting": "no pos_weight was given"},
        **_attribution("the figure people quote for each", SWITCHES),
        "strict": _attribution("strict accuracy", {k: v for k, v in SWITCHES.items() if k != "metric"}),
        "training": _attribution(
            "strict accuracy of the argmax", {k: v for k, v in SWITCHES.items() if k not in ("metric", "decision")}
        ),
        "claims": [{"text": "Most of the gap is rate and reduction.", "doubt": "with SGD they are substitutes"}],
    }
    return msgspec.structs.replace(result, why=told)


def _attribution(metric: str, switches: dict) -> dict:
    """As `Attribution` is written: plain dicts."""
    a, gap = 0.967, sum(v[3] for v in switches.values())
    level, steps = a - gap, []
    for name, (title, _, _, value, _) in switches.items():
        steps.append({"name": name, "title": title, "from": level, "to": level + value, "value": value})
        level += value
    shares = {
        name: {
            "title": title,
            "off": off,
            "on": on,
            "shapley": v,
            "low": v - half,
            "high": v + half,
            "order_min": v - 0.08,
            "order_max": v + 0.08,
        }
        for name, (title, off, on, v, half) in switches.items()
    }
    pair = {"a": "reduction", "b": "learning_rate", "kind": "substitutes", "joint": 0.615}
    return {
        "metric": metric,
        "gap": gap,
        "low": gap - 0.02,
        "high": gap + 0.02,
        "a": a,
        "b": a - gap,
        "b_right": a - 0.004,
        "switches": shares,
        "waterfall": steps,
        "interactions": [{**pair, "joint_low": 0.58, "joint_high": 0.65}],
    }


def undefined(result: Comparison) -> Comparison:
    """The same with two figures that are undefined for a reason."""
    heads = {}
    for name, head in result.heads.items():
        rules = {r: dict(values) for r, values in head.rules.items()}
        rules["argmax"]["overconfident_mistakes"] = Value(None, why="no mistakes in seed 3")
        rules["half"]["macro_f1"] = Value(None, why="class 7 has no test rows")
        heads[name] = msgspec.structs.replace(head, rules=rules)
    return msgspec.structs.replace(result, heads=heads)


def with_ood(result: Comparison) -> Comparison:
    """The same with inputs of no known class."""
    ood = {
        "answer_rate_half": Value(0.92, 0.9, 0.94, 5),
        "above_90": Value(0.61, 0.55, 0.67, 5),
        "max_probability_auroc": Value(0.91, 0.89, 0.93, 5),
        "max_probability_fpr95": Value(0.31, 0.28, 0.34, 5),
    }
    heads = {n: msgspec.structs.replace(h, ood=ood) for n, h in result.heads.items()}
    data = msgspec.structs.replace(result.data, ood_name="fashion_mnist_10k.npz", ood_rows=10_000)
    titles = {name: MetricInfo(name.replace("_", " "), "lower", "") for name in ood}
    return msgspec.structs.replace(result, heads=heads, data=data, ood_metrics=titles)


# ------------------------------------------------------------------ simulated scores


def _scores(index: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, classes) probabilities and the true classes; every second head has independent labels."""
    rng = np.random.default_rng([seed, classes])
    y = rng.integers(classes, size=ROWS)
    z = rng.normal(0, 1.25, (ROWS, classes))
    z[np.arange(ROWS), y] += rng.gamma(7, 0.85, ROWS) * (1 - 0.03 * index)
    if index % 2 == 0:
        z = 1.3 * z
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True), y
    return 1 / (1 + np.exp(-(1.1 * z - 4.2))), y


def _judge(answers: np.ndarray, probs: np.ndarray, y: np.ndarray) -> dict[str, float | None]:
    truth = np.eye(probs.shape[1], dtype=bool)[y]
    given, right = answers.sum(1), (answers == truth).all(1)
    share = probs / probs.sum(1, keepdims=True)
    own, top = share[np.arange(len(y)), y], share.max(1)
    mistake = ~right & (given > 0)
    tp, fp, fn = (answers & truth).sum(0), (answers & ~truth).sum(0), (~answers & truth).sum(0)
    hit = share.argmax(1) == y
    bins = np.minimum((top * 15).astype(int), 14)
    gaps = [abs(top[bins == b].mean() - hit[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    figures = {
        "strict_accuracy": right.mean(),
        "labelwise_accuracy": (answers == truth).mean(),
        "labelwise_baseline": 1 - 1 / probs.shape[1],
        "no_label_rate": (given == 0).mean(),
        "several_labels_rate": (given > 1).mean(),
        "wrong_label_rate": ((given == 1) & ~right).mean(),
        "macro_f1": (2 * tp / np.maximum(2 * tp + fp + fn, 1)).mean(),
        "micro_f1": 2 * tp.sum() / max((2 * tp + fp + fn).sum(), 1),
        "map": 0.9,
        "nll": -np.log(own).mean(),
        "brier": ((share - truth) ** 2).sum(1).mean(),
        "ece": sum(gaps),
        "overconfident_mistakes": (top[mistake] > 0.7).mean() if mistake.any() else None,
        "low_confidence_rate": (top < 0.5).mean(),
    }
    return {name: None if value is None else float(value) for name, value in figures.items()}


def _value(values: list[float | None]) -> Value:
    if None in values:
        return Value(None, n=len(values), why="no mistakes with a label in at least one seed")
    array = np.array(values, float)
    if len(array) == 1:
        return Value(float(array[0]), n=1, why="one seed: no interval over seeds")
    half = {2: 12.7, 3: 4.3, 4: 3.18, 5: 2.78}.get(len(array), 2.3) * array.std(ddof=1) / np.sqrt(len(array))
    return Value(float(array.mean()), float(array.mean() - half), float(array.mean() + half), len(array))


def _head(index: int, name: str, names: tuple[str, ...], seeds: int, metrics: dict[str, MetricInfo]):
    classes = len(names)
    grid = np.round(np.linspace(0, 1, 101), 2)
    per_seed = [_scores(index, classes, seed) for seed in range(seeds)]
    sweep = {t: [_judge(p >= t, p, y) for p, y in per_seed] for t in grid}

    def curve(metric: str) -> tuple[float, ...]:
        return tuple(float(np.mean([j[metric] for j in sweep[t]])) for t in grid)

    strict, labelwise = curve("strict_accuracy"), curve("labelwise_accuracy")
    tuned = {
        "half": 0.5,
        "labelwise_tuned": float(grid[np.argmax(labelwise)]),
        "strict_tuned": float(grid[np.argmax(strict)]),
    }
    judged = {"argmax": [_judge(np.eye(classes, dtype=bool)[p.argmax(1)], p, y) for p, y in per_seed]}
    judged |= {rule: sweep[t] for rule, t in tuned.items()}
    judged["per_label"] = sweep[tuned["strict_tuned"]]
    seen = {rule: {m: [j[m] for j in judged[rule]] for m in metrics} for rule in RULES}
    independent = index % 2 == 1
    scale = 1 / classes if independent else 1.0
    rates = tuple(
        RatePoint(r, r * scale, s, s - 0.01, s + 0.01, 1.2 - s, c, d)
        for r, s, c, d in (
            (0.01, 0.74 if independent else 0.926, 0, 0),
            (0.03, 0.86 if independent else 0.948, 0, 0),
            (0.1, 0.925 if independent else 0.96, 0, 0),
            (0.3, 0.951, 0 if independent else seeds, 0),
            (1.0, 0.958 if independent else 0.91, seeds if independent else 0, 0 if independent else 2),
        )
    )
    result = HeadResult(
        title="Sigmoid + binary cross-entropy" if independent else "Softmax + cross-entropy",
        link="sigmoid" if independent else "softmax",
        loss="sigmoid + binary cross-entropy" if independent else "softmax + cross-entropy",
        reduction="mean_labels" if independent else "mean_rows",
        bias="zero",
        rule="half" if independent else "argmax",
        initial_loss=InitialLoss(0.693 if independent else 2.303, 0.698 if independent else 2.311, True, 0.05, "log 2"),
        first_gradient=FirstGradient(0.031 if independent else 0.095, 0.032 if independent else 0.094),
        rates=rates,
        chosen_rates=(1.0 if independent else 0.3,) * seeds,
        at_edge="5 of 5 seeds chose the highest learning rate of the grid (1); a wider grid may do better."
        if independent
        else None,
        rules={rule: {m: _value(values) for m, values in by.items()} for rule, by in seen.items()},
        thresholds={rule: [[t] * classes] * seeds for rule, t in tuned.items()},
    )
    return result, _figures(index, name, names, per_seed, grid, curve), seen


def _figures(index: int, head: str, names: tuple[str, ...], per_seed: list, grid: np.ndarray, curve) -> HeadFigures:
    probs = np.concatenate([p for p, _ in per_seed])
    y = np.concatenate([y for _, y in per_seed])
    top, hit = probs.max(1), probs.argmax(1) == y
    edges = np.round(np.linspace(0, 1, 21), 2)
    bins = np.minimum((top * 10).astype(int), 9)
    counts = np.bincount(bins, minlength=10)
    means = [float(top[bins == b].mean()) if counts[b] else None for b in range(10)]
    shares = [float(hit[bins == b].mean()) if counts[b] else None for b in range(10)]
    half = [
        1.96 * float(np.sqrt(max(s * (1 - s), 0.01) / c)) if s is not None else 0
        for s, c in zip(shares, counts, strict=True)
    ]
    wrong = np.flatnonzero(~hit)
    mistakes = [
        MistakeRow(
            head=head,
            seed=int(i) // ROWS,
            id=f"row-{int(i) % ROWS}",
            target=(names[y[i]],),
            given=() if rank % 5 == 4 else (names[probs[i].argmax()],),
            confidence=None if rank % 5 == 4 else float(top[i]),
            argmax=names[probs[i].argmax()],
            kind="no_label" if rank % 5 == 4 else "wrong_label",
            overconfident=bool(rank % 5 != 4 and top[i] > 0.7),
        )
        for rank, i in enumerate(wrong[np.argsort(-top[wrong])][:25])
    ]
    return HeadFigures(
        threshold=ThresholdCurve(
            thresholds=tuple(float(t) for t in grid),
            **{m: curve(m) for m in ("strict_accuracy", "labelwise_accuracy", "no_label_rate", "several_labels_rate")},
            wrong_label_rate=curve("wrong_label_rate"),
        ),
        confidence=ConfidenceHistogram(
            tuple(map(float, edges)),
            tuple(map(int, np.histogram(top[hit], edges)[0])),
            tuple(map(int, np.histogram(top[~hit], edges)[0])),
        ),
        reliability=ReliabilityCurve(
            tuple(means),
            tuple(shares),
            tuple(None if s is None else max(0.0, s - h) for s, h in zip(shares, half, strict=True)),
            tuple(None if s is None else min(1.0, s + h) for s, h in zip(shares, half, strict=True)),
            tuple(map(int, counts)),
        ),
        mistakes={"no_label": 31, "several_labels": 12, "wrong_label": len(mistakes)},
        surest_mistakes=tuple(mistakes),
        learning=tuple((e, 2.3 * 0.8**e + 0.05, 2.2 * 0.8**e + 0.1 + 0.02 * index) for e in range(1, 21)),
    )


def _differences(results: dict[str, HeadResult], seen: dict) -> tuple[Difference, ...]:
    heads, out = list(results), []
    for i, a in enumerate(heads):
        for b in heads[i + 1 :]:
            for rule in [*RULES, "own"]:
                rule_a, rule_b = (results[a].rule, results[b].rule) if rule == "own" else (rule, rule)
                for metric in ("strict_accuracy", "labelwise_accuracy", "macro_f1", "nll", "ece"):
                    values = [p - q for p, q in zip(seen[a][rule_a][metric], seen[b][rule_b][metric], strict=True)]
                    v = _value(values)
                    sure = v.low is not None and v.low * v.high > 0
                    higher = METRICS[metric].better == "higher"
                    verdict = (a if (v.value > 0) == higher else b) if sure else None
                    out.append(
                        Difference(
                            a,
                            b,
                            rule,
                            metric,
                            v.value,
                            v.low,
                            v.high,
                            v.n,
                            verdict,
                            level=not sure and v.low is not None and max(abs(v.low), abs(v.high)) < 0.01,
                            values=tuple(values),
                            p_holm=None if v.low is None else 0.004 if sure else 0.4,
                            seeds_to_decide=None if sure or v.low is None else 14,
                            why=v.why,
                        )
                    )
    return tuple(out)


def _claims(results: dict[str, HeadResult]) -> tuple[Claim, ...]:
    a, b = (list(results)[i % len(results)] for i in (0, 1))
    x, y = (results[h].rules["argmax"]["strict_accuracy"].value for h in (a, b))
    tuned = results[b].rules["labelwise_tuned"]
    return (
        Claim(
            f"No difference shown between {a} and {b} when both answer with the most probable class: "
            f"strict accuracy {x:.3f} against {y:.3f}, difference {x - y:+.3f} over paired seeds.",
            {"a": x, "b": y},
            "the interval spans zero: a difference of its size cannot be excluded either",
            "answer",
        ),
        Claim(
            f"{b} looks like {tuned['labelwise_accuracy'].value:.3f} when judged label by label at its threshold, "
            f"but a model that predicts nothing scores {tuned['labelwise_baseline'].value:.3f} that way. Of whole rows "
            f"{tuned['strict_accuracy'].value:.3f} are right: {tuned['no_label_rate'].value:.1%} get no label.",
            {"labelwise": tuned["labelwise_accuracy"].value, "strict": tuned["strict_accuracy"].value},
            None,
            "evidence",
        ),
        Claim(f"The best rate for {b} lies at the edge of the grid.", {}, "A higher rate may do better.", "caution"),
    )
