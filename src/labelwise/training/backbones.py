"""Backbones: what comes before the last layer. Rows of `BACKBONES`, or a factory of the user's own.

``linear`` and ``mlp`` are chains of linear layers, given as their widths, and are trained stacked. Everything else is
a torch module that turns a batch into features, and is trained one trial after the other.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelwise.errors import InputError, OptionError, choose

if TYPE_CHECKING:
    from torch import nn

__all__ = ["BACKBONES", "Backbone", "backbone_from", "import_object", "source_text"]


@dataclass(frozen=True)
class Backbone:
    """What comes before the last layer.

    Attributes:
        name: key in `BACKBONES`, or ``package.module:factory``.
        text: in a sentence.
        hidden: widths of the hidden layers of a chain that can be stacked, or None for a module.
        factory: input shape of one row -> module from a batch to (N, features); None for a chain.
        images: True where it needs rows to be images (channels, height, width).
    """

    name: str
    text: str
    hidden: tuple[int, ...] | None = None
    factory: Callable[[tuple[int, ...]], nn.Module] | None = None
    images: bool = False

    @property
    def stackable(self) -> bool:
        """True where many trials train in one pass."""
        return self.hidden is not None


def _cnn(shape: tuple[int, ...]) -> nn.Module:
    from torch import nn

    channels = shape[0]
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * 16, 64),
        nn.ReLU(),
    )


BACKBONES: dict[str, Backbone] = {
    b.name: b
    for b in (
        Backbone("linear", "no hidden layer: the head alone on the features", hidden=()),
        Backbone("mlp", "one hidden layer of 128 rectified units", hidden=(128,)),
        Backbone("cnn", "two convolutions of 16 and 32 channels, 64 features", factory=_cnn, images=True),
    )
}


def backbone_from(name: str) -> Backbone:
    """The backbone of that name, or the user's own ``package.module:factory``.

    The factory gets the shape of one row ((D,) or (channels, H, W)) and returns a module from a batch to (N, F).

    Raises:
        OptionError: for an unknown name, with the closest one.
        InputError: where the factory cannot be imported.
    """
    if ":" in name:
        return Backbone(name, f"the user's own {name}", factory=import_object(name, "a factory of a backbone"))
    return BACKBONES[choose(name, BACKBONES, what="backbone")]


def import_object(path: str, purpose: str) -> Callable[..., Any]:
    """Import ``package.module:name`` and check that it can be called.

    Raises:
        OptionError: where the path is not of that form.
        InputError: where module or name cannot be imported.
    """
    module, _, name = path.partition(":")
    if not module or not name:
        raise OptionError(purpose, repr(path), "package.module:function")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"{purpose} at {path}", str(error), "a module that can be imported from here (see PYTHONPATH)"
        ) from None
    if not callable(found):
        raise InputError(f"{purpose} at {path}", f"a {type(found).__name__}, which cannot be called", "a function")
    return found


def source_text(path: str) -> str:
    """Text of the module of ``package.module:name``, so that edited code is not taken for what ran before.

    Empty where it has none (compiled code).
    """
    found = import_object(path, "source")
    try:
        return inspect.getsource(inspect.getmodule(found) or found)
    except (OSError, TypeError):
        return ""
