from labelwise.metrics import Metric


def test_it_prints_and_converts():
    assert str(Metric(0.5, n=3)) == "0.5000 (n = 3)"
    assert Metric.undefined("why", 2).to_dict() == {"value": None, "low": None, "high": None, "n": 2, "why": "why"}
