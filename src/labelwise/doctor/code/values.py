"""What the interpreter knows of a value: the lattice of activations, and the objects that carry them.

Anything not known is `UNKNOWN`, and whatever touches it becomes unknown too: silence is the default.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = [
    "UNKNOWN",
    "Bound",
    "Class",
    "Const",
    "Func",
    "Heap",
    "Instance",
    "Layer",
    "Loss",
    "Module",
    "Pack",
    "Ref",
    "Rest",
    "Site",
    "Super",
    "Tensor",
    "Unknown",
    "Value",
    "join",
    "truth",
]


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the code: path, line (from 1), column (from 0), and what stands there."""

    path: str
    line: int
    col: int
    what: str = ""


class Value:
    """Root of everything a name can stand for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Nothing is known; `options` are the values it may have had on some path (for unproven findings)."""

    options: tuple[Any, ...] = ()


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Const(Value):
    """A Python literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Tensor(Value):
    """An array and what was last done to it.

    Attributes:
        act: last activation: ``logits``, ``softmax``, ``sigmoid``, ``prob`` (part of a row of probabilities), ``logp``,
            ``logsig``, ``relu``, ``hard`` (class indices), ``bits`` (0/1 by a threshold), ``onehot``, ``multihot``,
            ``several`` (one row with several ones), ``index`` (integer labels), stages of hand-written formulas
            (``exp`` ...), or None for unknown.
        axis: the axis of a softmax or of the arg max, where stated.
        width: length of the last axis, where known.
        ndim: number of axes, where known.
        site: where the activation was applied; `decl`: where its layer was made.
        heads: the layers whose raw output this is, as ids.
        test: True for data of the test split.
        dtype: ``int``, ``float`` or ``bool``, where known.
        low, high: range of integer labels.
        guard: True where an epsilon or a clamp protects a later logarithm.
        of: the value the activation was applied to (only one step back).
    """

    act: str | None = None
    axis: int | None = None
    width: int | None = None
    ndim: int | None = None
    site: Site | None = None
    decl: Site | None = None
    heads: frozenset[str] = frozenset()
    test: bool = False
    dtype: str | None = None
    low: int | None = None
    high: int | None = None
    guard: bool = False
    of: str | None = None

    def but(self, **changes: Any) -> Tensor:
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Pack(Value):
    """A tuple of values."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Rest(Value):
    """In a list: zero or more of these."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Ref(Value):
    """Something outside the given files, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Layer(Value):
    """A framework's layer: `kind` names its transfer function."""

    kind: str
    site: Site
    settings: tuple[tuple[str, Any], ...] = ()
    activation: Any = None

    def get(self, name: str) -> Any:
        """A setting, or None."""
        return dict(self.settings).get(name)


@dataclass(frozen=True, slots=True)
class Loss(Value):
    """A loss: `family` says what it does to its input; `keras` puts the labels first."""

    family: str
    name: str
    site: Site | None = None
    keras: bool = False
    from_logits: bool | None = False
    settings: tuple[tuple[str, Any], ...] = ()

    def get(self, name: str) -> Any:
        """A setting, or None."""
        return dict(self.settings).get(name)


class Heap(Value):
    """An object with a state that the program changes; compared by identity."""

    __slots__ = ("kind", "opaque", "site", "state")

    def __init__(self, kind: str, site: Site | None = None, **state: Any):
        self.kind, self.site, self.state, self.opaque = kind, site, dict(state), False


class Instance(Heap):
    """An object of a class of the given files."""

    __slots__ = ("cls",)

    def __init__(self, cls: Class, site: Site | None):
        super().__init__("instance", site)
        self.cls = cls


@dataclass(eq=False, slots=True)
class Module(Value):
    """A file of the project: its names after running its top level, and the modules outside that it stars, in order."""

    name: str
    path: str
    tree: ast.Module
    env: dict[str, Value] = field(default_factory=dict)
    stars: dict[str, None] = field(default_factory=dict)
    package: str = ""


@dataclass(eq=False, slots=True)
class Func(Value):
    """A function or lambda with the frame it was made in."""

    node: Any
    frame: Any
    path: str
    name: str
    defaults: dict[str, Value]
    owner: Any = None
    role: str = "plain"


@dataclass(eq=False, slots=True)
class Class(Value):
    """A class of the given files."""

    name: str
    node: ast.ClassDef
    bases: tuple[Value, ...]
    env: dict[str, Value]
    path: str
    dataclass: bool = False

    def line(self) -> list[Class]:
        """Method resolution order among the given files, nearest first."""
        seen: list[Class] = []
        queue: list[Class] = [self]
        while queue and len(seen) < 30:
            cls = queue.pop(0)
            if cls not in seen:
                seen.append(cls)
                queue.extend(b for b in cls.bases if isinstance(b, Class))
        return seen

    def outside(self) -> list[str]:
        """Dotted names of the bases outside the given files; ``?`` for a base that is not known."""
        names = []
        for cls in self.line():
            for base in cls.bases:
                if isinstance(base, Ref):
                    names.append(base.name)
                elif not isinstance(base, Class):
                    names.append("?")
        return names

    def find(self, name: str, after: Class | None = None) -> Value | None:
        """The class attribute, searched from the nearest class (or from the one behind `after`)."""
        line = self.line()
        if after is not None and after in line:
            line = line[line.index(after) + 1 :]
        for cls in line:
            if name in cls.env:
                return cls.env[name]
        return None


@dataclass(frozen=True, slots=True)
class Bound(Value):
    """A function with its first argument, or a named method of something known."""

    target: Value
    func: Value | None = None
    name: str = ""
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Super(Value):
    """What `super()` gives."""

    instance: Instance
    after: Class


_SAME = ("axis", "width", "ndim", "dtype", "low", "high", "of")


def join(a: Value | None, b: Value | None) -> Value:
    """What is known of a value that is `a` on one path and `b` on another; a missing one does not count."""
    if a is None or a is b:
        return b if b is not None else UNKNOWN
    if b is None or a == b:
        return a
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Tensor) and one.of == "chosen" and isinstance(other, Const):
            return one  # a threshold that a loop may have improved
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.act == b.act:
        kept = {k: getattr(a, k) if getattr(a, k) == getattr(b, k) else None for k in _SAME}
        heads = a.heads & b.heads
        return a.but(heads=heads, test=a.test and b.test, guard=a.guard or b.guard, **kept)
    if isinstance(a, Pack) and isinstance(b, Pack) and len(a.items) == len(b.items):
        return Pack(tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True)))
    if isinstance(a, Loss) and isinstance(b, Loss) and (a.family, a.from_logits) == (b.family, b.from_logits):
        return replace(a, settings=())
    options = [o for v in (a, b) for o in (v.options if isinstance(v, Unknown) else (v,))]
    kept_options = tuple(o for o in options if isinstance(o, (Tensor, Layer, Loss, Heap, Func)))[:4]
    return Unknown(kept_options)


def truth(value: Value) -> bool | None:
    """Whether the value is true, or None where that is not known."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Pack):
        return bool(value.items)
    if isinstance(value, (Layer, Loss, Func, Class, Instance, Module)):
        return True
    return None
