"""Losses on whole logits, 1024 x 50,000 float32: ours in blocks against the published formula written in eager torch.

python benchmarks/heads_speed.py [ROWSxLABELS]

Processor time of one forward and backward, the least of several taken in turns in one process: ratios hold on a busy
machine too. Arrays: what the step needs at its most, in a process of its own, in units of the logits; the gradient is
one of them. Wanted: asymmetric 3, focal 2, cross-entropy and binary cross-entropy 1, and at most 2 arrays.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from published import asl, binary_cross_entropy, focal
from torch import Tensor
from torch.nn import functional

from labelwise.heads import HEADS

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


SUM = "sum_labels"
LOSSES: dict[str, tuple[Loss, Loss]] = {
    "cross-entropy": (
        lambda z, y, one: functional.cross_entropy(z, one),
        lambda z, y, one: HEADS["softmax"].loss(z, one),
    ),
    "binary cross-entropy": (
        binary_cross_entropy,
        lambda z, y, one: HEADS["sigmoid"].with_settings(reduction=SUM).loss(z, y),
    ),
    "focal": (focal, lambda z, y, one: HEADS["focal"].with_settings(reduction=SUM).loss(z, y)),
    "asymmetric": (asl, lambda z, y, one: HEADS["asl"].with_settings(reduction=SUM).loss(z, y)),
}


def inputs(rows: int, labels: int) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, one label in a thousand, and one class per row."""
    torch.manual_seed(0)
    z = torch.randn(rows, labels).mul_(2).requires_grad_()
    return z, (torch.rand(rows, labels) < 1e-3).float(), torch.randint(labels, (rows,))


def step(loss: Loss, data: tuple[Tensor, Tensor, Tensor]) -> float:
    data[0].grad = None
    start = time.process_time()
    loss(*data).backward()
    return time.process_time() - start


def memory_of(key: str) -> float:
    """Of this process, in bytes: VmRSS now, VmHWM at its most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith(key))


def one_peak(name: str, way: int, rows: int, labels: int) -> None:
    """In a process of its own: what one step needs at its most, in arrays."""
    step(LOSSES[name][way], inputs(8, 100))
    data = inputs(rows, labels)
    before = memory_of("VmRSS")
    step(LOSSES[name][way], data)
    print((memory_of("VmHWM") - before) / (4 * rows * labels))


def main() -> None:
    if sys.argv[1:2] == ["peak"]:
        one_peak(sys.argv[2], *map(int, sys.argv[3:]))
        return
    rows, labels = map(int, (sys.argv[1] if len(sys.argv) > 1 else "1024x50000").split("x"))
    data = inputs(rows, labels)
    print(f"forward + backward, {rows} x {labels} float32, {torch.get_num_threads()} threads\n")
    print(f"{'':22}{'torch, s':>10}{'ours, s':>9}{'quicker':>9}{'torch, arrays':>15}{'ours, arrays':>14}")
    for name, ways in LOSSES.items():
        best = [float("inf")] * 2
        for _ in range(3):
            best = [min(b, step(way, data)) for b, way in zip(best, ways, strict=True)]
        data[0].grad = None
        peaks = []
        for way in (0, 1):
            command = [sys.executable, __file__, "peak", name, str(way), str(rows), str(labels)]
            peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(
            f"{name:22}{best[0]:10.2f}{best[1]:9.2f}{best[0] / best[1]:8.1f}x{peaks[0]:15.1f}{peaks[1]:14.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
