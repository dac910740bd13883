from labelwise.auditing import audit
from labelwise.auditing.words import FIRST
from labelwise.metrics import METRICS


def test_the_strict_figure_comes_first_and_the_baseline_beside_the_labelwise_one(made):
    case = made()
    text = str(audit(case.scores, case.targets, resamples=60))
    lines = [line.strip() for line in text.splitlines() if "accuracy" in line.lower() and line.startswith("  ")]
    assert lines[0].startswith("Strict accuracy")
    assert lines[1].startswith("Label-wise accuracy ")
    assert lines[2].startswith("Label-wise accuracy of answering nothing")


def test_every_name_shown_first_is_a_metric():
    assert set(FIRST) <= set(METRICS)
