"""A policy as a PyTorch program in one file, which torch loads without labelwise."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from labelwise.errors import need
from labelwise.io.files import write_atomically
from labelwise.policies.policy import Policy
from labelwise.policies.to_onnx import about_policy

__all__ = ["ABOUT", "policy_program", "save_torch"]

ABOUT = "labelwise.json"
"""The extra file of the program that says what it is."""


def save_torch(policy: Policy, path: Path | str, *, dtype: str = "float32") -> None:
    """Write `policy_program` to a .pt2 file, atomically.

    `torch.export.load(path).module()` gives a module like that of `policy_module`; the file is a zip of JSON and plain
    arrays, and `ABOUT` in it holds the names of classes and caveats, the kind of scores and the policy's hash.

    Args, errors: as in `policy_program`.
    """
    torch = need("torch", extra="train", purpose="a policy as a torch program")
    program = policy_program(policy, dtype=dtype)
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={ABOUT: json.dumps(about_policy(policy))})
    write_atomically(path, lambda part: part.write_bytes(buffer.getvalue()))


def policy_program(policy: Policy, *, dtype: str = "float32") -> Any:
    """The policy as a `torch.export.ExportedProgram` for any number of rows.

    Args:
        policy: the policy.
        dtype: of the scores, ``float32`` or ``float64``.

    Raises:
        MissingExtra: where torch is not installed.
        OptionError: where the policy cannot be computed alike in torch.

    Example:
        >>> import numpy as np, torch
        >>> import labelwise as lw
        >>> y = np.arange(60) % 3
        >>> policy = lw.fit_policy(lw.Logits(np.eye(3)[y] * 4, lw.infer_task(y)), y)
        >>> answers, probabilities, caveats = policy_program(policy).module()(torch.tensor([[0.0, 2.0, 1.0]]))
        >>> answers.tolist()
        [[False, True, False]]
    """
    torch = need("torch", extra="train", purpose="a policy as a torch program")
    example = torch.zeros(3, policy.task.n_outputs, dtype=getattr(torch, dtype))
    rows = {0: torch.export.Dim("rows", min=1)}
    program = torch.export.export(policy.to_torch(), (example,), dynamic_shapes=(rows,))
    for node in program.graph.nodes:  # where each line stood on this machine is nobody's business
        for name in ("stack_trace", "nn_module_stack", "source_fn_stack", "from_node"):
            node.meta.pop(name, None)
    program.example_inputs = None  # torch would pickle them
    return program
