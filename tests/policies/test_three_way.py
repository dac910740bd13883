"""Yes, no or unsure, from the fit to every engine."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import labelwise as lw
from labelwise import fit_policy
from labelwise.cli import cli

from .conftest import problem


def share_right(policy, kind, n=20_000):
    scores, y = problem(kind, n, 1)
    decided, truth = policy.decide(scores), np.asarray(y, float).reshape(n, -1) == 1
    yes, no = decided.indicators, ~decided.indicators & ~decided.doubts
    return truth[yes].mean(), 1 - truth[no].mean(), decided


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_sure_answers_are_right_as_often_as_wanted_on_new_rows(kind):
    policy = fit_policy(*problem(kind, 3000), objective="macro_f1", sure=0.9)
    of_yes, of_no, decided = share_right(policy, kind)
    assert of_yes > 0.88
    assert of_no > 0.88
    assert 0.1 < decided.doubts.mean() < 0.85
    assert not (decided.doubts & decided.indicators).any()


def test_a_wanted_rate_of_errors_leaves_fewer_unsure_than_two_floors():
    floors = share_right(fit_policy(*problem("multilabel", 3000), sure=0.9), "multilabel")[2]
    policy = fit_policy(*problem("multilabel", 3000), sure_error=0.1)
    of_yes, of_no, decided = share_right(policy, "multilabel")
    assert decided.doubts.mean() < floors.doubts.mean()
    assert min(of_yes, of_no) > 0.8


def test_the_report_tells_what_each_label_is_worth():
    policy = fit_policy(*problem("multilabel", 2000), objective="macro_f1", sure=0.9)
    bands = policy.report["unsure"]
    assert [b["label"] for b in bands] == list("abcdef")
    for band in bands:
        assert band["yes"] + band["no"] + band["unsure"] == pytest.approx(1)
        assert min(band["precision_of_yes"], band["precision_of_no"]) > 0.8
    assert "of the answers; the figure above counts them as not given" in str(policy)
    assert fit_policy(*problem("multilabel", 200)).report["unsure"] == []


def test_certified_answers_come_with_two_certificates_per_label():
    policy = fit_policy(*problem("multilabel", 4000), objective="yes_no_unsure", level=0.8)
    of_yes, of_no, _ = share_right(policy, "multilabel")
    assert min(of_yes, of_no) > 0.79
    promises = [(c["label"], c["promise"]) for c in policy.report["certificates"]]
    assert promises[:3] == [("a", "precision"), ("a", "precision_of_no"), ("b", "precision")]
    assert 0 < policy.report["value_out_of_fold"] < 1


def test_utilities_may_make_answers_unsure_or_none():
    policy = fit_policy(*problem("multilabel", 500), objective="utility", utilities=[1, -2, -1, 0.2, 0.05])
    assert policy.decide(problem("multilabel", 100)[0]).doubts.any()
    matrix = np.column_stack([np.eye(4) * 2 - 1, np.zeros(4)])
    policy = fit_policy(*problem("multiclass", 500), objective="utility", utilities=matrix)
    decided = policy.decide(problem("multiclass", 500, 1)[0])
    silent = ~decided.indicators.any(1)
    assert silent.any()
    assert all(not labels for labels, none in zip(decided.labels, silent, strict=True) if none)
    assert all(("no_label" in c) == none for c, none in zip(decided.caveats, silent, strict=True))
    usual = fit_policy(*problem("multiclass", 500)).decide(problem("multiclass", 500, 1)[0])
    y = problem("multiclass", 500, 1)[1]

    def worth(d):
        right = d.indicators[np.arange(500), y]
        return np.where(d.indicators.any(1), np.where(right, 1, -1), 0).mean()

    assert worth(decided) > worth(usual)


def test_decisions_name_what_they_are_unsure_of(tmp_path):
    scores, y = problem("multilabel", 1000)
    policy = fit_policy(scores, y, sure=0.9, at_most=3, groups=[("a", "b")])
    decided = policy.decide(scores)
    frame = decided.to_frame()
    assert frame["unsure"].to_list() == decided.unsure == decided.to_dict()["unsure"]
    assert [("unsure" in c) for c in decided.caveats] == [bool(u) for u in decided.unsure]
    again = lw.Policy.from_bytes(json.dumps(policy.to_dict()).encode())
    assert again.decide(scores).unsure == decided.unsure
    plain = fit_policy(scores, y).decide(scores)
    assert plain.unsure is None
    assert "unsure" not in plain.to_frame().columns


def test_a_yes_no_question_may_have_no_answer():
    scores, y = problem("binary", 1000)
    decided = fit_policy(scores, y, sure=0.95).decide(scores)
    assert {tuple(labels) for labels in decided.labels} == {("yes",), ("no",), ()}
    assert [labels == [] for labels in decided.labels] == [u == ["yes"] for u in decided.unsure]


def test_from_the_command_line(tmp_path):
    scores, y = problem("multilabel", 500)
    np.savez(tmp_path / "val.npz", logits=scores.array, y=y, classes=np.array(list("abcdef")))
    run = lambda *words: CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=False)  # noqa: E731
    policy, out = tmp_path / "policy.json", tmp_path / "decisions.parquet"
    result = run("fit", tmp_path / "val.npz", "--objective", "macro_f1", "--sure", 0.9, "-o", policy)
    assert result.exit_code == 0
    result = run("decide", policy, tmp_path / "val.npz", "-o", out)
    assert " unsure" in result.output
    import polars as pl

    assert pl.read_parquet(out)["unsure"].list.len().sum() > 0
