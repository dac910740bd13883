"""From files to claims: run every relevant file's top level, then whatever nobody called, on unknown arguments."""

from __future__ import annotations

import ast
import bisect
import gc
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labelwise.doctor.code import calls, statements
from labelwise.doctor.code.machine import ENTRY_STEPS, ROOT_STEPS, Budget, Claim, Frame, Link, Machine, UseOfSelf
from labelwise.doctor.code.project import Project, Source, is_relevant
from labelwise.doctor.code.values import UNKNOWN, Bound, Class, Func, Instance, Loss, Module, Value, join

__all__ = ["Analysis", "Part", "analyse", "follow", "together"]


@dataclass(frozen=True)
class Analysis:
    """What was found in a set of files.

    Attributes:
        claims: proven claims, with the modules' own line numbers.
        errors: path -> (line, message) of files that are not Python.
        tangled: paths that were not followed to their end.
        crashed: path -> what went wrong in the analyser itself.
    """

    claims: tuple[Claim, ...]
    errors: Mapping[str, tuple[int, str]]
    tangled: tuple[str, ...]
    crashed: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """What a run over some of the files found, before it is known which claims hold."""

    claims: tuple[Claim, ...]
    links: tuple[Link, ...]
    errors: Mapping[str, tuple[int, str]]
    tangled: tuple[str, ...]
    crashed: Mapping[str, str]


def analyse(sources: Mapping[str, Source], *, pedantic: bool = False) -> Analysis:
    """Analyse files together. Nothing of them is imported or run."""
    return together([follow(sources, list(sources), pedantic=pedantic)])


def follow(sources: Mapping[str, Source], roots: Sequence[str], *, pedantic: bool = False) -> Part:
    """Follow some of the files, and whatever they import of all of them."""
    project = Project(dict(sources))
    machine = Machine(project, pedantic)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 8000))
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects that live to the end
    try:
        for path in roots:
            if project.module(path) is None or not is_relevant(sources[path].text):
                continue
            if not _root(machine, path):
                machine.tangled.append(path)
    finally:
        sys.setrecursionlimit(limit)
        machine.forget()
        if collecting:
            gc.enable()
    return Part(
        tuple(machine.claims.values()),
        tuple(machine.links),
        project.errors,
        tuple(dict.fromkeys(machine.tangled)),
        machine.crashed,
    )


def together(parts: Sequence[Part]) -> Analysis:
    """Claims that hold by themselves, and those whose head is trained anywhere with the loss they need."""
    families: dict[str, set[str]] = {}
    for part in parts:
        for link in part.links:
            families.setdefault(link.head, set()).add(link.family)
    claims: dict[tuple[str, str, int, int], Claim] = {}
    for claim in (c for part in parts for c in part.claims):
        linked = any(set(claim.needs) & families.get(head, set()) for head in claim.heads)
        if claim.needs == ("sgd",):  # no other optimiser may be at work in the file
            linked = all(families.get(head) == {"sgd"} for head in claim.heads)
        if not claim.heads or linked:
            claims.setdefault((claim.site.path, claim.code, claim.site.line, claim.site.col), claim)
    errors = {path: error for part in parts for path, error in part.errors.items()}
    tangled = dict.fromkeys(path for part in parts for path in part.tangled)
    ordered = sorted(claims.values(), key=lambda c: (c.site.path, c.site.line, c.site.col, c.code))
    crashed = {path: text for part in parts for path, text in part.crashed.items()}
    return Analysis(tuple(ordered), errors, tuple(tangled), crashed)


def _root(m: Machine, path: str) -> bool:
    """Run one file; False where it was too tangled to follow to its end."""
    m.steps, m.limit, m.root = 0, ROOT_STEPS, path
    m.costly.clear()
    m.spent.clear()
    whole = _guarded(m, lambda: statements.load(m, path))
    module = m.project.module(path)
    waiting = m.pending.pop(path, [])
    if module is None:
        return whole
    m.memo.clear()
    while waiting:
        for value in waiting:
            if m.steps > ROOT_STEPS:
                return False
            m.limit = m.steps + ENTRY_STEPS
            if (
                isinstance(value, Func)
                and value.owner is None
                and id(value.node) not in m.called
                and _tells(m, value.node, path)
            ):
                whole &= _guarded(m, lambda value=value: _alone(m, value, module))
            elif isinstance(value, Class) and (_tells(m, value.node, path) or _templates(m, value)):
                whole &= _guarded(m, lambda value=value: _class(m, value, module))
        waiting = m.pending.pop(path, [])  # what was defined inside of these
    return whole


def _guarded(m: Machine, work: Callable[[], object]) -> bool:
    """Do a piece of work within its budget, and leave the machine as it was where that is spent."""
    mark, muted = len(m.journal), m.muted
    try:
        work()
    except (Budget, RecursionError):
        pass
    except Exception as error:  # a mistake of ours must not stop the other files from being checked
        m.crashed[m.root] = f"{type(error).__name__}: {error}"
    else:
        return True
    m.undo(mark)
    m.stack.clear()
    m.selecting, m.muted = False, muted
    return False


_TELLING = re.compile(
    r"loss|criter|crit\b|objective|entropy|bce|nll|kl_?div|softmax|sigmoid|argmax|\.max\(|torch\.max|round\(|\.log\(|thresh|curve\(|"
    r"f1_score|accuracy|\.[gl][te]\(|optim\.[a-z]|acc\b|\.compile\(|expit|[<>]=? ?-?0\.\d|neuralnet|learner"
)


def _tells(m: Machine, node: ast.AST, path: str) -> bool:
    """False where no rule could find anything in this function or class by itself."""
    lines = m.telling.get(path)
    if lines is None:
        lines = m.telling[path] = _telling_lines(m, path)
    last = getattr(node, "end_lineno", None) or 0
    at = bisect.bisect_left(lines, getattr(node, "lineno", 1))
    return at < len(lines) and lines[at] <= last


def _telling_lines(m: Machine, path: str) -> list[int]:
    """Lines with a telling word, or with a call of what holds a loss under whatever name."""
    module = m.project.module(path)
    names = {k for k, v in module.env.items() if isinstance(v, (Loss, Bound))} if module else set()
    lines = m.project.lines(path)
    text = m.project.sources[path].text
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    telling = (
        _matching(_TELLING, text.lower(), starts)
        if text.isascii()
        else _matching(_TELLING, text.casefold()[: len(text)], starts)
    )
    for number in telling:
        if assigned := _ATTRIBUTE.match(lines[number - 1]):
            names.add(assigned[1])
    if names:
        called = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\(")
        telling = sorted({*telling, *_matching(called, text, starts)})
    return telling


def _matching(pattern: re.Pattern[str], text: str, starts: list[int]) -> list[int]:
    """Numbers of the lines that the pattern finds something in."""
    found: list[int] = []
    at = 0
    while match := pattern.search(text, at):
        number = bisect.bisect_right(starts, match.start())
        if number >= len(starts):
            break
        found.append(number)
        at = starts[number]
    return found


_ATTRIBUTE = re.compile(r"\s*self\.(\w+)\s*=(.*)")


def _unknown_args(func: Func, skip: int) -> tuple[list[Value], dict[str, Value]]:
    spec = func.node.args
    count = len(spec.posonlyargs) + len(spec.args) - skip
    return [UNKNOWN] * max(count, 0), {a.arg: UNKNOWN for a in spec.kwonlyargs}


def _alone(m: Machine, func: Func, module: Module) -> None:
    """A function that nobody calls, on unknown arguments; its effects are undone."""
    mark = len(m.journal)
    args, kwargs = _unknown_args(func, 0)
    spec = func.node.args
    names = [*spec.posonlyargs, *spec.args]
    args = [_named(a.arg) for a in names]
    calls.call_function(m, Frame({}, module), func.node, func, args, kwargs)
    m.undo(mark)


def _named(name: str) -> Value:
    from labelwise.doctor.code.expressions import named

    return named(name, UNKNOWN)


def _class(m: Machine, cls: Class, module: Module) -> None:
    """Every method of a class, on the objects that the code makes, or on one made of unknown arguments."""
    frame = Frame({}, module)
    made = list(m.instances.get(id(cls.node), []))
    own = [f for f in cls.env.values() if isinstance(f, Func) and f.name != "__init__"]
    methods = [f for f in own if _tells(m, f.node, cls.path)]
    templates = _templates(m, cls)
    if not made:
        init = cls.find("__init__")
        args, kwargs = _unknown_args(init, 1) if isinstance(init, Func) else ([], {})
        obj = calls.instantiate(m, frame, cls.node, cls, args, kwargs)
        made = [obj] if isinstance(obj, Instance) else []
    for obj in made:
        _settle(m, frame, obj, own)
        for method in methods:
            if id(method.node) not in m.called or len(made) > 1:
                _method(m, frame, obj, method)
        for method in templates:
            _method(m, frame, obj, method)


def _templates(m: Machine, cls: Class) -> list[Func]:
    """Inherited methods that call what this class defines: a step in the base class, the network in this one."""
    bases = cls.line()[1:]
    if not bases:
        return []
    defined = {name for name, value in cls.env.items() if isinstance(value, Func)} - {"__init__"}
    init = cls.env.get("__init__")
    if isinstance(init, Func):
        defined |= _use_of_self(m, init).stores
    if defined & {"forward", "call"}:
        defined.add("__call__")
    seen = {*cls.env, "__init__"}
    found = []
    for base in bases:
        methods = [f for name, f in base.env.items() if isinstance(f, Func) and name not in seen]
        found += [f for f in methods if _use_of_self(m, f).calls & defined and _tells(m, f.node, f.path)]
        seen |= set(base.env)
    return found


def _use_of_self(m: Machine, method: Func) -> UseOfSelf:
    """What a method calls on `self` (``__call__`` where it calls `self`), and which attributes it sets."""
    known = m.use_of_self.get(method.node)
    if known is None:
        calls_, stores = set(), set()
        for n in ast.walk(method.node):
            if isinstance(n, ast.Call):
                if isinstance(n.func, ast.Attribute) and _is_self(n.func.value):
                    calls_.add(n.func.attr)
                elif _is_self(n.func):
                    calls_.add("__call__")
            elif isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and _is_self(n.value):
                stores.add(n.attr)
        known = m.use_of_self[method.node] = UseOfSelf(frozenset(calls_), frozenset(stores))
    return known


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _method(m: Machine, frame: Frame, obj: Instance, method: Func) -> None:
    mark = len(m.journal)
    args, kwargs = _unknown_args(method, 0 if method.role == "staticmethod" else 1)
    first: list[Value] = [] if method.role == "staticmethod" else [obj.cls if method.role == "classmethod" else obj]
    calls.call_function(m, frame, method.node, method, [*first, *args], kwargs)
    m.undo(mark)


def _settle(m: Machine, frame: Frame, obj: Instance, methods: list[Func]) -> None:
    """Attributes that methods other than `__init__` set: what every method may find in them."""
    writers = [f for f in methods if _use_of_self(m, f).stores]
    if not writers:
        return
    written: dict[str, Value | None] = {}
    called = set(m.called)
    m.muted += 1
    for method in writers:
        mark = len(m.journal)
        args, kwargs = _unknown_args(method, 0 if method.role == "staticmethod" else 1)
        calls.call_function(m, frame, method.node, method, [obj, *args], kwargs)
        for (_, key), (target, now, _) in m.undo(mark).items():
            if target is obj and isinstance(now, Value):
                written[key] = join(written.get(key), now) if key in written else now
    m.muted -= 1
    m.called = called
    for key, value in written.items():
        before = obj.state.get(key)
        nothing = before is None or getattr(before, "value", 0) is None
        m.write(obj, key, value if nothing or before is None else join(before, value))
