"""Backbones by name, and factories of the user's own."""

import pytest
import torch

from labelwise.errors import InputError, OptionError
from labelwise.training.backbones import BACKBONES, backbone_from, import_object, source_text
from labelwise.training.networks import build_network

SHAPES = {False: (12,), True: (1, 8, 8)}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of the user's, importable as `users_own_backbones`."""
    (tmp_path / "users_own_backbones.py").write_text(
        """
from torch import nn

VALUE = 3

def narrow(shape):
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU())

def wrong_size(shape):
    return nn.Linear(999, 5)

def not_flat(shape):
    return nn.Unflatten(1, (3, 4))

def nothing(shape):
    return None
"""
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return "users_own_backbones"


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_gives_logits_that_start_at_their_bias(name):
    backbone = BACKBONES[name]
    shape = SHAPES[backbone.images]
    biases = torch.tensor([[0.5, -1.0, 2.0]] * (3 if backbone.stackable else 1), dtype=torch.float64)
    network = build_network(backbone, shape, biases, seed=0)
    logits = network.logits(torch.randn(7, *shape))
    assert logits.shape == (len(biases), 7, 3)
    torch.testing.assert_close(logits, biases.float()[:, None, :].expand(-1, 7, -1))
    assert all(p.requires_grad for p in network.parameters)
    assert len(network.per_trial(torch.ones(len(biases)))) == len(network.parameters)


def test_a_factory_of_the_users_own(module):
    backbone = backbone_from(f"{module}:narrow")
    assert not backbone.stackable
    network = build_network(backbone, (12,), torch.zeros(1, 3), seed=0)
    assert network.logits(torch.randn(4, 12)).shape == (1, 4, 3)
    again = build_network(backbone, (12,), torch.zeros(1, 3), seed=0)
    for a, b in zip(network.parameters, again.parameters, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong_size", "on a batch of 2 rows of shape (12,)"),
        ("not_flat", "(2, 3, 4) for a batch of 2 rows"),
        ("nothing", "a NoneType"),
    ],
)
def test_a_factory_that_does_not_fit_is_told_before_training(module, name, words):
    with pytest.raises(InputError) as caught:
        build_network(backbone_from(f"{module}:{name}"), (12,), torch.zeros(1, 3), seed=0)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("mpl", OptionError, "mlp (closest)"),
        (":narrow", OptionError, "package.module:function"),
        ("users_own_backbones:", OptionError, "package.module:function"),
        ("no_such_module_anywhere:f", InputError, "No module named"),
        ("users_own_backbones:f", InputError, "no attribute 'f'"),
        ("users_own_backbones:VALUE", InputError, "int, which cannot be called"),
    ],
)
def test_what_cannot_be_imported(module, path, error, words):
    with pytest.raises(error) as caught:
        backbone_from(path)
    assert words in str(caught.value)


def test_the_text_of_the_users_module_tells_edited_code_apart(module):
    assert "nn.Linear(12, 5)" in source_text(f"{module}:narrow")
    assert source_text("math:sqrt") == ""
    assert import_object("math:sqrt", "a function")(9) == 3
