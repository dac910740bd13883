import json
import re

import numpy as np
import pytest

from labelwise import InputError, Logits, LogProbs, OptionError, Probs, infer_task
from labelwise.auditing import audit, audit_state
from labelwise.task import Task

KINDS = ("binary", "multiclass", "ordinal", "multilabel")


@pytest.mark.parametrize("kind", KINDS)
def test_an_audit_is_one_json_document_and_prints(made, kind):
    case = made(kind, groups=np.arange(600) // 3)
    result = audit(case.scores, case.targets, resamples=60)
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert document["schema"] == 1
    assert (document["task"], document["n"], document["n_classes"]) == (kind, 600, case.n_classes)
    for metric in document["metrics"].values():
        assert set(metric) == {"value", "low", "high", "n", "why"}
        assert metric["value"] is not None or metric["why"]
    assert {"T", "nll_before", "nll_after", "ece_before", "ece_after"} <= set(document["calibration"]["temperature"])
    for objectives in document["thresholds"].values():
        assert set(objectives) == {"f1", "accuracy", "precision_90", "recall_90"}
        assert {"threshold", "value", "out_of_fold"} <= set(objectives["f1"])
    assert sum(document["mistakes"].values()) == 600
    assert str(result).startswith(kind)
    assert "600 rows" in str(result).splitlines()[0]
    assert re.search(r"^(Calibrating|Calibration:) ", str(result), re.MULTILINE)
    assert "Audit of 600 rows" in repr(result)
    assert "<table>" in result._repr_html_()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_call_gives_the_same_bytes_and_changes_nothing(made, kind):
    case = made(kind)
    before = case.scores.array.copy(), case.targets.copy()
    one, two = (json.dumps(audit(case.scores, case.targets, resamples=60).to_dict()) for _ in range(2))
    assert one == two
    assert np.array_equal(case.scores.array, before[0])
    assert np.array_equal(case.targets, before[1], equal_nan=True)


def test_labels_may_be_names_or_indices_with_missing_ones(made):
    case = made()
    names = [case.scores.task.class_names[i] for i in case.targets]
    by_name, by_index = audit(case.scores, names, resamples=60), audit(case.scores, case.targets, resamples=60)
    assert by_name.to_dict() == by_index.to_dict()
    some = [None, *names[1:]]
    result = audit(case.scores, some, resamples=60)
    assert result.n == 599
    assert "missing_labels" in [f.name for f in result.findings]


def test_class_names_are_escaped_where_they_are_shown_as_html():
    task = Task("multiclass", ("<script>alert(1)</script>", "b", "c"))
    result = audit(Logits(np.eye(3)[[0, 1, 2] * 40], task), np.array([1, 1, 2] * 40), resamples=60)
    assert "<script>" not in result._repr_html_()


def test_raw_arrays_are_refused_because_their_kind_is_not_told():
    with pytest.raises(InputError, match=r"ndarray of shape \(2, 3\)"):
        audit(np.zeros((2, 3)), [0, 1])


def test_bad_input_is_named(made):
    case = made()
    with pytest.raises(InputError, match="600 labels, one per row"):
        audit(case.scores, case.targets[:-1])
    with pytest.raises(InputError, match="9 at row 3"):
        audit(case.scores, np.r_[0, 0, 0, 9, case.targets[4:]])
    with pytest.raises(InputError, match="every label is missing"):
        audit(case.scores, np.full(600, -1))
    with pytest.raises(InputError, match="one label per row"):
        audit(case.scores, np.zeros((600, 6)))
    with pytest.raises(OptionError, match="resamples=1"):
        audit(case.scores, case.targets, resamples=1)
    broken = case.scores.array.copy()
    broken[7, 2] = np.inf
    with pytest.raises(InputError, match=r"inf first at row 7, column 2 \(c\)"):
        audit(Logits(broken, case.scores.task), case.targets)


def test_one_row_and_one_class_are_answered():
    task = Task("multiclass", ("a", "b", "c"))
    result = audit(Logits(np.eye(3)[:1], task), [0], resamples=60)
    assert result.metrics["accuracy"].value == 1
    assert result.metrics["roc_auc_macro"].value is None
    assert result.calibration == {}
    constant = audit(Logits(np.eye(3)[[0] * 50], task), [0] * 50, resamples=60)
    assert constant.metrics["matthews_corrcoef"].why
    json.dumps(constant.to_dict(), allow_nan=False)


def test_probabilities_of_zero_and_one_are_survived():
    p = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]] * 20)
    result = audit(Probs(p, Task("multiclass", ("a", "b", "c"))), [0, 0, 1] * 20, resamples=60)
    assert result.metrics["log_loss"].value is None
    assert "20 rows" in result.metrics["log_loss"].why
    json.dumps(result.to_dict(), allow_nan=False)
    result = audit(Probs(np.array([0.0, 1.0, 0.4] * 20), Task("binary", ("n", "y"))), [0, 1, 1] * 20, resamples=60)
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("extreme", ["certain", "huge"])
def test_no_figure_is_infinite_and_none_is_missing_without_a_reason(made, kind, extreme):
    case = made(kind, rows=90)
    z = case.scores.array.astype(np.float64)
    if extreme == "huge":
        scores = Logits((z * 1e30).astype(np.float32), case.scores.task)
    else:
        sure = z > 0 if kind in ("binary", "multilabel") else z == z.max(1, keepdims=True)
        with np.errstate(divide="ignore"):
            scores = LogProbs(np.log(sure.astype(np.float64)), case.scores.task)
    strange = type(scores)(scores.array[:30], scores.task)
    result = audit(scores, case.targets, resamples=60, unknown=strange, against=strange_order(scores))
    for found in (result, audit_state(scores, case.targets).audit(resamples=60)):
        document = found.to_dict()
        json.dumps(document, allow_nan=False)
        paired = document["against"]["metrics"] if document["against"] else {}
        told = {**document["metrics"], **paired}
        assert [name for name, f in told.items() if f["value"] is None and not f["why"]] == []
    if extreme == "certain":
        assert result.metrics["log_loss"].why.startswith("infinite")


def strange_order(scores):
    """Another model's scores of the same rows: these of other rows."""
    return type(scores)(scores.array[::-1].copy(), scores.task)


def test_questions_of_a_grouped_task_are_audited_apart():
    task = infer_task([["a", "x"], ["b", "y"], ["a", "z"]], groups=["type", "make"])
    scores = Logits(np.zeros((3, 5)), task)
    with pytest.raises(InputError, match=r"the first 2 columns with the labels of type"):
        audit(scores, [0, 1, 0])


def test_real_scores_show_what_is_wrong_with_them(shared_data):
    with np.load(shared_data / "magika_filetype_probs.npz") as file:
        scores = Probs(file["probs"], Task("multiclass", tuple(file["classes"].tolist())))
        result = audit(scores, file["y"], resamples=60)
    assert result.metrics["accuracy"].value == pytest.approx(0.899, abs=1e-3)
    assert {(c.truth, c.answer) for c in result.mistake_details.confused[:2]} == {("txt", "eml"), ("coff", "elf")}
    assert result.calibration["vector"].verdict == "helps"
    assert result.metrics["labelwise_baseline"].value == pytest.approx(1 - 1 / 214)
    assert "absent_classes" in [f.name for f in result.findings]
