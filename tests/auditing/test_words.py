from labelwise.auditing import audit
from labelwise.auditing.words import FIRST
from labelwise.metrics import METRICS


def test_the_strict_figure_comes_first_and_the_baseline_beside_the_labelwise_one(made):
    case = made()
    text = str(audit(case.scores, case.targets, resamples=60))
    lines = [line for line in text.splitlines() if "accuracy" in line]
    assert lines[0].startswith("strict accuracy")
    assert lines[1].startswith("label-wise accuracy ")
    assert lines[2].startswith("label-wise accuracy of answering nothing")


def test_every_name_shown_first_is_a_metric():
    assert set(FIRST) <= set(METRICS)
