"""Which optimisers a file is known to use."""

import pytest

from labelwise.doctor.code.analyse import follow
from labelwise.doctor.code.project import read_source


def optimisers(text: str) -> set[str]:
    part = follow({"a.py": read_source("a.py", text.encode())}, ["a.py"])
    return {link.family for link in part.links if link.head == "optimiser of a.py"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("torch.optim.SGD(net.parameters(), 0.1)", "sgd"),
        ("torch.optim.SGD(net.parameters(), lr=3.0)", "raised"),
        ("torch.optim.SGD(net.parameters(), lr=rate)", "sgd"),
        ("torch.optim.AdamW(net.parameters())", "adamw"),
        ("keras.optimizers.SGD(0.01)", "sgd"),
        ("tf.keras.optimizers.legacy.Adam()", "adam"),
        ("tf.compat.v1.train.GradientDescentOptimizer(0.5)", "sgd"),
        ("optax.sgd(0.1)", "sgd"),
    ],
)
def test_an_optimiser_is_noted_for_its_file(code, expected):
    text = f"import torch, keras, optax\nimport tensorflow as tf\nloss_fn = 'softmax'\nopt = {code}\n"
    assert optimisers(text) == {expected}


@pytest.mark.parametrize("code", ["torch.optim.lr_scheduler.StepLR(opt, 3)", "optax.softmax_cross_entropy(a, b)"])
def test_what_is_no_optimiser_is_not_noted(code):
    assert optimisers(f"import torch, optax\nloss_fn = 'softmax'\nx = {code}\n") == set()


def test_an_optimiser_that_compile_is_given_and_nobody_knows_is_noted_as_such():
    text = "import keras\nm = keras.Sequential([keras.layers.Dense(3)])\nm.compile(pick(), loss='mse')\n"
    assert optimisers(text) == {"unknown"}
