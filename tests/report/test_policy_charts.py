import re

from policy_example import fitted

from labelwise.report.pictures import svg
from labelwise.report.policy_charts import charts_of, threshold_picture
from labelwise.report.policy_figures import LabelCurve, policy_figures


def test_a_curve_breaks_where_it_is_undefined():
    curve = LabelCurve(
        (0.0, 0.5, 1.0), (0.5, None, 1.0), (1.0, 0.5, 0.0), (0.6, 0.5, 0.0), 1.0, 3, 0.5, (None, 0.5, 0.5)
    )
    paths = re.findall(r'<path d="([^"]*)"', threshold_picture(curve))
    assert paths[1] == "M3 48M129 3"
    assert paths[2] == "M3 3L66 48L129 93"
    assert paths[4].startswith("M66 3V")


def test_never_given_has_no_marker():
    curve = LabelCurve((0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (0.6, 0.0), 1.0, 3, None, (None, None, None))
    assert "dasharray" not in threshold_picture(curve)


def test_reliability_before_and_after_and_the_chosen_point():
    policy, scores, y = fitted("multiclass")
    drawn = charts_of(policy_figures(policy, scores, y))
    heads = {row["head"] for row in drawn["reliability"]["datasets"]["rows"]}
    assert heads == {"as they are", "calibrated"}
    assert drawn["coverage"]["datasets"]["chosen"][0]["confidence"] > 0
    assert svg(drawn["coverage"]).startswith("<svg")
    policy, scores, y = fitted("multiclass", calibrators=("identity",), low_confidence=None)
    drawn = charts_of(policy_figures(policy, scores, y))
    assert {row["head"] for row in drawn["reliability"]["datasets"]["rows"]} == {"as they are"}
    assert drawn["coverage"]["datasets"]["chosen"] == []
