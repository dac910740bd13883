"""The main job end to end: the artefact on digits, every key of the JSON, every kind of task, an untouched test."""

import dataclasses
import json

import numpy as np
import polars as pl
import pytest

import labelwise as lw
from labelwise.comparison import assemble
from labelwise.decisions import rules_for
from labelwise.errors import OptionError
from labelwise.io.dataset import read_dataset
from labelwise.training.splits import draw_split

QUICK = {"backbone": "linear", "epochs": 3, "rates": [0.01, 0.1], "seeds": 2, "why": False}
METRICS = (
    "strict_accuracy", "labelwise_accuracy", "labelwise_baseline", "no_label_rate", "several_labels_rate",
    "wrong_label_rate", "macro_f1", "nll", "brier", "ece",
)  # fmt: skip
RULES = ("argmax", "half", "labelwise_tuned", "strict_tuned", "per_label")


@pytest.fixture(scope="module")
def digits():
    """Two seeds of the default comparison."""
    return lw.compare("digits", seeds=2, rates=[0.001, 0.003, 0.01], epochs=15, why=False)


def data(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    return x, (x[:, :3] + rng.normal(0, 0.7, (rows, 3))).argmax(1)


def several(rows=200, seed=0):
    x, _ = data(rows, seed)
    rng = np.random.default_rng(seed)
    y = (x[:, :3] + rng.normal(0, 0.5, (rows, 3)) > 0.4).astype(float)
    y[rng.random(y.shape) < 0.1] = np.nan
    y[3] = np.nan
    return x, y


# ------------------------------------------------------------------ the answer on digits


def test_softmax_is_right_in_more_than_95_of_100(digits):
    assert digits.heads["softmax"].rules["argmax"]["strict_accuracy"].value >= 0.95


def test_the_artefact_is_visible(digits):
    """Cell by cell sigmoid looks like 98%; of whole rows clearly fewer are right, and doing nothing scores 90%."""
    common = digits.heads["sigmoid"].rules["labelwise_tuned"]
    assert common["labelwise_accuracy"].value > 0.97
    assert common["strict_accuracy"].value < common["labelwise_accuracy"].value - 0.03
    assert common["labelwise_baseline"].value == pytest.approx(0.9)
    by_argmax = digits.heads["sigmoid"].rules["argmax"]["strict_accuracy"].value
    assert by_argmax > common["strict_accuracy"].value
    assert digits.headline_metric == "strict_accuracy"


def test_the_document_has_every_key(digits):
    told = json.loads(json.dumps(digits.to_dict(), allow_nan=False))
    assert told["task"]["kind"] == "multiclass"
    assert told["n"] == 359
    for head in ("softmax", "sigmoid"):
        assert tuple(told["heads"][head]["rules"]) == RULES
        for rule in RULES:
            for metric in METRICS:
                value = told["heads"][head]["rules"][rule][metric]
                assert value["low"] <= value["value"] <= value["high"], (head, rule, metric)
    for difference in told["differences"]:
        assert {"a", "b", "rule", "metric", "value", "low", "high"} <= set(difference)
    pairs = {(d["rule"], d["metric"]) for d in told["differences"]}
    assert {(rule, "strict_accuracy") for rule in (*RULES, "own")} <= pairs
    assert not [d for d in told["differences"] if d["metric"] == "labelwise_baseline"]


def test_shares_of_right_none_several_and_wrong_add_up(digits):
    for head in digits.heads.values():
        for rule in head.rules.values():
            parts = ("strict_accuracy", "no_label_rate", "several_labels_rate", "wrong_label_rate")
            assert sum(rule[p].value for p in parts) == pytest.approx(1)
        assert head.rules["argmax"]["no_label_rate"].value == 0
        assert head.rules["argmax"]["several_labels_rate"].value == 0


def test_a_verdict_is_given_only_where_the_interval_leaves_out_zero(digits):
    for d in digits.differences:
        assert (d.verdict is None) == (d.low is None or d.low <= 0 <= d.high)
        if d.verdict:
            higher = digits.metrics[d.metric].better == "higher"
            assert d.verdict == (d.a if (d.value > 0) == higher else d.b)


def test_the_first_loss_is_checked_and_the_budget_is_equal(digits):
    for head in digits.heads.values():
        assert head.initial_loss.agrees
        assert [r.rate for r in head.rates] == [0.001, 0.003, 0.01]
        assert sum(r.chosen for r in head.rates) == 2
        for rate in head.chosen_rates:
            assert rate in (0.001, 0.003, 0.01)
    assert digits.heads["softmax"].initial_loss.expected == pytest.approx(np.log(10))
    assert digits.heads["sigmoid"].initial_loss.expected == pytest.approx(np.log(2))


def test_an_optimum_at_the_edge_of_the_grid_is_flagged():
    result = lw.compare(data(), **{**QUICK, "rates": [1e-6, 1e-5]})
    for name, head in result.heads.items():
        assert "highest learning rate" in head.at_edge
        assert any(c.level == "caution" and name in c.text and "undertuned" in c.text for c in result.claims)


# ------------------------------------------------------------------ kinds of tasks


def test_a_yes_no_task():
    x, y = data()
    result = lw.compare((x, y == 2), **QUICK)
    assert result.task["kind"] == "binary"
    for head in result.heads.values():
        for name, rule in head.rules.items():
            assert rule["strict_accuracy"].value > 0.7, name
            assert rule["no_label_rate"].value is None
            assert rule["no_label_rate"].why == "a yes/no task always has an answer"


def test_several_labels_some_of_them_not_known():
    result = lw.compare(several(), **{**QUICK, "epochs": 15})
    assert result.task["kind"] == "multilabel"
    assert result.headline_metric == "macro_f1"
    for head in result.heads.values():
        for rule in head.rules.values():
            for metric in (
                "strict_accuracy",
                "micro_f1",
                "samples_f1",
                "map",
                "labelwise_accuracy",
                "labelwise_baseline",
            ):
                assert 0 <= rule[metric].value <= 1
    best = result.heads["sigmoid"].rules["half"]
    assert best["labelwise_accuracy"].value > best["labelwise_baseline"].value
    json.dumps(result.to_dict(), allow_nan=False)


def test_labels_that_are_not_known_do_not_change_the_judgement():
    """What stands in an unknown cell cannot matter, as it is never read."""
    x, y = several()
    first = lw.compare((x, y), **QUICK)
    assert first.heads["sigmoid"].rules["half"]["strict_accuracy"].n == 2
    counts = dict(first.data.class_counts)
    assert counts == {str(j): int(np.nansum(y[:, j])) for j in range(3)}


def test_ordered_classes():
    result = lw.compare(data(), ordered=[0, 1, 2], **QUICK)
    assert result.task["kind"] == "ordinal"


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_inputs_of_no_known_class(kind):
    x, y = several() if kind == "multilabel" else data()
    y = (y == 2) if kind == "binary" else y
    far = {"X": x[:50] * 0.01}
    result = lw.compare((x, y), ood=far, **{**QUICK, "epochs": 10})
    assert result.data.ood_rows == 50
    for head in result.heads.values():
        for name in ("max_probability", "max_logit", "energy", "joint_energy"):
            assert 0 <= head.ood[f"{name}_auroc"].value <= 1
            assert 0 <= head.ood[f"{name}_fpr95"].value <= 1
        assert 0 <= head.ood["mean_confidence"].value <= 1
        if kind == "multiclass":
            assert head.ood["max_probability_auroc"].value > 0.6, "inputs without any sign of a class are less sure"
        assert (head.ood["answer_rate_half"].value is None) == (kind == "binary")


# ------------------------------------------------------------------ fairness


def test_the_result_is_the_same_again_and_other_heads_do_not_change_it():
    first, again = (lw.compare(data(), **QUICK) for _ in range(2))
    assert dataclasses_of(first) == dataclasses_of(again)
    alone = lw.compare(data(), heads=["softmax"], **QUICK)
    for rule in RULES:
        for metric in METRICS:
            a, b = alone.heads["softmax"].rules[rule][metric], first.heads["softmax"].rules[rule][metric]
            assert a.value == pytest.approx(b.value, abs=1e-5)


def dataclasses_of(result):
    told = result.to_dict()
    return {k: v for k, v in told.items() if k not in ("run", "folder")}


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_nothing_is_chosen_by_the_test_rows(kind):
    """With the labels of the test rows turned round, rates, thresholds and losses stay; only the judgement falls."""
    x, y = several() if kind == "multilabel" else data()
    whole = read_dataset((x, y))
    split = draw_split(whole.labels, 0)
    turned = whole.targets.copy()
    turned[split.test] = 1 - turned[split.test] if kind == "multilabel" else (turned[split.test] + 1) % 3
    official = {"test_rows": np.isin(np.arange(len(x)), split.test)}
    options = {**QUICK, "seeds": 1, "epochs": 8}
    honest = lw.compare(dataclasses.replace(whole, **official), **options)
    labels = dataclasses.replace(whole.labels, targets=turned)
    cheated = lw.compare(dataclasses.replace(whole, labels=labels, **official), **options)
    for spec in honest.heads:
        a, b = honest.heads[spec], cheated.heads[spec]
        assert a.chosen_rates == b.chosen_rates
        assert a.thresholds == b.thresholds
        assert a.rates == b.rates
        assert honest.figures[spec].learning == cheated.figures[spec].learning
        figures = [h.rules[h.rule]["strict_accuracy"].value for h in (a, b)]
        assert figures[1] < figures[0] - 0.2, "the test was able to see a difference"


def test_every_head_is_judged_on_the_same_rows(tmp_path):
    import polars as pl

    lw.compare(data(), out=tmp_path / "run", **QUICK)
    table = pl.read_parquet(tmp_path / "run" / "mistakes.parquet")
    for _, of_seed in table.group_by("seed"):
        ids = [g["id"].to_list() for _, g in of_seed.group_by("head", maintain_order=True)]
        assert ids[0] == ids[1]
        assert len(set(ids[0])) == len(ids[0]) == 40


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"heads": "softmax"}, "heads=['softmax']"),
        ({"heads": ["softmax", "sofmax"]}, "softmax (closest)"),
        ({"heads": ["softmax", "softmax"]}, "softmax twice"),
        ({"heads": []}, "some of: softmax"),
        ({"seeds": 0}, "at least one seed"),
        ({"seeds": [1, 1]}, "each once"),
        ({"seeds": [1, 2], "seed": 3}, "one of the two"),
        ({"rates": []}, "positive numbers"),
        ({"rates": [0.1, 0.1]}, "each once"),
        ({"rates": [-0.1]}, "positive numbers"),
        ({"rates": [float("nan")]}, "positive numbers"),
        ({"epochs": 0}, "at least 1"),
        ({"batch_size": 0}, "at least 1"),
        ({"optimiser": "adm"}, "adam (closest)"),
        ({"backbone": "cnn"}, "which needs images"),
        ({"device": "cdua"}, "cpu, cuda, or auto"),
        ({"ood": {"X": np.zeros((3, 2), np.float32)}}, "3 rows of 2 features"),
    ],
)
def test_options_that_cannot_be_meant(options, words):
    with pytest.raises(lw.LabelwiseError) as caught:
        lw.compare(data(), **{**QUICK, **options})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(200), "nothing to tell apart"),
        (np.r_[data()[1][:-1], 7], "'7' (1)"),
        (np.r_[data()[1][:-1].astype(float), np.nan], "no label"),
        (data()[1][:-1], "199 labels"),
        (np.c_[data()[1], data()[1] + 1], "grouped_softmax"),
    ],
)
def test_labels_that_cannot_be_learnt(y, words):
    with pytest.raises(lw.LabelwiseError) as caught:
        lw.compare((data()[0], y), **QUICK)
    assert words in str(caught.value)


def test_rules_of_the_table_are_those_of_the_family(digits):
    assert tuple(digits.rules) == tuple(rules_for(lw.infer_task([0, 1, 2]))) == RULES


def test_all_stands_for_every_head_that_fits():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    found = lw.compare((x, x[:, 0] > 0), heads=["all"], seeds=2, epochs=1, rates=[0.01], backbone="linear", why=False)
    task = lw.infer_task([True, False])
    assert list(found.heads) == [name for name, head in lw.HEADS.items() if head.fits(task)]
    with pytest.raises(OptionError, match="softmax twice"):
        lw.compare((x, x[:, 0] > 0), heads=["all", "softmax"], seeds=2, epochs=1)


def test_the_surest_mistakes_are_the_surest_of_the_whole_table(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(150, 3)).astype(np.float32)
    y = (x @ rng.normal(size=(3, 4)) + rng.normal(0, 2, (150, 4))).argmax(1)
    found = lw.compare((x, y), out=tmp_path / "r", seeds=3, epochs=2, rates=[0.05], backbone="linear", why=False)
    table = pl.read_parquet(tmp_path / "r" / "mistakes.parquet").filter(pl.col("kind").is_not_null())
    for name, figures in found.figures.items():
        of_head = table.filter(pl.col("head") == name)["confidence"].fill_null(0).sort(descending=True)
        seen = [row.confidence or 0.0 for row in figures.surest_mistakes]
        assert seen == of_head.head(assemble.SUREST).to_list()


def test_many_heads_are_each_compared_with_the_first_and_told_in_one_sentence():
    heads = ["softmax", "sigmoid", "sigmoid(reduction=sum_labels)", "sigmoid(bias=prior)", "sigmoid(pos_weight=5)"]
    found = lw.compare(data(), heads=heads, **QUICK)
    assert {(d.a, d.b) for d in found.differences} == {("softmax", other) for other in heads[1:]}
    answers = [c for c in found.claims if c.level == "answer" and "against its strict accuracy of" in c.text]
    assert len(answers) == 1
    assert set(answers[0].numbers) == set(heads)
    for other in heads[1:]:
        gap = next(d for d in found.differences if d.b == other and (d.rule, d.metric) == ("argmax", "strict_accuracy"))
        assert f"{other} {-gap.value:+.3f} [{-gap.high:+.3f}, {-gap.low:+.3f}]" in answers[0].text
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    for head, result in found.heads.items():
        title = found.rules[result.rule].title
        assert sum(line.startswith(f"{head}, {title}"[:20]) for line in text.splitlines()) >= 1
    assert "tuned, strict" not in text.split("than softmax")[0]
