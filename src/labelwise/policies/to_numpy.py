"""A policy as one readable Python file that needs numpy alone.

The program is traced once: every value becomes a node of an expression, every named part a function. Nodes that are
used more than once get a variable; the others are written where they are used.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import labelwise
from labelwise.calibration.inputs import LARGEST
from labelwise.decisions.caution import CAVEATS
from labelwise.io.files import write_atomically
from labelwise.policies.policy import Policy
from labelwise.policies.program import decide_program

__all__ = ["policy_source", "save_numpy"]

INLINE = 8
"""A constant of more numbers stands at the head of the file."""


def save_numpy(policy: Policy, path: Path | str) -> None:
    """Write `policy_source` to a file, atomically."""
    text = policy_source(policy)
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def policy_source(policy: Policy) -> str:
    """The policy as Python source which needs numpy and nothing else, with two functions of (N, C) scores.

    ``decide`` gives ``labels`` and ``caveats`` (lists of names), ``probabilities`` (N, C), and where the policy has
    them ``sets``; ``decide_arrays`` the same as arrays: ``answers`` (N, C) bool, ``caveats`` (N, 6) bool, ...

    Args:
        policy: the policy.

    Raises:
        OptionError: where the policy cannot be computed alike from what the file gets.

    Example:
        >>> import labelwise as lw
        >>> y = np.arange(60) % 3
        >>> policy = lw.fit_policy(lw.Logits(np.eye(3)[y] * 4, lw.infer_task(y)), y)
        >>> namespace = {}
        >>> exec(policy_source(policy), namespace)
        >>> namespace["decide"](np.array([[0.0, 2.0, 1.0]]))["labels"]
        [['1']]
    """
    engine, names = _Source(), "CLASS_NAMES[1:]" if policy.task.kind == "binary" else "CLASS_NAMES"
    scores = engine.parameter("scores")
    outputs = decide_program(policy, engine, scores)
    body = engine.written(list(outputs.values()))
    steps = [*body.lines]
    steps += [f'found["{name}"][rows] = {value}' for name, value in zip(outputs, body.values, strict=True)]
    return TEMPLATE.format(
        task=policy.task.kind,
        kind=policy.score_kind,
        width=policy.task.n_outputs,
        class_names=repr(list(policy.task.class_names)),  # text of the user's only ever as literals
        caveats=repr(list(CAVEATS)),
        caveat_count=len(CAVEATS),
        about=repr(
            {
                "labelwise": labelwise.__version__,
                "score_kind": policy.score_kind,
                "objective": policy.objective,
                "rows": policy.rows,
                "calibration": policy.calibration.name,
                "rule": policy.rule.form,
                "policy_sha256": policy.sha256,
            }
        ),
        constants="".join(f"{line}\n" for line in engine.constants),
        functions="\n\n\n".join(engine.functions.values()),
        checks=CHECKS[policy.score_kind],
        outputs=_outputs(outputs, policy.task.n_outputs),
        steps="\n".join(f"    {step}" for step in steps),
        labels=_labels(outputs, policy.task.kind == "binary"),
        named="".join(
            f'\n        "{name}": {NAMED.format(name=name, names=names)},' for name in outputs if name not in KEPT
        ),
    )


def _labels(names: Iterable[str], binary: bool) -> str:
    """The expression of the names of each row's labels; yes or no where there is one question, nothing if unsure."""
    if not binary:
        return NAMED.format(name="answers", names="CLASS_NAMES")
    sure = ' & ~found["unsure"]' if "unsure" in names else ""
    return f'_named(np.hstack([~found["answers"]{sure}, found["answers"]]), CLASS_NAMES)'


def _outputs(names: Iterable[str], width: int) -> str:
    kinds = {"probabilities": f"({width},), float", "caveats": f"({len(CAVEATS)},), bool"}
    kinds = {name: kinds.get(name, f"({width},), bool").replace("(", "(n, ", 1).replace(",)", ")") for name in names}
    return "\n".join(f'        "{name}": np.empty({kind}),' for name, kind in kinds.items())


TEMPLATE = '''"""A labelwise policy for a {task} task: decide(scores) gives labels and caveats of (N, {width}) {kind}.

Needs numpy alone. Values are rounded to multiples of 2^-32 (snap) before they are compared.
"""

import numpy as np

CLASS_NAMES = {class_names}
CAVEATS = {caveats}
ABOUT = {about}
{constants}

{functions}


def decide(scores):
    """The names of each row's labels and caveats, and its probabilities, of (N, {width}) {kind}."""
    found = decide_arrays(scores)
    return {{
        "labels": {labels},
        "caveats": _named(found["caveats"], CAVEATS),
        "probabilities": found["probabilities"],{named}
    }}


def decide_arrays(scores):
    """Arrays: answers (N, {width}), probabilities (N, {width}), caveats (N, {caveat_count}) in the order of CAVEATS."""
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or scores.shape[1] != {width}:
        raise ValueError(f"(N, {width}) {kind} are wanted; these have shape {{scores.shape}}")
{checks}
    n = len(scores)
    found = {{
{outputs}
    }}
    step = max(1, 500_000 // {width}**2)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        _decide_rows(scores[rows], found, rows)
    return found


def _decide_rows(scores, found, rows):
{steps}


def _named(flags, names):
    return [[name for name, flag in zip(names, row) if flag] for row in flags.tolist()]
'''
KEPT = ("answers", "probabilities", "caveats")
NAMED = '_named(found["{name}"], {names})'
CHECKS = {
    "logits": f"""    if not (np.abs(scores) <= {LARGEST!r}).all():
        raise ValueError("logits that are finite numbers are wanted, none beyond {LARGEST:g}")""",
    "probabilities": """    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("probabilities from 0 to 1 are wanted")""",
    "log-probabilities": """    if not (scores <= 1e-6).all():
        raise ValueError("log-probabilities of 0 or less are wanted")""",
}

BINARY = {
    "add": ("+", 4), "sub": ("-", 4), "mul": ("*", 5), "div": ("/", 5), "matmul": ("@", 5), "and": ("&", 3),
    "or": ("|", 2), "ge": (">=", 1), "lt": ("<", 1), "gt": (">", 1), "eq": ("==", 1),
}  # fmt: skip
"""Words with an operator, and how strongly it binds."""

CALLS = {
    "max": "np.maximum", "min": "np.minimum", "exp": "np.exp", "log": "np.log", "abs": "np.abs", "round": "np.rint",
}  # fmt: skip
TIGHT = 9


@dataclass(frozen=True, eq=False)
class _Node:
    """A value: what makes it (a word, or text that stands for itself), from what, and how strongly it binds."""

    word: str
    parts: tuple[_Node, ...]
    text: str
    place: int


@dataclass(frozen=True)
class _Written:
    lines: list[str]
    values: list[str]


class _Source:
    """The words of `Engine` as Python source; a value is a `_Node`, and equal ones are the same one."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.constants: list[str] = []
        self.nodes: dict[tuple[Any, ...], _Node] = {}

    def node(self, word: str, *parts: _Node, text: str = "") -> _Node:
        """The node of a word; the same for the same parts."""
        key = (word, tuple(map(id, parts)), text)
        return self.nodes.setdefault(key, _Node(word, parts, text, len(self.nodes)))

    def parameter(self, name: str) -> _Node:
        """A function's parameter."""
        return self.node("text", text=name)

    def constant(self, array: np.ndarray) -> _Node:
        array = np.asarray(array)
        if array.ndim == 0:
            return self.node("text", text=_literal(array.item()))
        text = _array(array)
        if array.size <= INLINE or not text.startswith("np.array"):
            return self.node("text", text=text)
        line = next((line for line in self.constants if line.endswith(f" = {text}")), None)
        if line is None:
            line = f"NUMBERS_{len(self.constants) + 1} = {text}"
            self.constants.append(line)
        return self.node("text", text=line.partition(" = ")[0])

    def two(self, name: str, a: _Node, b: _Node) -> _Node:
        return self.node(name, a, b)

    def one(self, name: str, a: _Node) -> _Node:
        return self.node(name, a)

    def rows(self, name: str, a: _Node) -> _Node:
        return self.node("rows", a, text=name)

    def where(self, test: _Node, a: _Node, b: _Node) -> _Node:
        return self.node("call", test, a, b, text="np.where")

    def deeper(self, a: _Node, axis: int) -> _Node:
        return self.node("index", a, text=", ".join([":"] * axis + ["None"]))

    def flatter(self, a: _Node) -> _Node:
        return self.node("index", a, text="..., 0")

    def look_up(self, table: np.ndarray, index: _Node) -> _Node:
        return self.node("look_up", self.constant(table), index)

    def pick(self, a: _Node, columns: np.ndarray) -> _Node:
        return self.node("index", a, text=f"..., {self.constant(columns).text}")

    def sort(self, a: _Node) -> _Node:
        return self.node("neg", self.node("sort", self.node("neg", a)))

    def beside(self, values: list[_Node]) -> _Node:
        return self.node("beside", *values)

    def piece(self, name: str, body: Callable[..., _Node], *values: _Node) -> _Node:
        names = list(inspect.signature(body).parameters)
        inside = self.written([body(*map(self.parameter, names))])
        rest = "\n".join(f"    {line}" for line in [*inside.lines, f"return {_in_lines(inside.values[0])}"])
        text = f"({', '.join(names)}):\n{rest}"
        free = (name if k == 1 else f"{name}_{k}" for k in range(1, len(self.functions) + 2))
        called = next(n for n in free if self.functions.get(n, f"def {n}{text}") == f"def {n}{text}")
        self.functions[called] = f"def {called}{text}"
        return self.node("call", *values, text=called)

    def written(self, values: list[_Node]) -> _Written:
        """Lines that make the values, and the expressions that then stand for them."""
        uses: dict[_Node, int] = dict.fromkeys(values, 1)
        waiting = list(uses)
        while waiting:
            for part in waiting.pop().parts:
                if part not in uses:
                    waiting.append(part)
                uses[part] = uses.get(part, 0) + 1
        lines: list[str] = []
        named: dict[_Node, str] = {}

        def text(node: _Node, least: int = 0) -> str:
            if node in named:
                return named[node]
            made, binds = _expression(node, text)
            return made if binds >= least else f"({made})"

        for node in sorted(uses, key=lambda node: node.place):  # a node comes after its parts
            if node.parts and uses[node] > 1:
                made = text(node)
                named[node] = f"v{len(named) + 1}"
                lines.append(f"{named[node]} = {made}")
        return _Written(lines, [text(value) for value in values])


def _expression(node: _Node, text: Callable[..., str]) -> tuple[str, int]:
    """The source of a node, and how strongly its outermost operator binds."""
    word, parts = node.word, node.parts
    if word == "text":
        return node.text, 6 if node.text.startswith("-") else TIGHT
    if word in BINARY and len(parts) == 2:
        sign, binds = BINARY[word]
        left, right = text(parts[0], binds + (binds == 1)), text(parts[1], binds + 1)
        return f"{left} {sign} {right}", binds
    if word in ("neg", "not"):
        return f"{'-' if word == 'neg' else '~'}{text(parts[0], 7)}", 6
    if word == "int":
        return f"{text(parts[0], TIGHT)}.astype(np.int64)", TIGHT
    if word == "rows":
        return f"{text(parts[0], TIGHT)}.{node.text}(-1, keepdims=True)", TIGHT
    if word == "index":
        return f"{text(parts[0], TIGHT)}[{node.text}]", TIGHT
    if word == "sort":
        return f"np.sort({text(parts[0])}, axis=-1)", TIGHT
    if word == "beside":
        return f"np.concatenate([{', '.join(map(text, parts))}], axis=-1)", TIGHT
    if word == "look_up":
        return f"{text(parts[0], TIGHT)}[{text(parts[1])}]", TIGHT
    name = node.text if word == "call" else CALLS[word]
    return f"{name}({', '.join(text(part) for part in parts)})", TIGHT


def _in_lines(text: str) -> str:
    """An expression as it is, or a long row of alternatives one to a line."""
    parts = _alternatives(text)
    if len(text) < 100 or len(parts) == 1:
        return text
    return "(\n        " + "\n        | ".join(parts) + "\n    )"


def _alternatives(text: str) -> list[str]:
    """The parts of an expression between its outermost ``|``."""
    depth, start, found = 0, 0, []
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and not depth:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def _array(array: np.ndarray) -> str:
    """The source of an array, short where it is a regular one."""
    width = array.shape[-1]
    regular = {
        f"np.arange({width})": np.arange(width),
        f"np.tri({width}, k=-1, dtype=bool)": np.tri(width, k=-1, dtype=bool),
        f"np.full({width}, {_literal(array.flat[0].item())})": np.full(width, array.flat[0]),
    }
    for text, value in regular.items():
        if width > 1 and value.dtype == array.dtype and np.array_equal(value, array):
            return text
    return f"np.array({_literal(array.tolist())})"


def _literal(value: Any) -> str:
    return repr(value).replace("inf", "np.inf")
