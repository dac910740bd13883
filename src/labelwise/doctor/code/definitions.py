"""Functions, classes and imports: what their statements put into the names."""

from __future__ import annotations

import ast

from labelwise.doctor.code import expressions as ex
from labelwise.doctor.code import statements
from labelwise.doctor.code.attributes import project_module
from labelwise.doctor.code.frameworks import canonical
from labelwise.doctor.code.machine import DECORATOR_STEPS, Budget, Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Class,
    Func,
    Module,
    Ref,
    Value,
)

__all__ = ["define_class", "define_function", "import_from", "import_modules"]


def define_function(m: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """``def``: the function with its role, and what its decorators make of it."""
    role, transparent = "plain", True
    wrappers = []
    for decorator in node.decorator_list:
        last = _decorator_name(decorator)
        if last in ("staticmethod", "classmethod", "property", "cached_property"):
            role = {"cached_property": "property"}.get(last, last)
            continue
        if last in _TRANSPARENT:
            continue
        value = ex.evaluate(m, frame, decorator.func if isinstance(decorator, ast.Call) else decorator)
        name = canonical(value.name) if isinstance(value, Ref) else ""
        if isinstance(value, Func):
            wrappers.append(decorator)
        elif not name.startswith(("tensorflow.", "torch.")):
            transparent = False
    func = ex.make_function(m, frame, node, node.name, role)
    m.pending.setdefault(frame.module.path, []).append(func)
    value: Value = func if transparent else UNKNOWN
    for decorator in reversed(wrappers):
        value = _decorated(m, frame, decorator, value, UNKNOWN)
    frame.env[node.name] = value


def _decorator_name(decorator: ast.expr) -> str:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _decorated(m: Machine, frame: Frame, decorator: ast.expr, value: Value, otherwise: Value) -> Value:
    """What a decorator of the project makes of a function or class, if that is quickly seen."""
    name = (frame.module.path, _decorator_name(decorator))
    if name in m.heavy:
        return otherwise
    mark, limit, stack = len(m.journal), m.limit, list(m.stack)
    m.limit = min(limit, m.steps + DECORATOR_STEPS)
    try:
        wrapper = ex.evaluate(m, frame, decorator)
        return ex.call(m, frame, decorator, wrapper, [value], {}) if isinstance(wrapper, Func) else otherwise
    except Budget:
        if m.steps > limit:
            raise
        m.heavy.add(name)
        m.undo(mark)
        m.stack = stack
        return otherwise
    finally:
        m.limit = limit


_TRANSPARENT = {
    "no_grad",
    "inference_mode",
    "function",
    "wraps",
    "overload",
    "abstractmethod",
    "lru_cache",
    "cache",
    "contextmanager",
    "jit",
    "script",
    "script_method",
    "ignore",
    "export",
    "autocast",
    "enable_grad",
    "override",
    "torch_required",
    "task",
    "typechecked",
    "add_start_docstrings",
    "add_start_docstrings_to_model_forward",
    "add_code_sample_docstrings",
    "replace_return_docstrings",
    "auto_docstring",
    "can_return_tuple",
    "requires",
    "check_model_inputs",
    "capture_outputs",
    "merge_with_config_defaults",
    "deprecate_kwarg",
    "use_kernel_forward_from_hub",
    "dataclass",
    "auto_move_data",
    "custom_fwd",
    "register_keras_serializable",
    "batch",
}


def define_class(m: Machine, frame: Frame, node: ast.ClassDef) -> None:
    """``class``: its body is run; a registry of the project may keep it."""
    bases = []
    for base in node.bases:
        value = ex.evaluate(m, frame, base)
        bases.append(Ref(canonical(value.name)) if isinstance(value, Ref) else value)
    cls = Class(node.name, node, tuple(bases), {}, frame.module.path)
    for decorator in node.decorator_list:
        value = ex.evaluate(m, frame, decorator.func if isinstance(decorator, ast.Call) else decorator)
        if isinstance(value, Ref) and value.name.endswith("dataclass"):
            cls.dataclass = True
    body = Frame({}, frame.module, frame, None, None, cls)
    cls.env = body.env
    frame.env[node.name] = cls
    statements.run(m, body, node.body)
    for value in cls.env.values():
        if isinstance(value, Func) and value.owner is None:
            value.owner = cls
    m.pending.setdefault(frame.module.path, []).append(cls)
    for decorator in reversed(node.decorator_list):
        if (
            _decorator_name(decorator) not in _TRANSPARENT
        ):  # a registry of the project keeps the class, and may give another
            frame.env[node.name] = _decorated(m, frame, decorator, frame.env[node.name], frame.env[node.name])


def import_modules(m: Machine, frame: Frame, node: ast.Import) -> None:
    """``import a.b as c``."""
    for alias in node.names:
        path = m.project.find(alias.name, frame.module.path)
        if alias.asname or "." not in alias.name:
            value: Value = project_module(m, path) if path else Ref(alias.name)
            frame.env[alias.asname or alias.name] = value
        else:
            top = alias.name.partition(".")[0]
            local = m.project.find(top, frame.module.path)
            frame.env[top] = Ref(f"~{frame.module.path}~{top}") if path or local else Ref(top)


def import_from(m: Machine, frame: Frame, node: ast.ImportFrom) -> None:
    """``from a import b``."""
    base = node.module or ""
    path = m.project.find(base, frame.module.path, node.level)
    module = statements.load(m, path) if path else None
    for alias in node.names:
        if alias.name == "*":
            if module is not None:
                frame.env.update({k: v for k, v in module.env.items() if not k.startswith("_")})
                frame.module.stars.update(module.stars)
            else:
                frame.module.stars[base] = None
            continue
        frame.env[alias.asname or alias.name] = _imported(m, frame, node, base, module, path, alias.name)


def _imported(
    m: Machine, frame: Frame, node: ast.ImportFrom, base: str, module: Module | None, path: str | None, name: str
) -> Value:
    if module is not None and name in module.env:
        return module.env[name]
    dotted = f"{base}.{name}" if base else name
    inner = m.project.find(dotted, frame.module.path, node.level)
    if inner and inner != frame.module.path:
        return project_module(m, inner)
    if path or node.level:
        return UNKNOWN
    return Ref(dotted)
