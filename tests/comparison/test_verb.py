"""Whole comparisons of ordered classes and of several groups, on generated data."""

import numpy as np
import pytest

import labelwise as lw
from labelwise.report.page import comparison_page
from labelwise.task import read_labels

QUICK = {"epochs": 4, "rates": [0.03], "seeds": 2, "backbone": "linear"}


def ranked(rows: int = 300):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    return x, np.digitize(x[:, 0] - x[:, 1] + 0.5 * rng.normal(size=rows), [-1.5, 0.0, 1.5])


def test_ordered_classes_are_compared_by_how_far_off_they_are(tmp_path):
    heads = ["cumulative_probit(bias=prior)", "corn"]
    result = lw.compare(ranked(), ordered=True, heads=heads, out=tmp_path / "run", why=False, **QUICK)
    assert result.headline_metric == "rank_mae"
    assert "rank MAE" in result.selection
    assert {"median", "mean"} <= set(result.rules)
    for spec, head in result.heads.items():
        assert head.initial_loss.agrees, spec
        median, most = head.rules["median"], head.rules["argmax"]
        assert median["rank_mae"].value < 1
        assert -1 <= median["quadratic_weighted_kappa"].value <= 1
        assert median["ranked_probability_score"] == most["ranked_probability_score"], "of the probabilities alone"
    answers = [c.text for c in result.claims if c.level == "answer"]
    assert any("rank MAE" in text and "median rank" in text for text in answers)
    assert "QWK" in str(result)
    assert "rank MAE" in comparison_page(result)
    saved = np.load(tmp_path / "run" / "scores" / "corn-seed-0-test.npz", allow_pickle=False)
    np.testing.assert_allclose(np.exp(saved["log_probs"]).sum(1), 1, rtol=1e-9)


def test_the_gap_of_an_ordinal_head_is_attributed():
    result = lw.compare(ranked(), ordered=True, heads=["softmax", "coral"], why=True, **QUICK)
    assert result.why["head_b"] == "coral"
    assert "bias" in result.why["switches"]


@pytest.fixture(scope="module")
def grouped(tmp_path_factory):
    x, y = ranked()
    other = np.where(x[:, 2] > 0, "up", "down").astype(object)
    other[::4] = None
    folder = tmp_path_factory.mktemp("grouped") / "run"
    data = x, np.stack([np.array(list("abcd"))[y], other], axis=1)
    return lw.compare(data, heads=["grouped_softmax", "sigmoid"], out=folder, why=True, **QUICK), data, folder


def test_several_groups_are_compared_as_wholes_and_one_by_one(grouped):
    result, _, _ = grouped
    assert result.headline_metric == "strict_accuracy"
    for head in result.heads.values():
        argmax = head.rules["argmax"]
        assert argmax["not_one_each_rate"].value == 0
        low, mean = argmax["worst_group_accuracy"].value, argmax["group_accuracy"].value
        assert argmax["strict_accuracy"].value <= mean
        assert low <= mean
    assert "groups" in str(result)
    assert "accuracy of the groups" in comparison_page(result).casefold()
    assert result.why["head_a"] == "grouped_softmax", "the head whose classes exclude each other is the reference"


def test_mistakes_and_scores_of_groups_are_saved_with_what_is_known(grouped):
    import polars as pl

    _, data, folder = grouped
    task = read_labels(data[1]).task
    table = pl.read_parquet(folder / "mistakes.parquet")
    assert table["given"].list.len().unique().to_list() == [2]
    assert table["target"].list.len().max() == 2
    assert table["target"].list.len().min() == 1
    assert all(text.count("=") == 2 for text in table["argmax"])
    saved = np.load(folder / "scores" / "grouped_softmax-seed-0-test.npz", allow_pickle=False)
    assert saved["y"].shape[1] == len(task.class_names)
    assert np.isnan(saved["y"]).any()
