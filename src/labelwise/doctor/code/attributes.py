"""Attributes of abstract objects, modules and classes."""

from __future__ import annotations

import ast

from labelwise.doctor.code import calls, ops, statements
from labelwise.doctor.code.machine import Frame, Machine
from labelwise.doctor.code.values import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Func,
    Heap,
    Instance,
    Layer,
    Loss,
    Module,
    Pack,
    Ref,
    Super,
    Tensor,
    Unknown,
    Value,
)

__all__ = ["attribute", "project_module", "set_attribute"]


def attribute(m: Machine, frame: Frame, node: ast.AST, obj: Value, name: str) -> Value:
    """``obj.name``."""
    if isinstance(obj, Ref):
        if obj.name.startswith("~"):
            return _project_ref(m, obj, name)
        return Ref(f"{obj.name}.{name}")
    if isinstance(obj, Module):
        if name in obj.env:
            return obj.env[name]
        inner = m.project.find(name, obj.path, 1) if obj.path.endswith("__init__.py") else None
        return project_module(m, inner) if inner else UNKNOWN
    if isinstance(obj, Tensor):
        return ops.attribute(obj, name)
    if isinstance(obj, Class):
        found = obj.find(name)
        if isinstance(found, Func) and found.role == "classmethod":
            return Bound(obj, found)
        return found if found is not None else UNKNOWN
    if isinstance(obj, Instance):
        return _instance_attribute(m, frame, node, obj, name)
    if isinstance(obj, Super):
        found = obj.instance.cls.find(name, obj.after)
        return _bind(m, frame, node, obj.instance, found) if found is not None else Bound(obj, None, name)
    if isinstance(obj, Heap):
        if name in obj.state.get("attrs", {}):
            return obj.state["attrs"][name]
        if name == "module" and obj.kind in ("seq", "net", "kmodel"):
            return obj  # wrapped in DataParallel
        return Bound(obj, None, name)
    if isinstance(obj, (Layer, Loss, Pack, Bound)):
        return Bound(obj, None, name)
    if isinstance(obj, (Unknown, Const)):
        return Bound(obj, None, name)
    return UNKNOWN


def _project_ref(m: Machine, ref: Ref, name: str) -> Value:
    _, importer, dotted = ref.name.split("~", 2)
    full = f"{dotted}.{name}"
    path = m.project.find(full, importer)
    if path:
        return project_module(m, path)
    parent = m.project.find(dotted, importer)
    module = project_module(m, parent) if parent else UNKNOWN
    if isinstance(module, Module) and name in module.env:
        return module.env[name]
    return Ref(f"~{importer}~{full}") if not parent else UNKNOWN


def _instance_attribute(m: Machine, frame: Frame, node: ast.AST, obj: Instance, name: str) -> Value:
    if name in obj.state:
        return obj.state[name]
    if obj.opaque:
        return UNKNOWN
    found = obj.cls.find(name)
    if found is not None:
        return _bind(m, frame, node, obj, found)
    if name == "__class__":
        return obj.cls
    if name == "training":
        return UNKNOWN
    if name == "module":
        return obj  # wrapped in DataParallel
    return Bound(obj, None, name)


def _bind(m: Machine, frame: Frame, node: ast.AST, obj: Instance, found: Value) -> Value:
    if not isinstance(found, Func):
        return found
    if found.role == "property":
        return calls.call_function(m, frame, node, found, [obj], {})
    if found.role == "staticmethod":
        return found
    return Bound(obj.cls if found.role == "classmethod" else obj, found)


def set_attribute(m: Machine, obj: Value, name: str, value: Value) -> None:
    """``obj.name = value``."""
    if isinstance(obj, Instance):
        m.write(obj, name, value)
    elif isinstance(obj, Heap):
        attrs = dict(obj.state.get("attrs", {}))
        attrs[name] = value
        m.write(obj, "attrs", attrs)
        if obj.kind == "net" and name in (
            "fc",
            "classifier",
            "head",
            "heads",
            "classif",
            "last_linear",
            "logits_layer",
        ):
            m.write(obj, "head", value)


def project_module(m: Machine, path: str) -> Value:
    """Another file of the project, run once."""
    module = statements.load(m, path)
    return module if module is not None else UNKNOWN
