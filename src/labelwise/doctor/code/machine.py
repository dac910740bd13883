"""The interpreter's state: frames, the journal of heap writes, what was found, and the budget."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from labelwise.doctor.code.project import Project
from labelwise.doctor.code.values import UNKNOWN, Class, Func, Heap, Instance, Module, Rest, Site, Value, join

__all__ = ["Budget", "Claim", "Frame", "Link", "Machine", "UseOfSelf"]

LOAD_STEPS = 20_000  # for the top level of a file
ROOT_STEPS = 24_000  # for all functions and classes of a file
ENTRY_STEPS = 6_000  # for one function or class of it
DECORATOR_STEPS = 400
COSTLY_STEPS = 1_500  # a function of another file that took more in all is not followed again
MAX_DEPTH = 10


class Budget(Exception):  # noqa: N818
    """The file is too tangled to follow to its end; what was proven until here stands."""


@dataclass(frozen=True)
class Claim:
    """A finding before it is worded for the user.

    `heads` non-empty: it holds only if one of these heads is trained with a loss of the families in `needs`.
    """

    code: str
    site: Site
    message: str
    evidence: tuple[Site, ...] = ()
    confidence: str = "high"
    heads: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A head's raw output reaches a loss."""

    head: str
    family: str
    site: Site


@dataclass(slots=True)
class Frame:
    """Names of one running function (or module), with the frame around it."""

    env: dict[str, Value]
    module: Module
    parent: Frame | None = None
    func: Func | None = None
    this: Instance | None = None
    owner: Class | None = None
    returns: list[Value] = field(default_factory=list)

    def look(self, name: str) -> Value | None:
        """The name here or in a frame around; None where it is nowhere."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.env:
                return frame.env[name]
            frame = frame.parent
        return None


@dataclass(frozen=True, slots=True)
class UseOfSelf:
    """What a method calls on `self`, and which attributes it sets."""

    calls: frozenset[str]
    stores: frozenset[str]


_GONE = object()


@dataclass
class Machine:
    """One run over one root file and whatever it imports."""

    project: Project
    pedantic: bool = False
    claims: dict[tuple[str, str, int, int], Claim] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    journal: list[tuple[Heap, str, Any]] = field(default_factory=list)
    pending: dict[str, list[Value]] = field(default_factory=dict)
    memo: dict[Any, Value] = field(default_factory=dict)
    version: int = 0
    called: set[int] = field(default_factory=set)
    stack: list[Any] = field(default_factory=list)
    instances: dict[int, list[Instance]] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    tangled: list[str] = field(default_factory=list)
    costly: set[Any] = field(default_factory=set)
    spent: dict[Any, int] = field(default_factory=dict)
    root: str = ""
    crashed: dict[str, str] = field(default_factory=dict)
    heavy: set[tuple[str, str]] = field(default_factory=set)
    telling: dict[str, list[int]] = field(default_factory=dict)
    use_of_self: dict[ast.AST, UseOfSelf] = field(default_factory=dict)
    statement: Any = None
    cells: str = ""
    selecting: bool = False
    steps: int = 0
    limit: int = ROOT_STEPS
    muted: int = 0

    def tick(self) -> None:
        """Count a step of work."""
        self.steps += 1
        if self.steps > self.limit:
            raise Budget

    def forget(self) -> None:
        """Cut the circles of names, functions and classes, which the garbage collector takes seconds to find."""
        for module in self.project.modules.values():
            if module is not None:
                for value in module.env.values():
                    if isinstance(value, Class):
                        value.env.clear()
                module.env.clear()
        self.memo.clear()
        self.journal.clear()
        self.instances.clear()

    # ------------------------------------------------------------ what was found

    def site(self, node: ast.AST, frame: Frame, what: str = "") -> Site:
        """Place of a node."""
        return Site(frame.module.path, getattr(node, "lineno", 1), getattr(node, "col_offset", 0), what)

    def claim(self, claim: Claim) -> None:
        """Note a finding once per place and rule; a more confident one replaces a weaker one."""
        if self.muted:
            return
        key = (claim.code, claim.site.path, claim.site.line, claim.site.col)
        old = self.claims.get(key)
        if old is None or (old.confidence != "high" and claim.confidence == "high"):
            self.claims[key] = claim
        elif old.heads and claim.heads:
            self.claims[key] = Claim(
                old.code, old.site, old.message, old.evidence, old.confidence, old.heads | claim.heads, old.needs
            )

    # ------------------------------------------------------------ the heap

    def write(self, obj: Heap, key: str, value: Any) -> None:
        """Set a part of an object's state, so that a branch can be undone."""
        self.journal.append((obj, key, obj.state.get(key, _GONE)))
        self.version += 1
        obj.state[key] = value

    def undo(self, mark: int) -> dict[tuple[int, str], tuple[Heap, Any, Any]]:
        """Roll back to `mark`; returns ``(object, value after, value before)`` of everything written since."""
        after: dict[tuple[int, str], tuple[Heap, Any, Any]] = {}
        if len(self.journal) > mark:
            self.version += 1
        while len(self.journal) > mark:
            obj, key, old = self.journal.pop()
            slot = (id(obj), key)
            now = after[slot][1] if slot in after else obj.state.get(key, _GONE)
            after[slot] = (obj, now, old)
            if old is _GONE:
                obj.state.pop(key, None)
            else:
                obj.state[key] = old
        return after

    def merge(self, one: dict, two: dict) -> None:
        """Write the join of two undone branches."""
        for slot in {**one, **two}:
            obj, _, before = one.get(slot) or two.get(slot)  # type: ignore[misc]
            key = slot[1]
            a = one[slot][1] if slot in one else before
            b = two[slot][1] if slot in two else before
            self.write(obj, key, _join_state(a, b))


def _join_state(a: Any, b: Any) -> Any:
    if a is _GONE:
        return b
    if b is _GONE:
        return a
    if isinstance(a, tuple) and isinstance(b, tuple):
        return _join_items(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return {k: join(a.get(k), b.get(k)) for k in {**a, **b}}
    if isinstance(a, Value) and isinstance(b, Value):
        return join(a, b)
    return a if a == b else UNKNOWN


def _join_items(a: tuple, b: tuple) -> tuple:
    """Two states of a list: a common start, then maybe more."""
    if len(a) == len(b):
        return tuple(x if x is y or x == y else join(x, y) for x, y in zip(a, b, strict=True))
    short, long = sorted((a, b), key=len)
    if long[: len(short)] == short:
        return (*short, Rest(tuple(long[len(short) :])))
    return (Rest((UNKNOWN,)),)
