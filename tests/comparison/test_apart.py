"""One network for all groups against one for each, on generated questions."""

import numpy as np
import pytest

import labelwise as lw
from labelwise.errors import OptionError
from labelwise.report.reproduce import command_line

QUICK = {"epochs": 3, "rates": [0.01, 0.05], "seeds": 2, "why": False}


@pytest.fixture(scope="module")
def vehicles():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 4)).astype(np.float32)
    kind = np.array(["car", "bus", "van"])[np.digitize(x[:, 0] + x[:, 1], [-0.6, 0.6])]
    make = np.array(["a", "b"])[(x[:, 2] > 0).astype(int)].astype(object)
    make[rng.random(240) < 0.2] = None
    return x, np.stack([kind, make], axis=1)


def test_without_hidden_units_there_is_nothing_to_share(vehicles, tmp_path):
    result = lw.compare(
        vehicles, heads=["grouped_softmax"], backbone="linear", apart=True, out=tmp_path / "run", **QUICK
    )
    found = result.apart["grouped_softmax"]
    for name, value in found.differences.items():
        assert value.value == pytest.approx(0, abs=1e-6), name
    assert found.parameters == ((4 + 1) * 5, (4 + 1) * 5)
    assert list(found.groups) == ["label0", "label1"]
    for shared, apart in found.groups.values():
        assert shared.value == pytest.approx(apart.value)
    claim = result.claims[0]
    assert claim.level == "answer"
    assert "level" in claim.text
    assert "parameters" in claim.text
    assert "apart" in result.to_dict()
    assert "--apart" in command_line(result)
    kept = sorted(p.name for p in (tmp_path / "run" / "trials").glob("*apart*"))
    assert kept == [f"seed-{s}-apart-0-{g}.npz" for s in (0, 1) for g in (0, 1)]


def test_hidden_units_apart_cost_more_and_the_accuracies_are_those_of_the_groups(vehicles):
    result = lw.compare(vehicles, heads=["grouped_softmax", "sigmoid"], apart=True, **QUICK)
    assert set(result.apart) == {"grouped_softmax", "sigmoid"}
    for head, one in result.apart.items():
        hidden = 128 * (4 + 1)
        assert one.parameters == (hidden + 129 * 5, 2 * hidden + 129 * 5)
        assert all(seconds > 0 for seconds in one.seconds)
        for side, values in enumerate((one.shared, one.apart)):
            of_groups = [pair[side].value for pair in one.groups.values()]
            assert values["group_accuracy"].value == pytest.approx(np.mean(of_groups))
            assert values["strict_accuracy"].value <= values["group_accuracy"].value + 1e-9
        assert one.shared["strict_accuracy"] == result.heads[head].rules["argmax"]["strict_accuracy"]
        gap = one.differences["strict_accuracy"].value
        assert gap == pytest.approx(one.apart["strict_accuracy"].value - one.shared["strict_accuracy"].value)
    assert "One network for all 2 groups" in str(result).replace("\n", " ")


def test_one_question_cannot_be_taken_apart():
    with pytest.raises(OptionError, match="one network for each group"):
        lw.compare("digits", apart=True, backbone="linear", epochs=1, seeds=1, rates=[0.01])


def test_without_it_nothing_is_said_of_it(vehicles):
    result = lw.compare(vehicles, heads=["grouped_softmax"], backbone="linear", **QUICK)
    assert result.apart == {}
    assert "apart" not in result.settings
